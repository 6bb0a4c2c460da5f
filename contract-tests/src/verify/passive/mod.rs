//! Passive checks: what is judged of every response, whatever it was asked for.
//! They are functions of the contract and a response, and send nothing.

mod body;
mod client;
mod http;
mod page;
mod shape;

use std::collections::BTreeSet;

use ocp_contract::strict::{Rule, Strict};
use serde_json::Value;

use super::check;
use super::finding::Observation;
use super::judgement::Judgement;
use super::kind::RowKind;
use super::response::Response;
use super::topic::Topic;

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
    let number = response.number;
    let shared = shape::shared(number, received.status, body, &departures);
    for one in &shared {
        let mut fault = one.fault.clone();
        fault.got = secrets.shortened(&fault.got);
        judgements.push(Judgement::Applied(one.check, vec![fault]));
    }
    let unknown: BTreeSet<String> = departures
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect();
    let (mut envelope, mut members) = (Vec::new(), Vec::new());
    // What must be null in some states comes last: the state itself may be wrong.
    let mut departures = departures;
    departures.sort_by_key(|one| one.rule == Rule::Null);
    let rows = departures.iter();
    let rows = rows.flat_map(|one| body::breaks(one, body, number));
    let rows: Vec<Topic> = rows.collect();
    for one in departures {
        let is_envelope = body::is_about_envelope(&one);
        let rests_on: Vec<Topic> = shared
            .iter()
            .filter_map(|cause| cause.topic_of(&one))
            .collect();
        let breaks = body::breaks(&one, body, number);
        let rests_on = [rests_on, body::conditions(&one, &breaks, &rows)].concat();
        let new_value = (one.rule == Rule::NewEnumValue).then(|| one.clone());
        let mut fault = body::fault(one, secrets);
        if let Some(value) = new_value {
            match kind.misplaced(&value, body, &fault) {
                Some(misplaced) => fault = misplaced,
                None => {
                    let text = format!("{}: {}", value.place, value.what);
                    let observed = Observation::new(value.place.path(), value.what, text);
                    judgements.push(Judgement::Observed(check::NEW_WORDS, observed));
                }
            }
        }
        let fault = fault.rests_on(rests_on).breaks(breaks);
        if is_envelope {
            &mut envelope
        } else {
            &mut members
        }
        .push(fault);
    }
    envelope.extend(body::envelope(body, received.status, secrets));
    envelope.extend(http::clock(response, body));
    // An excused status is no fault, but what is wrong under it has that of others.
    let status = match response.is_excused() {
        true => Topic::Statuses,
        false => Topic::Status(number),
    };
    let of_shared = shared.iter().filter(|one| one.check == check::ENVELOPE);
    let of_shared = of_shared.map(|one| Topic::Shape(number, one.fault.kind.clone()));
    let of_envelope: Vec<Topic> = [status].into_iter().chain(of_shared).collect();
    let envelope = envelope.into_iter().map(|fault| {
        let fault = fault.rests_on(of_envelope.clone());
        fault.breaks([Topic::Response(number)])
    });
    judgements.push(Judgement::Applied(check::ENVELOPE, envelope.collect()));
    judgements.push(Judgement::Applied(check::CONFORMANCE, members));
    judgements.extend(client::client(response, body, &unknown));
    judgements
}
