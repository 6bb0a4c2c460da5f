//! One operation, place by place: what the spec says against what supports it.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::Claim;
use super::claims::{Node, Places};
use super::gap::Gap;
use super::grade::Grade;
use super::kind::Kind;
use super::place::{Place, Root};
use super::register::{Decision, Entry};
use super::support::{Support, Supports};

/// What is expected of a place, each claim with its source.
type Claims = BTreeMap<Claim, String>;

/// One operation, place by place.
pub(super) struct Comparison<'a> {
    pub(super) operation: &'a str,
    pub(super) places: &'a Places,
    pub(super) supports: &'a Supports,
    /// The entries that speak of this operation.
    pub(super) entries: Vec<&'a Entry>,
    pub(super) gaps: Vec<Gap>,
    pub(super) needed: BTreeSet<Decision>,
}

impl<'a> Comparison<'a> {
    pub(super) fn run(&mut self) {
        let unsupported = Support::default();
        for (place, node) in self.places {
            let support = self.supports.get(place).unwrap_or(&unsupported);
            self.kind(place, node, support);
            self.claims(place, node, support);
            self.repeated(place, node, support);
            self.marks(place, node, support.grade());
        }
        let unstated: BTreeSet<&Place> =
            self.entries.iter().flat_map(|one| &one.unstated).collect();
        for (place, support) in self.supports {
            if !self.places.contains_key(place) && !unstated.contains(place) {
                let sources = support.sources();
                self.note(place, format!("{sources} has it, the spec does not"));
            }
        }
        let inferred: BTreeSet<&Place> =
            self.entries.iter().flat_map(|one| &one.inferred).collect();
        for place in inferred {
            if !self.places.contains_key(place) {
                // No source but the entry could miss it.
                self.note(
                    place,
                    "an entry infers it, the spec does not have it".into(),
                );
            }
        }
        for place in unstated {
            if self.places.contains_key(place) || !self.supports.contains_key(place) {
                let what =
                    "an entry says that the spec leaves it out; it does not, or no source has it";
                self.note(place, what.into());
            }
        }
    }

    fn note(&mut self, place: &Place, what: String) {
        let pointer = self.nearest(place);
        self.gaps
            .push(Gap::new(self.operation, place, what, pointer));
    }

    /// The spec node at a place, or at the nearest place above it.
    fn nearest(&self, place: &Place) -> &'a str {
        let mut nearest = None;
        for (above, node) in self.places {
            if above.covers(place) {
                nearest = Some(node);
            }
        }
        let node = nearest.or_else(|| self.places.get(&Place::of(Root::Request)));
        node.map_or("", |node| &node.pointer)
    }

    /// The entries that a node rests on: those whose number it bears, itself or
    /// above.
    fn rests_on<'b>(&'b self, node: &'b Node) -> impl Iterator<Item = &'a Entry> + use<'a, 'b> {
        let entries = self.entries.iter().copied();
        entries.filter(|entry| node.marks.contains(&entry.id))
    }

    fn kind(&mut self, place: &Place, node: &Node, support: &Support) {
        let mut decisions = self.rests_on(node);
        let decided = decisions.find_map(|entry| Some((entry.id, entry.types.get(place)?)));
        drop(decisions);
        let expected = match (decided, support.kind()) {
            // A recording confirms a decision; it does not replace it.
            (Some((_, kind)), Ok(Some(same)))
                if kind == same && support.grade() != Grade::Observed =>
            {
                Some(kind)
            }
            (Some((id, kind)), _) => {
                self.needed.insert((id, place.clone(), None));
                Some(kind)
            }
            (None, Ok(kind)) => kind,
            (None, Err(kinds)) => {
                let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
                let kinds = kinds.join(" and ");
                let what = format!("its sources say {kinds}; an entry of the register must decide");
                return self.note(place, what);
            }
        };
        if node.kind.as_ref() == expected {
            return;
        }
        let spec = said(node.kind.as_ref());
        let what = match (expected, decided) {
            (None, _) => format!("the spec says {spec}, no source does"),
            (kind, Some((id, _))) => {
                format!("the spec says {spec}, entry {id} says {}", said(kind))
            }
            (kind, None) => format!(
                "the spec says {spec}, {} says {}",
                support.sources(),
                said(kind)
            ),
        };
        self.note(place, what);
    }

    fn claims(&mut self, place: &Place, node: &Node, support: &Support) {
        let mut expected = support.claims.clone();
        let entries: Vec<&Entry> = self.rests_on(node).collect();
        // A sample's text is a value where an entry says that there is a list; a
        // documented list must hold it already.
        let is_list = entries.iter().any(|one| one.vocabularies.contains(place));
        let documented = support.lists_values();
        let mut shows = |texts: &BTreeSet<String>, sources: &[String], expected: &mut Claims| {
            for text in texts {
                let claim = Claim::Value(text.clone());
                if expected.contains_key(&claim) {
                    continue;
                }
                let sources = sources.join("; ");
                if documented && is_list {
                    // The entry keeps to the table.
                    continue;
                }
                if documented {
                    let what =
                        format!("{sources} shows the value `{text}`, its table does not list it");
                    self.note(place, what);
                }
                if is_list || documented {
                    expected.insert(claim, sources);
                }
            }
        };
        shows(&support.texts, &support.samples, &mut expected);
        let mut needed = Vec::new();
        for entry in entries {
            for claim in entry.claims.get(place).into_iter().flat_map(|one| &one.0) {
                if !expected.contains_key(claim) {
                    expected.insert(claim.clone(), format!("entry {}", entry.id));
                    needed.push((entry.id, place.clone(), Some(claim.clone())));
                }
            }
        }
        shows(&support.recorded_texts, &support.recordings, &mut expected);
        self.needed.extend(needed);
        for claim in &node.claims {
            if !expected.contains_key(claim) {
                self.note(place, format!("the spec says `{claim}`, no source does"));
            }
        }
        for (claim, source) in &expected {
            if !node.claims.contains(claim) {
                self.note(place, format!("{source} says `{claim}`, the spec does not"));
            }
        }
    }

    /// Values that a table lists twice, against the entries that say so.
    fn repeated(&mut self, place: &Place, node: &Node, support: &Support) {
        let entries = self.rests_on(node);
        let decided: BTreeSet<String> = entries
            .filter_map(|entry| entry.repeated.get(place))
            .flatten()
            .cloned()
            .collect();
        for value in support.repeated.symmetric_difference(&decided) {
            let what = match decided.contains(value) {
                false => format!("its table lists `{value}` twice, no entry says so"),
                true => format!("an entry says that its table lists `{value}` twice, it does not"),
            };
            self.note(place, what);
        }
    }

    fn marks(&mut self, place: &Place, node: &Node, grade: Grade) {
        for entry in self.entries.clone() {
            let lists = entry.borne_at().any(|listed| listed == place);
            if lists && !node.own_marks.contains(&entry.id) {
                let id = entry.id;
                let what = format!(
                    "entry {id} lists it, but its node does not bear `x-discrepancy: [{id}]`"
                );
                self.note(place, what);
            }
        }
        let is_explained = match grade {
            Grade::Inferred => |entry: &Entry, place: &Place| {
                entry.inferred.iter().any(|above| above.covers(place))
            },
            Grade::Sibling | Grade::Observed => {
                |entry: &Entry, place: &Place| entry.borne_at().any(|above| above.covers(place))
            }
            _ => return,
        };
        if !self.rests_on(node).any(|entry| is_explained(entry, place)) {
            let list = match grade {
                Grade::Inferred => "inferred",
                _ => "places",
            };
            let what = format!(
                "it is {grade}, so its node needs an `x-discrepancy` and an entry that has it under `{list}`"
            );
            self.note(place, what);
        }
    }
}

fn said(kind: Option<&Kind>) -> String {
    kind.map_or_else(
        || "nothing about its type".into(),
        |kind| format!("`{kind}`"),
    )
}
