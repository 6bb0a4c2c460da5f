//! Passive checks: what is judged of every response, whatever it was asked for.
//! They are functions of the contract and a response, and send nothing.

mod body;
mod client;
mod http;
mod page;
mod rename;
mod shape;

use ocp_contract::strict::{Departure, Rule, Strict};
use serde_json::Value;

use super::check;
use super::judgement::{Fault, Judgement};
use super::kind::RowKind;
use super::response::Response;
use super::topic::Topic;

pub use client::Reading;
pub(super) use page::page;

/// What passive checks say of a response, and what the client made of it, if the client
/// sent the request.
pub(super) struct Judged {
    pub(super) judgements: Vec<Judgement>,
    pub(super) reading: Option<Reading>,
}

/// Judges one response: HTTP, envelope, body, client.
pub(super) fn response(strict: &Strict, kind: &dyn RowKind, response: &Response) -> Judged {
    let mut judgements = vec![http::transport(strict, response)];
    if response.received.is_some() {
        judgements.extend(http::throttling(response));
    }
    let Ok(body) = &response.body else {
        let reading = client::without_json(strict, response);
        return Judged {
            judgements,
            reading,
        };
    };
    let quote = |value: &Value| response.secrets.quote(value);
    let departures = strict.departures_quoting(response.status(), body, &quote);
    let unknown = client::unknown(&departures);
    judgements.extend(of_body(strict, kind, response, body, departures));
    let (client, reading) = client::client(response, body, &unknown).unzip();
    judgements.extend(client);
    Judged {
        judgements,
        reading,
    }
}

/// Judges the envelope and the members of a body by what it departs in.
fn of_body(
    strict: &Strict,
    kind: &dyn RowKind,
    response: &Response,
    body: &Value,
    mut departures: Vec<Departure>,
) -> Vec<Judgement> {
    let (number, status, secrets) = (response.number, response.status(), &*response.secrets);
    let causes = shape::shared(number, status, body, &departures);
    let renamed = rename::renamed(strict, status, body, &departures, &causes);
    let mut judgements: Vec<Judgement> = causes
        .iter()
        .map(|cause| cause.judgement(secrets))
        .collect();
    // A new name comes after the one that is missing, and last what must be null in
    // some states: the state itself may be wrong.
    departures.sort_by_key(|one| match one.rule {
        Rule::Null => 2,
        Rule::Undocumented => 1,
        _ => 0,
    });
    let broken: Vec<Topic> = departures
        .iter()
        .flat_map(|one| body::breaks(one, body, number))
        .collect();
    let (mut envelope, mut members) = (Vec::new(), Vec::new());
    for one in departures {
        let breaks = body::breaks(&one, body, number);
        let rests_on = causes.iter().filter_map(|cause| cause.topic_of(&one));
        let rests_on: Vec<Topic> = rests_on
            .chain(body::conditions(&one, &breaks, &broken))
            .collect();
        let faults = match body::is_about_envelope(&one) {
            true => &mut envelope,
            false => &mut members,
        };
        let (fault, observed) = body::judge(kind, &one, body, secrets);
        let fault = fault.rests_on(rests_on).breaks(breaks);
        faults.push(rename::with_new_name(
            fault, &one, &renamed, number, secrets,
        ));
        judgements.extend(observed.map(|one| Judgement::Observed(check::NEW_VALUES, one)));
    }
    envelope.extend(body::envelope(body, status, secrets));
    envelope.extend(http::clock(response, body));
    let causes = causes.iter().filter(|one| one.check == check::ENVELOPE);
    let rests_on: Vec<Topic> = causes
        .map(|one| one.topic.clone())
        .chain([http::status(response)])
        .collect();
    let envelope = envelope.into_iter().map(|fault: Fault| {
        let fault = fault.rests_on(rests_on.clone());
        fault.breaks([Topic::Response(number)])
    });
    judgements.push(Judgement::Applied(check::ENVELOPE, envelope.collect()));
    judgements.push(Judgement::Applied(check::CONFORMANCE, members));
    judgements
}
