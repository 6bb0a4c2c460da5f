//! What is judged of every answer, whatever it was asked for.

mod body;
mod http;
mod page;
mod reading;
mod task;

use std::collections::BTreeSet;

use ocp_contract::strict::Rule;

use super::answer::Answer;
use super::listing::Listing;
use super::run::{Fault, Run, shown};

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
    let departures = run.strict.departures(seen.status, body);
    let (envelope, members): (Vec<_>, Vec<_>) =
        departures.into_iter().partition(body::is_about_envelope);
    let envelope: Vec<Fault> = envelope
        .into_iter()
        .map(body::fault)
        .chain(body::duration(body))
        .chain(body::status(body, seen.status))
        .chain(body::code(body))
        .chain(body::empty(body, "/server", "server").map(Fault::drift))
        .chain(body::empty(body, "/error/message", "error.message").map(Fault::drift))
        .collect();
    run.judge_all("envelope", answer, envelope);
    let unknown: BTreeSet<String> = members
        .iter()
        .filter(|one| one.rule == Rule::Undocumented)
        .map(|one| one.body.clone())
        .collect();
    for word in members.iter().filter(|one| one.rule == Rule::NewEnumValue) {
        run.tell("new-words", format!("{}: {}", word.place, word.what));
    }
    let members: Vec<Fault> = members.into_iter().map(body::fault).collect();
    run.judge_all("conformance", answer, members);
    reading::client(run, answer, body, &unknown);
}

/// Judges a page: what it says of itself, and each task.
pub(super) fn listing(run: &mut Run, listing: &Listing) {
    page::page(run, listing);
    let mut ids = BTreeSet::new();
    for (index, row) in listing.rows.iter().enumerate() {
        let at = format!("/data/contents/{index}");
        run.judge_all("task-state", &listing.answer, task::state(row, &at));
        run.judge_all("task-times", &listing.answer, task::times(row, &at));
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
        run.judge_all("task-identity", &listing.answer, identity);
        if let Some(id) = row.id() {
            run.known.entry(id).or_insert_with(|| row.clone());
        }
        if row.flag("finished") == Some(false) {
            let finish = shown(row.0.get("finishTime"));
            run.tell(
                "running-task",
                format!("a task that runs has {finish} for finishTime"),
            );
        }
        if let Some(progress) = row.text("progress") {
            run.tell(
                "running-task",
                format!(
                    "progress is {progress:?} in state {}",
                    row.text("status").unwrap_or("?")
                ),
            );
        }
    }
}
