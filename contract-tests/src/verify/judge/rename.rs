//! Members under another name: an object lacks the one and has the other.

use std::collections::BTreeMap;

use ocp_contract::escape;
use ocp_contract::strict::{Departure, Rule, Strict};
use serde_json::Value;

use super::book::Fault;
use super::shape::Shared;
use crate::verify::secrets::Secrets;

/// A member that an object has under another name.
pub(super) struct Renamed {
    /// JSON pointers of the member, by either name.
    due: String,
    sent: String,
    /// The other name.
    name: String,
}

/// Members that the body has under another name: were each called as in the contract, the
/// body would depart from it neither there nor anywhere else instead.
pub(super) fn renamed(
    strict: &Strict,
    status: u16,
    body: &Value,
    departures: &[Departure],
    causes: &[Shared],
) -> Vec<Renamed> {
    let of = |rule: Rule| {
        let is_left = |one: &&Departure| !causes.iter().any(|cause| cause.explains(one));
        let departures = departures.iter().filter(is_left);
        departures.filter(move |one| one.rule == rule)
    };
    let mut others: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for sent in of(Rule::Undocumented) {
        if let (Some((object, _)), Some(name)) = (sent.body.rsplit_once('/'), &sent.member) {
            others.entry(object).or_default().push(name);
        }
    }
    // The same two names in many rows are one renaming.
    let mut pairs: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for due in of(Rule::Missing) {
        for &name in others.get(due.body.as_str()).into_iter().flatten() {
            if let Some(member) = &due.member {
                let pair = (due.place.path(), member, name);
                pairs.entry(pair).or_default().push(&due.body);
            }
        }
    }
    let mut renamed: Vec<Renamed> = Vec::new();
    for ((_, due, sent), objects) in pairs {
        let pointers = |name: &str| -> Vec<String> {
            let name = escape(name);
            let objects = objects.iter();
            objects.map(|object| format!("{object}/{name}")).collect()
        };
        let (due_at, sent_at) = (pointers(due), pointers(sent));
        let is_taken = renamed
            .iter()
            .any(|one| due_at.contains(&one.due) || sent_at.contains(&one.sent));
        if is_taken {
            continue;
        }
        let mut mended = body.clone();
        for object in &objects {
            let object = mended.pointer_mut(object).and_then(Value::as_object_mut);
            if let Some((object, value)) =
                object.and_then(|object| object.remove(sent).map(|value| (object, value)))
            {
                object.insert(due.clone(), value);
            }
        }
        let left = strict.departures(status, &mended).len();
        if left + 2 * objects.len() <= departures.len() {
            let pointers = due_at.into_iter().zip(sent_at);
            renamed.extend(pointers.map(|(due, at)| Renamed {
                due,
                sent: at,
                name: sent.clone(),
            }));
        }
    }
    renamed
}

/// The fault that a departure is; none for a new name, of which the missing one tells.
pub(super) fn with_new_name(
    mut fault: Fault,
    departure: &Departure,
    renamed: &[Renamed],
    secrets: &Secrets,
) -> Option<Fault> {
    match (&departure.rule, &departure.member) {
        (Rule::Missing, Some(member)) => {
            let due = format!("{}/{}", departure.body, escape(member));
            if let Some(one) = renamed.iter().find(|one| one.due == due) {
                let name = secrets.text(&one.name);
                fault.got.push_str(&format!("; `{name}` has such a value"));
            }
            Some(fault)
        }
        (Rule::Undocumented, _) => {
            let is_known = renamed.iter().any(|one| one.sent == departure.body);
            (!is_known).then_some(fault)
        }
        _ => Some(fault),
    }
}
