//! `discrepancies.yaml`: contradictions and silences of the sources, and the decisions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::Claims;
use super::gap::Gap;
use crate::place::Place;

/// One contradiction or silence.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number, by which the spec refers to it.
    pub id: u32,
    /// The subject.
    pub topic: String,
    /// The table's words, or that it is silent.
    pub table: String,
    /// The words of the sample, or of another source.
    pub other: String,
    /// The words of the spec, and the reason.
    pub decision: String,
    /// Settled, or open.
    pub state: State,
    /// The check of `verify` by which a person with a real OCP settles it.
    pub check: Option<String>,
    /// Ids of the operations that it speaks of, if not of all.
    pub operations: Option<BTreeSet<String>>,
    /// The ways in which nodes that bear its number may depart from their sources.
    #[serde(default, skip_serializing)]
    pub excuses: BTreeSet<Excuse>,
    /// Members whose presence depends on members beside them.
    #[serde(default, skip_serializing)]
    pub conditions: Vec<Condition>,
    /// Documented places that the spec leaves out.
    #[serde(default, skip_serializing)]
    pub unstated: BTreeSet<Place>,
}

impl Entry {
    /// True if it speaks of an operation.
    pub fn speaks_of(&self, operation: &str) -> bool {
        let operations = self.operations.as_ref();
        operations.is_none_or(|operations| operations.contains(operation))
    }
}

/// Entries that nothing in the spec refers to or that speak of unknown operations, numbers that
/// are taken twice, and numbers that a place bears in some only of the operations that the entry
/// speaks of.
pub(super) fn gaps(register: &[Entry], stated: &[&Claims]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut numbers = BTreeSet::new();
    let bearers = bearers(stated);
    for entry in register {
        let id = entry.id;
        let bearers = bearers.get(&id).into_iter().flatten();
        let bearers = bearers.filter(|(operation, _)| entry.speaks_of(operation));
        let bearing: BTreeSet<&Place> = bearers.map(|(_, place)| *place).collect();
        for (operation, places) in stated.iter().filter(|(one, _)| entry.speaks_of(&one.id)) {
            let places = bearing.iter().filter_map(|one| places.get_key_value(one));
            for (place, node) in places.filter(|(_, node)| !node.marks.contains(&id)) {
                let what = format!(
                    "another operation has {id} in the `x-discrepancy` of this place; add it, or limit the `operations` of the entry"
                );
                gaps.push(Gap::new(&operation.id, place, what, &node.pointer));
            }
        }
        let mut note = |what: String| {
            gaps.push(Gap::new(
                "discrepancies.yaml",
                format!("entry {id}"),
                what,
                "",
            ));
        };
        if !numbers.insert(id) {
            note("the number is taken by another entry".into());
        }
        let operations = entry.operations.iter().flatten();
        let is_known = |id: &&String| stated.iter().any(|(one, _)| one.id == **id);
        for operation in operations.filter(|id| !is_known(id)) {
            note(format!("the spec has no operation `{operation}`"));
        }
        if bearing.is_empty() && entry.unstated.is_empty() {
            note(
                "no node of its operations has it in `x-discrepancy`; mark one, or take it out"
                    .into(),
            );
        }
        for condition in &entry.conditions {
            let place = condition.object.member(&condition.member);
            if !bearing.contains(&place) {
                note(format!(
                    "it has a condition for `{place}`, which is not marked {id}"
                ));
            }
        }
    }
    gaps
}

/// Operation and place of the nodes that bear each number.
fn bearers<'a>(stated: &[&'a Claims]) -> BTreeMap<u32, Vec<(&'a str, &'a Place)>> {
    let mut bearers: BTreeMap<u32, Vec<(&str, &Place)>> = BTreeMap::new();
    for (operation, places) in stated.iter().copied() {
        for (place, node) in places {
            for mark in &node.marks {
                let bearing = bearers.entry(*mark).or_default();
                bearing.push((&operation.id, place));
            }
        }
    }
    bearers
}

/// A departure of the spec from its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excuse {
    /// The type is another.
    Type,
    /// There are values that no source has, or none that only a sample shows.
    Values,
    /// There are not all values that a sample shows: it spells one otherwise than the table.
    Spelling,
    /// No source has the node.
    New,
    /// No source has the node, nor anything below it.
    NewBelow,
}

/// A member that must be there when members beside it have certain values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Place of the object.
    pub object: Place,
    /// Name of the member.
    pub member: String,
    /// Values of members beside it, all of which must hold.
    pub when: BTreeMap<String, Value>,
    /// The rule for the member when they do not hold.
    pub otherwise: Otherwise,
}

/// The rule for a member that nothing demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// It must not.
    Absent,
    /// It may.
    Optional,
}

/// The state of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The evidence is enough.
    Settled,
    /// Only a real OCP can tell.
    Open,
}
