//! Members under another name: an object lacks the one and has the other.

use std::collections::{BTreeMap, BTreeSet};

use ocp_contract::escape;
use ocp_contract::strict::{Departure, Rule, Strict};
use serde_json::Value;

use crate::verify::secrets::Secrets;

/// One departure for each member that has another name: were it called as in the contract, the
/// body would depart from it neither there nor anywhere else instead. `total` counts the
/// departures of the whole body.
pub(super) fn with_new_names(
    mut departures: Vec<Departure>,
    (strict, status, body): (&Strict, u16, &Value),
    total: usize,
    secrets: &Secrets,
) -> Vec<Departure> {
    // The same two names in many rows are one renaming.
    let mut pairs: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (missing, added) in departures.iter().flat_map(|one| others(one, &departures)) {
        let pair = (
            missing.at.clone(),
            missing.member.clone(),
            added.member.clone(),
        );
        pairs.entry(pair).or_default().push(missing.body.clone());
    }
    let mut taken = BTreeSet::new();
    for ((_, member, other), objects) in pairs {
        let (Some(member), Some(other)) = (member, other) else {
            continue;
        };
        let at = |name: &str| -> Vec<String> {
            let objects = objects.iter();
            objects
                .map(|object| format!("{object}/{}", escape(name)))
                .collect()
        };
        let (missing, added) = (at(&member), at(&other));
        let mut both = missing.iter().chain(&added);
        if both.any(|place| taken.contains(place)) {
            continue;
        }
        let mut mended = body.clone();
        for object in &objects {
            let object = mended.pointer_mut(object).and_then(Value::as_object_mut);
            if let Some(object) = object
                && let Some(value) = object.remove(&other)
            {
                object.insert(member.clone(), value);
            }
        }
        if strict.departures(status, &mended).len() + 2 * objects.len() > total {
            continue;
        }
        departures.retain(|one| one.rule != Rule::Undocumented || !added.contains(&one.body));
        let is_it = |one: &Departure| {
            one.rule == Rule::Missing
                && one.member.as_ref() == Some(&member)
                && objects.contains(&one.body)
        };
        for one in departures.iter_mut().filter(|one| is_it(one)) {
            let name = secrets.text(&other);
            one.what.push_str(&format!("; `{name}` has such a value"));
        }
        taken.extend(missing.into_iter().chain(added));
    }
    departures
}

/// A missing member, with each undocumented one of the same object.
fn others<'a>(
    missing: &'a Departure,
    departures: &'a [Departure],
) -> impl Iterator<Item = (&'a Departure, &'a Departure)> {
    let is_missing = missing.rule == Rule::Missing;
    let added = departures.iter().filter(move |one| {
        let object = one.body.rsplit_once('/').map(|(object, _)| object);
        is_missing && one.rule == Rule::Undocumented && object == Some(missing.body.as_str())
    });
    added.map(move |added| (missing, added))
}
