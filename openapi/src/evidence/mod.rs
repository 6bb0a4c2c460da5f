//! Traceability: every claim of the spec against the documentation, the samples
//! and the register of discrepancies, and all of those against the spec.

pub mod claims;
pub mod documentation;
pub mod register;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::Interaction;
use crate::document::{read_text, read_yaml};
use claims::{Node, Places};
use documentation::Page;
use register::{Entry, Grade};
use support::{Support, Supports};

/// Everything that a spec is held against.
pub struct Evidence {
    /// Pages of the documentation.
    pub pages: Vec<Page>,
    /// The register of discrepancies.
    pub register: Vec<Entry>,
    /// Documented and derived exchanges.
    pub interactions: Vec<Interaction>,
}

/// One place where spec and evidence part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Id of the operation.
    pub operation: String,
    /// The place, such as `200 data.contents[].id`.
    pub place: String,
    /// What each side says.
    pub what: String,
    /// JSON pointer of the node in the spec, or of the nearest.
    pub pointer: String,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: {}", self.operation, self.place, self.what)
    }
}

impl Evidence {
    /// Reads `documentation.yaml`, `discrepancies.yaml` and `interactions/`.
    ///
    /// # Errors
    ///
    /// When one of them is missing or malformed, with the place.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        fn yaml<T: serde::de::DeserializeOwned>(
            folder: &Path,
            name: &str,
        ) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
            let text = read_text(&folder.join(name), name)?;
            Ok(read_yaml(&text, name)?)
        }
        Ok(Self {
            pages: yaml(folder, "documentation.yaml")?,
            register: yaml(folder, "discrepancies.yaml")?,
            interactions: Interaction::read_all(&folder.join("interactions"))?,
        })
    }

    /// What supports a place of an operation, and where to look it up.
    pub fn support(&self, spec: &Value, operation: &str) -> BTreeMap<String, (Grade, String)> {
        support::support(operation, spec, &self.pages, &self.interactions)
            .into_iter()
            .map(|(place, support)| (place, (support.grade(), support.sources())))
            .collect()
    }

    /// Places whose words the documentation lists.
    pub(crate) fn documented_vocabularies(
        &self,
        spec: &Value,
        operation: &str,
    ) -> BTreeSet<String> {
        support::support(operation, spec, &self.pages, &self.interactions)
            .into_iter()
            .filter(|(_, support)| {
                support
                    .claims
                    .keys()
                    .any(|claim| claim.starts_with("word "))
            })
            .map(|(place, _)| place)
            .collect()
    }

    /// Bodies that the documentation shows for an operation, with their status.
    pub(crate) fn samples(&self, operation: &str) -> Vec<(u16, Value)> {
        let cases: Vec<&String> = self.pages.iter().flat_map(|page| &page.samples).collect();
        self.interactions
            .iter()
            .filter(|one| one.operation_id == operation && cases.contains(&&one.case))
            .filter_map(|one| {
                Some((
                    one.recorded.response.status,
                    serde_json::from_str(&one.body).ok()?,
                ))
            })
            .collect()
    }

    /// Holds a spec against the evidence, both ways. An empty list means that
    /// every claim has its evidence and all evidence its claim.
    pub fn gaps(&self, spec: &Value) -> Vec<Gap> {
        let stated = claims::claims(spec);
        let mut gaps = Vec::new();
        let mut unstated = BTreeSet::new();
        let documented = self
            .pages
            .iter()
            .filter_map(|page| page.operation.as_deref());
        for operation in documented {
            if !stated.contains_key(operation) {
                gaps.push(gap(
                    operation,
                    "request",
                    "a page documents this operation, the spec does not describe it".into(),
                    "/paths",
                ));
            }
        }
        for (operation, places) in &stated {
            if !self
                .pages
                .iter()
                .any(|page| page.operation.as_ref() == Some(operation))
            {
                let pointer = places.get("request").map_or("/paths", |node| &node.pointer);
                gaps.push(gap(
                    operation,
                    "request",
                    "the spec describes this operation, no page documents it".into(),
                    pointer,
                ));
            }
            let supports = support::support(operation, spec, &self.pages, &self.interactions);
            let mut comparison = Comparison {
                operation,
                places,
                supports,
                register: &self.register,
                gaps: &mut gaps,
                unstated: &mut unstated,
            };
            comparison.run();
        }
        self.unused_entries(&stated, &unstated, &mut gaps);
        self.repeated_words(&mut gaps);
        self.row_counts(&mut gaps);
        gaps
    }

    /// Transcribed rows against the number of rows that the page has.
    fn row_counts(&self, gaps: &mut Vec<Gap>) {
        for page in &self.pages {
            let structures = page
                .structures
                .iter()
                .map(|one| (one.name.as_str(), one.rows, one.members.len()));
            let parameters = ("parameters", page.parameter_rows, page.parameters.len());
            for (table, counted, transcribed) in structures.chain([parameters]) {
                if counted != transcribed {
                    let what = format!(
                        "{table}: the page has {counted} rows, {transcribed} are transcribed"
                    );
                    gaps.push(gap("documentation", &page.id, what, ""));
                }
            }
        }
    }

    /// Words that a table lists twice, against the entries that say so.
    fn repeated_words(&self, gaps: &mut Vec<Gap>) {
        let rows = self.pages.iter().flat_map(|page| &page.parameters);
        let mut listed = BTreeMap::<&str, usize>::new();
        for word in rows.flat_map(|row| row.values.values().flatten()) {
            *listed.entry(word).or_default() += 1;
        }
        let twice: BTreeSet<&str> = listed
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(word, _)| word)
            .collect();
        let decided: BTreeSet<&str> = self
            .register
            .iter()
            .flat_map(|entry| &entry.repeated)
            .map(String::as_str)
            .collect();
        for word in twice.symmetric_difference(&decided) {
            let what = if twice.contains(word) {
                "its table lists it twice, no entry says so"
            } else {
                "an entry says that its table lists it twice, it does not"
            };
            gaps.push(gap("documentation", word, what.to_owned(), ""));
        }
    }

    /// Entries that nothing refers to, and marks that no entry answers for.
    fn unused_entries(
        &self,
        stated: &BTreeMap<String, Places>,
        unstated: &BTreeSet<String>,
        gaps: &mut Vec<Gap>,
    ) {
        for (index, entry) in self.register.iter().enumerate() {
            let note = |what: String| gap("register", &format!("entry {}", entry.id), what, "");
            if self.register[..index]
                .iter()
                .any(|other| other.id == entry.id)
            {
                gaps.push(note("the number is taken by another entry".into()));
            }
            if entry.places.is_empty() && entry.unstated.is_empty() {
                gaps.push(note("it justifies no node of the spec".into()));
            }
            let bears = |place: &String, marks: fn(&Node) -> &BTreeSet<u32>| {
                let nodes = stated.values().filter_map(|places| places.get(place));
                nodes
                    .into_iter()
                    .any(|node| marks(node).contains(&entry.id))
            };
            for place in entry
                .places
                .keys()
                .filter(|place| !bears(place, |node| &node.own_marks))
            {
                gaps.push(note(format!(
                    "it lists `{place}`, but no such node bears `x-discrepancy: [{}]`",
                    entry.id
                )));
            }
            let decided = entry
                .types
                .keys()
                .chain(entry.claims.keys())
                .chain(&entry.vocabularies);
            for place in decided.filter(|place| !bears(place, |node| &node.marks)) {
                gaps.push(note(format!(
                    "it decides about `{place}`, but no such node rests on it"
                )));
            }
            for place in entry
                .unstated
                .iter()
                .filter(|place| !unstated.contains(*place))
            {
                gaps.push(note(format!(
                    "it says that the spec leaves `{place}` out; it does not, or no source has it"
                )));
            }
        }
        let mut marked: Vec<(&str, u32, &str)> = Vec::new();
        for (operation, places) in stated {
            for node in places.values() {
                marked.extend(
                    node.own_marks
                        .iter()
                        .map(|mark| (operation.as_str(), *mark, node.pointer.as_str())),
                );
            }
        }
        marked.sort_unstable();
        marked.dedup();
        for (operation, mark, pointer) in marked {
            // One node may stand at several places; one of them is enough.
            let answered = self
                .register
                .iter()
                .filter(|entry| entry.id == mark)
                .any(|entry| {
                    stated.values().flatten().any(|(place, node)| {
                        node.pointer == pointer && entry.places.contains_key(place)
                    })
                });
            if !answered {
                gaps.push(gap(operation, "x-discrepancy", format!("the node is marked {mark}, but entry {mark} of the register does not list it"), pointer));
            }
        }
    }
}

fn gap(operation: &str, place: &str, what: String, pointer: &str) -> Gap {
    Gap {
        operation: operation.into(),
        place: place.into(),
        what,
        pointer: pointer.into(),
    }
}

/// One operation, place by place.
struct Comparison<'a> {
    operation: &'a str,
    places: &'a Places,
    supports: Supports,
    register: &'a [Entry],
    gaps: &'a mut Vec<Gap>,
    /// Places that a source has and the spec does not, of all operations.
    unstated: &'a mut BTreeSet<String>,
}

impl<'a> Comparison<'a> {
    fn run(&mut self) {
        for (place, node) in self.places {
            let support = self.supports.get(place).cloned().unwrap_or_default();
            self.kind(place, node, &support);
            self.claims(place, node, &support);
            self.marks(place, node, &support);
        }
        let unstated: Vec<(String, Support)> = self
            .supports
            .iter()
            .filter(|(place, _)| !self.places.contains_key(*place))
            .map(|(place, support)| (place.clone(), support.clone()))
            .collect();
        for (place, support) in &unstated {
            if !self
                .register
                .iter()
                .any(|entry| entry.unstated.contains(place))
            {
                self.note(
                    place,
                    format!("{} has it, the spec does not", support.sources()),
                );
            }
        }
        self.unstated
            .extend(unstated.into_iter().map(|(place, _)| place));
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
        if node.kind != expected {
            let says = |kind: &str| {
                if kind.is_empty() {
                    "nothing about its type".to_owned()
                } else {
                    format!("`{kind}`")
                }
            };
            self.note(
                place,
                format!(
                    "the spec says {}, {by} says {}",
                    says(&node.kind),
                    says(&expected)
                ),
            );
        }
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
