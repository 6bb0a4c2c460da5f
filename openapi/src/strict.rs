//! The strict view: what an answer must look like to be the one that the
//! documentation shows. Computed from the one tolerant spec and its evidence.
//!
//! Stricter than the spec in five ways: objects are closed; what every sample
//! has is required, and some members exactly when a flag beside them is true;
//! vocabularies that the documentation lists are closed; null stands only where
//! absence would do; integers and times have the forms that OCP writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::document::escape;
use crate::evidence::Evidence;
use crate::evidence::register::Condition;
use crate::operation::{operations, resolve};

/// Depth at which a spec is taken to refer to itself.
const DEEPEST: usize = 24;

/// Judges the answers of one operation.
pub struct Strict {
    responses: BTreeMap<String, (Value, Validator)>,
    sources: BTreeMap<String, String>,
}

/// One departure of a body from the strict view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// JSON pointer into the body.
    pub body: String,
    /// JSON pointer of the spec node that it departs from.
    pub spec: String,
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
            let builder = Builder {
                spec,
                closed: evidence.documented_vocabularies(spec, operation),
                conditions: evidence
                    .register
                    .iter()
                    .flat_map(|entry| &entry.conditions)
                    .collect(),
            };
            let bodies: Vec<&Value> = bodies.map(|(_, body)| body).collect();
            let pointer = format!(
                "{pointer}/responses/{}/content/application~1json/schema",
                escape(status)
            );
            let strict = builder.schema(schema, at, &pointer, &bodies, true, 0);
            let validator = jsonschema::options()
                .with_keyword("x-wire", |_, form, _| Ok(Box::new(Wire::new(form))))
                .build(&strict)
                .ok()?;
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
        let Some((schema, validator)) = self.response(status) else {
            return vec![Departure {
                body: String::new(),
                spec: String::new(),
                what: format!("HTTP status {status} is not described"),
                evidence: String::new(),
            }];
        };
        let mut departures: Vec<Departure> = validator
            .iter_errors(body)
            .map(|error| {
                let (spec, place) = nearest(schema, error.schema_path().as_str());
                Departure {
                    body: error.instance_path().to_string(),
                    spec,
                    what: shortened(&error.to_string()),
                    evidence: self.sources.get(&place).cloned().unwrap_or_default(),
                }
            })
            .collect();
        departures.sort_by(|one, other| one.body.cmp(&other.body));
        departures
    }
}

fn is_failure(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// A body may be repeated in a message; nobody reads more than its beginning.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
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
        if let Some(words) = node.get("x-extensible-enum").and_then(Value::as_array)
            && self.closed.contains(place)
        {
            let mut words = words.clone();
            words.extend(null_too.then_some(Value::Null));
            strict.insert("enum".into(), words.into());
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
        let always: BTreeSet<&str> = node
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
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
        let conditions: Vec<Value> = conditions
            .iter()
            .map(|one| {
                json!({
                    "if": { "properties": { &one.when: { "const": true } } },
                    "then": { "required": [one.member], "properties": { &one.member: { "not": { "type": "null" } } } },
                    "else": { "properties": { &one.member: { "type": "null" } } },
                })
            })
            .collect();
        if !conditions.is_empty() {
            strict.insert("allOf".into(), conditions.into());
        }
    }
}

/// The keyword `x-wire`: integers and times in the forms that OCP writes.
struct Wire {
    form: String,
    null_too: bool,
}

impl Wire {
    fn new(form: &Value) -> Self {
        Self {
            form: form
                .get(0)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            null_too: form.get(1) == Some(&json!(true)),
        }
    }
}

impl<'i> Keyword<'i> for Wire {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) {
            return Ok(());
        }
        let expected = match self.form.as_str() {
            "date-time" => "a time like 2024-08-08T08:25:39.150608Z",
            "int32" => "an integer of 32 bits",
            _ => "an integer of 64 bits, as a string only beyond 2^53-1",
        };
        Err(ValidationError::custom(shortened(&format!(
            "{value} is not {expected}"
        ))))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        match value {
            Value::Null => self.null_too,
            Value::Number(number) => match self.form.as_str() {
                "int64" => number.is_i64(),
                "int32" => number
                    .as_i64()
                    .is_some_and(|number| i32::try_from(number).is_ok()),
                _ => false,
            },
            Value::String(text) => match self.form.as_str() {
                "int64" => is_large_long(text),
                "date-time" => is_documented_time(text),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A Long that JavaScript could not hold, in the digits that Java prints.
fn is_large_long(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|long| long.unsigned_abs() > (1 << 53) - 1 && long.to_string() == text)
}

/// A time that exists, with `Z` or `+hh:mm` and at most nine digits of a second.
fn is_documented_time(text: &str) -> bool {
    let digits = text.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let form = text.len() >= 20
        && text.as_bytes()[10] == b'T'
        && digits <= 9
        && text.get(17..19).is_some_and(|second| second != "60")
        && (text.ends_with('Z') || text.as_bytes()[text.len() - 3] == b':');
    form && chrono::DateTime::parse_from_rfc3339(text)
        .is_ok_and(|time| time.offset().local_minus_utc().abs() <= 18 * 3600)
}

#[cfg(test)]
mod tests {
    use super::{is_documented_time, is_large_long};

    #[test]
    fn only_longs_beyond_javascript_are_strings() {
        for (text, large) in [
            ("9007199254740992", true),
            ("9007199254740991", false),
            ("-9007199254740992", true),
            ("9223372036854775808", false),
            ("09007199254740993", false),
            ("2", false),
            ("", false),
        ] {
            assert_eq!(is_large_long(text), large, "{text}");
        }
    }

    #[test]
    fn times_have_the_documented_forms() {
        for (text, good) in [
            ("2024-08-08T08:25:39Z", true),
            ("2024-08-09T15:47:50.451+08:00", true),
            ("2024-08-08T08:25:39.123456789Z", true),
            ("2024-08-08T08:25:39+0800", false),
            ("2024-08-08 08:25:39Z", false),
            ("2024-02-30T00:00:00Z", false),
            ("2024-08-08T08:25:60Z", false),
            ("2024-08-08T08:25:39.1234567890Z", false),
            ("2024-08-08T08:25:39", false),
            ("2024-08-08T08:25:39+19:00", false),
            ("", false),
            ("ééééééééééééééé", false),
            ("2024-08-08T08:25:39z", false),
        ] {
            assert_eq!(is_documented_time(text), good, "{text}");
        }
    }
}
