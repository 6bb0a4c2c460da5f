//! The rules of the strict view, and the severity of breaking one.

use std::fmt;

use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde::Serialize;

/// The meaning of a departure from the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// More than the contract says, contradicting nothing: an undocumented
    /// member, a new value in an open vocabulary, `+0800` for `+08:00`.
    Drift,
    /// Anything else, also if a client copes with it.
    Violation,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drift => "drift",
            Self::Violation => "violation",
        })
    }
}

/// The rule that a body breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The HTTP status is described.
    Status,
    /// No member but those that are described.
    Undocumented,
    /// A member that must be there.
    Missing,
    /// A value of the described type.
    Type,
    /// Nothing but null, hence no member.
    Null,
    /// An integer or a time in a form that OCP writes.
    Wire,
    /// A value of one of several types.
    AnyOf,
    /// A value of a closed vocabulary.
    EnumValue,
    /// A value that an open vocabulary lists.
    NewEnumValue,
    /// One value only, which follows from HTTP's.
    Const,
    /// Any other keyword of JSON Schema.
    Keyword(String),
}

impl From<&ValidationErrorKind> for Rule {
    fn from(kind: &ValidationErrorKind) -> Self {
        match kind {
            ValidationErrorKind::AdditionalProperties { .. } => Self::Undocumented,
            ValidationErrorKind::Required { .. } => Self::Missing,
            ValidationErrorKind::Type {
                kind: TypeKind::Single(JsonType::Null),
            } => Self::Null,
            ValidationErrorKind::Type { .. } => Self::Type,
            ValidationErrorKind::AnyOf { .. } => Self::AnyOf,
            ValidationErrorKind::Enum { .. } => Self::EnumValue,
            ValidationErrorKind::Constant { .. } => Self::Const,
            ValidationErrorKind::Custom { keyword, .. } if keyword == "x-wire" => Self::Wire,
            ValidationErrorKind::Custom { keyword, .. } if keyword == "x-known-values" => {
                Self::NewEnumValue
            }
            other => Self::Keyword(other.keyword().to_owned()),
        }
    }
}
