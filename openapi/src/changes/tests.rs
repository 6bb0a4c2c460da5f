//! Each case of `tests/changes/cases.yaml` changes `base.yaml` beside it in one way, and
//! says what that means. `xtask/tests/compiler.rs` holds the cases against the compiler.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::rules::RULES;
use super::*;
use crate::Document;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    /// What the base has besides base.yaml.
    #[serde(default)]
    base: json_patch::Patch,
    patch: json_patch::Patch,
    changes: Vec<String>,
}

fn line(change: &Change) -> String {
    let class = format!("{:?}", change.callers).to_lowercase();
    let may_compile = if change.may_compile {
        ", may compile"
    } else {
        ""
    };
    let stricter = if change.stricter { ", stricter" } else { "" };
    format!("{class}{may_compile}{stricter}: {change}")
}

#[test]
fn each_change_is_named_once_and_has_its_class() {
    let text = include_str!("../../tests/changes/base.yaml");
    let base = Document::parse("base.yaml", text).unwrap().value().clone();
    let cases =
        Document::parse("cases.yaml", include_str!("../../tests/changes/cases.yaml")).unwrap();
    let cases: Vec<Case> = serde_json::from_value(cases.value().clone()).unwrap();
    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    for case in &cases {
        let mut old: Value = base.clone();
        json_patch::patch(&mut old, &case.base).unwrap();
        let mut new = old.clone();
        json_patch::patch(&mut new, &case.patch).unwrap();
        let changes: Vec<String> = between(&old, &new).iter().map(line).collect();
        let views = [view::view(&old), view::view(&new)];
        let directions = directions(&views);
        for found in compare::compare(&views[0], &views[1]) {
            used.extend(rules(&found, &directions));
        }
        if changes != case.changes {
            wrong.push(format!("- case: {}\n  changes: {changes:#?}", case.case));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused = RULES
        .iter()
        .filter(|rule| !used.iter().any(|one| std::ptr::eq(*one, *rule)));
    let unused: Vec<_> = unused.map(|rule| rule.why).collect();
    assert!(unused.is_empty(), "rules without a case: {unused:?}");
    let names: BTreeSet<&String> = cases.iter().map(|case| &case.case).collect();
    assert_eq!(names.len(), cases.len(), "each case has a name of its own");
}
