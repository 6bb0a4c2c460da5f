//! Passive checks: what is judged of every response, whatever it was asked for.
//! They are functions of the contract and a response, and send nothing.

mod body;
mod client;
mod http;
mod page;

use std::collections::BTreeSet;

use ocp_contract::strict::{Rule, Strict};
use serde_json::Value;

use super::check;
use super::judgement::{Fault, Judgement};
use super::kind::RowKind;
use super::response::Response;

pub use client::Reading;
pub(super) use client::reading;
pub(super) use page::page;

/// Judges one response: HTTP, envelope, body, client.
pub(super) fn response(strict: &Strict, kind: &dyn RowKind, response: &Response) -> Vec<Judgement> {
    let mut judgements = vec![http::transport(strict, response)];
    let Some(received) = &response.received else {
        return judgements;
    };
    judgements.extend(http::throttling(response));
    let Ok(body) = &response.body else {
        return judgements;
    };
    let secrets = &*response.secrets;
    let quote = |value: &Value| secrets.quote(value);
    let departures = strict.departures_quoting(received.status, body, &quote);
    let (envelope, members): (Vec<_>, Vec<_>) =
        departures.into_iter().partition(body::is_about_envelope);
    let envelope = envelope
        .into_iter()
        .map(|one| body::fault(one, secrets))
        .chain(body::envelope(body, received.status, secrets));
    judgements.push(Judgement::Applied(check::ENVELOPE, envelope.collect()));
    let unknown: BTreeSet<String> = members
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect();
    let mut faults: Vec<Fault> = Vec::new();
    for one in members {
        let new_value = (one.rule == Rule::NewEnumValue).then(|| one.clone());
        let fault = body::fault(one, secrets);
        let misplaced = new_value
            .as_ref()
            .and_then(|value| kind.misplaced(value, body, &fault));
        if let (Some(value), None) = (new_value, &misplaced) {
            let observed = format!("{}: {}", value.place, value.what);
            judgements.push(Judgement::Observed(check::NEW_WORDS, observed));
        }
        faults.push(misplaced.unwrap_or(fault));
    }
    judgements.push(Judgement::Applied(check::CONFORMANCE, faults));
    judgements.extend(client::client(response, body, &unknown));
    judgements
}
