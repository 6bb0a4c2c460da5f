//! The strict schema of a response, made from its schema in the spec and its samples.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::wire;
use crate::document::escape;
use crate::evidence::register::{Condition, Otherwise};
use crate::evidence::{Place, Step, Supports};
use crate::operation::texts;
use crate::schema::{Broken, Schema};

/// The node of the spec and the place for each JSON pointer into the strict schema that
/// stands for one.
pub(super) type Notes = BTreeMap<String, (String, Place)>;

pub(super) struct Builder<'a> {
    pub(super) supports: &'a Supports,
    pub(super) conditions: &'a [&'a Condition],
    pub(super) notes: Notes,
}

impl Builder<'_> {
    /// The strict schema of a body whose samples are given, under a status or class.
    pub(super) fn body(
        mut self,
        schema: Result<Schema<'_>, Broken>,
        place: &Place,
        status: &str,
        samples: &[&Value],
    ) -> (Value, Notes) {
        let mut strict = self.schema(schema, place, "", samples, true);
        agree_with_http(&mut strict, status, &mut self.notes);
        (strict, self.notes)
    }

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
        if let Some((keyword, form)) = typed(node, samples, null_too) {
            strict.insert(keyword.into(), form);
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
            for shown in samples {
                // A sample may spell a value as no table does.
                if !values.contains(shown) {
                    values.push((*shown).clone());
                }
            }
            values.extend(null_too.then_some(Value::Null));
            let support = self.supports.get(place);
            let is_closed = support.is_some_and(|support| support.lists_values());
            let keyword = if is_closed { "enum" } else { "x-known-values" };
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
        let conditions = self.conditions.iter().copied();
        let conditions: Vec<&Condition> = conditions.filter(|one| one.object == *place).collect();
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

/// The keyword for the type of a node, and its value.
fn typed(node: &Value, samples: &[&Value], null_too: bool) -> Option<(&'static str, Value)> {
    let kind = node.get("type")?.as_str()?;
    let format = node.get("format").and_then(Value::as_str);
    Some(match (kind, format) {
        ("integer", Some("int64" | "int32")) => ("x-wire", json!([format, null_too])),
        ("string", Some("date-time")) => {
            ("x-wire", json!([wire::form_of_times(samples), null_too]))
        }
        _ if null_too => ("type", json!([kind, "null"])),
        _ => ("type", kind.into()),
    })
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
        "if": { "properties": when, "required": condition.when.keys().collect::<Vec<_>>() },
        "then": { "required": [member], "properties": { member: { "not": { "type": "null" } } } },
    });
    if condition.otherwise == Otherwise::Absent {
        schema["else"] = json!({ "properties": { member: { "type": "null" } } });
    }
    schema
}

/// Lets the envelope say nothing else than HTTP: every sample agrees, and the
/// client refuses a response that contradicts itself (discrepancies 4 and 7).
fn agree_with_http(strict: &mut Value, status: &str, notes: &mut Notes) {
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
    if let (Some(stated), Ok(status)) = (
        strict.pointer_mut("/properties/status"),
        status.parse::<u16>(),
    ) {
        stated["const"] = json!(status);
    }
}

fn is_failure(status: &str) -> bool {
    status.starts_with(['4', '5'])
}
