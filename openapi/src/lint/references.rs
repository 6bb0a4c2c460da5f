//! `$ref`: alone in its object, leading somewhere, and every component led to.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Finding;
use crate::document::{ends_in, escape, walk};

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    let mut used = BTreeSet::new();
    walk(spec, &mut |node, pointer| {
        if ends_in(pointer, &["example", "examples", "default"]) {
            return false;
        }
        if let (Value::Object(members), Some(Value::String(target))) = (node, node.get("$ref")) {
            reference(spec, members, target, pointer, &mut used, findings);
        }
        true
    });
    circles(spec, findings);
    let components = spec.get("components").and_then(Value::as_object);
    for (kind, members) in components.into_iter().flatten() {
        // Security schemes are named by `security`, not by `$ref`.
        if kind == "securitySchemes" {
            continue;
        }
        for name in members
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let pointer = format!("/components/{}/{}", escape(kind), escape(name));
            if !used.contains(&pointer) {
                findings.push(Finding {
                    rule: "unused-component",
                    pointer,
                    what: format!("nothing refers to `{name}`"),
                    why: "the generator would publish a type that no operation sends or receives"
                        .into(),
                    instead: "refer to it, or delete it".into(),
                });
            }
        }
    }
}

/// Components that refer to themselves without an object between: through
/// `$ref`, or through `allOf`.
fn circles(spec: &Value, findings: &mut Vec<Finding>) {
    let components = spec.get("components").and_then(Value::as_object);
    for (kind, members) in components.into_iter().flatten() {
        for (name, _) in members.as_object().into_iter().flatten() {
            let start = format!("/components/{}/{}", escape(kind), escape(name));
            let mut seen = BTreeSet::new();
            let mut next = vec![start.clone()];
            while let Some(pointer) = next.pop() {
                let node = spec.pointer(&pointer).unwrap_or(&Value::Null);
                for target in direct(node) {
                    if target == start {
                        findings.push(Finding {
                            rule: "circular-ref",
                            pointer: start.clone(),
                            what: format!("`{name}` refers to itself"),
                            why: "the generator would follow it until its stack is used up".into(),
                            instead: "describe what it is; a member may refer back to its object"
                                .into(),
                        });
                    } else if seen.insert(target.clone()) {
                        next.push(target);
                    }
                }
            }
        }
    }
}

/// What a node is, and not what it holds.
fn direct(node: &Value) -> Vec<String> {
    let all = node.get("allOf").and_then(Value::as_array);
    std::iter::once(node)
        .chain(all.into_iter().flatten())
        .filter_map(|one| Some(one.get("$ref")?.as_str()?.strip_prefix('#')?.to_owned()))
        .collect()
}

fn reference(
    spec: &Value,
    members: &serde_json::Map<String, Value>,
    target: &str,
    pointer: &str,
    used: &mut BTreeSet<String>,
    findings: &mut Vec<Finding>,
) {
    for name in members.keys().filter(|name| *name != "$ref") {
        findings.push(Finding {
            rule: "ref-sibling",
            pointer: format!("{pointer}/{}", escape(name)),
            what: format!("`{name}` stands beside a `$ref`"),
            why: "a reference replaces its whole object: openapiv3 drops everything beside it"
                .into(),
            instead: format!(
                "write `allOf: [{{ $ref: '{target}' }}]` and keep `{name}` beside that"
            ),
        });
    }
    let local = target.strip_prefix('#');
    let is_component = |local: &str| {
        let name = local.strip_prefix(&format!("/components/{}/", kind(pointer)));
        name.is_some_and(|name| !name.contains('/')) && spec.pointer(local).is_some()
    };
    if !local.is_some_and(is_component) {
        findings.push(Finding {
            rule: "unresolved-ref",
            pointer: format!("{pointer}/$ref"),
            what: format!("`{target}` leads nowhere"),
            why: "progenitor follows references to components of this document only, and panics on others"
                .into(),
            instead: format!(
                "name a component of the right kind, as in `#/components/{}/PageInfo`",
                kind(pointer)
            ),
        });
    }
    if let Some(local) = local {
        used.insert(local.to_owned());
    }
}

/// The kind of component that a reference in this place may name.
fn kind(pointer: &str) -> &str {
    const KINDS: [&str; 3] = ["parameters", "responses", "headers"];
    let steps: Vec<&str> = pointer.split('/').collect();
    match steps[..] {
        [_, "components", kind, _] => kind,
        // A member may have the name of a kind.
        [.., "properties", _] | [.., "properties", _, _] => "schemas",
        [.., kind, _] if KINDS.contains(&kind) => kind,
        [.., "requestBody"] => "requestBodies",
        _ => "schemas",
    }
}
