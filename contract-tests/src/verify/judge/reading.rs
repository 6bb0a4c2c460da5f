//! What the client makes of an answer.

use std::collections::BTreeSet;

use ocp_contract::strict::{Rule, Strict};
use serde_json::Value;

use crate::bridge::Failure;
use crate::lossless;
use crate::verify::Reading;
use crate::verify::answer::Answer;
use crate::verify::run::{Fault, Run};

/// What the client made of an answer, beside what the answer says.
pub(in crate::verify) fn reading(answer: &Answer, strict: &Strict) -> Reading {
    let outcome = match &answer.outcome {
        Some(Ok(outcome)) => outcome,
        Some(Err(failure)) => return Reading::Error(failure.to_string()),
        None => return Reading::Error("not sent by the client".into()),
    };
    // The client skips a byte order mark, and loses nothing by it.
    let bytes = answer.seen.as_ref().and_then(|seen| seen.body.as_deref());
    let bytes = bytes.unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let body = match serde_json::from_slice(bytes) {
        Ok(body) => body,
        Err(error) => return Reading::Wrong(format!("it took what is not JSON: {error}")),
    };
    let unknown: BTreeSet<String> = strict
        .departures(answer.status(), &body)
        .into_iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body)
        .collect();
    match lost(&body, &outcome.json, &unknown).as_slice() {
        [] => Reading::Right,
        lost => Reading::Wrong(lost.join(", ")),
    }
}

/// What differs between an answer and its decoded value, but for members that
/// the contract does not know.
fn lost(body: &Value, decoded: &Value, unknown: &BTreeSet<String>) -> Vec<String> {
    let mut lost = lossless::differences(body, decoded);
    lost.retain(|what| !unknown.contains(what.split(' ').next().unwrap_or_default()));
    lost
}

/// The client must read what is right and refuse what is wrong, and lose nothing.
pub(super) fn client(run: &mut Run, answer: &Answer, body: &Value, unknown: &BTreeSet<String>) {
    let Some(outcome) = &answer.outcome else {
        return;
    };
    let faults: Vec<Fault> = match outcome {
        Ok(decoded) => lost(body, &decoded.json, unknown)
            .into_iter()
            .map(|what| Fault::new("loses", "the decoded value encodes to the body", what))
            .collect(),
        Err(Failure::Call(error)) if answer.status() == 200 => {
            vec![Fault::new(
                "cannot read",
                "an answer that the client reads",
                error.to_string(),
            )]
        }
        Err(Failure::Call(error)) => {
            let told = body.pointer("/error/message").and_then(Value::as_str);
            let is_told = error.message() == told.filter(|text| !text.is_empty())
                || told.is_none_or(|text| text.chars().count() > 100);
            let fault = Fault::new("error", "an error with OCP's message", error.to_string());
            (!is_told).then_some(fault).into_iter().collect()
        }
        Err(other) => vec![Fault::new(
            "cannot ask",
            "a request that the client can send",
            other.to_string(),
        )],
    };
    run.judge_all("client", answer, faults);
}
