//! A description with one form for what OpenAPI writes in several, so that two of them
//! can be compared node by node.

use serde_json::{Map, Value, json};

use crate::operation::{operations, resolve, texts};

/// A description as `operations` by their id, `schemas` by their name, and the rest.
///
/// Parameters and responses stand where they are used, parameters by location and name;
/// a member has a `required` of its own, and enum values are members of `values`.
pub(super) fn view(spec: &Value) -> Value {
    let mut view = Map::new();
    let mut by_id = Map::new();
    for (pointer, path, method, node) in operations(spec) {
        let id = node["operationId"].as_str().unwrap_or(&pointer).to_owned();
        by_id.insert(id, operation(spec, path, method, node));
    }
    let schemas = members(&spec["components"]["schemas"]);
    let schemas = schemas.map(|(name, node)| (name.clone(), schema(node)));
    let rest = members(spec).filter(|(key, _)| !["paths", "components"].contains(&key.as_str()));
    view.extend(rest.map(|(key, node)| (key.clone(), node.clone())));
    view.insert("operations".into(), by_id.into());
    view.insert("schemas".into(), schemas.collect::<Map<_, _>>().into());
    for key in ["headers", "securitySchemes"] {
        view.insert(key.into(), spec["components"][key].clone());
    }
    view.into()
}

fn operation(spec: &Value, path: &str, method: &str, node: &Value) -> Value {
    let mut operation = Map::new();
    let mut parameters = Map::new();
    for (key, node) in members(node) {
        match key.as_str() {
            "operationId" | "parameters" => {}
            "responses" => {
                let responses = members(node);
                let responses = responses.map(|(status, one)| (status.clone(), body(spec, one)));
                operation.insert(key.clone(), responses.collect::<Map<_, _>>().into());
            }
            "requestBody" => {
                operation.insert(key.clone(), body(spec, node));
            }
            _ => {
                operation.insert(key.clone(), node.clone());
            }
        }
    }
    let lists = [&spec["paths"][path], node].map(|node| node["parameters"].as_array());
    for node in lists.into_iter().flatten().flatten() {
        let node = resolve(spec, node).unwrap_or(node);
        let name = node["name"].as_str().unwrap_or_default();
        let location = node["in"].as_str().unwrap_or_default();
        parameters.insert(format!("{location} {name}"), with_schema(node));
    }
    operation.insert("method".into(), method.to_uppercase().into());
    operation.insert("path".into(), path.into());
    operation.insert("parameters".into(), parameters.into());
    operation.into()
}

/// A response, or the body of a request.
fn body(spec: &Value, node: &Value) -> Value {
    let mut body = resolve(spec, node).unwrap_or(node).clone();
    for key in ["headers", "content"] {
        let nodes = members(&body[key]).map(|(name, node)| (name.clone(), with_schema(node)));
        let nodes: Map<_, _> = nodes.collect();
        if !nodes.is_empty() {
            body[key] = nodes.into();
        }
    }
    body
}

/// A parameter, a header or a media type.
fn with_schema(node: &Value) -> Value {
    let said = |key: &str, node: &Value| match key {
        "name" | "in" => false,
        "required" | "deprecated" => *node != json!(false),
        _ => true,
    };
    let keys = members(node).filter(|(key, node)| said(key, node));
    let keys = keys.map(|(key, node)| {
        let node = if key == "schema" {
            schema(node)
        } else {
            node.clone()
        };
        (key.clone(), node)
    });
    keys.collect::<Map<_, _>>().into()
}

fn schema(node: &Value) -> Value {
    let mut view = Map::new();
    let required: Vec<&str> = texts(node, "required").collect();
    for (key, node) in members(node) {
        match key.as_str() {
            "required" => {}
            "properties" => {
                let properties = members(node).map(|(name, node)| {
                    let mut member = schema(node);
                    if required.contains(&name.as_str()) {
                        member["required"] = true.into();
                    }
                    (name.clone(), member)
                });
                view.insert("members".into(), properties.collect::<Map<_, _>>().into());
            }
            "enum" | "x-extensible-enum" => {
                let values = node.as_array().into_iter().flatten();
                let name = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
                let closed = key == "enum";
                let values = values.map(|value| (name(value), json!({ "closed": closed })));
                view.insert("values".into(), values.collect::<Map<_, _>>().into());
                view.insert("closed".into(), closed.into());
            }
            "items" | "additionalProperties" | "not" if node.is_object() => {
                view.insert(key.clone(), schema(node));
            }
            "anyOf" | "oneOf" | "allOf" => {
                let list = node.as_array().into_iter().flatten().map(schema);
                view.insert(key.clone(), list.collect());
            }
            "nullable" | "uniqueItems" if *node == json!(false) => {}
            _ => {
                view.insert(key.clone(), node.clone());
            }
        }
    }
    view.into()
}

pub(super) fn members(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.as_object().into_iter().flatten()
}
