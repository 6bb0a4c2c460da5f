//! Paths, parameters and responses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Finding;
use crate::document::escape;
use crate::operation::{declared, operations, resolve};
use crate::schema::Schema;

/// The methods that the client has requests for.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    if operations(spec).next().is_none() {
        findings.push(Finding {
            rule: "no-operations",
            pointer: "/paths".into(),
            what: "the document describes no operation".into(),
            why: "there would be no client".into(),
            instead: "describe at least one under `paths`".into(),
        });
    }
    for (pointer, path, method, operation) in operations(spec) {
        if !METHODS.contains(&method) {
            findings.push(Finding {
                rule: "http-method",
                pointer: pointer.clone(),
                what: format!(
                    "a request with the method {} cannot be made",
                    method.to_uppercase()
                ),
                why: "the client makes those that OCP documents (client/src/request.rs)".into(),
                instead: "leave the operation out".into(),
            });
        }
        parameters(spec, path, &pointer, findings);
        body(spec, operation, &pointer, findings);
        responses(spec, operation, &pointer, findings);
    }
}

fn parameters(spec: &Value, path: &str, pointer: &str, findings: &mut Vec<Finding>) {
    let mut of_path = Vec::new();
    let mut names = Vec::new();
    for (at, parameter) in declared(spec, pointer) {
        style(parameter, &at, findings);
        kind(spec, parameter, &at, findings);
        let key = (parameter.get("in"), parameter.get("name"));
        if names.contains(&key) {
            findings.push(Finding {
                rule: "duplicate-parameter",
                pointer: format!("{at}/name"),
                what: "a parameter of this name is described already".into(),
                why: "the generator would keep one of them, without a word".into(),
                instead: "describe each parameter once".into(),
            });
        }
        names.push(key);
        if parameter.get("in") == Some(&"path".into())
            && let Some(name) = parameter.get("name").and_then(Value::as_str)
        {
            let is_required = parameter.get("required") == Some(&true.into());
            of_path.push((name, at, is_required));
        }
    }
    template(
        path,
        &format!("/paths/{}", escape(path)),
        &of_path,
        findings,
    );
}

/// The names in a path template, and the parameters that are declared for them.
fn template(
    path: &str,
    pointer: &str,
    declared: &[(&str, String, bool)],
    findings: &mut Vec<Finding>,
) {
    let names = path.split('{').skip(1);
    let names = names.filter_map(|rest| Some(rest.split_once('}')?.0));
    let names: Vec<&str> = names.collect();
    let mut find = |what, pointer| {
        findings.push(Finding {
            rule: "path-parameter",
            pointer,
            what,
            why: "progenitor builds the URL from the template and the declared path parameters; it panics when they differ"
                .into(),
            instead: "give each `{name}` of the path one parameter with `in: path` and `required: true`"
                .into(),
        });
    };
    let count = |brace| path.matches(brace).count();
    if count('{') != names.len() || count('}') != names.len() {
        let what = "the braces of the path do not match".to_owned();
        find(what, pointer.to_owned());
    }
    for name in &names {
        if !declared.iter().any(|(one, ..)| one == name) {
            let what = format!("`{{{name}}}` of the path is not declared");
            find(what, pointer.to_owned());
        }
    }
    for (name, at, is_required) in declared {
        let at = format!("{at}/name");
        if !names.contains(name) {
            find(format!("the path has no `{{{name}}}`"), at);
        } else if !is_required {
            find(format!("`{name}` is not `required: true`"), at);
        }
    }
}

fn style(parameter: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let is_query = parameter.get("in") == Some(&"query".into());
    let place = parameter
        .get("in")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (member, what) = if !matches!(place, "path" | "query" | "header" | "cookie") {
        ("in", "`in` must be path, query or header".to_owned())
    } else if parameter.get("in") == Some(&"cookie".into()) {
        ("in", "cookie parameters cannot be sent".to_owned())
    } else if parameter.get("explode") == Some(&false.into()) && is_query {
        ("explode", "`explode: false` has no effect".to_owned())
    } else {
        match parameter.get("style").and_then(Value::as_str) {
            Some(style) if !matches!(style, "form" | "simple") => {
                ("style", format!("style `{style}` cannot be sent"))
            }
            _ => return,
        }
    };
    findings.push(Finding {
        rule: "parameter-style",
        pointer: format!("{pointer}/{member}"),
        what,
        why: "progenitor repeats the name for each value (`a=1&a=2`) and knows no other style; it ignores `explode: false` silently and refuses the rest"
            .into(),
        instead: "write `style: form` with `explode: true`, or describe the joined text as one `type: string`"
            .into(),
    });
}

/// A parameter is a text on the wire, or, in the query, several.
fn kind(spec: &Value, parameter: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let kind = |schema: Option<&Value>| {
        let schema = Schema::at(spec, schema?, "").ok()?.node.clone();
        let kind = schema.get("type")?.as_str()?.to_owned();
        Some((schema, kind))
    };
    let is_scalar = |kind: &str| matches!(kind, "string" | "integer" | "number" | "boolean");
    let is_sent = match kind(parameter.get("schema")) {
        Some((schema, list)) if list == "array" => {
            let item = kind(schema.get("items"));
            parameter.get("in") == Some(&"query".into())
                && item.is_some_and(|(_, item)| is_scalar(&item))
        }
        Some((_, kind)) => is_scalar(&kind),
        None => false,
    };
    if !is_sent {
        findings.push(Finding {
            rule: "parameter-type",
            pointer: format!("{pointer}/schema"),
            what: format!(
                "`{}` cannot be sent",
                parameter
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            ),
            why: "the client sends texts, numbers, true and false, and lists of them in the query"
                .into(),
            instead: "write one of these types".into(),
        });
    }
}

fn body(spec: &Value, operation: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let body = operation.get("requestBody");
    let body = body.and_then(|body| resolve(spec, body));
    let content = body.and_then(|body| body.get("content")?.as_object());
    media_types(content, &format!("{pointer}/requestBody"), findings);
}

fn media_types(content: Option<&Map<String, Value>>, pointer: &str, findings: &mut Vec<Finding>) {
    for (name, content) in content.into_iter().flatten() {
        let (what, why, instead) = if name != "application/json" {
            (
                format!("`{name}` is not `application/json`"),
                "progenitor sends and hands out any other media type as bytes, without a word",
                "write `application/json`; its parameters do not belong here",
            )
        } else if content.get("schema").is_none() {
            (
                format!("`{name}` has no schema"),
                "progenitor panics without one",
                "describe what it holds, or leave `content` out",
            )
        } else {
            continue;
        };
        findings.push(Finding {
            rule: "media-type",
            pointer: format!("{pointer}/content/{}", escape(name)),
            what,
            why: why.into(),
            instead: instead.into(),
        });
    }
}

fn responses(spec: &Value, operation: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let pointer = format!("{pointer}/responses");
    // The first schema of each class decides; `None` is a response without body.
    let mut first_of: BTreeMap<&str, (&str, Option<&Value>)> = BTreeMap::new();
    let list = operation.get("responses").and_then(Value::as_object);
    for (status, response) in list.into_iter().flatten() {
        let at = format!("{pointer}/{}", escape(status));
        let Some(response) = resolve(spec, response) else {
            continue;
        };
        if status == "default" {
            findings.push(Finding {
                rule: "default-response",
                pointer: at,
                what: "`default` covers successes as well as failures".into(),
                why: "progenitor panics when it stands beside a success of another schema".into(),
                instead: "describe failures as `4XX` and `5XX`".into(),
            });
            continue;
        }
        let content = response.get("content").and_then(Value::as_object);
        media_types(content, &at, findings);
        let schema = content.and_then(|content| content.get("application/json")?.get("schema"));
        let is_success = status.starts_with(['1', '2', '3']);
        if is_success && status != "200" {
            findings.push(Finding {
                rule: "success-status",
                pointer: at.clone(),
                what: format!("{status} is no success that the client believes"),
                why: "OCP answers every success with 200; the transport takes anything else for another server"
                    .into(),
                instead: "describe the success as '200'; if OCP has learnt another, change client/src/verdict.rs first"
                    .into(),
            });
        }
        let class = if is_success { "success" } else { "error" };
        let (first, other) = *first_of.entry(class).or_insert((status, schema));
        if other != schema {
            findings.push(Finding {
                rule: "response-schema",
                pointer: at,
                what: format!("the {class} {status} has another schema than {first}"),
                why: format!(
                    "progenitor panics when an operation has more than one {class} schema"
                ),
                instead:
                    "describe one schema that covers both, with the differing members optional"
                        .into(),
            });
        }
    }
}
