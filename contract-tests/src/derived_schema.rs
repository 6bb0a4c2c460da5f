//! The JSON Schema of the Rust types, held against the spec.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::bridge;
use crate::lossless::{self, Difference};

/// Lists what the Rust types and the component schemas of the spec say
/// differently; each sentence starts with the name of the schema.
///
/// `schemars` derives from the Rust types as they are, whatever made them: a
/// pass over the generated code or a hand-written type that strays from the
/// spec is noticed here.
pub fn departures(spec: &Value) -> Vec<String> {
    bridge::derived_schemas()
        .into_iter()
        .flat_map(|(name, derived)| {
            let described = spec.pointer(&format!("/components/schemas/{name}"));
            let described = shape(described.unwrap_or(&Value::Null), false);
            let derived = shape(derived.as_value(), false);
            lossless::differences(&described, &derived)
                .into_iter()
                .map(move |difference| sentence(name, &difference))
        })
        .collect()
}

fn sentence(name: &str, difference: &Difference) -> String {
    match difference {
        Difference::Lost { at } => format!("{name}{at} of the spec is lost in the Rust type"),
        Difference::Added { at } => format!("{name}{at} is added by the Rust type"),
        Difference::Changed { at, sent, kept } => {
            format!("{name}{at} is {sent} in the spec, the Rust type has {kept}")
        }
    }
}

/// What both dialects, OpenAPI 3.0 and JSON Schema, say about a value; an
/// optional member may be null in Rust.
fn shape(schema: &Value, optional: bool) -> Value {
    if let Some([only]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return shape(only, optional);
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return json!({ "$ref": target.rsplit('/').next() });
    }
    let is_null = |schema: &Value| schema.get("type") == Some(&json!("null"));
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    if let Some(list) = alternatives
        && let (true, [other]) = (
            optional && list.iter().any(is_null),
            list.iter()
                .filter(|one| !is_null(one))
                .collect::<Vec<_>>()
                .as_slice(),
        )
    {
        return shape(other, false);
    }
    let mut says = Map::new();
    for key in [
        "type",
        "format",
        "pattern",
        "x-extensible-enum",
        "minimum",
        "maximum",
        "additionalProperties",
    ] {
        if let Some(value) = schema.get(key) {
            says.insert(key.to_owned(), without_null(value, optional));
        }
    }
    if let Some(list) = alternatives {
        says.insert(
            "anyOf".into(),
            list.iter().map(|one| shape(one, false)).collect(),
        );
    }
    if let Some(items) = schema.get("items") {
        says.insert("items".into(), shape(items, false));
    }
    let required: BTreeSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties: Map<String, Value> = properties
            .iter()
            .map(|(name, property)| {
                (
                    name.clone(),
                    shape(property, !required.contains(name.as_str())),
                )
            })
            .collect();
        says.insert("properties".into(), properties.into());
        // By name, so that a sentence can say which one is missing.
        let required: Map<String, Value> = required
            .into_iter()
            .map(|name| (name.to_owned(), true.into()))
            .collect();
        says.insert("required".into(), required.into());
    }
    Value::Object(says)
}

fn without_null(value: &Value, optional: bool) -> Value {
    match value.as_array().map(Vec::as_slice) {
        Some([one, null]) if optional && null == "null" => one.clone(),
        _ => value.clone(),
    }
}
