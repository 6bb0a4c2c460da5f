//! What the client makes of a response.

use std::collections::BTreeSet;

use ocp_contract::strict::{Rule, Strict};
use serde::Serialize;
use serde_json::Value;

use crate::bridge::Failure;
use crate::lossless::{Difference, differences};
use crate::verify::check;
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::response::Response;
use crate::verify::secrets::Secrets;
use crate::verify::topic::Topic;

/// What the client made of a response, beside what the response says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// It has every value that the response has, as far as it is described.
    Right,
    /// It fails, and says why.
    Error(String),
    /// It has another value than the response. Never acceptable.
    Wrong(String),
}

/// What the client made of a response, beside what the response says.
pub(crate) fn reading(response: &Response, strict: &Strict) -> Reading {
    let outcome = match &response.outcome {
        Some(Ok(outcome)) => outcome,
        Some(Err(failure)) => return Reading::Error(failure.to_string()),
        None => return Reading::Error("not sent by the client".into()),
    };
    // The client skips a byte order mark, and loses nothing by it.
    let bytes = response
        .received
        .as_ref()
        .and_then(|received| received.body.as_deref());
    let bytes = bytes.unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let body = match serde_json::from_slice(bytes) {
        Ok(body) => body,
        Err(error) => return Reading::Wrong(format!("it took what is not JSON: {error}")),
    };
    let unknown: BTreeSet<String> = strict
        .departures(response.status(), &body)
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

/// What differs between a response and its decoded value, but for members that
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
pub(super) fn client(
    response: &Response,
    body: &Value,
    unknown: &BTreeSet<String>,
) -> Option<Judgement> {
    let outcome = response.outcome.as_ref()?;
    let faults: Vec<Fault> = match outcome {
        Ok(decoded) => lost(body, &decoded.json, unknown)
            .into_iter()
            .map(|one| {
                let got = sentence(&one, &response.secrets);
                Fault::new("loses", "the decoded value encodes to the body", got)
            })
            .collect(),
        Err(failure @ Failure::Call(_)) if response.status() == 200 => {
            vec![Fault::new(
                "cannot read",
                "an answer that the client reads",
                response.failure(failure),
            )]
        }
        Err(failure @ Failure::Call(error)) => {
            let sent = body.pointer("/error/message").and_then(Value::as_str);
            // The client keeps no secrets, and cuts what is long.
            let is_kept = error.message() == sent.filter(|text| !text.is_empty())
                || sent
                    .is_none_or(|text| text.chars().count() > 100 || !response.secrets.spare(text));
            let got = response.failure(failure);
            let fault = Fault::new("error", "an error with OCP's message", got);
            (!is_kept).then_some(fault).into_iter().collect()
        }
        Err(other) => vec![Fault::new(
            "cannot ask",
            "a request that the client can send",
            response.failure(other),
        )],
    };
    let number = response.number;
    let rests = |fault: Fault| fault.rests_on([Topic::Response(number)]);
    let faults = faults.into_iter().map(rests).collect();
    Some(Judgement::Applied(check::CLIENT, faults))
}
