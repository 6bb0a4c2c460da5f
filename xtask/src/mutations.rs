//! No description whatever makes `regen` panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ocp_contract::lint::lint;
use ocp_contract::{Document, escape};
use serde_json::{Value, json};

use crate::codegen;

/// It has every kind of node that a client is generated from.
const DESCRIPTION: &str = "client/another-description/openapi.json";

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut child = |step: String, child: &Value| {
        let pointer = format!("{at}/{step}");
        found.push(pointer.clone());
        pointers(child, &pointer, found);
    };
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, one)| child(escape(name), one)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, one)| child(index.to_string(), one));
        }
        _ => {}
    }
}

/// What `regen` does with a description before it looks at the evidence.
fn regenerated(description: &Value) -> Result<String, String> {
    let text = description.to_string();
    let document = Document::parse("ocp.yaml", &text).map_err(|error| error.to_string())?;
    let findings = lint(&document, &codegen::HAND_WRITTEN);
    let findings: Vec<_> = findings.iter().map(|one| document.render(one)).collect();
    match &findings[..] {
        [] => codegen::generate(&text),
        findings => Err(findings.join("\n")),
    }
}

/// Each node is of another kind in turn, since all six would take a minute.
#[test]
fn no_node_of_another_kind_makes_it_panic() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let text = std::fs::read_to_string(root.join(DESCRIPTION)).unwrap();
    let spec: Value = serde_json::from_str(&text).unwrap();
    regenerated(&spec).unwrap();
    let mut all = Vec::new();
    pointers(&spec, "", &mut all);
    let kinds = [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!(-1),
        json!(1.5),
    ];
    let panics = |(index, pointer): (usize, &String)| {
        let kind = &kinds[index % kinds.len()];
        let mut changed = spec.clone();
        *changed.pointer_mut(pointer).unwrap() = kind.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| regenerated(&changed)));
        outcome.is_err().then(|| format!("{pointer} as {kind}"))
    };
    let panics: Vec<String> = all.iter().enumerate().filter_map(panics).collect();
    assert!(panics.is_empty(), "{panics:#?}");
}
