//! The contract as it was when this crate was built, for programs that run without a checkout.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use ocp_contract::evidence::Evidence;
use ocp_contract::{Document, Interaction, SpecError};
use serde_json::Value;

static INTERACTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../interactions");

/// The description, `openapi/ocp.yaml`, read once: that takes longer than most that a program
/// does with it.
///
/// # Errors
///
/// When it is not YAML.
pub fn spec() -> Result<&'static Value, &'static SpecError> {
    static DOCUMENT: LazyLock<Result<Document, SpecError>> =
        LazyLock::new(|| Document::parse("ocp.yaml", include_str!("../ocp.yaml")));
    DOCUMENT.as_ref().map(Document::value)
}

/// All evidence: pages, register and interactions, read once.
///
/// # Errors
///
/// When a part of it is malformed.
pub fn evidence() -> Result<&'static Evidence, &'static SpecError> {
    static EVIDENCE: LazyLock<Result<Evidence, SpecError>> = LazyLock::new(|| {
        let pages = include_str!("../documentation.yaml");
        let register = include_str!("../discrepancies.yaml");
        Evidence::parse(pages, register, interactions()?)
    });
    EVIDENCE.as_ref()
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
