//! Checks that any operation is put to; those of one kind of row stand in
//! `operations`. `discrepancies.yaml` names some of them, as those that settle what
//! the documentation leaves open.

use std::fmt;

/// A check that a provider is put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    id: &'static str,
    meaning: &'static str,
    evidence: &'static str,
}

impl CheckId {
    pub(super) const fn new(
        id: &'static str,
        meaning: &'static str,
        evidence: &'static str,
    ) -> Self {
        Self {
            id,
            meaning,
            evidence,
        }
    }

    /// The id in reports, fingerprints and the register.
    pub fn as_str(self) -> &'static str {
        self.id
    }

    /// What it checks, in a line.
    pub fn meaning(self) -> &'static str {
        self.meaning
    }

    /// How the contract knows.
    pub fn evidence(self) -> &'static str {
        self.evidence
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Constants for checks, and `CHECKS`, which has them in the order of the report.
macro_rules! checks {
    ($($name:ident $id:literal, $meaning:literal, $evidence:literal;)+) => {
        $(
            #[doc = $meaning]
            pub(crate) const $name: $crate::verify::check::CheckId =
                $crate::verify::check::CheckId::new($id, $meaning, $evidence);
        )+
        pub(crate) const CHECKS: &[$crate::verify::check::CheckId] = &[$($name),+];
    };
}
pub(super) use checks;

checks! {
    DOCUMENTED_REQUEST "documented-request",
        "the documented request is answered with a page of rows",
        "sample request and sample response";
    TRANSPORT "transport",
        "every response is JSON under an HTTP status of its operation, and says so",
        "sample response; API call description";
    ENVELOPE "envelope",
        "every response has OCP's envelope, with data or with an error",
        "response table; API call description";
    CONFORMANCE "conformance",
        "every body has the members, types and enum values of the contract",
        "rows and samples, named in each finding";
    CLIENT "client",
        "the generated client reads every response and loses nothing",
        "this repository's client";
    PAGE_MEMBERS "page-members",
        "page has number, size and totals of what was asked for",
        "sample; table of the sibling operation; discrepancy 2";
    PAGING "paging",
        "pages of another size show the same rows, and the page past the end is empty",
        "sample request; table of the sibling operation; discrepancy 14";
    REPEAT "repeat",
        "the same request gets the same rows",
        "the operation reads";
    ERROR_ENVELOPE "error-envelope",
        "unknown and malformed ids, and malformed times, are refused with OCP's error",
        "API call description; discrepancy 3";
    AUTHENTICATION "authentication",
        "a request without credentials is refused",
        "API call description; page on access keys";
    THROTTLING "throttling",
        "RateLimit headers make sense where they are sent",
        "API call description; discrepancy 55";
    NEW_VALUES "new-values",
        "enum values that the contract does not list",
        "discrepancies 48 and 49";
}
