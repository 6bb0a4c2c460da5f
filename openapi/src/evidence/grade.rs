//! How a place is known.

use std::fmt;

use serde::Serialize;

/// What supports a place of an operation; computed from the rows and the samples
/// of that operation, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
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

impl Grade {
    /// All of them, the best first.
    pub const ALL: [Self; 6] = [
        Self::Both,
        Self::Documented,
        Self::Sampled,
        Self::Observed,
        Self::Sibling,
        Self::Inferred,
    ];

    /// What it means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Both => "a row of the documentation and a documented sample",
            Self::Documented => "a row; no sample shows it",
            Self::Sampled => "a sample; no row describes it",
            Self::Observed => "a recording of a running OCP only",
            Self::Sibling => "a row of a sibling operation only",
            Self::Inferred => "server code of an open-source sibling, other clients, reasoning",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Both => "documented and sampled",
            Self::Documented => "documented",
            Self::Sampled => "sampled",
            Self::Observed => "observed",
            Self::Sibling => "sibling",
            Self::Inferred => "inferred",
        })
    }
}
