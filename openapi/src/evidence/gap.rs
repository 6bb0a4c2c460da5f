//! Disagreements of spec and evidence.

use std::fmt;

/// One place where spec and evidence part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Id of the operation, or the part of the evidence.
    pub operation: String,
    /// The place, such as `200 data.contents[].id`.
    pub place: String,
    /// The words of each side, and the remedy.
    pub what: String,
    /// JSON pointer of the node in the spec, or of the nearest.
    pub pointer: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.operation, self.place, self.what)
    }
}

impl Gap {
    /// A gap in an operation, or in a file of the evidence, which has no pointer.
    pub(super) fn new(
        operation: &str,
        place: &dyn fmt::Display,
        what: String,
        pointer: &str,
    ) -> Self {
        Self {
            operation: operation.into(),
            place: place.to_string(),
            what,
            pointer: pointer.into(),
        }
    }
}
