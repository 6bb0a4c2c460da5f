//! How good is the contract? Mutates what it guards, one node at a time, and
//! counts what it notices.
//!
//! Three families, made from the files: the description, the documented responses,
//! and the requests that the client sends. A mutant is *killed* by every gate or
//! check that notices it, and *survives* if none does. A golden copy of the spec, of
//! generated code, of a derived schema, of a request or of a whole body is no killer
//! here: it would notice everything, and know nothing.

mod explained;
mod gates;
mod mutant;
mod report;
mod request;
mod response;
mod spec;

use std::collections::{BTreeMap, BTreeSet};

use indicatif::ProgressBar;
use ocp_contract::Interaction;
use ocp_contract::evidence::claims::claims;
use ocp_contract::evidence::{Evidence, Grade, Place};
use serde_json::Value;

pub use explained::{Explained, read as explained};
pub use mutant::{Family, Mutant};
pub use report::{Score, text};

/// Makes every mutant and lets everything look at it.
///
/// # Errors
///
/// When the contract cannot be read, or notices something before it is mutated.
pub async fn run(progress: &ProgressBar) -> anyhow::Result<Vec<Mutant>> {
    let spec = crate::spec()?;
    let folder = Interaction::folder();
    let folder = folder.parent().unwrap_or(folder);
    let evidence = Evidence::read(folder).map_err(anyhow::Error::from_boxed)?;
    let grades = Grades::new(&spec, &evidence);
    let mut mutants = spec::mutants(&spec, &grades);
    progress.set_length(mutants.len() as u64);
    gates::judge(&spec, &evidence, folder, &mut mutants, progress)?;
    let mut rest = response::mutants(&evidence, &spec, &grades);
    progress.inc_length(rest.len() as u64);
    response::judge(&evidence, &mut rest, progress).await?;
    mutants.append(&mut rest);
    mutants.append(&mut request::mutants(&evidence, &spec, &grades, progress).await?);
    let mut ids = BTreeSet::new();
    if let Some(twice) = mutants.iter().find(|one| !ids.insert(one.id.as_str())) {
        anyhow::bail!("two mutants are called {}", twice.id);
    }
    Ok(mutants)
}

/// What the nodes of the spec rest on, operation by operation.
struct Grades {
    /// By JSON pointer of the node.
    pointers: BTreeMap<String, Grade>,
    /// By operation and place on the wire.
    places: BTreeMap<(String, Place), Grade>,
}

impl Grades {
    fn new(spec: &Value, evidence: &Evidence) -> Self {
        let (mut pointers, mut places) = (BTreeMap::new(), BTreeMap::new());
        for (operation, nodes) in claims(spec) {
            let supports = evidence.supports(spec, &operation);
            for (place, node) in nodes {
                let support = supports.get(&place);
                let grade = support.map_or(Grade::Inferred, |one| one.grade());
                // One node may stand at several places; the best of them counts.
                let known = pointers.entry(node.pointer).or_insert(grade);
                *known = grade.min(*known);
                places.insert((operation.clone(), place), grade);
            }
        }
        Self { pointers, places }
    }

    /// The grade of a node, or of the nearest above it.
    fn of_pointer(&self, pointer: &str) -> Grade {
        let mut at = pointer;
        loop {
            if let Some(grade) = self.pointers.get(at) {
                return *grade;
            }
            match at.rfind('/') {
                Some(cut) => at = &at[..cut],
                None => return Grade::Inferred,
            }
        }
    }

    fn of_place(&self, operation: &str, place: &Place) -> Grade {
        let grade = self.places.get(&(operation.to_owned(), place.clone()));
        grade.copied().unwrap_or(Grade::Sampled)
    }
}

/// One step of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
