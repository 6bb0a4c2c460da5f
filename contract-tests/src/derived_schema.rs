//! The JSON Schema of the Rust types, held against the spec.

use serde_json::{Map, Value, json};

use crate::bridge;
use crate::lossless;

/// The keywords that are compared as they are.
const COMPARED: [&str; 7] = [
    "type",
    "format",
    "pattern",
    "x-extensible-enum",
    "minimum",
    "maximum",
    "additionalProperties",
];

/// Lists what the Rust types and the component schemas of the spec say
/// differently; each sentence starts with the name of the schema.
///
/// `schemars` derives from the Rust types as they are, whatever made them: a
/// pass over the generated code or a hand-written type that strays from the
/// spec is noticed here.
pub fn departures(spec: &Value) -> Vec<String> {
    let mut departures = Vec::new();
    for (name, derived) in bridge::derived_schemas() {
        let described = spec.pointer(&format!("/components/schemas/{name}"));
        let described = shape(described.unwrap_or(&Value::Null));
        let differences = lossless::differences(&described, &shape(derived.as_value()));
        let differences = differences.iter();
        let sentences = differences.map(|one| one.between("spec", "Rust type"));
        departures.extend(sentences.map(|sentence| format!("{name}{sentence}")));
    }
    departures
}

/// The statements of a schema about a value, but for null: each optional member may be null in
/// Rust.
fn shape(schema: &Value) -> Value {
    let parts = |key: &str| -> Vec<&Value> {
        let parts = schema[key].as_array().into_iter().flatten();
        parts.filter(|one| one["enum"] != json!([null])).collect()
    };
    if let [only] = [parts("allOf"), parts("anyOf")].concat().as_slice() {
        return shape(only);
    }
    if let Some(target) = schema["$ref"].as_str() {
        return json!({ "$ref": target.rsplit('/').next() });
    }
    let mut says = Map::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        let value = match (key.as_str(), value) {
            ("anyOf", _) => parts("anyOf").into_iter().map(shape).collect(),
            ("items", items) => shape(items),
            ("properties", Value::Object(properties)) => {
                let properties = properties.iter();
                let properties = properties.map(|(name, one)| (name.clone(), shape(one)));
                properties.collect::<Map<_, _>>().into()
            }
            // By name, so that a sentence can say which one is missing.
            ("required", Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                let names = names.map(|name| (name.to_owned(), Value::Bool(true)));
                names.collect::<Map<_, _>>().into()
            }
            (key, value) if COMPARED.contains(&key) => value.clone(),
            _ => continue,
        };
        says.insert(key.clone(), value);
    }
    Value::Object(says)
}
