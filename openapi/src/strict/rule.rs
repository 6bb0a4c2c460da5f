//! The rules of the strict view.

use std::fmt;

use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind};

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

impl Rule {
    /// The keyword of the strict schema that says so.
    ///
    /// ```
    /// use ocp_contract::strict::Rule;
    ///
    /// assert_eq!(Rule::Undocumented.as_str(), "additionalProperties");
    /// assert_eq!(Rule::Null.as_str(), "type");
    /// ```
    pub fn as_str(&self) -> &str {
        match self {
            Self::Status => "status",
            Self::Undocumented => "additionalProperties",
            Self::Missing => "required",
            Self::Type | Self::Null => "type",
            Self::Wire => "x-wire",
            Self::AnyOf => "anyOf",
            Self::EnumValue => "enum",
            Self::NewEnumValue => "x-known-values",
            Self::Const => "const",
            Self::Keyword(keyword) => keyword,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
