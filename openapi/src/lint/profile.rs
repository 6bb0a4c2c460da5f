//! The rules that `profile.yaml` applies.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::rule::{finding, has_text, last_step};
use crate::Finding;
use crate::document::{escape, read_yaml};
use crate::strict::{beginning, sentence};

#[expect(clippy::expect_used, reason = "the file is part of the program")]
static PROFILE: LazyLock<(Value, Validator)> = LazyLock::new(|| {
    let schema = read_yaml(include_str!("profile.yaml"), "profile.yaml");
    let schema: Value = schema.expect("the profile can be read");
    let validator = jsonschema::validator_for(&schema).expect("the profile is a JSON Schema");
    (schema, validator)
});

pub(super) fn check(spec: &Value) -> Vec<Finding> {
    let errors = PROFILE.1.iter_errors(spec);
    let mut findings: Vec<Finding> = errors.flat_map(|error| findings(&error)).collect();
    // A node may be refused by several ways through the profile.
    findings.sort_by(|one, other| (&one.pointer, &one.what).cmp(&(&other.pointer, &other.what)));
    findings.dedup();
    findings
}

fn findings(error: &ValidationError<'_>) -> Vec<Finding> {
    let rule = rule(error.schema_path().as_str());
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                let rule = rule.unwrap_or("dropped-member");
                finding(rule, format!("{pointer}/{}", escape(name)), "")
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let mut finding = finding(rule.unwrap_or("shape"), pointer.to_owned(), "");
            finding.what = format!("there is no `{name}`");
            vec![finding]
        }
        _ => {
            let rule = rule.unwrap_or("shape");
            let what = match error.instance().as_ref() {
                Value::String(text) if has_text(rule) => text.clone(),
                value if has_text(rule) => beginning(value),
                _ => format!("`{}`: {}", last_step(pointer), sentence(error, &beginning)),
            };
            vec![finding(rule, pointer.to_owned(), &what)]
        }
    }
}

/// The rule beside the keyword at a place in the profile.
fn rule(keyword: &str) -> Option<&'static str> {
    let (schema, _) = keyword.rsplit_once('/')?;
    PROFILE.0.pointer(schema)?.get("x-rule")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_of_the_profile_has_its_texts() {
        crate::document::walk(&PROFILE.0, &mut |node, _| {
            if let Some(rule) = node.get("x-rule") {
                let rule = rule.as_str().unwrap();
                assert_eq!(finding(rule, "/a".into(), "b").rule, rule);
            }
            true
        });
    }
}
