//! Rules for a description from which the generator would make a client that is wrong without
//! a word, or give up without saying where. What a rule says stands in `rules.yaml`, and what
//! most of them refuse in `profile.yaml`; the rest compares two places of the description.
//! Tools, as measured: progenitor 0.15.1, typify 0.8.

mod examples;
mod profile;
mod references;
mod relations;
mod rule;

use serde_json::Value;

use crate::Finding;

/// Applies every rule to a description; an empty list means that nothing is wrong.
/// `hand_written` are the component schemas whose Rust type is written by hand, so that the
/// generator never looks at them.
pub fn lint(spec: &Value, hand_written: &[&str]) -> Vec<Finding> {
    let mut findings = profile::check(spec);
    // Another version has other rules: nothing else is worth saying before this is mended.
    if let Some(at) = findings.iter().position(|one| one.rule == "version") {
        return vec![findings.swap_remove(at)];
    }
    relations::check(spec, &mut findings);
    findings.retain(|one| {
        let below = one.pointer.strip_prefix("/components/schemas/");
        let component = below.and_then(|below| below.split('/').next());
        component.is_none_or(|component| !hand_written.contains(&component))
    });
    references::check(spec, &mut findings);
    examples::check(spec, &mut findings);
    findings
}
