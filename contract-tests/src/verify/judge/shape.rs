//! Causes that several departures of one body share.

use std::collections::{BTreeMap, BTreeSet};

use ocp_contract::strict::{Departure, Rule};
use serde_json::Value;

use super::book::Fault;
use crate::verify::checks::{CONFORMANCE, CheckId, ENVELOPE};

/// So many members that an object lacks, or has too many, have one cause.
const MANY: usize = 4;

/// Takes out departures of a body that share a cause, and returns the causes. Of a cause in the
/// envelope, nothing is left.
pub(super) fn shared(
    status: u16,
    body: &Value,
    departures: &mut Vec<Departure>,
) -> Vec<(CheckId, Fault)> {
    if let Some(fault) = error_under_200(status, body) {
        departures.clear();
        return vec![(ENVELOPE, fault)];
    }
    let mut shared = Vec::new();
    shared.extend(another_case(departures).map(|fault| (CONFORMANCE, fault)));
    let lacks = members(departures, &Rule::Missing);
    if let Some(names) = lacks.get("").filter(|names| names.len() >= MANY) {
        let got = format!("a body without {}", names.join(", "));
        let fault = Fault::new("no envelope", "OCP's envelope around data or error", got);
        departures.clear();
        return vec![(ENVELOPE, fault)];
    }
    let added = members(departures, &Rule::Undocumented);
    for (parent, names) in lacks {
        let is_many = |names: &Vec<String>| names.len() >= MANY;
        if is_many(&names) || added.get(&parent).is_some_and(is_many) {
            let fault = Fault::new(
                format!("{parent} lacks members"),
                format!("`{parent}` with the members of the contract"),
                format!("`{parent}` without {}", names.join(", ")),
            );
            departures.retain(|one| parent_of(one).as_ref() != Some(&parent));
            shared.push((CONFORMANCE, fault));
        }
    }
    shared
}

/// An error if HTTP says that all is well.
fn error_under_200(status: u16, body: &Value) -> Option<Fault> {
    let has = |name: &str| body.get(name).is_some_and(|one| !one.is_null());
    let is_error = status == 200 && body.get("error").is_some_and(Value::is_object);
    let fault = Fault::new(
        "an error under HTTP 200",
        "HTTP 4xx or 5xx for a failure",
        "HTTP 200 with an error instead of data",
    );
    (is_error && !has("data")).then(|| fault.at("/error"))
}

/// The place of the object that a missing or undocumented member belongs to.
fn parent_of(one: &Departure) -> Option<String> {
    one.member.as_ref()?;
    Some(one.at.path().to_owned())
}

/// The place of a missing or undocumented member, whatever the case of its name.
fn plain(one: &Departure) -> Option<String> {
    let name = one.member.as_deref()?;
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    Some(format!("{}.{name}", parent_of(one)?))
}

/// Names of missing or undocumented members, by the place of their object.
fn members(departures: &[Departure], rule: &Rule) -> BTreeMap<String, Vec<String>> {
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in departures.iter().filter(|one| one.rule == *rule) {
        if let (Some(parent), Some(name)) = (parent_of(one), &one.member) {
            let names = members.entry(parent).or_default();
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    members
}

/// Takes out members whose names are those of the contract but for the case.
fn another_case(departures: &mut Vec<Departure>) -> Option<Fault> {
    let of = |rule: &Rule| -> BTreeMap<String, String> {
        let departures = departures.iter().filter(|one| one.rule == *rule);
        let named = departures.filter_map(|one| Some((plain(one)?, one.member.clone()?)));
        named.collect()
    };
    let (missing, added) = (of(&Rule::Missing), of(&Rule::Undocumented));
    let pairs = missing.iter();
    let pairs = pairs.filter_map(|(key, expected)| Some((key, expected, added.get(key)?)));
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        return None;
    }
    let case = match pairs.iter().all(|(_, _, sent)| sent.contains('_')) {
        true => "snake_case",
        false => "another case",
    };
    let listed = pairs.iter();
    let listed = listed.map(|(_, expected, sent)| format!("{sent} for {expected}"));
    let listed: Vec<String> = listed.collect();
    let names: BTreeSet<&String> = pairs.iter().map(|(key, ..)| *key).collect();
    departures.retain(|one| plain(one).is_none_or(|name| !names.contains(&name)));
    Some(Fault::new(
        format!("members in {case}"),
        "the names of the contract, in camelCase",
        listed.join(", "),
    ))
}
