//! The strict schema of a response, made from its schema in the spec and its samples.

use serde_json::{Map, Value, json};

use super::keywords::form_of_times;
use crate::document::texts;
use crate::evidence::register::{Condition, Otherwise};
use crate::evidence::{Place, Supports};
use crate::schema::{Broken, Schema};

pub(super) struct Builder<'a> {
    pub(super) supports: &'a Supports,
    pub(super) conditions: &'a [&'a Condition],
}

impl Builder<'_> {
    /// The strict schema of a body whose samples are given, under a status or class.
    pub(super) fn body(
        &self,
        schema: Result<Schema<'_>, Broken>,
        place: &Place,
        status: &str,
        samples: &[&Value],
    ) -> Value {
        let mut strict = self.schema(schema, place, samples, true);
        agree_with_http(&mut strict, status);
        strict
    }

    /// The strict schema of a value of which nothing is known but its schema.
    pub(super) fn value(&self, schema: Result<Schema<'_>, Broken>) -> Value {
        self.schema(schema, &Place::request(), &[], true)
    }

    /// The strict schema of a node; `samples` are all values that stand there.
    fn schema(
        &self,
        schema: Result<Schema<'_>, Broken>,
        place: &Place,
        samples: &[&Value],
        required: bool,
    ) -> Value {
        let schema = match schema {
            Ok(schema) => schema,
            Err(Broken::Circle) => return json!(true),
            Err(Broken::Dangling) => return json!(false),
        };
        let node = schema.node;
        let mut strict = Map::new();
        let null_too = !required || node.get("nullable") == Some(&json!(true));
        if let Some((keyword, form)) = typed(node, samples, null_too) {
            strict.insert(keyword.into(), form);
        }
        if let Some(pattern) = node.get("pattern") {
            strict.insert("pattern".into(), pattern.clone());
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
                let list = list.iter();
                let list = list.map(|one| self.schema(schema.alternative(one), place, &[], true));
                let null = null_too.then(|| json!({ "type": "null" }));
                strict.insert(key.into(), list.chain(null).collect());
            }
        }
        self.children(&schema, place, samples, &mut strict);
        strict.into()
    }

    /// Members and items.
    fn children(
        &self,
        schema: &Schema<'_>,
        place: &Place,
        samples: &[&Value],
        strict: &mut Map<String, Value>,
    ) {
        let always: Vec<&str> = texts(schema.node, "required").collect();
        let conditions = self.conditions.iter().copied();
        let is_here = |one: &&Condition| {
            one.object == *place && schema.node["properties"].get(&one.member).is_some()
        };
        let conditions: Vec<&Condition> = conditions.filter(is_here).collect();
        let (mut required, mut properties) = (Vec::new(), Map::new());
        for (name, child) in schema.members("properties") {
            let values: Vec<&Value> = samples.iter().filter_map(|one| one.get(name)).collect();
            let is_sampled = !samples.is_empty() && values.len() == samples.len();
            let is_conditional = conditions.iter().any(|one| one.member == name);
            let is_required = always.contains(&name) || is_sampled && !is_conditional;
            required.extend(is_required.then_some(name));
            let member = self.schema(child, &place.member(name), &values, is_required);
            properties.insert(name.to_owned(), member);
        }
        if let Some(items) = schema.child("items") {
            let values = samples.iter().filter_map(|one| one.as_array()).flatten();
            let values: Vec<&Value> = values.collect();
            let items = self.schema(items, &place.items(), &values, true);
            strict.insert("items".into(), items);
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
        ("string", Some("date-time")) => ("x-wire", json!([form_of_times(samples), null_too])),
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
fn agree_with_http(strict: &mut Value, status: &str) {
    let Some(properties) = strict.get_mut("properties") else {
        return;
    };
    let is_failure = status.starts_with(['4', '5']);
    let other = if is_failure { "data" } else { "error" };
    properties[other] = json!({ "type": "null" });
    if let Some(successful) = properties.get_mut("successful") {
        successful["const"] = json!(!is_failure);
    }
    if let (Some(stated), Ok(status)) = (properties.get_mut("status"), status.parse::<u16>()) {
        stated["const"] = json!(status);
    }
}
