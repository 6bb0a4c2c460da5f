//! One operation, place by place: what the spec says against what supports it.

use std::collections::BTreeSet;

use super::claims::{Node, Places};
use super::register::{Entry, Grade};
use super::support::{Support, Supports};
use super::{Gap, gap};

/// One operation, place by place.
pub(super) struct Comparison<'a> {
    pub(super) operation: &'a str,
    pub(super) places: &'a Places,
    pub(super) register: &'a [Entry],
    pub(super) gaps: &'a mut Vec<Gap>,
    /// Places that a source has and the spec does not, of all operations.
    pub(super) unstated: &'a mut BTreeSet<String>,
}

impl<'a> Comparison<'a> {
    pub(super) fn run(&mut self, supports: &Supports) {
        let unsupported = Support::default();
        for (place, node) in self.places {
            let support = supports.get(place).unwrap_or(&unsupported);
            self.kind(place, node, support);
            self.claims(place, node, support);
            self.marks(place, node, support);
        }
        for (place, support) in supports {
            if self.places.contains_key(place) {
                continue;
            }
            let decided = self
                .register
                .iter()
                .any(|entry| entry.unstated.contains(place));
            if !decided {
                self.note(
                    place,
                    format!("{} has it, the spec does not", support.sources()),
                );
            }
            self.unstated.insert(place.clone());
        }
    }

    fn note(&mut self, place: &str, what: String) {
        let pointer = self.nearest(place);
        self.gaps.push(gap(self.operation, place, what, &pointer));
    }

    /// The spec node at a place, or at the nearest place above it.
    fn nearest(&self, place: &str) -> String {
        let mut place = place;
        loop {
            if let Some(node) = self.places.get(place) {
                return node.pointer.clone();
            }
            match place.rfind(['.', ' ', '[']) {
                Some(cut) => place = &place[..cut],
                None => {
                    return self
                        .places
                        .get("request")
                        .map_or_else(String::new, |node| node.pointer.clone());
                }
            }
        }
    }

    /// The entries that a node rests on: those whose number it bears, itself or
    /// above. What another operation decides does not concern it.
    fn entries(&self, node: &Node) -> Vec<&'a Entry> {
        self.register
            .iter()
            .filter(|entry| node.marks.contains(&entry.id))
            .collect()
    }

    fn kind(&mut self, place: &str, node: &Node, support: &Support) {
        let decided = self
            .entries(node)
            .into_iter()
            .find_map(|entry| Some((entry.id, entry.types.get(place)?)));
        let sourced = support.kind();
        let (expected, by) = match (decided, &sourced) {
            (Some((id, kind)), Ok(Some(same))) if kind == same => {
                return self.note(
                    place,
                    format!(
                        "entry {id} decides its type, but {} says the same",
                        support.sources()
                    ),
                );
            }
            (Some((id, kind)), _) => (kind.clone(), format!("entry {id}")),
            (None, Err(both)) => {
                return self.note(
                    place,
                    format!("its sources say {both}; an entry of the register must decide"),
                );
            }
            (None, Ok(Some(kind))) => (kind.clone(), support.sources()),
            (None, Ok(None)) => (String::new(), "no source".to_owned()),
        };
        if node.kind == expected {
            return;
        }
        let says = |kind: &str| match kind {
            "" => "nothing about its type".to_owned(),
            kind => format!("`{kind}`"),
        };
        let what = if expected.is_empty() {
            format!("the spec says {}, no source does", says(&node.kind))
        } else {
            format!("the spec says {}, {by} says `{expected}`", says(&node.kind))
        };
        self.note(place, what);
    }

    fn claims(&mut self, place: &str, node: &Node, support: &Support) {
        let mut expected = support.claims.clone();
        let decided: Vec<(u32, &String)> = self
            .entries(node)
            .into_iter()
            .flat_map(|entry| {
                entry
                    .claims
                    .get(place)
                    .into_iter()
                    .flatten()
                    .map(move |claim| (entry.id, claim))
            })
            .collect();
        // A sample's text is a word where an entry says that there is a list; a
        // documented list must hold it already.
        let is_list = self
            .entries(node)
            .iter()
            .any(|entry| entry.vocabularies.iter().any(|one| one == place));
        let documented = expected.keys().any(|claim| claim.starts_with("word "));
        for word in &support.words {
            let claim = format!("word {word}");
            if is_list || documented && !expected.contains_key(&claim) {
                expected
                    .entry(claim)
                    .or_insert_with(|| support.samples.join("; "));
                if documented {
                    self.note(
                        place,
                        format!(
                            "{} shows the word `{word}`, its table does not list it",
                            support.samples.join("; ")
                        ),
                    );
                }
            }
        }
        for (id, claim) in decided {
            if let Some(source) = expected.insert(claim.clone(), format!("entry {id}")) {
                self.note(
                    place,
                    format!("entry {id} says `{claim}`, but so does {source}"),
                );
            }
        }
        for claim in node
            .claims
            .iter()
            .filter(|claim| !expected.contains_key(*claim))
        {
            self.note(place, format!("the spec says `{claim}`, no source does"));
        }
        for (claim, source) in expected
            .iter()
            .filter(|(claim, _)| !node.claims.contains(*claim))
        {
            self.note(place, format!("{source} says `{claim}`, the spec does not"));
        }
    }

    fn marks(&mut self, place: &str, node: &Node, support: &Support) {
        let grade = support.grade();
        let entries = self.entries(node);
        for entry in &entries {
            let Some(claimed) = entry
                .places
                .get(place)
                .filter(|_| node.own_marks.contains(&entry.id))
            else {
                continue;
            };
            if *claimed != grade {
                self.note(
                    place,
                    format!(
                        "entry {} calls it {claimed}, but it is {grade} ({})",
                        entry.id,
                        support.sources()
                    ),
                );
            }
        }
        let decided = entries
            .iter()
            .any(|entry| entry.types.contains_key(place) || entry.claims.contains_key(place));
        if grade == Grade::Both && !decided {
            return;
        }
        // The nearest place above that an entry lists answers for this one.
        let covering = |entry: &&Entry| -> Option<usize> {
            entry
                .places
                .keys()
                .filter(|above| covers(above, place))
                .map(String::len)
                .max()
        };
        let nearest = entries.iter().filter_map(covering).max();
        let answering: Vec<&&Entry> = entries
            .iter()
            .filter(|entry| covering(entry) == nearest && nearest.is_some())
            .collect();
        if answering.is_empty() {
            let why = if decided {
                "an entry decides about it".to_owned()
            } else {
                format!("it is {grade}")
            };
            self.note(
                place,
                format!("{why}, so its node needs an `x-discrepancy` and an entry that lists it"),
            );
            return;
        }
        for entry in answering {
            let inherited = entry
                .places
                .iter()
                .filter(|(above, _)| covers(above, place))
                .max_by_key(|(above, _)| above.len());
            if let Some((above, claimed)) = inherited
                && above != place
                && *claimed != grade
                && grade != Grade::Both
            {
                self.note(
                    place,
                    format!(
                        "entry {} calls all of `{above}` {claimed}, but this is {grade}",
                        entry.id
                    ),
                );
            }
        }
    }
}

/// Whether a place is another, or below it.
fn covers(above: &str, place: &str) -> bool {
    place
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ', '[']))
}
