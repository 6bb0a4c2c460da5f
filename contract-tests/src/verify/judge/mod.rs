//! What is judged of every answer, whatever it was asked for.

pub(super) mod body;
mod http;
mod page;
mod reading;

use std::collections::BTreeSet;
use std::sync::Arc;

use ocp_contract::strict::Rule;
use serde_json::Value;

use super::answer::Answer;
use super::check;
use super::listing::Listing;
use super::run::{Fault, Run};

pub(super) use reading::reading;

/// Judges one answer: HTTP, envelope, body, client.
pub(super) fn answer(run: &mut Run, answer: &Answer) {
    http::transport(run, answer);
    let Some(seen) = &answer.seen else {
        return;
    };
    http::throttling(run, answer);
    let Ok(body) = &answer.body else {
        return;
    };
    let secrets = Arc::clone(&answer.secrets);
    let quote = |value: &Value| secrets.quote(value);
    let departures = run.strict.departures_quoting(seen.status, body, &quote);
    let (envelope, members): (Vec<_>, Vec<_>) =
        departures.into_iter().partition(body::is_about_envelope);
    let envelope: Vec<Fault> = envelope
        .into_iter()
        .map(|one| body::fault(one, &secrets))
        .chain(body::duration(body))
        .chain(body::status(body, seen.status, &secrets))
        .chain(body::code(body, &secrets))
        .chain(body::empty(body, "/server", "server").map(Fault::drift))
        .chain(body::empty(body, "/error/message", "error.message").map(Fault::drift))
        .collect();
    run.judge_all(check::ENVELOPE, answer, envelope);
    let unknown: BTreeSet<String> = members
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect();
    let mut faults: Vec<Fault> = Vec::new();
    for one in members {
        let word = (one.rule == Rule::NewEnumValue).then(|| one.clone());
        let fault = body::fault(one, &secrets);
        let misplaced = word
            .as_ref()
            .and_then(|word| run.kind.misplaced(word, body, &fault));
        if let (Some(word), None) = (word, &misplaced) {
            run.tell(check::NEW_WORDS, format!("{}: {}", word.place, word.what));
        }
        faults.push(misplaced.unwrap_or(fault));
    }
    run.judge_all(check::CONFORMANCE, answer, faults);
    reading::client(run, answer, body, &unknown);
}

/// Judges a page: what it says of itself, and its rows.
pub(super) fn listing(run: &mut Run, listing: &Listing) {
    page::page(run, listing);
    run.kind.judge(run, listing);
}
