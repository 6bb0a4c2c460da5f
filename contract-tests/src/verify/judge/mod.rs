//! What is judged of every answer, whatever it was asked for.

mod body;
mod http;
mod page;
mod reading;
mod task;

use std::collections::BTreeSet;
use std::sync::Arc;

use ocp_contract::strict::Rule;
use serde_json::Value;

use super::answer::Answer;
use super::check::CheckId;
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
    if answer.is_from_ocp() {
        run.envelopes += 1;
    }
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
        .map(|one| body::fault(one, body, &secrets))
        .chain(body::duration(body))
        .chain(body::status(body, seen.status, &secrets))
        .chain(body::code(body, &secrets))
        .chain(body::empty(body, "/server", "server").map(Fault::drift))
        .chain(body::empty(body, "/error/message", "error.message").map(Fault::drift))
        .collect();
    run.judge_all(CheckId::Envelope, answer, envelope);
    let unknown: BTreeSet<String> = members
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect();
    for word in members.iter().filter(|one| one.rule == Rule::NewEnumValue) {
        run.tell(CheckId::NewWords, format!("{}: {}", word.place, word.what));
    }
    let members: Vec<Fault> = members
        .into_iter()
        .map(|one| body::fault(one, body, &secrets))
        .collect();
    run.judge_all(CheckId::Conformance, answer, members);
    reading::client(run, answer, body, &unknown);
}

/// Judges a page: what it says of itself, and each task.
pub(super) fn listing(run: &mut Run, listing: &Listing) {
    let secrets = Arc::clone(&listing.answer.secrets);
    page::page(run, listing);
    let mut ids = BTreeSet::new();
    for (index, row) in listing.rows.iter().enumerate() {
        let at = format!("/data/contents/{index}");
        run.judge_all(
            CheckId::TaskState,
            &listing.answer,
            task::state(row, &at, &secrets),
        );
        run.judge_all(
            CheckId::TaskTimes,
            &listing.answer,
            task::times(row, &at, &secrets),
        );
        let twice = row.id().filter(|id| !ids.insert(*id)).map(|id| {
            Fault::new(
                "twice on a page",
                "each task once",
                format!("task {id} twice"),
            )
            .at(&at)
        });
        let changed = task::changes(run, row).map(|fault| fault.at(&at));
        let identity: Vec<Fault> = task::identity(row, &at)
            .into_iter()
            .chain(twice)
            .chain(changed)
            .collect();
        run.judge_all(CheckId::TaskIdentity, &listing.answer, identity);
        if let Some(id) = row.id() {
            run.known.entry(id).or_insert_with(|| row.clone());
        }
        if row.flag("finished") == Some(false) {
            let finish = match row.0.get("finishTime") {
                Some(finish) => secrets.quote(finish),
                None => "nothing".to_owned(),
            };
            run.tell(
                CheckId::RunningTask,
                format!("a task that runs has {finish} for finishTime"),
            );
        }
        if let Some(progress) = row.0.get("progress").filter(|one| one.is_string()) {
            let state = secrets.shortened(row.text("status").unwrap_or("?"));
            let progress = secrets.quote(progress);
            run.tell(
                CheckId::RunningTask,
                format!("progress is {progress} in state {state}"),
            );
        }
    }
}
