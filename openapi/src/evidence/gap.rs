//! Disagreements of spec and evidence.

use std::fmt;

/// One place where spec and evidence part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Operation or part of the evidence, place, the words of each side, and the remedy.
    what: String,
    /// JSON pointer of the node in the spec, or of the nearest; empty for a file of the evidence.
    pub pointer: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Gap {
    pub(super) fn new(
        operation: &str,
        place: impl fmt::Display,
        what: impl fmt::Display,
        pointer: &str,
    ) -> Self {
        Self {
            what: format!("{operation}, {place}: {what}"),
            pointer: pointer.into(),
        }
    }
}
