//! Envelope and members of a body.

use ocp_contract::strict::{Departure, Rule};
use serde_json::{Value, json};

use crate::verify::row::long;
use crate::verify::run::{Fault, shown};

/// Members of the envelope itself, present or not.
pub(super) fn is_about_envelope(one: &Departure) -> bool {
    !one.place.contains(['.', '[']) && one.rule != Rule::Undocumented
}

pub(super) fn fault(one: Departure) -> Fault {
    let place = if one.place.is_empty() {
        "the body"
    } else {
        &one.place
    };
    Fault {
        severity: one.severity,
        kind: format!("{place} {}", kind(&one.rule)),
        expected: match one.rule {
            Rule::Null => format!("no `{place}` beside what else there is ({})", one.spec),
            Rule::Undocumented => format!("no `{place}`: the contract does not have it"),
            _ => format!("`{place}` as the contract has it ({})", one.spec),
        },
        got: one.what,
        pointer: one.body,
        evidence: one.evidence,
    }
}

/// A rule in words.
fn kind(rule: &Rule) -> &str {
    match rule {
        Rule::Undocumented => "undocumented",
        Rule::Missing => "missing",
        Rule::Wire | Rule::Type | Rule::Null | Rule::AnyOf => "type",
        Rule::NewEnumValue => "new word",
        Rule::EnumValue => "word",
        Rule::Const => "contradicts HTTP",
        Rule::Status | Rule::Keyword(_) => rule.as_str(),
    }
}

/// Classes of failures have no status of their own in the contract.
pub(super) fn status(body: &Value, status: u16) -> Option<Fault> {
    let told = body.get("status").filter(|told| **told != json!(status))?;
    let fault = Fault::new(
        "status contradicts HTTP",
        format!("status {status}"),
        shown(Some(told)),
    );
    (status != 200 && !told.is_null()).then(|| fault.at("/status"))
}

/// A code is a number from 0 on, or a word such as `COM10001`.
pub(super) fn code(body: &Value) -> Option<Fault> {
    let code = body.pointer("/error/code")?;
    let is_odd = match code {
        Value::String(word) => !word.starts_with(|first: char| first.is_ascii_alphabetic()),
        code => code.as_i64().is_some_and(|code| code < 0),
    };
    let expected = "a number from 0 on, or a word such as COM10001";
    let fault = Fault::new("error.code form", expected, code.to_string());
    is_odd.then(|| fault.at("/error/code"))
}

/// No source shows an empty text there.
pub(super) fn empty(body: &Value, pointer: &str, place: &str) -> Option<Fault> {
    let is_empty = body.pointer(pointer)?.as_str()?.is_empty();
    let fault = Fault::new(
        format!("{place} empty"),
        "a text, as in the samples",
        "an empty text",
    );
    is_empty.then(|| fault.at(pointer))
}

pub(super) fn duration(body: &Value) -> Option<Fault> {
    let duration = long(body.get("duration")?)?;
    (duration < 0).then(|| {
        Fault::new("duration negative", "a duration", duration.to_string()).at("/duration")
    })
}
