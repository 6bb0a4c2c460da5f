//! What spec and evidence disagree about.

use std::fmt;

use super::place::Place;

/// One place where spec and evidence part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Id of the operation, or which part of the evidence it is.
    pub operation: String,
    /// The place, such as `200 data.contents[].id`.
    pub place: String,
    /// What each side says.
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
    pub(super) fn new(operation: &str, place: &Place, what: String, pointer: &str) -> Self {
        Self {
            operation: operation.into(),
            place: place.to_string(),
            what,
            pointer: pointer.into(),
        }
    }

    /// A gap in a file of the evidence.
    pub(super) fn elsewhere(file: &str, at: &str, what: String) -> Self {
        Self {
            operation: file.into(),
            place: at.into(),
            what,
            pointer: String::new(),
        }
    }
}
