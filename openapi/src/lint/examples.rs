//! Examples and defaults, held against the schema beside them.

use std::collections::BTreeSet;

use jsonschema::Draft;
use serde_json::{Map, Value, json};

use super::schemas::schemas;
use crate::Finding;
use crate::document::{ends_in, escape, walk};
use crate::strict;

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    let components = spec
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let components = components.map(each_json_schema).unwrap_or_default();
    let mut hold = |schema: &Value, name: &str, value: &Value, pointer: &str| {
        contradictions(&components, schema, name, value, pointer, findings);
    };
    schemas(spec, &mut |schema, pointer| {
        for name in ["example", "default"] {
            if let Some(value) = schema.get(name) {
                hold(schema, name, value, &format!("{pointer}/{name}"));
            }
        }
    });
    // Parameters, headers and media types: whatever has a schema and is none.
    walk(spec, &mut |holder, pointer| {
        if ends_in(pointer, &["schema", "schemas", "example", "examples"]) {
            return false;
        }
        let Some(schema) = holder.get("schema") else {
            return true;
        };
        if let Some(value) = holder.get("example") {
            hold(schema, "example", value, &format!("{pointer}/example"));
        }
        let examples = holder.get("examples").and_then(Value::as_object);
        for (name, example) in examples.into_iter().flatten() {
            if let Some(value) = example.get("value") {
                let at = format!("{pointer}/examples/{}/value", escape(name));
                hold(schema, &format!("examples/{name}"), value, &at);
            }
        }
        true
    });
}

/// Each part of a value that its schema does not take, once.
fn contradictions(
    schemas: &Map<String, Value>,
    schema: &Value,
    name: &str,
    value: &Value,
    pointer: &str,
    findings: &mut Vec<Finding>,
) {
    // A reference is resolved within the document that it stands in.
    let whole = json!({
        "components": { "schemas": schemas },
        "allOf": [json_schema(schema)],
    });
    let validator = strict::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .build(&whole);
    let faults: Vec<(String, String)> = match validator {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| {
                (
                    error.instance_path().to_string(),
                    strict::sentence(&error, &strict::beginning),
                )
            })
            .collect(),
        Err(error) => vec![(
            String::new(),
            format!("no value can be held against it, {error}"),
        )],
    };
    let mut seen = BTreeSet::new();
    for (part, what) in faults {
        let pointer = format!("{pointer}{part}");
        if seen.insert(pointer.clone()) {
            findings.push(Finding {
                rule: "contradiction",
                pointer,
                what: format!("`{name}` contradicts its own schema: {what}"),
                why: "people copy examples into requests, and mocks answer with them; one of the two is wrong"
                    .into(),
                instead: "write a value that the schema takes; if OCP does send this one, mend the schema"
                    .into(),
            });
        }
    }
}

fn each_json_schema(schemas: &Map<String, Value>) -> Map<String, Value> {
    schemas
        .iter()
        .map(|(name, schema)| (name.clone(), json_schema(schema)))
        .collect()
}

/// A schema of OpenAPI 3.0 as one of JSON Schema, integers and times in the forms
/// of the strict view. Vocabularies are open, so they refuse no text.
fn json_schema(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let null_too = members.get("nullable") == Some(&json!(true));
    let format = members.get("format").and_then(Value::as_str);
    let is_wire = matches!(format, Some("int64" | "int32" | "date-time"));
    let mut strict = Map::new();
    for (key, value) in members {
        match (key.as_str(), value) {
            ("example" | "default", _) => continue,
            ("type" | "format", _) if is_wire => continue,
            ("type", kind) if null_too => strict.insert(key.clone(), json!([kind, "null"])),
            ("properties", Value::Object(members)) => {
                strict.insert(key.clone(), each_json_schema(members).into())
            }
            ("items" | "additionalProperties" | "not", child) => {
                strict.insert(key.clone(), json_schema(child))
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                let list: Vec<Value> = list.iter().map(json_schema).collect();
                strict.insert(key.clone(), list.into())
            }
            _ => strict.insert(key.clone(), value.clone()),
        };
    }
    if is_wire {
        strict.insert("x-wire".to_owned(), json!([format, null_too]));
    }
    strict.into()
}
