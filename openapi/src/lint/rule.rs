//! The texts of the rules, from `rules.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Finding;
use crate::document::{read_yaml, unescape};

#[derive(Deserialize)]
struct Rule {
    what: Option<String>,
    why: String,
    instead: String,
}

#[expect(clippy::expect_used, reason = "the file is part of the program")]
static RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(|| {
    read_yaml(include_str!("rules.yaml"), "rules.yaml").expect("the rules can be read")
});

/// A finding of a rule at a place. `value` fills the text, or is the text
/// of a rule that has none.
///
/// # Panics
///
/// When `rules.yaml` does not have the rule.
pub(super) fn finding(rule: &str, pointer: String, value: &str) -> Finding {
    let texts = &RULES[rule];
    let name = last_step(&pointer);
    let fill = |text: &str| text.replace("{name}", &name).replace("{value}", value);
    Finding {
        what: texts.what.as_deref().map_or(value.to_owned(), fill),
        why: texts.why.clone(),
        instead: fill(&texts.instead),
        rule: rule.to_owned(),
        pointer,
    }
}

/// The name of the member or item that a JSON pointer leads to.
pub(super) fn last_step(pointer: &str) -> String {
    unescape(pointer.rsplit('/').next().unwrap_or_default())
}

/// True if a rule has a text of its own, and does not take that of JSON Schema.
pub(super) fn has_text(rule: &str) -> bool {
    RULES[rule].what.is_some()
}
