//! One operation, place by place: the spec against its sources.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Node, Places, above};
use super::gap::Gap;
use super::grade::Grade;
use super::kind;
use super::register::{Entry, Excuse};
use super::support::{Support, Supports};
use crate::place::Place;

/// One operation, place by place.
pub(super) struct Comparison<'a> {
    pub(super) operation: &'a str,
    pub(super) places: &'a Places,
    pub(super) supports: &'a Supports,
    /// The entries that speak of this operation, by number.
    pub(super) entries: BTreeMap<u32, &'a Entry>,
    pub(super) gaps: Vec<Gap>,
}

impl<'a> Comparison<'a> {
    pub(super) fn run(&mut self) {
        let unsupported = Support::default();
        for (place, node) in self.places {
            let support = self.supports.get(place).unwrap_or(&unsupported);
            self.node(place, node, support.grade());
            if support.grade() != Grade::Inferred {
                self.kind(place, node, support);
                self.required(place, node, support);
                self.values(place, node, support);
            }
        }
        for (place, support) in self.supports {
            let mut entries = self.entries.values();
            let is_unstated = |one: &&Entry| one.unstated.contains(place);
            if !self.places.contains_key(place) && !entries.any(is_unstated) {
                let what = "has it, the spec does not; describe it, or list it under `unstated` of an entry";
                self.note(place, format!("{} {what}", support.sources()));
            }
        }
        let entries = self.entries.clone();
        for place in entries.values().flat_map(|one| &one.unstated) {
            if self.places.contains_key(place) || !self.supports.contains_key(place) {
                let what = "an entry has it under `unstated`, but the spec describes it, or no source has it";
                self.note(place, what.into());
            }
        }
    }

    /// Notes a gap at a place, or at the nearest node of the spec above it.
    fn note(&mut self, place: &Place, what: String) {
        let nearest = above(self.places, place).next();
        let nearest = nearest.or_else(|| self.places.get(&Place::request()));
        let pointer = nearest.map_or("", |node| &node.pointer);
        self.gaps
            .push(Gap::new(self.operation, place, what, pointer));
    }

    /// True if one of these numbers is an entry that excuses a departure.
    fn excuses(&self, marks: &BTreeSet<u32>, excuse: Excuse) -> bool {
        let mut entries = marks.iter().filter_map(|mark| self.entries.get(mark));
        entries.any(|one| one.excuses.contains(&excuse))
    }

    fn node(&mut self, place: &Place, node: &Node, grade: Grade) {
        for mark in &node.marks {
            if !self.entries.contains_key(mark) {
                let what = format!(
                    "its node is marked {mark}, but no entry {mark} speaks of this operation"
                );
                self.note(place, what);
            }
        }
        let who = match grade {
            Grade::Sibling => "only the page of a sibling operation has it",
            Grade::Inferred => "the spec has it, no source does",
            _ => return,
        };
        let mut above = above(self.places, place);
        if !self.excuses(&node.marks, Excuse::New)
            && !above.any(|node| self.excuses(&node.marks, Excuse::NewBelow))
        {
            let what = "take it out, or mark it with an entry that excuses `new`";
            self.note(place, format!("{who}; {what}"));
        }
    }

    fn kind(&mut self, place: &Place, node: &Node, support: &Support) {
        let (kinds, spec) = (support.kinds(), node.kind.as_deref());
        // A recording confirms one of several types.
        let allows = |kind: &&str| {
            let mut allowed = spec.into_iter().flat_map(|spec| spec.split(" or "));
            allowed.any(|one| one == *kind || one == kind::ANYTHING)
        };
        let is_confirmed = support.grade() == Grade::Observed && kinds.iter().all(allows);
        let is_same = kinds.iter().copied().eq(spec);
        if is_confirmed || is_same || self.excuses(&node.marks, Excuse::Type) {
            return;
        }
        let quoted = |kinds: Vec<&str>| match kinds.as_slice() {
            [] => "nothing about its type".to_owned(),
            kinds => format!("`{}`", kinds.join("` and `")),
        };
        let what = format!(
            "the spec says {}, {} says {}; correct it, or mark it with an entry that excuses `type`",
            quoted(spec.into_iter().collect()),
            support.sources(),
            quoted(kinds.into_iter().collect())
        );
        self.note(place, what);
    }

    /// Tables say only of parameters which ones are required.
    fn required(&mut self, place: &Place, node: &Node, support: &Support) {
        if place.as_parameter().is_some() && node.required != support.required {
            self.note(
                place,
                match node.required {
                    true => "the spec requires it, no source does; leave `required` out".into(),
                    false => format!("{} requires it; add `required: true`", support.sources()),
                },
            );
        }
    }

    fn values(&mut self, place: &Place, node: &Node, support: &Support) {
        // Without a list, a text that is shown is a text.
        let is_free = node.values.is_empty() || self.excuses(&node.marks, Excuse::Spelling);
        let versions = "correct `x-documented-versions` of the operation";
        let are_versions = *place == Place::request();
        for (value, (is_listed, source)) in &support.values {
            let may_lack = is_free && !is_listed;
            if !may_lack && !node.values.contains(value) {
                let remedy = match is_listed {
                    true if are_versions => versions,
                    true => "add it",
                    false => "add it, or mark the list with an entry that excuses `spelling`",
                };
                let what = format!("{source} has `{value}`, the spec does not; {remedy}");
                self.note(place, what);
            }
        }
        // If a table lists the values of this very place, nothing is excused.
        if !support.lists_values() && self.excuses(&node.marks, Excuse::Values) {
            return;
        }
        for value in &node.values {
            if !support.values.contains_key(value) {
                let remedy = match are_versions {
                    true => versions,
                    false => "take it out, or mark the list with an entry that excuses `values`",
                };
                let what = format!("the spec has `{value}`, no source does; {remedy}");
                self.note(place, what);
            }
        }
    }
}
