//! The operations of the description. `cargo xtask regen` has written out their parameters.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use quote::format_ident;
use serde_json::{Value, json};
use syn::Ident;

use super::names::snake;

/// One operation.
pub(super) struct Operation<'a> {
    pub(super) id: &'a str,
    /// The HTTP method, in small letters.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) node: &'a Value,
    /// All parameters; the body is one, too.
    pub(super) parameters: Vec<Value>,
    /// The schema of a success.
    pub(super) envelope: &'a Value,
    /// The type of a success.
    pub(super) response: Ident,
}

/// Members of each success, which `src/decode/verdict.rs` reads: name, type, and the rest of it.
const ENVELOPE: [(&str, &str, bool, &str); 3] = [
    ("successful", "boolean", true, "a required boolean"),
    ("status", "integer", false, "an optional integer of 64 bits"),
    ("traceId", "string", false, "an optional text"),
];

impl<'a> Operation<'a> {
    /// Every operation.
    ///
    /// # Errors
    ///
    /// A sentence, if a success is not what every success of OCP is.
    pub(super) fn all(spec: &'a Value) -> Result<Vec<Self>, String> {
        let mut all = Vec::new();
        for (path, item) in members(&spec["paths"]) {
            for (method, node) in members(item) {
                let Some(id) = node["operationId"].as_str() else {
                    continue;
                };
                let success = resolved(spec, &node["responses"]["200"]);
                let schema = &success["content"]["application/json"]["schema"];
                let response = component(schema).ok_or_else(|| {
                    format!("a response of `{id}` is no object: every response '200' of OCP is one, with a component in `application/json`")
                })?;
                let envelope = resolved(spec, schema);
                is_envelope(envelope, &response)?;
                all.push(Self {
                    id,
                    method,
                    path,
                    node,
                    parameters: parameters(id, node)?,
                    envelope,
                    response,
                });
            }
        }
        Ok(all)
    }

    /// The type of a request.
    pub(super) fn request(&self) -> Ident {
        format_ident!("{}", self.id.to_upper_camel_case())
    }

    /// The method of the client.
    pub(super) fn function(&self) -> Ident {
        ident(self.id)
    }
}

/// Refuses a response that does not say whether it is a success, as every one of OCP does.
fn is_envelope(envelope: &Value, response: &Ident) -> Result<(), String> {
    for (name, kind, is_required, what) in ENVELOPE {
        let member = &envelope["properties"][name];
        let is_plain = is_plain(member, kind) && member["nullable"] != true;
        if !is_plain || requires(envelope, name) != is_required {
            return Err(format!(
                "the response `{response}` has no member `{name}` that is {what}, as every response of OCP has"
            ));
        }
    }
    Ok(())
}

/// The parameters of an operation, and its body.
fn parameters(id: &str, node: &Value) -> Result<Vec<Value>, String> {
    let mut parameters = node["parameters"].as_array().cloned().unwrap_or_default();
    if let Some(body) = node.get("requestBody") {
        let schema = &body["content"]["application/json"]["schema"];
        parameters
            .push(json!({ "name": "body", "in": "body", "required": true, "schema": schema }));
    }
    // The order on the wire.
    parameters.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
    let mut names = BTreeSet::new();
    for name in parameters.iter().filter_map(|one| one["name"].as_str()) {
        if !names.insert(snake(name)) {
            let name = snake(name);
            return Err(format!("two parameters of `{id}` would be called `{name}`"));
        }
    }
    Ok(parameters)
}

/// The method or member for a name.
pub(super) fn ident(name: &str) -> Ident {
    format_ident!("{}", snake(name))
}

/// The type of a component that a schema refers to.
pub(super) fn component(schema: &Value) -> Option<Ident> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(format_ident!("{name}"))
}

/// A schema that becomes Rust's own type for it; integers have 64 bits.
pub(super) fn is_plain(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind && (schema["format"].is_null() || schema["format"] == "int64")
}

/// An object that always has a member.
pub(super) fn requires(schema: &Value, name: &str) -> bool {
    texts(&schema["required"]).any(|one| one == name)
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> impl Iterator<Item = &str> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str)
}

/// Name and value of each member.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The component that a `$ref` names, or the node itself.
pub(super) fn resolved<'a>(spec: &'a Value, node: &'a Value) -> &'a Value {
    let target = node["$ref"].as_str();
    let target = target.and_then(|target| spec.pointer(target.trim_start_matches('#')));
    target.unwrap_or(node)
}
