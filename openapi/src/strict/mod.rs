//! The strict view: what a response must look like to be the one that the
//! documentation shows. Computed from the one tolerant spec and its evidence.
//!
//! Stricter than the spec in six ways: the envelope says what HTTP says (status,
//! success or not, data or error); objects are closed; what every sample
//! has is required, some members only in certain states; vocabularies are closed;
//! null stands only where absence would do; integers and times have the forms
//! that OCP writes.
//!
//! Not every departure is a fault: see [`Severity`].

mod builder;
mod known_values;
mod rule;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, ValidationOptions, Validator};
use serde::Serialize;
use serde_json::Value;

use crate::Operation;
use crate::document::escape;
use crate::evidence::claims::{claims_of, described};
use crate::evidence::{Evidence, Kind, Place, Root, Step, Supports};
use crate::operation::resolve;
use crate::schema::Schema;

use builder::{Builder, Notes};

pub use rule::Rule;

/// Judges the responses to one operation.
pub struct Strict {
    responses: BTreeMap<String, Response>,
    supports: Supports,
}

/// How the responses of a status or of a class are judged.
struct Response {
    schema: Value,
    validator: Validator,
    notes: Notes,
}

/// What a departure from the contract means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// More than the contract says, contradicting nothing: an undocumented
    /// member, a new value in an open vocabulary, `+0800` for `+08:00`.
    Drift,
    /// Anything else, also if a client copes with it.
    #[default]
    Violation,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drift => "drift",
            Self::Violation => "violation",
        })
    }
}

/// One departure of a body from the strict view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// JSON pointer into the body.
    pub body: String,
    /// JSON pointer of the spec node that it departs from.
    pub spec: String,
    /// The place on the wire, the same for every row: `200 data.contents[].id`.
    pub place: Place,
    /// The member of the object at the place that is missing or not described.
    pub member: Option<String>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// What it means.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// Where it is documented or shown.
    pub evidence: String,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = if self.body.is_empty() {
            "the body"
        } else {
            &self.body
        };
        write!(f, "{body}: {}", self.what)?;
        if !self.evidence.is_empty() {
            write!(f, " ({})", self.evidence)?;
        }
        Ok(())
    }
}

impl Strict {
    /// The strict view of an operation; `None` if the spec does not have it, or
    /// describes it so that no schema can be made of it.
    pub fn new(spec: &Value, operation: &str, evidence: &Evidence) -> Option<Self> {
        let operation = Operation::find(spec, operation)?;
        let places = claims_of(spec, &operation);
        let supports = evidence.supports(spec, &operation.id);
        let samples: Vec<(Place, Value)> = evidence
            .samples(&operation.id)
            .into_iter()
            .filter_map(|one| {
                let status = one.recorded.response.status;
                let body = serde_json::from_str(&one.body).ok()?;
                Some((described(&places, status), body))
            })
            .collect();
        let conditions = evidence.conditions(&places, &operation.id);
        let mut responses = BTreeMap::new();
        let described = spec.pointer(&operation.pointer)?.get("responses")?;
        for (status, response) in described.as_object()? {
            let response = resolve(spec, response)?;
            let Some(schema) = response.pointer("/content/application~1json/schema") else {
                continue;
            };
            let own = Place::response(status);
            let place = match places.get(&own).map(|node| &node.kind) {
                // Judged by the response that is documented.
                Some(Some(Kind::Like(status))) => Place::response(status),
                _ => own,
            };
            let bodies = samples.iter().filter(|(at, _)| *at == place);
            let bodies: Vec<&Value> = bodies.map(|(_, body)| body).collect();
            let pointer = format!(
                "{}/responses/{}/content/application~1json/schema",
                operation.pointer,
                escape(status)
            );
            let builder = Builder {
                supports: &supports,
                conditions: &conditions,
                notes: Notes::new(),
            };
            let schema = Schema::at(spec, schema, &pointer);
            let (schema, notes) = builder.body(schema, &place, status, &bodies);
            let validator = options().build(&schema).ok()?;
            let response = Response {
                schema,
                validator,
                notes,
            };
            responses.insert(status.clone(), response);
        }
        Some(Self {
            responses,
            supports,
        })
    }

    /// The schema for a status, as JSON Schema.
    pub fn schema(&self, status: u16) -> Option<&Value> {
        self.response(status).map(|response| &response.schema)
    }

    fn response(&self, status: u16) -> Option<&Response> {
        let exact = self.responses.get(&status.to_string());
        exact.or_else(|| self.responses.get(&format!("{}XX", status / 100)))
    }

    /// Every departure of a body, in the order of the body.
    pub fn departures(&self, status: u16, body: &Value) -> Vec<Departure> {
        self.departures_quoting(status, body, &beginning)
    }

    /// The same, with values of the body quoted in another way in
    /// [`Departure::what`]: redacted, for example.
    pub fn departures_quoting(
        &self,
        status: u16,
        body: &Value,
        quote: &dyn Fn(&Value) -> String,
    ) -> Vec<Departure> {
        let Some(response) = self.response(status) else {
            return vec![Departure {
                body: String::new(),
                spec: String::new(),
                place: Place::response(status),
                member: None,
                rule: Rule::Status,
                severity: Severity::Violation,
                what: format!("HTTP status {status} is not described"),
                evidence: String::new(),
            }];
        };
        let mut departures: Vec<Departure> = response
            .validator
            .iter_errors(body)
            .flat_map(|error| self.departure(response, &error, quote))
            .collect();
        departures.sort_by(|one, other| one.body.cmp(&other.body));
        departures
    }

    /// Each member that should not be there is a departure of its own.
    fn departure(
        &self,
        response: &Response,
        error: &ValidationError<'_>,
        quote: &dyn Fn(&Value) -> String,
    ) -> Vec<Departure> {
        let (spec, at) = response.nearest(error.schema_path().as_str());
        let departure = |member: Option<&str>, severity, what| {
            // A missing member has no place in the body, its object has.
            let body = error.instance_path();
            let mut place = Place::of(at.root.clone());
            place.path.extend(body.iter().map(|segment| match segment {
                LocationSegment::Property(name) => Step::Member(name.into_owned()),
                LocationSegment::Index(_) => Step::Items,
            }));
            place
                .path
                .extend(member.map(|name| Step::Member(name.to_owned())));
            let support = self.supports.get(&place).or_else(|| self.supports.get(&at));
            Departure {
                body: body.as_str().to_owned(),
                spec: spec.clone(),
                place,
                member: member.map(str::to_owned),
                rule: Rule::from(error.kind()),
                severity,
                what,
                evidence: support.map(|one| one.sources()).unwrap_or_default(),
            }
        };
        let what = sentence(error, quote);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
                .iter()
                .map(|name| Departure {
                    body: format!("{}/{}", error.instance_path(), escape(name)),
                    ..departure(
                        Some(name),
                        Severity::Drift,
                        format!("{} is not documented", quote(&name.as_str().into())),
                    )
                })
                .collect(),
            ValidationErrorKind::Required { property } => {
                vec![departure(property.as_str(), Severity::Violation, what)]
            }
            _ => {
                let severity = response.severity(error);
                vec![departure(None, severity, what)]
            }
        }
    }
}

/// An error of validation as a sentence.
pub(crate) fn sentence(error: &ValidationError<'_>, quote: &dyn Fn(&Value) -> String) -> String {
    let value = || quote(error.instance());
    match Rule::from(error.kind()) {
        Rule::Wire | Rule::NewEnumValue => format!("{} is {error}", value()),
        // These name members, not values.
        Rule::Missing | Rule::Undocumented => error.to_string(),
        _ => error.masked_with(value()).to_string(),
    }
}

/// The beginning of a value; nobody reads more of it in a message.
pub(crate) fn beginning(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// What builds a validator of a schema with our own keywords.
pub(crate) fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_keyword("x-wire", |_, form, _| Ok(Box::new(wire::Wire::new(form))))
        .with_keyword("x-known-values", |_, known, _| {
            Ok(Box::new(known_values::KnownValues::new(known)))
        })
}

impl Response {
    /// What a value means that breaks a rule.
    fn severity(&self, error: &ValidationError<'_>) -> Severity {
        let value = error.instance();
        let keyword = self.schema.pointer(error.schema_path().as_str());
        let is_drift = match Rule::from(error.kind()) {
            Rule::Wire => wire::is_drift(keyword, value),
            Rule::NewEnumValue => keyword
                .and_then(Value::as_array)
                .is_some_and(|known| known_values::is_drift(known, value)),
            _ => false,
        };
        if is_drift {
            Severity::Drift
        } else {
            Severity::Violation
        }
    }

    /// Spec pointer and place that are noted at or above a path into the schema.
    fn nearest(&self, path: &str) -> (String, Place) {
        let mut path = path;
        loop {
            if let Some(note) = self.notes.get(path) {
                return note.clone();
            }
            match path.rfind('/') {
                Some(cut) => path = &path[..cut],
                None => return (String::new(), Place::of(Root::Request)),
            }
        }
    }
}
