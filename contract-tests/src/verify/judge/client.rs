//! The generated client's reading of a response.

use std::collections::BTreeSet;

use ocp_contract::strict::{Departure, Rule};
use serde_json::Value;

use super::book::{Book, Fault, Thing};
use crate::lossless::{Difference, differences};
use crate::verify::checks::CLIENT;
use crate::verify::finding::Meaning;
use crate::verify::known::Known;
use crate::verify::secrets::Secrets;
use crate::verify::transcript::{Exchange, Reading};

/// The differences between each response and what the client has decoded, if anything.
pub(super) fn lost(known: &Known<'_>, departures: &[Vec<Departure>]) -> Vec<Vec<Difference>> {
    let lost = |(exchange, departures): (&Exchange, &Vec<Departure>)| match &exchange.reading {
        Some(Reading::Value(value)) => Some(differing(exchange.body()?, value, departures)),
        _ => None,
    };
    let exchanges = known.exchanges.iter().zip(departures);
    exchanges.map(|one| lost(one).unwrap_or_default()).collect()
}

/// The meaning of a response for users of the client, if the client asked.
pub(super) fn meaning(exchange: &Exchange, lost: &[Difference]) -> Option<Meaning> {
    match exchange.reading.as_ref()? {
        Reading::Error { .. } | Reading::NoCall(_) => Some(Meaning::Refused),
        Reading::Value(_) if exchange.body().is_none() => None,
        Reading::Value(_) if lost.is_empty() => Some(Meaning::ReadRight),
        Reading::Value(_) => Some(Meaning::ReadWrong),
    }
}

/// The client must read what is right and refuse what is wrong, and lose nothing.
pub(super) fn judge(known: &Known<'_>, lost: &[Vec<Difference>], book: &mut Book<'_>) {
    for (index, exchange) in known.exchanges.iter().enumerate() {
        let (Some(reading), Some(body)) = (&exchange.reading, exchange.body()) else {
            continue;
        };
        let response = match exchange.is_of_gateway() {
            true => Thing::Body(index),
            false => Thing::Response(index),
        };
        if book.leaves_out(CLIENT, &response) {
            continue;
        }
        book.judged(CLIENT);
        let secrets = book.secrets();
        for one in &lost[index] {
            let expected = "the decoded value encodes to the body";
            let fault = Fault::new("loses", expected, sentence(one, secrets));
            book.add(CLIENT, fault, index);
        }
        if let Some(fault) = refused(exchange, body, reading, secrets) {
            book.add(CLIENT, fault, index);
        }
    }
}

/// The differences between a response and its decoded value, but for members that
/// the contract does not know.
fn differing(body: &Value, decoded: &Value, departures: &[Departure]) -> Vec<Difference> {
    let unknown = departures
        .iter()
        .filter(|one| one.rule == Rule::Undocumented);
    let unknown: BTreeSet<&str> = unknown.map(|one| one.body.as_str()).collect();
    let mut lost = differences(body, decoded);
    lost.retain(|one| !unknown.contains(one.at.as_str()));
    lost
}

fn sentence(difference: &Difference, secrets: &Secrets) -> String {
    match (&difference.sent, &difference.kept) {
        (Some(sent), Some(kept)) => format!(
            "{} is {} in the response, the client has {}",
            difference.at,
            secrets.quote(sent),
            secrets.quote(kept)
        ),
        // Members that the contract knows, so nothing here is the server's.
        _ => difference.to_string(),
    }
}

/// The fault if the client fails.
fn refused(
    exchange: &Exchange,
    body: &Value,
    reading: &Reading,
    secrets: &Secrets,
) -> Option<Fault> {
    match reading {
        Reading::Error { text, .. } if exchange.status() == 200 => Some(Fault::new(
            "cannot read",
            "a response that the client reads",
            text,
        )),
        Reading::Error { text, message } => {
            let sent = body.pointer("/error/message").and_then(Value::as_str);
            // The client keeps no secrets, and cuts what is long.
            let is_kept = message.as_deref() == sent.filter(|text| !text.is_empty())
                || sent.is_none_or(|text| text.chars().count() > 100 || !secrets.spare(text));
            (!is_kept).then(|| Fault::new("error", "an error with OCP's message", text))
        }
        Reading::NoCall(why) => Some(Fault::new(
            "cannot ask",
            "a request that the client can send",
            why,
        )),
        Reading::Value(_) => None,
    }
}
