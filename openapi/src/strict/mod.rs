//! The strict view: a response as the documentation shows it. Computed from the one tolerant
//! description and its evidence.
//!
//! It is stricter than the description in six ways: the envelope says what HTTP says (status,
//! success or not, data or error); objects are closed; a member that every sample has is
//! required, some only in certain states; vocabularies are closed; null stands only if absence
//! would do; integers and times have the forms that OCP writes.
//!
//! Not every departure is a fault: see [`Severity`].

mod builder;
mod keywords;
mod rule;

use std::collections::BTreeMap;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::Operation;
use crate::document::{escape, unescape};
use crate::evidence::claims::{Places, above, claims_of, described};
use crate::evidence::register::Condition;
use crate::evidence::{Evidence, Place, Support, Supports};
use crate::schema::{Broken, Schema};

use builder::Builder;
use keywords::{novelty, options, wire};

pub use rule::{Rule, Severity};

/// The judge of the responses to one operation.
pub struct Strict {
    responses: BTreeMap<String, Response>,
    places: Places,
    supports: Supports,
}

/// The judge of the responses of a status or of a class.
struct Response {
    place: Place,
    schema: Value,
    validator: Validator,
}

/// One departure of a body from the strict view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// JSON pointer into the body.
    pub body: String,
    /// JSON pointer of the spec node that it departs from, or of the nearest above it.
    pub spec: String,
    /// The place on the wire, the same for every row: `200 data.contents[].id`; of a member
    /// that is missing or not described, the place of its object.
    pub at: Place,
    /// The member of the object at the place that is missing or not described.
    pub member: Option<String>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// Its meaning.
    pub severity: Severity,
    /// The fault, as a sentence.
    pub what: String,
    /// The sources that document or show it.
    pub evidence: String,
}

impl Departure {
    /// The place of what is wrong.
    pub fn place(&self) -> Place {
        let member = self.member.as_ref();
        member.map_or_else(|| self.at.clone(), |name| self.at.member(name))
    }
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
        let (operation, places) = claims_of(spec, Operation::find(spec, operation)?);
        let supports = evidence.supports_of(&operation, &places);
        let samples: Vec<(Place, Value)> = evidence
            .samples(&operation.id)
            .into_iter()
            .filter_map(|one| {
                let status = one.recorded.response.status;
                let body = serde_json::from_str(&one.body).ok()?;
                Some((described(&places, status), body))
            })
            .collect();
        let entries = evidence.register.iter();
        let entries = entries.filter(|one| one.speaks_of(&operation.id));
        let conditions: Vec<&Condition> = entries.flat_map(|one| &one.conditions).collect();
        let builder = Builder {
            supports: &supports,
            conditions: &conditions,
        };
        let mut responses = BTreeMap::new();
        let node = Schema::find(spec, &operation.pointer)?;
        for (status, response) in node.members("responses") {
            let content = response.ok()?.below(&["content", "application/json"]);
            let Some(schema) = content.and_then(|content| content.child("schema")) else {
                continue;
            };
            let own = Place::response(status);
            // Judged by the response that is documented.
            let like = places.get(&own).and_then(|node| node.like.clone());
            let place = like.unwrap_or(own);
            let bodies = samples.iter().filter(|(at, _)| *at == place);
            let bodies: Vec<&Value> = bodies.map(|(_, body)| body).collect();
            let schema = builder.body(schema, &place, status, &bodies);
            let response = Response {
                validator: options().build(&schema).ok()?,
                place,
                schema,
            };
            responses.insert(status.to_owned(), response);
        }
        Some(Self {
            responses,
            places,
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
                at: Place::response(status),
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

    /// The departures of an error of validation: each member that should not be there is one.
    fn departure(
        &self,
        response: &Response,
        error: &ValidationError<'_>,
        quote: &dyn Fn(&Value) -> String,
    ) -> Vec<Departure> {
        let path = error.instance_path();
        let steps = path.iter();
        let at = steps.fold(response.place.clone(), |at, step| match step {
            LocationSegment::Property(name) => at.member(&name),
            LocationSegment::Index(_) => at.items(),
        });
        let departure = |body: String, member: Option<&str>, severity, what| {
            let place = member.map_or_else(|| at.clone(), |name| at.member(name));
            let node = above(&self.places, &place).next();
            let support = self.supports.get(&place);
            let support = support.or_else(|| self.supports.get(&at));
            Departure {
                body,
                spec: node.map_or_else(String::new, |node| node.pointer.clone()),
                at: at.clone(),
                member: member.map(str::to_owned),
                rule: Rule::from(error.kind()),
                severity,
                what,
                evidence: support.map(Support::sources).unwrap_or_default(),
            }
        };
        let body = path.as_str().to_owned();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let departures = unexpected.iter().map(|name| {
                    let what = format!("{} is not documented", quote(&name.as_str().into()));
                    let body = format!("{body}/{}", escape(name));
                    departure(body, Some(name), Severity::Drift, what)
                });
                departures.collect()
            }
            kind => {
                // A missing member has no place in the body, its object has.
                let member = match kind {
                    ValidationErrorKind::Required { property } => property.as_str(),
                    _ => None,
                };
                let what = sentence(error, quote);
                vec![departure(body, member, response.severity(error), what)]
            }
        }
    }
}

/// The faults of values by their schemas in the description: the place, and a sentence. New
/// values of a vocabulary are none. `values` has the place of each value, and its schema.
pub(crate) fn faults<'a>(
    values: impl Iterator<Item = (String, &'a Value, Result<Schema<'a>, Broken>)>,
) -> Vec<(String, String)> {
    let builder = Builder {
        supports: &Supports::new(),
        conditions: &[],
    };
    // One validator for all is made in a fraction of the time that one for each takes.
    let (mut properties, mut all) = (Map::new(), Map::new());
    for (place, value, schema) in values {
        properties.insert(place.clone(), builder.value(schema));
        all.insert(place, value.clone());
    }
    let validator = match options().build(&json!({ "properties": properties })) {
        Ok(validator) => validator,
        // The fault of a schema, below `/properties` and a place.
        Err(error) => {
            let place = error.instance_path().as_str().split('/').nth(2);
            return vec![(unescape(place.unwrap_or_default()), error.to_string())];
        }
    };
    let all = Value::from(all);
    let errors = validator.iter_errors(&all);
    let errors = errors.filter(|error| Rule::from(error.kind()) != Rule::NewEnumValue);
    let faults = errors.map(|error| {
        let path = error.instance_path().as_str().trim_start_matches('/');
        let (place, below) = path.split_at(path.find('/').unwrap_or(path.len()));
        (unescape(place) + below, sentence(&error, &beginning))
    });
    faults.collect()
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

/// The beginning of a value: nobody reads more of it in a message.
pub(crate) fn beginning(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

impl Response {
    /// The meaning of an error.
    fn severity(&self, error: &ValidationError<'_>) -> Severity {
        let keyword = self.schema.pointer(error.schema_path().as_str());
        let value = error.instance();
        let fault = keyword.and_then(|keyword| match Rule::from(error.kind()) {
            Rule::Wire => wire(keyword, value),
            Rule::NewEnumValue => novelty(keyword, value),
            _ => None,
        });
        fault.map_or(Severity::Violation, |(severity, _)| severity)
    }
}
