//! No description whatever makes `regen` panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ocp_contract::lint::lint;
use ocp_contract::{Document, resolved, walk};
use serde_json::{Value, json};

use crate::codegen;

/// The work of `regen` before it looks at the evidence.
fn regenerated(description: &Value) -> Result<String, String> {
    let text = description.to_string();
    let document = Document::parse("ocp.yaml", &text).map_err(|error| error.to_string())?;
    let mut findings = lint(document.value(), &codegen::HAND_WRITTEN);
    // The small description that is changed has no prose.
    findings.retain(|one| one.rule != "description");
    match &findings[..] {
        [] => codegen::generate(&resolved(document.value(), &[]).to_string()),
        findings => Err(document.render(findings)),
    }
}

/// Each node is of another kind in turn, since all six would take a minute.
#[test]
fn no_node_of_another_kind_makes_it_panic() {
    let spec = codegen::tests::description();
    regenerated(&spec).unwrap();
    let mut all = Vec::new();
    walk(&spec, &mut |_, pointer| {
        all.push(pointer.to_owned());
        true
    });
    // The root is no node of another kind: then there is no description.
    let all = all.split_off(1);
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
