//! The contract as it was when this crate was built, for programs that run without a checkout.

use include_dir::{Dir, include_dir};
use ocp_contract::evidence::Evidence;
use ocp_contract::{Document, Interaction, SpecError};

static INTERACTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../interactions");

/// The description, `openapi/ocp.yaml`.
///
/// # Errors
///
/// When it is not YAML.
pub fn document() -> Result<Document, SpecError> {
    Document::parse("ocp.yaml", include_str!("../ocp.yaml"))
}

/// All evidence: pages, register and interactions.
///
/// # Errors
///
/// When a part of it is malformed.
pub fn evidence() -> Result<Evidence, Box<dyn std::error::Error + Send + Sync>> {
    Evidence::parse(
        include_str!("../documentation.yaml"),
        include_str!("../discrepancies.yaml"),
        interactions()?,
    )
}

/// The interactions, sorted by operation and case.
///
/// # Errors
///
/// When one of them is malformed.
pub fn interactions() -> Result<Vec<Interaction>, SpecError> {
    let mut cases: Vec<_> = INTERACTIONS.dirs().flat_map(Dir::dirs).collect();
    cases.sort_by_key(|case| case.path());
    cases.into_iter().map(interaction).collect()
}

fn interaction(case: &Dir<'_>) -> Result<Interaction, SpecError> {
    Interaction::parse(&case.path().join("interaction.yaml"), |name| {
        let file = case.get_file(case.path().join(name));
        Ok(file
            .and_then(|file| file.contents_utf8())
            .map(str::to_owned))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ocp_contract::evidence::Evidence;

    #[test]
    fn the_embedded_contract_is_that_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = Evidence::read(&folder).unwrap();
        let embedded = super::evidence().unwrap();
        assert_eq!(
            format!("{:?}", embedded.interactions),
            format!("{:?}", read.interactions)
        );
        assert_eq!(embedded.pages.len(), read.pages.len());
        assert_eq!(embedded.register.len(), read.register.len());
        assert!(embedded.interactions.len() > 10);
    }
}
