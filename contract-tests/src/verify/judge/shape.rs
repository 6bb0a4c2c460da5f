//! Causes that many departures of one body share.

use std::collections::{BTreeMap, BTreeSet};

use ocp_contract::strict::{Departure, Rule};
use serde_json::Value;

use super::book::Fault;
use crate::verify::checks::{CONFORMANCE, CheckId, ENVELOPE};

/// So many members that an object lacks, or has too many, have one cause.
const MANY: usize = 4;

/// A cause, and the departures that it explains.
pub(super) struct Shared {
    pub(super) check: CheckId,
    pub(super) fault: Fault,
    /// Whether the body is of no use for what was asked.
    pub(super) hides_body: bool,
    explains: Explains,
}

enum Explains {
    All,
    /// Missing and undocumented members of the object at a place.
    MembersOf(String),
    /// Missing and undocumented members whose plain names are these.
    Named(BTreeSet<String>),
}

impl Shared {
    fn new(check: CheckId, fault: Fault, explains: Explains) -> Self {
        Self {
            check,
            fault,
            hides_body: matches!(explains, Explains::All),
            explains,
        }
    }

    pub(super) fn explains(&self, departure: &Departure) -> bool {
        match &self.explains {
            Explains::All => true,
            Explains::MembersOf(parent) => parent_of(departure).as_ref() == Some(parent),
            Explains::Named(names) => plain(departure).is_some_and(|name| names.contains(&name)),
        }
    }
}

/// The causes that departures of the body of a response share.
pub(super) fn shared(status: u16, body: &Value, departures: &[Departure]) -> Vec<Shared> {
    if let Some(fault) = error_under_200(status, body) {
        return vec![Shared::new(ENVELOPE, fault, Explains::All)];
    }
    let mut shared: Vec<Shared> = another_case(departures).into_iter().collect();
    let is_left = |one: &&Departure| !shared.iter().any(|cause| cause.explains(one));
    let departures: Vec<&Departure> = departures.iter().filter(is_left).collect();
    let lacks = lacking(&departures);
    if let Some(names) = lacks.get("").filter(|names| names.len() >= MANY) {
        let got = format!("a body without {}", names.join(", "));
        let fault = Fault::new("no envelope", "OCP's envelope around data or error", got);
        return vec![Shared::new(ENVELOPE, fault, Explains::All)];
    }
    for (parent, names) in lacks {
        let added = departures.iter().filter(|one| {
            one.rule == Rule::Undocumented && parent_of(one).as_ref() == Some(&parent)
        });
        let added: BTreeSet<_> = added.filter_map(|one| one.member.as_ref()).collect();
        if names.len() >= MANY || added.len() >= MANY {
            let fault = Fault::new(
                format!("{parent} lacks members"),
                format!("`{parent}` with the members of the contract"),
                format!("`{parent}` without {}", names.join(", ")),
            );
            shared.push(Shared::new(CONFORMANCE, fault, Explains::MembersOf(parent)));
        }
    }
    shared
}

/// An error where HTTP says that all is well.
fn error_under_200(status: u16, body: &Value) -> Option<Fault> {
    let has = |name: &str| body.get(name).is_some_and(|one| !one.is_null());
    let is_error = status == 200 && body.get("error").is_some_and(Value::is_object);
    (is_error && !has("data")).then(|| {
        Fault::new(
            "an error under HTTP 200",
            "HTTP 4xx or 5xx for a failure",
            "HTTP 200 with an error instead of data",
        )
        .at("/error")
    })
}

/// The place of the object that a missing or undocumented member belongs to.
fn parent_of(one: &Departure) -> Option<String> {
    one.member.as_ref()?;
    Some(one.place.parent()?.0.path())
}

/// The place of a missing or undocumented member, whatever the case of its name.
fn plain(one: &Departure) -> Option<String> {
    let name = one.member.as_deref()?;
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    Some(format!("{}.{name}", parent_of(one)?))
}

/// Names of missing members, by the place of their object.
fn lacking(departures: &[&Departure]) -> BTreeMap<String, Vec<String>> {
    let mut lacking: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in departures.iter().filter(|one| one.rule == Rule::Missing) {
        if let (Some(parent), Some(name)) = (parent_of(one), &one.member) {
            let names = lacking.entry(parent).or_default();
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    lacking
}

/// Members whose names are those of the contract but for the case.
fn another_case(departures: &[Departure]) -> Option<Shared> {
    let of = |rule: &Rule| -> BTreeMap<String, String> {
        let departures = departures.iter().filter(|one| one.rule == *rule);
        let named = departures.filter_map(|one| Some((plain(one)?, one.member.clone()?)));
        named.collect()
    };
    let (missing, added) = (of(&Rule::Missing), of(&Rule::Undocumented));
    let pairs = missing
        .iter()
        .filter_map(|(key, expected)| Some((key.clone(), expected, added.get(key)?)));
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        return None;
    }
    let case = match pairs.iter().all(|(_, _, sent)| sent.contains('_')) {
        true => "snake_case",
        false => "another case",
    };
    let listed = pairs.iter();
    let listed: Vec<String> = listed
        .map(|(_, expected, sent)| format!("{sent} for {expected}"))
        .collect();
    let fault = Fault::new(
        format!("members in {case}"),
        "the names of the contract, in camelCase",
        listed.join(", "),
    );
    let names = pairs.into_iter().map(|(key, ..)| key).collect();
    Some(Shared::new(CONFORMANCE, fault, Explains::Named(names)))
}
