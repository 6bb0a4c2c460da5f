//! The strict view: what an answer must look like to be the one that the
//! documentation shows. Computed from the one tolerant spec and its evidence.
//!
//! Stricter than the spec in six ways: the envelope says what HTTP says (status,
//! success or not, data or error); objects are closed; what every sample
//! has is required, some members only in certain states; vocabularies are closed;
//! null stands only where absence would do; integers and times have the forms
//! that OCP writes.
//!
//! Not every departure is a fault: see [`Severity`].

mod rule;
mod wire;
mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, ValidationOptions, Validator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Operation;
use crate::document::escape;
use crate::evidence::claims::{claims_of, described};
use crate::evidence::register::{Condition, Otherwise};
use crate::evidence::{Evidence, Kind, Place, Root, Step, Supports};
use crate::operation::{resolve, texts};
use crate::schema::{Broken, Schema};

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
    /// The node of the spec and the place for each JSON pointer into the schema that
    /// stands for one.
    notes: BTreeMap<String, (String, Place)>,
}

/// What a departure from the contract means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// More than the contract says, contradicting nothing: an undocumented
    /// member, a new word in an open vocabulary, `+0800` for `+08:00`.
    Drift,
    /// Anything else, also if a client copes with it.
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
            let mut builder = Builder {
                supports: &supports,
                conditions: &conditions,
                notes: BTreeMap::new(),
            };
            let schema = Schema::at(spec, schema, &pointer);
            let mut strict = builder.schema(schema, &place, "", &bodies, true);
            agree_with_http(&mut strict, status, &mut builder.notes);
            responses.insert(
                status.clone(),
                Response {
                    validator: options().build(&strict).ok()?,
                    schema: strict,
                    notes: builder.notes,
                },
            );
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
        let schema = &response.schema;
        let path = error.schema_path().as_str();
        let (spec, at) = response.nearest(path);
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
            kind => {
                let value = error.instance();
                let is_drift = match Rule::from(kind) {
                    Rule::Wire => wire::is_drift(schema.pointer(path), value),
                    Rule::NewEnumValue => {
                        let known = schema.pointer(path).and_then(Value::as_array);
                        known.is_some_and(|known| word::is_drift(known, value))
                    }
                    _ => false,
                };
                let severity = if is_drift {
                    Severity::Drift
                } else {
                    Severity::Violation
                };
                vec![departure(None, severity, what)]
            }
        }
    }
}

/// A condition of the register as JSON Schema.
fn conditional(condition: &Condition) -> Value {
    let when: Map<String, Value> = condition
        .when
        .iter()
        .map(|(name, value)| (name.clone(), json!({ "const": value })))
        .collect();
    let member = &condition.member;
    let mut schema = json!({
        "if": { "properties": when },
        "then": { "required": [member], "properties": { member: { "not": { "type": "null" } } } },
    });
    if condition.otherwise == Otherwise::Absent {
        schema["else"] = json!({ "properties": { member: { "type": "null" } } });
    }
    schema
}

/// An error of validation in words.
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

/// Lets the envelope say nothing else than HTTP: every sample agrees, and the
/// client refuses an answer that contradicts itself (discrepancies 4 and 7).
fn agree_with_http(
    strict: &mut Value,
    status: &str,
    notes: &mut BTreeMap<String, (String, Place)>,
) {
    let other = if is_failure(status) { "data" } else { "error" };
    if let Some(properties) = strict.pointer_mut("/properties") {
        properties[other] = json!({ "type": "null" });
        if let Some(envelope) = notes.get("").cloned() {
            notes.insert(format!("/properties/{other}"), envelope);
        }
    }
    if let Some(successful) = strict.pointer_mut("/properties/successful") {
        successful["const"] = json!(!is_failure(status));
    }
    if let (Some(told), Ok(status)) = (
        strict.pointer_mut("/properties/status"),
        status.parse::<u16>(),
    ) {
        told["const"] = json!(status);
    }
}

fn is_failure(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// What builds a validator of a schema with our own keywords.
pub(crate) fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_keyword("x-wire", |_, form, _| Ok(Box::new(wire::Wire::new(form))))
        .with_keyword("x-word", |_, words, _| Ok(Box::new(word::Word::new(words))))
}

impl Response {
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

struct Builder<'a> {
    supports: &'a Supports,
    conditions: &'a [&'a Condition],
    notes: BTreeMap<String, (String, Place)>,
}

impl Builder<'_> {
    /// The strict schema of a node, which stands at `path` in the whole; `samples`
    /// are all values that stand there.
    fn schema(
        &mut self,
        schema: Result<Schema<'_>, Broken>,
        place: &Place,
        path: &str,
        samples: &[&Value],
        required: bool,
    ) -> Value {
        let schema = match schema {
            Ok(schema) => schema,
            Err(Broken::Circle) => return json!(true),
            Err(Broken::Dangling(_)) => return json!(false),
        };
        let note = (schema.pointer.clone(), place.clone());
        self.notes.insert(path.to_owned(), note);
        let node = schema.node;
        let mut strict = Map::new();
        let null_too = !required || node.get("nullable") == Some(&json!(true));
        let kind = node.get("type").and_then(Value::as_str);
        let format = node.get("format").and_then(Value::as_str);
        match (kind, format) {
            (Some("integer"), Some("int64" | "int32")) => {
                strict.insert("x-wire".into(), json!([format, null_too]));
            }
            (Some("string"), Some("date-time")) => {
                let form = wire::form_of_times(samples);
                strict.insert("x-wire".into(), json!([form, null_too]));
            }
            (Some(kind), _) if null_too => {
                strict.insert("type".into(), json!([kind, "null"]));
            }
            (Some(kind), _) => {
                strict.insert("type".into(), kind.into());
            }
            (None, _) => {}
        }
        for key in [
            "pattern",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
        ] {
            if let Some(value) = node.get(key) {
                strict.insert(key.into(), value.clone());
            }
        }
        if let Some(values) = node.get("x-extensible-enum").and_then(Value::as_array) {
            let mut values = values.clone();
            values.extend(null_too.then_some(Value::Null));
            let support = self.supports.get(place);
            let is_closed = support.is_some_and(|support| support.lists_values());
            let keyword = if is_closed { "enum" } else { "x-word" };
            strict.insert(keyword.into(), values.into());
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(list) = node.get(key).and_then(Value::as_array) {
                let list = list.iter().enumerate();
                let mut list: Vec<Value> = list
                    .map(|(index, one)| {
                        let path = format!("{path}/{key}/{index}");
                        self.schema(schema.alternative(one), place, &path, &[], true)
                    })
                    .collect();
                list.extend(null_too.then(|| json!({ "type": "null" })));
                strict.insert(key.into(), list.into());
            }
        }
        self.children(&schema, place, path, samples, &mut strict);
        strict.into()
    }

    /// Members and items.
    fn children(
        &mut self,
        schema: &Schema<'_>,
        place: &Place,
        path: &str,
        samples: &[&Value],
        strict: &mut Map<String, Value>,
    ) {
        let always: BTreeSet<&str> = texts(schema.node, "required").collect();
        let conditions: Vec<&Condition> = self.conditions.to_vec();
        let conditions: Vec<&Condition> = conditions
            .into_iter()
            .filter(|one| one.object == *place)
            .collect();
        let (mut required, mut properties) = (Vec::new(), Map::new());
        for (step, child) in schema.children() {
            let below = place.step(step.clone());
            match step {
                Step::Items => {
                    let items = samples.iter().filter_map(|one| one.as_array()).flatten();
                    let items: Vec<&Value> = items.collect();
                    let path = format!("{path}/items");
                    let items = self.schema(child, &below, &path, &items, true);
                    strict.insert("items".into(), items);
                }
                Step::Member(name) => {
                    let values: Vec<&Value> =
                        samples.iter().filter_map(|one| one.get(&name)).collect();
                    let is_sampled = !samples.is_empty() && values.len() == samples.len();
                    let is_conditional = conditions.iter().any(|one| one.member == name);
                    let is_required =
                        always.contains(name.as_str()) || is_sampled && !is_conditional;
                    required.extend(is_required.then(|| name.clone()));
                    let path = format!("{path}/properties/{}", escape(&name));
                    let member = self.schema(child, &below, &path, &values, is_required);
                    properties.insert(name, member);
                }
            }
        }
        if schema.node.get("type") == Some(&json!("object")) {
            strict.insert("properties".into(), properties.into());
            strict.insert("required".into(), required.into());
            strict.insert("additionalProperties".into(), json!(false));
            let conditions: Vec<Value> = conditions.into_iter().map(conditional).collect();
            if !conditions.is_empty() {
                strict.insert("allOf".into(), conditions.into());
            }
        }
    }
}
