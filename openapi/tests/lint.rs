//! Each file in `tests/lint` is a small spec that breaks the rule it is named
//! after; its snapshot is what a person would read.

use std::path::Path;

use ocp_contract::Document;
use ocp_contract::lint::lint;

fn case(path: &Path) -> datatest_stable::Result<()> {
    let rule = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .ok_or("no name")?;
    let text = std::fs::read_to_string(path)?;
    let name = format!("{rule}.yaml");
    let (rules, message) = match Document::parse(&name, &text) {
        Err(error) => (vec![], error.to_string()),
        Ok(document) => {
            let mut findings = lint(document.value(), &["HandWritten"]);
            // The cases of other rules say no more than they need.
            findings.retain(|one| one.rule == rule || one.rule != "description");
            let rules = findings.iter().map(|one| one.rule.clone()).collect();
            (rules, document.render(&findings))
        }
    };
    assert!(
        rules.is_empty() != rules.iter().any(|one| one == rule),
        "{name} must break the rule it is named after, or not be readable at all; it broke {rules:?}"
    );
    assert!(!message.is_empty(), "{name} was accepted");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().ok_or("no folder")?.canonicalize()?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(rule, message));
    Ok(())
}

/// The real spec passes, so that a rule that cries wolf is noticed here.
fn clean(path: &Path) -> datatest_stable::Result<()> {
    let document = Document::parse("ocp.yaml", &std::fs::read_to_string(path)?)?;
    let findings = lint(document.value(), &["ErrorCode", "QueryTime"]);
    assert!(findings.is_empty(), "{}", document.render(&findings));
    Ok(())
}

datatest_stable::harness! {
    { test = case, root = "tests/lint", pattern = r"\.yaml$" },
    { test = clean, root = ".", pattern = r"^[./]*ocp\.yaml$" },
}
