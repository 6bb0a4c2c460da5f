//! Names that become names in Rust: of operations, parameters, schemas and members.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

use super::client::Client;
use super::schemas::{component, is_hand_written, schemas};
use crate::Finding;
use crate::document::escape;
use crate::operation::{PAGING, declared, operations, resolve};

pub(super) fn check(spec: &Value, client: &Client<'_>, findings: &mut Vec<Finding>) {
    let mut taken = BTreeMap::new();
    for (pointer, _, _, operation) in operations(spec) {
        operation_id(operation, &pointer, client, &mut taken, findings);
        parameters(spec, operation, &pointer, client, findings);
        row_kind(operation, &pointer, client, findings);
    }
    schemas(spec, &mut |schema, pointer| {
        component_name(pointer, client, findings);
        if !is_hand_written(pointer, client.hand_written) {
            members(schema, pointer, findings);
        }
    });
    types(spec, findings);
}

/// The snake-case form of a name that Rust can say; keywords get an underscore from the
/// generator.
fn snake(name: &str) -> Option<String> {
    let snake = name.to_snake_case();
    // typify drops an apostrophe, and heck takes it for the end of a word.
    let is_plain = name.is_ascii() && !name.contains('\'');
    (is_plain && snake.starts_with(|c: char| c.is_ascii_lowercase())).then_some(snake)
}

fn operation_id(
    operation: &Value,
    pointer: &str,
    client: &Client<'_>,
    taken: &mut BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    let id = operation.get("operationId").and_then(Value::as_str);
    let what = match id {
        None => "the operation has no `operationId`".to_owned(),
        Some(id) => {
            let builder = id.to_upper_camel_case();
            let is_word = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let method = snake(id).filter(|_| is_word);
            // The method is named in snake_case, where `listTasks` and `list_tasks` meet.
            let other = taken.insert(id.replace('_', "").to_lowercase(), id.to_owned());
            match (method, other) {
                (None, _) => format!("`{id}` cannot name a method"),
                (_, Some(other)) => {
                    format!("`{id}` would name the same method as `{other}` further up")
                }
                (Some(method), _) if client.methods.contains(&method.as_str()) => {
                    format!("`{id}` would name the method `{method}` that the client has")
                }
                _ if client.builders.contains(&builder.as_str()) => {
                    format!("`{id}` would hide the type `{builder}`, which its code uses")
                }
                _ => return,
            }
        }
    };
    findings.push(Finding {
        rule: "operation-id",
        pointer: format!("{pointer}/operationId"),
        what,
        why: "the method of the client and the folder of the interactions are named by it".into(),
        instead: "give each operation an id of its own, in camelCase".into(),
    });
}

fn parameters(
    spec: &Value,
    operation: &Value,
    pointer: &str,
    client: &Client<'_>,
    findings: &mut Vec<Finding>,
) {
    let has_body = operation.get("requestBody").is_some();
    let mut methods: BTreeMap<String, (&str, Option<&Value>)> = BTreeMap::new();
    for (at, parameter) in declared(spec, pointer) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else {
            continue;
        };
        let argument = parameter.get("x-argument");
        let at = match argument {
            Some(_) => format!("{at}/x-argument"),
            None => format!("{at}/name"),
        };
        let called = argument
            .map_or(Some(name), Value::as_str)
            .unwrap_or_default();
        let method = snake(called).filter(|method| argument.is_none() || method == called);
        let what = match method {
            _ if argument.is_some() && !can_be_renamed(parameter) => {
                format!("`{name}` cannot be called otherwise")
            }
            None => format!("`{called}` cannot name a method"),
            Some(method) => {
                let is_body = has_body && matches!(method.as_str(), "body" | "body_map");
                let is_taken = is_body || client.builder_methods.contains(&method.as_str());
                let key = (name, parameter.get("in"));
                match methods.insert(method.clone(), key) {
                    // `duplicate-parameter` says it better.
                    Some(other) if other == key => continue,
                    Some((other, _)) => format!("`{name}` would be the method of `{other}`"),
                    None if is_taken => format!("a request has a `{method}` of its own"),
                    None => continue,
                }
            }
        };
        findings.push(Finding {
            rule: "parameter-name",
            pointer: at,
            what,
            why: "each parameter becomes a method of the request, named like it in snake_case"
                .into(),
            instead: advice(parameter).into(),
        });
    }
}

/// What to write instead of a name that is no good.
fn advice(parameter: &Value) -> &'static str {
    if can_be_renamed(parameter) {
        "write an `x-argument` beside it, like `cluster_id`: the method has that name, and the wire keeps the old one"
    } else if parameter.get("x-argument").is_some() {
        "leave it out: it is for parameters of the path and for filters, not for `page` and `size`"
    } else {
        "leave the parameter out; only those of the path and filters can be called otherwise"
    }
}

/// Whether callers may name a parameter other than the wire does.
fn can_be_renamed(parameter: &Value) -> bool {
    let word = |key: &str| parameter.get(key).and_then(Value::as_str);
    match word("in") {
        Some("path") => true,
        Some("query") => !word("name").is_some_and(|name| PAGING.contains(&name)),
        _ => false,
    }
}

fn row_kind(operation: &Value, pointer: &str, client: &Client<'_>, findings: &mut Vec<Finding>) {
    let Some(kind) = operation.get("x-row-kind") else {
        return;
    };
    if !kind
        .as_str()
        .is_some_and(|kind| client.row_kinds.contains(&kind))
    {
        findings.push(Finding {
            rule: "row-kind",
            pointer: format!("{pointer}/x-row-kind"),
            what: format!("the client knows no rows of the kind {kind}"),
            why: "the generated code refers to the folder of this name in client/src/operations"
                .into(),
            instead: format!(
                "leave it out, or write one of: {}",
                client.row_kinds.join(", ")
            ),
        });
    }
}

fn component_name(pointer: &str, client: &Client<'_>, findings: &mut Vec<Finding>) {
    let Some(name) = component(pointer) else {
        return;
    };
    let camel = snake(name).map(|_| name.to_upper_camel_case());
    let (what, instead) = if client.types.contains(&name) {
        let what = format!("`{name}` would hide the type that generated code uses");
        (what, "give it another name".to_owned())
    } else {
        let camel = camel.filter(|camel| camel.chars().all(|c| c.is_ascii_alphanumeric()));
        match camel {
            Some(camel) if camel == name => return,
            Some(camel) => (
                format!("`{name}` is not the name of a Rust type"),
                format!("write `{camel}`"),
            ),
            None => (
                format!("`{name}` is not the name of a Rust type"),
                "write it in UpperCamelCase".to_owned(),
            ),
        }
    };
    findings.push(Finding {
        rule: "component-name",
        pointer: pointer.to_owned(),
        what,
        why: "the schema becomes a Rust type of exactly this name".into(),
        instead,
    });
}

/// Members of an object, each of which becomes a field.
fn members(schema: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let mut fields: BTreeMap<String, &str> = BTreeMap::new();
    let members = schema.get("properties").and_then(Value::as_object);
    for name in members.into_iter().flatten().map(|(name, _)| name) {
        let what = match snake(name) {
            None => format!("`{name}` cannot name a member"),
            Some(field) => match fields.insert(field.clone(), name) {
                None => continue,
                Some(other) => format!("`{other}` and `{name}` would be one member, `{field}`"),
            },
        };
        findings.push(Finding {
            rule: "member-name",
            pointer: format!("{pointer}/properties/{}", escape(name)),
            what,
            why: "each member becomes a field of the Rust type, named like it in snake_case".into(),
            instead: "leave it out: the client ignores members that it does not know; an entry of discrepancies.yaml lists it under `unstated`".into(),
        });
    }
}

/// The types of objects that stand inside others, which typify names after their place.
fn types(spec: &Value, findings: &mut Vec<Finding>) {
    let components = spec.pointer("/components/schemas");
    let components = components.and_then(Value::as_object);
    let components = components.into_iter().flatten();
    let components = components.map(|(name, schema)| (name.clone(), schema));
    let mut types = Types {
        taken: components.clone().collect(),
        findings,
    };
    for (name, schema) in components {
        let pointer = format!("/components/schemas/{}", escape(&name));
        types.below(schema, &name, &pointer);
    }
    for (pointer, _, _, operation) in operations(spec) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let name = format!("{}Response", id.unwrap_or_default().to_upper_camel_case());
        let responses = operation.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let schema = resolve(spec, response)
                .and_then(|response| response.pointer("/content/application~1json/schema"));
            if let Some(schema) = schema {
                let content = "content/application~1json/schema";
                let at = format!("{pointer}/responses/{}/{content}", escape(status));
                types.inline(schema, &name, &at);
            }
        }
    }
}

/// Types by name, each with its schema.
struct Types<'a> {
    taken: BTreeMap<String, &'a Value>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Types<'a> {
    fn inline(&mut self, schema: &'a Value, name: &str, pointer: &str) {
        let title = schema.get("title").and_then(Value::as_str);
        let name = title.unwrap_or(name).to_upper_camel_case();
        if schema.get("properties").is_some() {
            let other = self.taken.insert(name.clone(), schema);
            if other.is_some_and(|other| other != schema) {
                self.findings.push(Finding {
                    rule: "component-name",
                    pointer: pointer.to_owned(),
                    what: format!("this object would be the type `{name}`, as another one is"),
                    why: "typify names an object that is no component after its place, and takes the first type of that name for all others".into(),
                    instead: "make it a component schema with a name of its own".into(),
                });
            }
        }
        self.below(schema, &name, pointer);
    }

    fn below(&mut self, schema: &'a Value, name: &str, pointer: &str) {
        let members = schema.get("properties").and_then(Value::as_object);
        for (member, child) in members.into_iter().flatten() {
            let at = format!("{pointer}/properties/{}", escape(member));
            self.inline(child, &format!("{name}_{member}"), &at);
        }
        for (key, suffix) in [("items", "Item"), ("additionalProperties", "Value")] {
            if let Some(child) = schema.get(key) {
                self.inline(
                    child,
                    &format!("{name}{suffix}"),
                    &format!("{pointer}/{key}"),
                );
            }
        }
    }
}
