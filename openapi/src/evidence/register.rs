//! `discrepancies.yaml`: where the sources contradict each other or are silent,
//! and what was decided.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::claim::{Claim, Claims};
use super::claims::{Node, Places};
use super::kind::Kind;
use super::place::Place;

/// What an entry decides about a place: its type, or a claim.
pub(super) type Decision = (u32, Place, Option<Claim>);

/// One contradiction or silence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number, by which the spec refers to it.
    pub id: u32,
    /// What it is about.
    pub topic: String,
    /// What the table says, or that it is silent.
    pub table: String,
    /// What the sample, or another source, says.
    pub other: String,
    /// What the spec says, and why.
    pub decision: String,
    /// Whether more evidence is wanted.
    pub state: State,
    /// The check of `verify` by which a person with a real OCP settles it.
    pub check: Option<String>,
    /// Ids of the operations that it speaks of, if not of all.
    pub operations: Option<BTreeSet<String>>,
    /// Places that it explains: their nodes bear its number.
    #[serde(default)]
    pub places: BTreeSet<Place>,
    /// Places that no source has; with all that is below them. Their nodes bear its
    /// number, too.
    #[serde(default)]
    pub inferred: BTreeSet<Place>,
    /// The type of a place where no source gives one, or where the spec departs
    /// from the source.
    #[serde(default)]
    pub types: BTreeMap<Place, Kind>,
    /// What else the spec says at a place and no source does.
    #[serde(default)]
    pub claims: BTreeMap<Place, Claims>,
    /// Places whose sampled texts are values of a list.
    #[serde(default)]
    pub vocabularies: BTreeSet<Place>,
    /// Documented values that two groups of one table list.
    #[serde(default)]
    pub repeated: BTreeMap<Place, BTreeSet<String>>,
    /// Members whose presence depends on members beside them.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Documented rows that no node of the spec stands for.
    #[serde(default)]
    pub unstated: BTreeSet<Place>,
}

impl Entry {
    /// Whether it speaks of an operation.
    pub fn speaks_of(&self, operation: &str) -> bool {
        let operations = self.operations.as_ref();
        operations.is_none_or(|operations| operations.contains(operation))
    }

    /// The places whose nodes bear its number.
    pub(super) fn borne_at(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().chain(&self.inferred)
    }

    /// What of it nothing in the spec refers to, and what of it nothing needs.
    pub(super) fn unused(
        &self,
        stated: &BTreeMap<String, Places>,
        needed: &BTreeSet<Decision>,
    ) -> Vec<String> {
        let mut unused = Vec::new();
        if self.operations.as_ref().is_some_and(BTreeSet::is_empty) {
            unused.push("it speaks of no operation".into());
        }
        let operations = self.operations.iter().flatten();
        for unknown in operations.filter(|one| !stated.contains_key(*one)) {
            let what = format!("it speaks of `{unknown}`, which the spec does not have");
            unused.push(what);
        }
        if self.borne_at().next().is_none() && self.unstated.is_empty() {
            unused.push("it explains no node of the spec".into());
        }
        let has = |place: &Place, marks: fn(&Node) -> &BTreeSet<u32>| {
            let speaks = stated.iter().filter(|(one, _)| self.speaks_of(one));
            let mut nodes = speaks.filter_map(|(_, places)| places.get(place));
            nodes.any(|node| marks(node).contains(&self.id))
        };
        for place in self
            .borne_at()
            .filter(|place| !has(place, |node| &node.own_marks))
        {
            let id = self.id;
            unused.push(format!(
                "it lists `{place}`, but no such node bears `x-discrepancy: [{id}]`"
            ));
        }
        let conditional = self.conditions.iter();
        let conditional = conditional.map(|one| one.object.member(&one.member));
        let lists = self.vocabularies.iter().chain(self.repeated.keys());
        let decided = lists.cloned().chain(conditional);
        for place in decided.filter(|place| !has(place, |node| &node.marks)) {
            let what = format!("it decides about `{place}`, but no such node rests on it");
            unused.push(what);
        }
        for (_, place, claim) in self.decisions().filter(|one| !needed.contains(one)) {
            let what = claim.map_or_else(|| "a type".into(), |claim| format!("`{claim}`"));
            unused.push(format!(
                "it decides {what} for `{place}`, but no such node rests on it, or its sources say the same"
            ));
        }
        unused
    }

    /// The types and claims that it decides.
    fn decisions(&self) -> impl Iterator<Item = Decision> {
        let types = self.types.keys().map(|place| (place, None));
        let claims = self.claims.iter();
        let claims =
            claims.flat_map(|(place, all)| all.0.iter().map(move |one| (place, Some(one))));
        let all = types.chain(claims);
        all.map(|(place, claim)| (self.id, place.clone(), claim.cloned()))
    }
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
    /// What holds for it when they do not.
    pub otherwise: Otherwise,
}

/// Whether a member may be there when nothing demands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// It must not.
    Absent,
    /// It may.
    Optional,
}

/// Whether a decision can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The evidence is enough.
    Settled,
    /// Only a real OCP can tell.
    Open,
}
