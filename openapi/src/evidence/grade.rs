//! The grade of a place: how it is known.

use std::fmt;

/// The support of a place of an operation; computed from the rows and the samples of that
/// operation, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// A row of the documentation and a sample.
    Both,
    /// A row of the documentation; no sample shows it.
    Documented,
    /// A sample; no row describes it.
    Sampled,
    /// A recording of a running OCP, and nothing of the documentation.
    Observed,
    /// A row of a sibling operation only.
    Sibling,
    /// No public documentation: server code, other clients, or reasoning.
    Inferred,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Both => "row, sample",
            Self::Documented => "row",
            Self::Sampled => "sample",
            Self::Observed => "observed",
            Self::Sibling => "sibling",
            Self::Inferred => "inferred",
        })
    }
}
