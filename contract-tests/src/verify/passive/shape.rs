//! Causes that many departures of one body share.

use std::collections::{BTreeMap, BTreeSet};

use ocp_contract::strict::{Departure, Rule};
use serde_json::Value;

use crate::verify::check::{self, CheckId};
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::secrets::Secrets;
use crate::verify::topic::Topic;

/// So many members that an object lacks, or has too many, have one cause.
const MANY: usize = 4;

/// A cause, and what is named by it.
pub(super) struct Shared {
    pub(super) check: CheckId,
    fault: Fault,
    pub(super) topic: Topic,
    /// Whether a departure is one of those that it explains.
    is_cause_of: Box<dyn Fn(&Departure) -> bool>,
}

impl Shared {
    fn new(
        check: CheckId,
        number: usize,
        fault: Fault,
        explains: impl Fn(&Departure) -> bool + 'static,
    ) -> Self {
        let topic = Topic::Shape(number, fault.kind.clone());
        Self {
            check,
            fault: fault.breaks([topic.clone()]),
            topic,
            is_cause_of: Box::new(explains),
        }
    }

    pub(super) fn explains(&self, departure: &Departure) -> bool {
        (self.is_cause_of)(departure)
    }

    /// What a departure rests on, if this explains it.
    pub(super) fn topic_of(&self, departure: &Departure) -> Option<Topic> {
        self.explains(departure).then(|| self.topic.clone())
    }

    /// The cause as what its check found; names in it may be those of a server.
    pub(super) fn judgement(&self, secrets: &Secrets) -> Judgement {
        let mut fault = self.fault.clone();
        fault.got = secrets.shortened(&fault.got);
        Judgement::Applied(self.check, vec![fault])
    }
}

/// The causes that departures of the body of a response share.
pub(super) fn shared(
    number: usize,
    status: u16,
    body: &Value,
    departures: &[Departure],
) -> Vec<Shared> {
    let whole = [Topic::Body(number), Topic::Response(number)];
    if let Some(fault) = error_under_200(status, body) {
        let fault = fault.breaks(whole);
        return vec![Shared::new(check::ENVELOPE, number, fault, |_| true)];
    }
    let case = another_case(number, departures);
    let is_left = |one: &&Departure| case.as_ref().is_none_or(|case| !case.explains(one));
    let departures: Vec<&Departure> = departures.iter().filter(is_left).collect();
    let lacks = lacking(&departures);
    if let Some(names) = lacks.get("").filter(|names| names.len() >= MANY) {
        let got = format!("a body without {}", names.join(", "));
        let fault = Fault::new("no envelope", "OCP's envelope around data or error", got);
        let fault = fault.breaks(whole);
        return vec![Shared::new(check::ENVELOPE, number, fault, |_| true)];
    }
    let mut shared: Vec<Shared> = case.into_iter().collect();
    for (parent, names) in lacks {
        let explains = {
            let parent = parent.clone();
            move |one: &Departure| parent_of(one).as_ref() == Some(&parent)
        };
        let added = departures.iter();
        let added = added.filter(|one| one.rule == Rule::Undocumented && explains(one));
        let added: BTreeSet<_> = added.filter_map(|one| one.member.as_ref()).collect();
        if names.len() >= MANY || added.len() >= MANY {
            let fault = Fault::new(
                format!("{parent} lacks members"),
                format!("`{parent}` with the members of the contract"),
                format!("`{parent}` without {}", names.join(", ")),
            );
            let fault = fault.breaks([Topic::Response(number)]);
            shared.push(Shared::new(check::CONFORMANCE, number, fault, explains));
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
fn another_case(number: usize, departures: &[Departure]) -> Option<Shared> {
    let plain = |one: &Departure| -> Option<String> {
        let name = one.member.as_deref()?;
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        let name: String = letters.flat_map(char::to_lowercase).collect();
        Some(format!("{}.{name}", parent_of(one)?))
    };
    let of = |rule: &Rule| -> BTreeMap<String, String> {
        let departures = departures.iter().filter(|one| one.rule == *rule);
        let named = departures.filter_map(|one| Some((plain(one)?, one.member.clone()?)));
        named.collect()
    };
    let (missing, added) = (of(&Rule::Missing), of(&Rule::Undocumented));
    let pairs = missing
        .iter()
        .filter_map(|(key, due)| Some((key.clone(), due, added.get(key)?)));
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        return None;
    }
    let case = match pairs.iter().all(|(_, _, sent)| sent.contains('_')) {
        true => "snake_case",
        false => "another case",
    };
    let listed: Vec<String> = pairs
        .iter()
        .map(|(_, due, sent)| format!("{sent} for {due}"))
        .collect();
    let fault = Fault::new(
        format!("members in {case}"),
        "the names of the contract, in camelCase",
        listed.join(", "),
    );
    let fault = fault.breaks([Topic::Response(number)]);
    let keys: Vec<String> = pairs.into_iter().map(|(key, ..)| key).collect();
    let explains = move |one: &Departure| plain(one).is_some_and(|key| keys.contains(&key));
    Some(Shared::new(check::CONFORMANCE, number, fault, explains))
}
