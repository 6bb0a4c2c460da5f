//! Judges a transcript by the contract. Pure functions: no socket, no clock, and nothing but
//! the contract and the transcript decides.
//!
//! Responses are judged first, then rows, pages and filters. A check leaves out the one row,
//! member, page or parameter that it reads if a violation of that very thing was found before,
//! and says so.

mod answers;
mod body;
mod book;
mod client;
mod filters;
mod http;
mod page;
mod paging;
mod rows;
mod shape;
mod states;
mod tasks;

use std::collections::BTreeSet;

use ocp_contract::strict::{Departure, Rule};
use serde_json::Value;

use super::checks::{AUTHENTICATION, DOCUMENTED_REQUEST, TRANSPORT};
use super::contract::Subject;
use super::finding::{CheckReport, Context, Finding, OperationReport, Standing};
use super::known::Known;
use super::secrets::Secrets;
use super::transcript::{Body, Exchange, Purpose, Stop, Transcript};
use book::{Book, Fault, Thing};

/// The judgement on one operation.
pub(super) struct Judged {
    pub(super) operation: OperationReport,
    pub(super) checks: Vec<CheckReport>,
    pub(super) findings: Vec<Finding>,
    /// The places of exchanges in which there is a violation.
    pub(super) violating: BTreeSet<usize>,
}

/// Judges all that one operation was asked.
pub(super) fn judge(subject: &Subject, transcript: &Transcript, context: &Context<'_>) -> Judged {
    let known = &Known::of(subject, transcript, context.secrets);
    let departures = departures(known);
    let lost = client::lost(known, &departures);
    let read = known.exchanges.iter().zip(&lost);
    let meanings = read.map(|(exchange, lost)| client::meaning(exchange, lost));
    let mut book = Book::new(known, context, meanings.collect());
    http::judge(known, &mut book);
    body::judge(known, &departures, &mut book);
    client::judge(known, &lost, &mut book);
    if subject.lists_restore_tasks() {
        tasks::judge(known, &mut book);
        rows::judge(known, &mut book);
    }
    page::judge(known, &mut book);
    paging::judge(known, &mut book);
    let asked = filters::asked(known);
    states::judge(known, &asked, &mut book);
    filters::judge(&asked, &mut book);
    answers::judge(known, &mut book);
    conclude(known, context, book)
}

/// The departures of each body from the contract; none for one that is no JSON. A new name
/// comes after the one that is missing, and last what must be null in some states: the state
/// itself may be wrong.
fn departures(known: &Known<'_>) -> Vec<Vec<Departure>> {
    let quote = |value: &Value| known.secrets.quote(value);
    let strict = &known.subject.strict;
    let of = |exchange: &Exchange| {
        let body = exchange.body()?;
        let mut departures = strict.departures_quoting(exchange.status(), body, &quote);
        departures.sort_by_key(|one| match one.rule {
            Rule::Null => 2,
            Rule::Undocumented => 1,
            _ => 0,
        });
        Some(departures)
    };
    let exchanges = known.exchanges.iter();
    exchanges.map(|one| of(one).unwrap_or_default()).collect()
}

/// Adds the findings that no single exchange shows.
fn conclude(known: &Known<'_>, context: &Context<'_>, mut book: Book<'_>) -> Judged {
    let transcript = known.transcript;
    let standing = standing(known);
    match (&standing, &transcript.stop) {
        (Standing::Verified, Some(Stop::NoResponse(why) | Stop::Refused(why))) => {
            let got = format!("after {} requests: {why}", known.exchanges.len());
            let fault = Fault::new("breaks off", "a response to each request", got);
            let fault = fault.known_by("it answered requests before");
            book.judge(TRANSPORT, Some(fault), known.exchanges.len());
        }
        (Standing::NotOffered, _) => {
            // All that the checks have found is this one thing.
            book.forget(context.is_named, DOCUMENTED_REQUEST);
            if context.is_named {
                let got = "every request is answered like a path that is not known";
                let expected = "the operation, as --operation names it";
                let fault = Fault::new("not offered", expected, got).known_by("the command line");
                book.judge(DOCUMENTED_REQUEST, Some(fault), known.exchanges.len());
            }
        }
        _ => {}
    }
    if !transcript.checks_authentication {
        let reason =
            "a refused log-in counts against the caller; --check-authentication allows one";
        book.skip(AUTHENTICATION, reason);
    }
    let is_cut = transcript.stop.as_ref().is_some_and(Stop::is_cut);
    let unchecked = transcript.unfinished.iter().filter(|_| is_cut);
    let violating = book.violated().filter_map(|thing| match thing {
        Thing::Response(index) => Some(*index),
        _ => None,
    });
    let violating = violating.collect();
    let is_stopped = transcript.stop.is_some();
    let (checks, findings) = book.close(is_stopped);
    Judged {
        operation: OperationReport {
            unchecked: unchecked.cloned().collect(),
            is_stopped,
            ..OperationReport::new(&known.subject.operation, standing)
        },
        checks,
        findings,
        violating,
    }
}

fn standing(known: &Known<'_>) -> Standing {
    let all = || known.transcript.exchanges.iter();
    let is_let_in = all()
        .any(|one| one.has_envelope() && one.status() != 401 && one.purpose != Purpose::Anonymous);
    let mut asked = known
        .answers()
        .filter(|(_, one)| one.purpose != Purpose::Anonymous)
        .peekable();
    match &known.transcript.stop {
        None if asked.peek().is_none() => Standing::Unjudged("nothing was asked".to_owned()),
        None if asked.all(|(_, one)| one.is_of_unknown_path()) => Standing::NotOffered,
        Some(Stop::Inaccessible(why)) => Standing::Unjudged(why.clone()),
        // A caller that is never let in has judged nothing, envelope or not.
        Some(Stop::Refused(why)) if !is_let_in => Standing::Unjudged(why.clone()),
        _ if all().any(Exchange::is_from_ocp) => Standing::Verified,
        Some(why) => Standing::Unjudged(why.to_string()),
        None => Standing::Unjudged(no_ocp(all(), known.secrets)),
    }
}

/// The reason why nothing is judged if nothing looks like an OCP.
pub(super) fn no_ocp<'a>(
    mut exchanges: impl Iterator<Item = &'a Exchange>,
    secrets: &Secrets,
) -> String {
    let first = exchanges.next().map(|first| {
        let body = match first.response.as_ref().map(|response| &response.body) {
            Some(Body::NotKept { reason, .. }) => format!(", and its body is {reason}"),
            _ => String::new(),
        };
        format!(" (the first one is {}{body})", first.summary(secrets))
    });
    format!(
        "no response has OCP's envelope{}; is this the address of an OCP?",
        first.unwrap_or_default()
    )
}
