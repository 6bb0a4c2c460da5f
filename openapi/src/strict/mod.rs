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
use jsonschema::{ValidationError, ValidationOptions, Validator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::document::escape;
use crate::evidence::Evidence;
use crate::evidence::register::{Condition, Otherwise};
use crate::operation::{operations, resolve, texts};

pub use rule::Rule;

/// Depth at which a spec is taken to refer to itself.
const DEEPEST: usize = 24;

/// Judges the answers of one operation.
pub struct Strict {
    responses: BTreeMap<String, (Value, Validator)>,
    sources: BTreeMap<String, String>,
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
    /// The place on the wire, the same for every row: `data.contents[].id`.
    pub place: String,
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
        let (pointer, _, _, node) = operations(spec).find(|(_, _, _, node)| {
            node.get("operationId").and_then(Value::as_str) == Some(operation)
        })?;
        let samples = evidence.samples(operation);
        let builder = Builder {
            spec,
            closed: evidence.documented_vocabularies(spec, operation),
            conditions: evidence
                .register
                .iter()
                .flat_map(|entry| &entry.conditions)
                .collect(),
        };
        let mut responses = BTreeMap::new();
        for (status, response) in node.get("responses")?.as_object()? {
            let response = resolve(spec, response)?;
            let Some(schema) = response.pointer("/content/application~1json/schema") else {
                continue;
            };
            let bodies = samples.iter().filter(|(sampled, _)| {
                status == &sampled.to_string() || is_failure(status) && *sampled >= 400
            });
            // A class of failures is judged by the failure that is documented.
            let at = if is_failure(status) { "429" } else { status };
            let bodies: Vec<&Value> = bodies.map(|(_, body)| body).collect();
            let pointer = format!(
                "{pointer}/responses/{}/content/application~1json/schema",
                escape(status)
            );
            let mut strict = builder.schema(schema, at, &pointer, &bodies, true, 0);
            agree_with_http(&mut strict, status);
            let validator = options().build(&strict).ok()?;
            responses.insert(status.clone(), (strict, validator));
        }
        let sources = evidence
            .support(spec, operation)
            .into_iter()
            .map(|(place, (_, sources))| (place, sources));
        Some(Self {
            responses,
            sources: sources.collect(),
        })
    }

    /// The schema for a status, as JSON Schema.
    pub fn schema(&self, status: u16) -> Option<&Value> {
        self.response(status).map(|(schema, _)| schema)
    }

    fn response(&self, status: u16) -> Option<&(Value, Validator)> {
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
        let Some((schema, validator)) = self.response(status) else {
            return vec![Departure {
                body: String::new(),
                spec: String::new(),
                place: String::new(),
                member: None,
                rule: Rule::Status,
                severity: Severity::Violation,
                what: format!("HTTP status {status} is not described"),
                evidence: String::new(),
            }];
        };
        let mut departures: Vec<Departure> = validator
            .iter_errors(body)
            .flat_map(|error| self.departure(schema, &error, quote))
            .collect();
        departures.sort_by(|one, other| one.body.cmp(&other.body));
        departures
    }

    /// Each member that should not be there is a departure of its own.
    fn departure(
        &self,
        schema: &Value,
        error: &ValidationError<'_>,
        quote: &dyn Fn(&Value) -> String,
    ) -> Vec<Departure> {
        let path = error.schema_path().as_str();
        let (spec, at) = nearest(schema, path);
        let departure = |member: Option<&str>, severity, what| {
            let object = error.instance_path().as_str();
            // A missing member has no place in the body, its object has.
            let place = place(object, member);
            let own = at.split_once(' ').map_or(at.as_str(), |(status, _)| status);
            let own = self.sources.get(&format!("{own} {place}"));
            Departure {
                body: object.to_owned(),
                spec: spec.clone(),
                place,
                member: member.map(str::to_owned),
                rule: Rule::from(error.kind()),
                severity,
                what,
                evidence: own
                    .or_else(|| self.sources.get(&at))
                    .cloned()
                    .unwrap_or_default(),
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

/// A JSON pointer as a place on the wire, with one more member if it is missing
/// or not described; that one may be called like an index.
fn place(pointer: &str, member: Option<&str>) -> String {
    let mut place = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            place.push_str("[]");
        } else {
            push_member(&mut place, part);
        }
    }
    if let Some(member) = member {
        push_member(&mut place, member);
    }
    place
}

fn push_member(place: &mut String, name: &str) {
    if !place.is_empty() {
        place.push('.');
    }
    place.push_str(name);
}

/// Lets the envelope say nothing else than HTTP: every sample agrees, and the
/// client refuses an answer that contradicts itself (discrepancies 4 and 7).
fn agree_with_http(strict: &mut Value, status: &str) {
    let other = if is_failure(status) { "data" } else { "error" };
    let mut never = Value::Null;
    for note in ["x-place", "x-pointer"] {
        never[note] = strict[note].clone();
    }
    never["type"] = json!("null");
    if let Some(properties) = strict.pointer_mut("/properties") {
        properties[other] = never;
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

/// Spec pointer and place that the strict schema notes at or above a path.
fn nearest(schema: &Value, path: &str) -> (String, String) {
    let mut path = path;
    loop {
        let node = schema.pointer(path);
        let note = |key: &str| {
            node.and_then(|node| node.get(key)?.as_str())
                .map(str::to_owned)
        };
        if let (Some(pointer), Some(place)) = (note("x-pointer"), note("x-place")) {
            return (pointer, place);
        }
        match path.rfind('/') {
            Some(cut) => path = &path[..cut],
            None => return (String::new(), String::new()),
        }
    }
}

struct Builder<'a> {
    spec: &'a Value,
    /// Places whose vocabulary is documented.
    closed: BTreeSet<String>,
    conditions: Vec<&'a Condition>,
}

impl Builder<'_> {
    /// The strict schema of a node; `samples` are all values that stand there.
    fn schema(
        &self,
        node: &Value,
        place: &str,
        pointer: &str,
        samples: &[&Value],
        required: bool,
        depth: usize,
    ) -> Value {
        if depth > DEEPEST {
            return json!(true);
        }
        if let Some([only]) = node
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            return self.schema(only, place, pointer, samples, required, depth + 1);
        }
        if let Some(target) = node.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').unwrap_or_default();
            return match self.spec.pointer(target) {
                Some(node) => self.schema(node, place, target, samples, required, depth + 1),
                None => json!(false),
            };
        }
        let mut strict = Map::new();
        let null_too = !required || node.get("nullable") == Some(&json!(true));
        let kind = node.get("type").and_then(Value::as_str);
        let format = node.get("format").and_then(Value::as_str);
        match (kind, format) {
            (Some("integer"), Some("int64" | "int32")) => {
                strict.insert("x-wire".into(), json!([format, null_too]));
            }
            (Some("string"), Some("date-time")) => {
                strict.insert("x-wire".into(), json!(["date-time", null_too]));
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
        if let Some(words) = node.get("x-extensible-enum").and_then(Value::as_array) {
            let mut words = words.clone();
            words.extend(null_too.then_some(Value::Null));
            let closed = self.closed.contains(place);
            let keyword = if closed { "enum" } else { "x-word" };
            strict.insert(keyword.into(), words.into());
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(list) = node.get(key).and_then(Value::as_array) {
                let mut list: Vec<Value> = list
                    .iter()
                    .map(|one| self.schema(one, place, pointer, &[], true, depth + 1))
                    .collect();
                list.extend(null_too.then(|| json!({ "type": "null" })));
                strict.insert(key.into(), list.into());
            }
        }
        if let Some(items) = node.get("items") {
            let below: Vec<&Value> = samples
                .iter()
                .filter_map(|one| one.as_array())
                .flatten()
                .collect();
            let items = self.schema(
                items,
                &format!("{place}[]"),
                &format!("{pointer}/items"),
                &below,
                true,
                depth + 1,
            );
            strict.insert("items".into(), items);
        }
        if kind == Some("object") {
            self.object(node, place, pointer, samples, depth, &mut strict);
        }
        strict.insert("x-place".into(), place.into());
        strict.insert("x-pointer".into(), pointer.into());
        strict.into()
    }

    fn object(
        &self,
        node: &Value,
        place: &str,
        pointer: &str,
        samples: &[&Value],
        depth: usize,
        strict: &mut Map<String, Value>,
    ) {
        let separator = if place.contains(' ') { "." } else { " " };
        let always: BTreeSet<&str> = texts(node, "required").collect();
        let conditions: Vec<&&Condition> = self
            .conditions
            .iter()
            .filter(|one| one.object == place)
            .collect();
        let mut required = Vec::new();
        let mut properties = Map::new();
        for (name, property) in node
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let below: Vec<&Value> = samples.iter().filter_map(|one| one.get(name)).collect();
            let sampled = !samples.is_empty() && below.len() == samples.len();
            let conditional = conditions.iter().any(|one| &one.member == name);
            let is_required = always.contains(name.as_str()) || sampled && !conditional;
            if is_required {
                required.push(name.clone());
            }
            let at = format!("{pointer}/properties/{}", escape(name));
            let member = self.schema(
                property,
                &format!("{place}{separator}{name}"),
                &at,
                &below,
                is_required,
                depth + 1,
            );
            properties.insert(name.clone(), member);
        }
        strict.insert("properties".into(), properties.into());
        strict.insert("required".into(), required.into());
        strict.insert("additionalProperties".into(), json!(false));
        let conditions: Vec<Value> = conditions.into_iter().map(|one| conditional(one)).collect();
        if !conditions.is_empty() {
            strict.insert("allOf".into(), conditions.into());
        }
    }
}
