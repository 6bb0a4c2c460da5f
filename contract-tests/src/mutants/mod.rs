//! How good is the contract? Mutates what it guards, one node at a time, and
//! counts what it notices.
//!
//! Three families, made from the files: the description, the documented responses,
//! and the requests that the client sends. A mutant is *killed* by every gate or
//! check that notices it, and *survives* if none does. A golden copy of the spec, of
//! generated code, of a derived schema, of a request or of a whole body is no killer
//! here: it would notice everything, and know nothing.

mod client;
mod explained;
mod gates;
mod grades;
mod mutant;
mod report;
mod request;
mod response;
mod spec;

use std::collections::BTreeSet;

use indicatif::ProgressBar;
use ocp_contract::Interaction;
use ocp_contract::evidence::Evidence;

use grades::Grades;

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
    response::judge(&evidence, &spec, &mut rest, progress).await?;
    mutants.append(&mut rest);
    mutants.append(&mut request::mutants(&evidence, &spec, &grades, progress).await?);
    let mut ids = BTreeSet::new();
    if let Some(twice) = mutants.iter().find(|one| !ids.insert(one.id.as_str())) {
        anyhow::bail!("two mutants are called {}", twice.id);
    }
    Ok(mutants)
}
