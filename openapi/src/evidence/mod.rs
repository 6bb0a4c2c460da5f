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

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::document::{SpecError, read_text, read_yaml};
use crate::interaction::refuse_strays;
use crate::{Interaction, Location, Operation, Provenance};
use claims::{Claims, Places, claims_of};
use comparison::Comparison;
use documentation::Page;
use register::Entry;
use support::Collection;

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
    /// When one of them is missing or malformed, with the place, or nobody reads a file of
    /// `interactions/`.
    pub fn read(folder: &Path) -> Result<Self, SpecError> {
        let text = |name: &str| read_text(&folder.join(name), name);
        let interactions = folder.join("interactions");
        refuse_strays(&interactions, "interactions")?;
        Self::parse(
            &text("documentation.yaml")?,
            &text("discrepancies.yaml")?,
            Interaction::read_all(&interactions)?,
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
    ) -> Result<Self, SpecError> {
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
            let (operation, places) = claims_of(spec, one);
            self.supports_of(&operation, &places)
        })
    }

    pub(crate) fn supports_of(&self, operation: &Operation, places: &Places) -> Supports {
        let mut collection = Collection {
            operation,
            places,
            responses: BTreeSet::new(),
            supports: Supports::new(),
        };
        let is_recording = |one: &&Interaction| {
            one.operation_id == operation.id && one.recorded.source.grade == Provenance::Recorded
        };
        let recordings = self.interactions.iter().filter(is_recording);
        for interaction in self.samples(&operation.id).into_iter().chain(recordings) {
            collection.interaction(interaction);
        }
        for page in &self.pages {
            collection.page(page);
        }
        collection.supports
    }

    /// The documented interactions that show something of an operation: those of
    /// its own pages, and of pages that hold for every operation.
    pub fn samples(&self, operation: &str) -> Vec<&Interaction> {
        let pages = self.pages.iter().filter(|page| page.describes(operation));
        let pages: Vec<&Page> = pages.collect();
        let interactions = self.interactions.iter();
        interactions
            .filter(|one| one.recorded.source.grade == Provenance::Documented)
            .filter(|one| pages.iter().any(|page| page.shows(one)))
            .collect()
    }

    /// Holds a spec against the evidence, both ways. No gap means that each says what the
    /// other does, or that an entry excuses the difference. Operations are compared one after
    /// the other, as gaps are asked for.
    pub fn gaps<'a>(
        &'a self,
        spec: impl IntoIterator<Item = &'a Claims>,
    ) -> impl Iterator<Item = Gap> {
        let stated: Vec<&Claims> = spec.into_iter().collect();
        let documented = self.pages.iter().filter_map(|page| page.operation.as_ref());
        let missing = documented.filter(|id| stated.iter().all(|(one, _)| one.id != **id));
        let missing = missing.map(|id| {
            let what = "a page documents this operation, the spec does not; describe it";
            Gap::new(id, Place::request(), what, "/paths")
        });
        // First those of the evidence: a name that is misspelt there makes many of the others.
        let mut gaps = documentation::gaps(&self.pages, &self.interactions);
        gaps.extend(missing);
        gaps.extend(register::gaps(&self.register, &stated));
        let compared = stated.into_iter();
        let compared = compared.flat_map(|(operation, places)| self.compare(operation, places));
        gaps.into_iter().chain(compared)
    }

    fn compare(&self, operation: &Operation, places: &Places) -> Vec<Gap> {
        let entries = self.register.iter().map(|one| (one.id, one));
        let entries = entries.filter(|(_, one)| one.speaks_of(&operation.id));
        let mut comparison = Comparison {
            operation: &operation.id,
            places,
            supports: &self.supports_of(operation, places),
            entries: entries.collect(),
            gaps: Vec::new(),
        };
        comparison.run();
        comparison.gaps.extend(self.unsent(operation));
        comparison.gaps
    }

    /// Every query parameter that no interaction sends: a claim that nothing tries. Path
    /// parameters are in every request.
    fn unsent(&self, operation: &Operation) -> impl Iterator<Item = Gap> {
        let id = &operation.id;
        let own = self
            .interactions
            .iter()
            .filter(|one| one.operation_id == *id);
        let query = own.flat_map(|one| &one.recorded.request.query);
        let sent: BTreeSet<&String> = query.map(|(name, _)| name).collect();
        let parameters = operation.parameters_in(Location::Query);
        let unsent = parameters.filter(move |one| !sent.contains(&one.name));
        unsent.map(move |one| {
            let what = format!(
                "the spec describes it, but no interaction in openapi/interactions/{id} sends it; add one that does"
            );
            let place = Place::parameter("query", &one.name);
            Gap::new(id, place, what, &one.pointer)
        })
    }
}
