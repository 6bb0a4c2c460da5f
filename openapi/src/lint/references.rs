//! `$ref`: leading somewhere, not in a circle, and every component led to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::examples::is_example;
use super::rule::finding;
use crate::Finding;
use crate::document::{escape, members, walk};
use crate::schema::{Broken, Schema};

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    let mut used = BTreeSet::new();
    walk(spec, &mut |node, pointer| {
        if is_example(pointer) {
            return false;
        }
        if let Some(target) = node.get("$ref").and_then(Value::as_str) {
            let local = target.strip_prefix('#').unwrap_or_default();
            let name = local.strip_prefix(&format!("/components/{}/", kind(pointer)));
            let is_component = name.is_some_and(|name| !name.contains('/'));
            if !is_component || spec.pointer(local).is_none() {
                let pointer = format!("{pointer}/$ref");
                findings.push(finding("unresolved-ref", pointer, target));
            }
            used.insert(local);
        }
        true
    });
    for (kind, components) in members(&spec["components"]) {
        // Security schemes are named by `security`, not by `$ref`.
        for (name, node) in members(components).filter(|_| kind != "securitySchemes") {
            let pointer = format!("/components/{}/{}", escape(kind), escape(name));
            if !used.contains(pointer.as_str()) {
                findings.push(finding("unused-component", pointer.clone(), ""));
            }
            if let Err(Broken::Circle) = Schema::at(spec, node, &pointer) {
                findings.push(finding("circular-ref", pointer, ""));
            }
        }
    }
}

/// The kind of component that a reference in this place may name.
fn kind(pointer: &str) -> &str {
    let steps: Vec<&str> = pointer.split('/').collect();
    match steps[..] {
        // A member may have the name of a kind.
        [.., "properties", _] | [.., "properties", _, _] => "schemas",
        [.., kind @ ("parameters" | "responses" | "headers"), _] => kind,
        _ => "schemas",
    }
}
