//! Spec and sources, each brought into one map from place to type, values and sources, and
//! compared operation by operation.

pub mod claims;
mod comparison;
pub mod documentation;
mod gap;
mod grade;
mod kind;
pub mod register;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::document::{read_text, read_yaml};
use crate::{Interaction, Operation, Provenance};
use claims::{Places, claims_of};
use comparison::Comparison;
use documentation::Page;
use register::{Condition, Entry};

pub use crate::place::Place;
pub use gap::Gap;
pub use grade::Grade;
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

    /// The support of each place of an operation.
    pub fn supports(&self, spec: &Value, operation: &str) -> Supports {
        let operation = Operation::find(spec, operation);
        operation.map_or_else(Supports::new, |one| {
            self.supports_of(&one, &claims_of(spec, &one))
        })
    }

    pub(crate) fn supports_of(&self, operation: &Operation, places: &Places) -> Supports {
        let mut shown = self.samples(&operation.id);
        shown.extend(self.interactions.iter().filter(|one| {
            one.operation_id == operation.id && one.recorded.source.grade == Provenance::Recorded
        }));
        support::support(operation, places, &self.pages, &shown)
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
        let conditions = entries.flat_map(|one| &one.conditions);
        conditions
            .filter(|one| places.contains_key(&one.object.member(&one.member)))
            .collect()
    }

    /// Holds a spec against the evidence, both ways. An empty list means that each says
    /// what the other does, or that an entry excuses the difference.
    pub fn gaps(&self, spec: &Value) -> Vec<Gap> {
        let operations = Operation::all(spec);
        let mut stated = BTreeMap::new();
        let mut gaps = Vec::new();
        for operation in &operations {
            let places = claims_of(spec, operation);
            let entries = self.register.iter().map(|one| (one.id, one));
            let entries = entries.filter(|(_, one)| one.speaks_of(&operation.id));
            let mut comparison = Comparison {
                operation: &operation.id,
                places: &places,
                supports: &self.supports_of(operation, &places),
                entries: entries.collect(),
                gaps: Vec::new(),
            };
            comparison.run();
            gaps.append(&mut comparison.gaps);
            stated.insert(operation.id.as_str(), places);
        }
        let operations = self.pages.iter().filter_map(|page| page.operation.as_ref());
        for operation in operations.filter(|one| !stated.contains_key(one.as_str())) {
            let what = "a page documents this operation, the spec does not; describe it".into();
            gaps.push(Gap::new(operation, &Place::request(), what, "/paths"));
        }
        gaps.extend(register::gaps(&self.register, &stated));
        gaps.extend(documentation::gaps(&self.pages, &self.interactions));
        gaps
    }
}
