//! What the client makes of an answer.

use std::collections::BTreeSet;

use ocp_contract::strict::{Rule, Strict};
use serde_json::Value;

use crate::bridge::Failure;
use crate::lossless::{Difference, differences};
use crate::verify::Reading;
use crate::verify::answer::Answer;
use crate::verify::check;
use crate::verify::run::{Fault, Run};
use crate::verify::secrets::Secrets;

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
        lost => {
            let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
            Reading::Wrong(lost.join(", "))
        }
    }
}

/// What differs between an answer and its decoded value, but for members that
/// the contract does not know.
fn lost(body: &Value, decoded: &Value, unknown: &BTreeSet<String>) -> Vec<Difference> {
    let mut lost = differences(body, decoded);
    lost.retain(|one| !unknown.contains(one.at()));
    lost
}

fn sentence(difference: &Difference, secrets: &Secrets) -> String {
    match difference {
        Difference::Changed { at, sent, kept } => format!(
            "{at} is {} in the response, the client has {}",
            secrets.quote(sent),
            secrets.quote(kept)
        ),
        // Members that the contract knows, so nothing here is the server's.
        Difference::Lost { .. } | Difference::Added { .. } => difference.to_string(),
    }
}

/// The client must read what is right and refuse what is wrong, and lose nothing.
pub(super) fn client(run: &mut Run, answer: &Answer, body: &Value, unknown: &BTreeSet<String>) {
    let Some(outcome) = &answer.outcome else {
        return;
    };
    let faults: Vec<Fault> = match outcome {
        Ok(decoded) => lost(body, &decoded.json, unknown)
            .into_iter()
            .map(|one| {
                let got = sentence(&one, &answer.secrets);
                Fault::new("loses", "the decoded value encodes to the body", got)
            })
            .collect(),
        Err(failure @ Failure::Call(_)) if answer.status() == 200 => {
            vec![Fault::new(
                "cannot read",
                "an answer that the client reads",
                answer.failure(failure),
            )]
        }
        Err(failure @ Failure::Call(error)) => {
            let sent = body.pointer("/error/message").and_then(Value::as_str);
            // The client keeps no secrets, and cuts what is long.
            let is_kept = error.message() == sent.filter(|text| !text.is_empty())
                || sent
                    .is_none_or(|text| text.chars().count() > 100 || !answer.secrets.spare(text));
            let got = answer.failure(failure);
            let fault = Fault::new("error", "an error with OCP's message", got);
            (!is_kept).then_some(fault).into_iter().collect()
        }
        Err(other) => vec![Fault::new(
            "cannot ask",
            "a request that the client can send",
            answer.failure(other),
        )],
    };
    run.judge_all(check::CLIENT, answer, faults);
}
