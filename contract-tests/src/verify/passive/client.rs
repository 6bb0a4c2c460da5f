//! What the client makes of a response.

use std::collections::BTreeSet;

use ocp_contract::strict::{Departure, Rule, Strict};
use serde::Serialize;
use serde_json::Value;

use crate::bridge::Failure;
use crate::lossless::{Difference, differences};
use crate::verify::check;
use crate::verify::finding::Meaning;
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

impl Reading {
    fn of(lost: &[Difference]) -> Self {
        match lost {
            [] => Self::Right,
            lost => {
                let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
                Self::Wrong(lost.join(", "))
            }
        }
    }
}

impl From<&Reading> for Meaning {
    fn from(reading: &Reading) -> Self {
        match reading {
            Reading::Right => Self::ReadRight,
            Reading::Error(_) => Self::Refused,
            Reading::Wrong(_) => Self::ReadWrong,
        }
    }
}

/// Places of members that the contract does not know.
pub(super) fn unknown(departures: &[Departure]) -> BTreeSet<String> {
    departures
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect()
}

/// What the client made of a response whose body is no JSON.
pub(super) fn without_json(strict: &Strict, response: &Response) -> Option<Reading> {
    let decoded = match response.outcome.as_ref()? {
        Ok(decoded) => decoded,
        Err(failure) => return Some(Reading::Error(failure.to_string())),
    };
    // The client skips a byte order mark, and loses nothing by it.
    let received = response.received.as_ref();
    let bytes = received.and_then(|received| received.body.as_deref());
    let bytes = bytes.unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Some(match serde_json::from_slice(bytes) {
        Ok(body) => {
            let unknown = unknown(&strict.departures(response.status(), &body));
            Reading::of(&lost(&body, &decoded.json, &unknown))
        }
        Err(error) => Reading::Wrong(format!("it took what is not JSON: {error}")),
    })
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
) -> Option<(Judgement, Reading)> {
    let (faults, reading) = match response.outcome.as_ref()? {
        Ok(decoded) => {
            let lost = lost(body, &decoded.json, unknown);
            let loses = |one: &Difference| {
                let got = sentence(one, &response.secrets);
                Fault::new("loses", "the decoded value encodes to the body", got)
            };
            (lost.iter().map(loses).collect(), Reading::of(&lost))
        }
        Err(failure) => {
            let faults: Vec<Fault> = refused(response, body, failure).into_iter().collect();
            (faults, Reading::Error(failure.to_string()))
        }
    };
    let rests = |fault: Fault| fault.rests_on([Topic::Response(response.number)]);
    let faults = faults.into_iter().map(rests).collect();
    Some((Judgement::Applied(check::CLIENT, faults), reading))
}

/// What is wrong where the client fails.
fn refused(response: &Response, body: &Value, failure: &Failure) -> Option<Fault> {
    let got = || response.failure(failure);
    match failure {
        Failure::Call(_) if response.status() == 200 => Some(Fault::new(
            "cannot read",
            "a response that the client reads",
            got(),
        )),
        Failure::Call(error) => {
            let sent = body.pointer("/error/message").and_then(Value::as_str);
            // The client keeps no secrets, and cuts what is long.
            let is_kept = error.message() == sent.filter(|text| !text.is_empty())
                || sent
                    .is_none_or(|text| text.chars().count() > 100 || !response.secrets.spare(text));
            (!is_kept).then(|| Fault::new("error", "an error with OCP's message", got()))
        }
        _ => Some(Fault::new(
            "cannot ask",
            "a request that the client can send",
            got(),
        )),
    }
}
