//! Traceability: every claim of the spec against the documentation, the samples
//! and the register of discrepancies, and all of those against the spec.

pub mod claims;
mod comparison;
pub mod documentation;
pub mod register;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::Interaction;
use crate::document::{read_text, read_yaml};
use claims::{Node, Places};
use comparison::Comparison;
use documentation::Page;
use register::{Entry, Grade};
use support::Supports;

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
        self.supports(spec, operation)
            .into_iter()
            .map(|(place, support)| (place, (support.grade(), support.sources())))
            .collect()
    }

    fn supports(&self, spec: &Value, operation: &str) -> Supports {
        support::support(operation, spec, &self.pages, &self.sampled(operation))
    }

    /// Places whose words the documentation lists.
    pub(crate) fn documented_vocabularies(
        &self,
        spec: &Value,
        operation: &str,
    ) -> BTreeSet<String> {
        self.supports(spec, operation)
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

    /// Interactions of an operation that hold a sample of the documentation.
    fn sampled(&self, operation: &str) -> Vec<&Interaction> {
        let is_sample = |one: &Interaction| {
            let mut samples = self.pages.iter().flat_map(|page| &page.samples);
            one.operation_id == operation && samples.any(|case| case == &one.case)
        };
        self.interactions
            .iter()
            .filter(|one| is_sample(one))
            .collect()
    }

    /// Bodies that the documentation shows for an operation, with their status.
    pub(crate) fn samples(&self, operation: &str) -> Vec<(u16, Value)> {
        self.sampled(operation)
            .into_iter()
            .filter_map(|one| {
                let body = serde_json::from_str(&one.body).ok()?;
                Some((one.recorded.response.status, body))
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
            let mut comparison = Comparison {
                operation,
                places,
                register: &self.register,
                gaps: &mut gaps,
                unstated: &mut unstated,
            };
            comparison.run(&self.supports(spec, operation));
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
            let conditional = entry
                .conditions
                .iter()
                .map(|one| format!("{}.{}", one.object, one.member));
            let decided = entry
                .types
                .keys()
                .chain(entry.claims.keys())
                .chain(&entry.vocabularies)
                .cloned()
                .chain(conditional);
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
