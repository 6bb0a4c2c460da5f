//! Traceability: every claim of the spec against the documentation, the samples
//! and the register of discrepancies, and all of those against the spec, operation
//! by operation.

mod claim;
pub mod claims;
mod comparison;
pub mod documentation;
mod gap;
mod grade;
mod kind;
mod place;
pub mod register;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::document::{read_text, read_yaml};
use crate::{Interaction, Operation, Provenance};
use claims::{Node, Places};
use comparison::Comparison;
use documentation::Page;
use register::{Condition, Decision, Entry};

pub use claim::{Claim, Claims};
pub use gap::Gap;
pub use grade::Grade;
pub use kind::{Kind, is_time};
pub use place::{Place, Root, Step, walk};
pub use support::{Support, Supports};

/// Everything that a spec is held against.
pub struct Evidence {
    /// Pages of the documentation.
    pub pages: Vec<Page>,
    /// The register of discrepancies.
    pub register: Vec<Entry>,
    /// Documented and derived exchanges.
    pub interactions: Vec<Interaction>,
}

impl Evidence {
    /// Reads `documentation.yaml`, `discrepancies.yaml` and `interactions/`.
    ///
    /// # Errors
    ///
    /// When one of them is missing or malformed, with the place.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let text = |name: &str| read_text(&folder.join(name), name);
        Self::parse(
            &text("documentation.yaml")?,
            &text("discrepancies.yaml")?,
            Interaction::read_all(&folder.join("interactions"))?,
        )
    }

    /// Makes evidence of the texts of `documentation.yaml` and `discrepancies.yaml`.
    ///
    /// # Errors
    ///
    /// When one of them is malformed, with the place.
    pub fn parse(
        pages: &str,
        register: &str,
        interactions: Vec<Interaction>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            pages: read_yaml(pages, "documentation.yaml")?,
            register: read_yaml(register, "discrepancies.yaml")?,
            interactions,
        })
    }

    /// What supports each place of an operation.
    pub fn supports(&self, spec: &Value, operation: &str) -> Supports {
        let Some(operation) = Operation::find(spec, operation) else {
            return Supports::new();
        };
        let mut shown = self.samples(&operation.id);
        shown.extend(self.interactions.iter().filter(|one| {
            one.operation_id == operation.id && one.recorded.source.grade == Provenance::Recorded
        }));
        support::support(&operation, spec, &self.pages, &shown)
    }

    /// The documented interactions that show something of an operation: those of
    /// its own pages, and of pages that hold for every operation.
    pub fn samples(&self, operation: &str) -> Vec<&Interaction> {
        let shows = |page: &Page, one: &Interaction| {
            let is_own = page.operation.as_deref() == Some(operation);
            let is_its = is_own && one.operation_id == operation || page.is_common();
            is_its && page.samples.contains(&one.case)
        };
        let interactions = self.interactions.iter();
        interactions
            .filter(|one| one.recorded.source.grade == Provenance::Documented)
            .filter(|one| self.pages.iter().any(|page| shows(page, one)))
            .collect()
    }

    /// The members of an operation whose presence depends on members beside them.
    pub(crate) fn conditions(&self, places: &Places, operation: &str) -> Vec<&Condition> {
        let entries = self.register.iter().filter(|one| one.speaks_of(operation));
        let conditions = entries.flat_map(|entry| {
            let conditions = entry.conditions.iter();
            conditions.map(move |condition| (entry.id, condition))
        });
        conditions
            .filter(|(id, one)| {
                let node = places.get(&one.object.member(&one.member));
                node.is_some_and(|node| node.marks.contains(id))
            })
            .map(|(_, condition)| condition)
            .collect()
    }

    /// Holds a spec against the evidence, both ways. An empty list means that
    /// every claim has its evidence and all evidence its claim.
    pub fn gaps(&self, spec: &Value) -> Vec<Gap> {
        let stated = claims::claims(spec);
        let mut gaps = self.undescribed(&stated);
        let mut needed = BTreeSet::new();
        for (operation, places) in &stated {
            let entries = self.register.iter().filter(|one| one.speaks_of(operation));
            let mut comparison = Comparison {
                operation,
                places,
                supports: &self.supports(spec, operation),
                entries: entries.collect(),
                gaps: Vec::new(),
                needed: BTreeSet::new(),
            };
            comparison.run();
            gaps.append(&mut comparison.gaps);
            needed.append(&mut comparison.needed);
        }
        self.unused_entries(&stated, &needed, &mut gaps);
        self.unused_samples(&mut gaps);
        self.row_counts(&mut gaps);
        gaps
    }

    /// Operations that only a page or only the spec has.
    fn undescribed(&self, stated: &BTreeMap<String, Places>) -> Vec<Gap> {
        let request = Place::of(Root::Request);
        let pages = self.pages.iter();
        let documented: BTreeSet<&String> =
            pages.filter_map(|page| page.operation.as_ref()).collect();
        let described: BTreeSet<&String> = stated.keys().collect();
        let differ = documented.symmetric_difference(&described);
        differ
            .map(|operation| match stated.get(*operation) {
                None => {
                    let what = "a page documents this operation, the spec does not describe it";
                    Gap::new(operation, &request, what.into(), "/paths")
                }
                Some(places) => {
                    let what = "the spec describes this operation, no page documents it";
                    let node = places.get(&request);
                    let pointer = node.map_or("/paths", |node| &node.pointer);
                    Gap::new(operation, &request, what.into(), pointer)
                }
            })
            .collect()
    }

    /// Samples that a page names and nobody has, and the other way round.
    fn unused_samples(&self, gaps: &mut Vec<Gap>) {
        let is_of = |page: &Page, one: &Interaction| {
            page.is_common() || page.operation.as_ref() == Some(&one.operation_id)
        };
        let mut note = |at: &str, what: &str| {
            gaps.push(Gap::elsewhere("documentation", at, what.into()));
        };
        for one in &self.interactions {
            let names = |page: &Page| is_of(page, one) && page.samples.contains(&one.case);
            if one.recorded.source.grade == Provenance::Documented && !self.pages.iter().any(names)
            {
                let at = format!("{}/{}", one.operation_id, one.case);
                note(
                    &at,
                    "no page of this operation names this interaction among its samples",
                );
            }
        }
        for page in &self.pages {
            for case in &page.samples {
                let is_it = |one: &Interaction| is_of(page, one) && one.case == *case;
                if !self.interactions.iter().any(is_it) {
                    note(
                        &page.id,
                        &format!("there is no documented interaction `{case}`"),
                    );
                }
            }
        }
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
                    gaps.push(Gap::elsewhere("documentation", &page.id, what));
                }
            }
        }
    }

    /// Entries that nothing refers to, decisions that nothing needs, and marks that
    /// no entry explains.
    fn unused_entries(
        &self,
        stated: &BTreeMap<String, Places>,
        needed: &BTreeSet<Decision>,
        gaps: &mut Vec<Gap>,
    ) {
        let mut numbers = BTreeSet::new();
        for entry in &self.register {
            let mut wrong = entry.unused(stated, needed);
            if !numbers.insert(entry.id) {
                wrong.push("the number is taken by another entry".into());
            }
            let at = format!("entry {}", entry.id);
            let wrong = wrong.into_iter();
            gaps.extend(wrong.map(|what| Gap::elsewhere("register", &at, what)));
        }
        for (operation, places) in stated {
            let is_explained = |mark: u32, node: &Node| {
                let entries = self.register.iter().filter(|one| one.id == mark);
                let mut entries = entries.filter(|one| one.speaks_of(operation));
                // One node may stand at several places; one of them is enough.
                let is_it = |listed: &Place| {
                    let listed = places.get(listed);
                    listed.is_some_and(|one| one.pointer == node.pointer)
                };
                entries.any(|entry| entry.borne_at().any(is_it))
            };
            for (place, node) in places {
                for mark in &node.own_marks {
                    if !is_explained(*mark, node) {
                        let what = format!(
                            "its node is marked {mark}, but entry {mark} of the register does not list it for this operation"
                        );
                        gaps.push(Gap::new(operation, place, what, &node.pointer));
                    }
                }
            }
        }
    }
}
