//! Rules for what progenitor, openapiv3 and rustdoc cannot take, and for examples
//! that contradict their schema.
//!
//! Each rule refuses something that would otherwise panic the generator, be
//! dropped silently, produce a client that fails at run time, or mislead a reader. Tools, as
//! measured: progenitor 0.15.1, typify 0.8, openapiv3 2.2.

mod client;
mod examples;
mod filters;
mod labels;
mod names;
mod operations;
mod prose;
mod references;
mod schemas;
mod shape;

use serde_json::Value;

pub use client::Client;

use crate::document::escape;
use crate::{Document, Finding};

/// Applies every rule to a spec; an empty list means that nothing is wrong.
pub fn lint(document: &Document, client: &Client<'_>) -> Vec<Finding> {
    let spec = document.value();
    // Another version has other rules: nothing else is worth saying before
    // this is mended.
    if let Some(finding) = version(spec) {
        return vec![finding];
    }
    let mut findings = Vec::new();
    references::check(spec, &mut findings);
    operations::check(spec, &mut findings);
    names::check(spec, client, &mut findings);
    schemas::check(spec, client.hand_written, &mut findings);
    examples::check(spec, &mut findings);
    filters::check(spec, &mut findings);
    labels::check(spec, &mut findings);
    prose::check(spec, &mut findings);
    if findings.is_empty() {
        match shape::check(spec) {
            Ok(openapi) => {
                let understood = serde_json::to_value(openapi).unwrap_or(Value::Null);
                dropped(spec, &understood, &mut String::new(), &mut findings);
            }
            Err(finding) => findings.push(finding),
        }
    }
    findings.sort_by_key(|finding| document.position(&finding.pointer));
    findings
}

fn version(spec: &Value) -> Option<Finding> {
    let written = spec.get("openapi");
    if written
        .and_then(Value::as_str)
        .and_then(|version| version.strip_prefix("3.0."))
        .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    Some(Finding {
        rule: "version",
        pointer: "/openapi".into(),
        what: match written {
            Some(version) => format!("OpenAPI version {version} cannot be read"),
            None => "the document does not say `openapi: 3.0.3`".into(),
        },
        why: "progenitor reads OpenAPI 3.0 only and refuses every other version".into(),
        instead: "write `openapi: 3.0.3`; `nullable: true` says what a list of types says in 3.1"
            .into(),
    })
}

/// Whatever openapiv3 does not give back, it never understood: a misspelt
/// member, or one that is not allowed in this place.
fn dropped(written: &Value, understood: &Value, pointer: &mut String, findings: &mut Vec<Finding>) {
    let length = pointer.len();
    match (written, understood) {
        (Value::Object(members), _) => {
            for (name, member) in members {
                pointer.push('/');
                pointer.push_str(&escape(name));
                match understood.get(name) {
                    Some(kept) => dropped(member, kept, pointer, findings),
                    // What says the same as silence may be left out.
                    None if is_default(name, member) => {}
                    None => findings.push(Finding {
                        rule: "dropped-member",
                        pointer: pointer.clone(),
                        what: format!("`{name}` means nothing in this place"),
                        why: "openapiv3 drops what OpenAPI 3.0 does not define, so it would have no effect"
                            .into(),
                        instead: "correct the spelling or the place; own members start with `x-`"
                            .into(),
                    }),
                }
                pointer.truncate(length);
            }
        }
        (Value::Array(items), Value::Array(kept)) => {
            for (index, (item, kept)) in items.iter().zip(kept).enumerate() {
                pointer.push_str(&format!("/{index}"));
                dropped(item, kept, pointer, findings);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn is_default(name: &str, member: &Value) -> bool {
    match name {
        "required" | "deprecated" | "nullable" | "readOnly" | "writeOnly" | "uniqueItems"
        | "allowReserved" | "allowEmptyValue" | "exclusiveMinimum" | "exclusiveMaximum" => {
            member == &Value::Bool(false)
        }
        _ => {
            member.as_array().is_some_and(Vec::is_empty)
                || member.as_object().is_some_and(serde_json::Map::is_empty)
        }
    }
}
