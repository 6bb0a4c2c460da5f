//! What is said about a place besides its type.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// One thing said about a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// A parameter or a header is always there.
    Required,
    /// An object always has this member.
    Requires(String),
    /// A value of an open list.
    Value(String),
    /// What to filter by for a value of an open list.
    FilterLabel {
        /// The value.
        value: String,
        /// The value of the filter that means the same.
        label: String,
    },
    /// A media type of a response.
    MediaType(String),
    /// Credentials that will do: `http basic`.
    Scheme(String),
    /// Any other keyword, with its value as JSON.
    Keyword(String, String),
    /// What a well-formed spec does not say.
    Malformed(String),
}

impl Claim {
    /// A keyword with its value.
    pub(super) fn keyword(name: &str, value: &Value) -> Self {
        Self::Keyword(name.to_owned(), value.to_string())
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::Requires(member) => write!(f, "requires {member}"),
            Self::Value(value) => write!(f, "value {value}"),
            Self::FilterLabel { value, label } => write!(f, "filter label of {value}: {label}"),
            Self::MediaType(name) => f.write_str(name),
            Self::Scheme(name) => write!(f, "credentials: {name}"),
            Self::Keyword(name, value) => write!(f, "{name} {value}"),
            Self::Malformed(what) => f.write_str(what),
        }
    }
}

/// Claims as the register has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Declared")]
pub struct Claims(pub BTreeSet<Claim>);

/// Claims by keyword; what the spec calls `x-extensible-enum` is `values` here.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Declared {
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    media_types: Vec<String>,
    #[serde(default)]
    filter_labels: BTreeMap<String, String>,
    #[serde(flatten)]
    keywords: BTreeMap<String, Value>,
}

impl From<Declared> for Claims {
    fn from(declared: Declared) -> Self {
        let labels = declared.filter_labels.into_iter();
        let keywords = declared.keywords.iter();
        Self(
            declared
                .requires
                .into_iter()
                .map(Claim::Requires)
                .chain(declared.values.into_iter().map(Claim::Value))
                .chain(declared.media_types.into_iter().map(Claim::MediaType))
                .chain(labels.map(|(value, label)| Claim::FilterLabel { value, label }))
                .chain(keywords.map(|(name, value)| Claim::keyword(name, value)))
                .collect(),
        )
    }
}
