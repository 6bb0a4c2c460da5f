//! What OpenAPI does not allow in its place, above all a scalar of another type. openapiv3
//! says what, and not where: the node is found by trying what would mend it.

use serde_json::{Map, Value, json};

use crate::Finding;
use crate::document::escape;

/// What may stand in a place, and what messages call it.
fn kinds() -> [(Value, &'static str); 5] {
    [
        (json!("x"), "a text"),
        (json!(true), "true or false"),
        (json!(1), "a number"),
        (json!([]), "a list"),
        (json!({}), "a mapping"),
    ]
}

pub(super) fn check(spec: &Value) -> Result<openapiv3::OpenAPI, Finding> {
    openapi(spec).map_err(|error| {
        let mut parts = parts(spec).into_iter();
        let wrong = parts.find_map(|(pointer, part)| Some((pointer, openapi(&part).err()?, part)));
        let (pointer, error, part) = wrong.unwrap_or_else(|| (String::new(), error, spec.clone()));
        misplaced(&part)
            .or_else(|| missing(&part, &error))
            .unwrap_or_else(|| finding(pointer, error, "see the specification of OpenAPI 3.0"))
    })
}

fn openapi(spec: &Value) -> Result<openapiv3::OpenAPI, String> {
    serde_json::from_value(spec.clone()).map_err(|error| error.to_string())
}

fn finding(pointer: String, what: String, instead: impl Into<String>) -> Finding {
    Finding {
        rule: "shape",
        pointer,
        what,
        why: "openapiv3 refuses what OpenAPI 3.0 does not allow in this place".into(),
        instead: instead.into(),
    }
}

/// The description without paths and components, and with each of them alone, so that little
/// must be tried; with the pointer of each.
fn parts(spec: &Value) -> Vec<(String, Value)> {
    let mut frame = spec.clone();
    let mut entries = Vec::new();
    let mut take = |holder: &str| {
        if let Some(Value::Object(members)) = frame.pointer_mut(holder) {
            let holder = holder.to_owned();
            entries.extend(std::mem::take(members).into_iter().map(|(name, entry)| {
                let pointer = format!("{holder}/{}", escape(&name));
                (pointer, holder.clone(), name, entry)
            }));
        }
    };
    take("/paths");
    let kinds = spec.get("components").and_then(Value::as_object);
    for (kind, _) in kinds.into_iter().flatten() {
        take(&format!("/components/{}", escape(kind)));
    }
    let mut parts = vec![(String::new(), frame.clone())];
    parts.extend(entries.into_iter().map(|(pointer, holder, name, entry)| {
        let mut part = frame.clone();
        if let Some(Value::Object(members)) = part.pointer_mut(&holder) {
            members.insert(name, entry);
        }
        (pointer, part)
    }));
    parts
}

/// The deepest node with which the description is OpenAPI as soon as it is of another kind.
fn misplaced(spec: &Value) -> Option<Finding> {
    let mut all = Vec::new();
    nodes(spec, "", &mut all);
    all.into_iter().find_map(|(pointer, node)| {
        let others = kinds().into_iter();
        let mut others =
            others.filter(|(kind, _)| std::mem::discriminant(kind) != std::mem::discriminant(node));
        let (_, expected) = others.find(|(kind, _)| mends(spec, &pointer, kind))?;
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let what = format!("`{name}` must be {expected}");
        let instead = match node {
            Value::Number(_) | Value::Bool(_) if expected == "a text" => {
                "write it in quotes, as in '1.10'".to_owned()
            }
            _ => format!("write {expected}"),
        };
        Some(finding(pointer, what, instead))
    })
}

/// The object that lacks the member of which the error speaks.
fn missing(spec: &Value, error: &str) -> Option<Finding> {
    let name = error.strip_prefix("missing field `")?.strip_suffix('`')?;
    let mut all = Vec::new();
    nodes(spec, "", &mut all);
    let lacks = all.into_iter().find(|(pointer, node)| {
        let mend = |members: &Map<String, Value>, kind: Value| {
            let mut members = members.clone();
            members.insert(name.to_owned(), kind);
            mends(spec, pointer, &members.into())
        };
        let mut kinds = kinds().into_iter();
        let members = node
            .as_object()
            .filter(|members| !members.contains_key(name));
        members.is_some_and(|members| kinds.any(|(kind, _)| mend(members, kind)))
    });
    let (pointer, _) = lacks?;
    let instead = format!("write `{name}` below it");
    Some(finding(pointer, format!("there is no `{name}`"), instead))
}

fn mends(spec: &Value, pointer: &str, node: &Value) -> bool {
    let mut spec = spec.clone();
    if let Some(place) = spec.pointer_mut(pointer) {
        *place = node.clone();
    }
    openapi(&spec).is_ok()
}

/// Pointer and value of every node, children before their parents.
fn nodes<'a>(node: &'a Value, pointer: &str, all: &mut Vec<(String, &'a Value)>) {
    let children: Vec<(String, &Value)> = match node {
        Value::Object(members) => members
            .iter()
            .map(|(name, one)| (escape(name), one))
            .collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, one)| (index.to_string(), one)).collect()
        }
        _ => Vec::new(),
    };
    for (step, child) in children {
        nodes(child, &format!("{pointer}/{step}"), all);
    }
    all.push((pointer.to_owned(), node));
}
