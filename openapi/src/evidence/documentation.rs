//! `documentation.yaml`: the rows of the documentation's tables.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::kind::Kind;
use super::place::Place;
use crate::{Location, Versions};

/// One page of the documentation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Stable id.
    pub id: String,
    /// Title of the page.
    pub title: String,
    /// The last version of OCP whose documentation was found to have it.
    pub version: String,
    /// The first version whose documentation has the same page, where it was looked
    /// for.
    pub first_version: Option<String>,
    /// When it was published.
    pub date: String,
    /// Where it is found.
    pub address: String,
    /// Id of the operation that it describes. A page without one, and without
    /// `sibling_of`, holds for every operation.
    pub operation: Option<String>,
    /// Id of an operation that the one of this page resembles.
    pub sibling_of: Option<String>,
    /// Method and path.
    pub request: Option<String>,
    /// Number of rows of the parameter tables, as counted on the page.
    #[serde(default)]
    pub parameter_rows: usize,
    /// Rows of the parameter tables.
    #[serde(default)]
    pub parameters: Vec<ParameterRow>,
    /// Rows of the header tables and lists.
    #[serde(default)]
    pub headers: HeaderRows,
    /// Authentication schemes.
    #[serde(default)]
    pub authentication: Vec<String>,
    /// Tables of members.
    #[serde(default)]
    pub structures: Vec<Structure>,
    /// Interactions that hold the samples of this page.
    #[serde(default)]
    pub samples: Vec<String>,
}

impl Page {
    /// Whether it holds for every operation.
    pub(super) fn is_common(&self) -> bool {
        self.operation.is_none() && self.sibling_of.is_none()
    }

    /// The versions of OCP that have it.
    pub(crate) fn versions(&self) -> Versions {
        let first = self.first_version.as_ref().unwrap_or(&self.version);
        Versions {
            first: first.clone(),
            last: self.version.clone(),
        }
    }
}

/// One row of a parameter table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterRow {
    /// Column "Parameter".
    pub name: String,
    /// `path` or `query`, from the heading of the table.
    #[serde(rename = "in")]
    pub location: Location,
    /// Column "Type".
    #[serde(rename = "type")]
    pub kind: String,
    /// Column "Required": `Yes` or `No`.
    pub required: String,
    /// Column "Example value".
    pub example: Option<Value>,
    /// The form that the description demands, such as `YYYY-MM-DDThh:mm:ssZ`.
    pub format: Option<String>,
    /// Listed values by the heading of their group.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
}

impl ParameterRow {
    /// What its example and its listed values show of the items of an array.
    pub(super) fn kind_of_items(&self) -> Option<Kind> {
        let values = self.values.values().flatten();
        let value = values.map(|text| Value::from(text.as_str())).next();
        Kind::of_value(value.as_ref().or(self.example.as_ref())?)
    }
}

/// Rows of the header tables.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRows {
    /// Headers of requests.
    #[serde(default)]
    pub request: Vec<HeaderRow>,
    /// Headers of responses.
    #[serde(default)]
    pub response: Vec<HeaderRow>,
}

/// One row of a header table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRow {
    /// Name of the header.
    pub name: String,
    /// Column "Required", where there is one.
    pub required: Option<String>,
    /// Example value.
    pub example: Value,
}

/// One table of members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// Title of the table.
    pub name: String,
    /// Where its members stand: a status, then a path within the body.
    pub at: Place,
    /// Number of its rows, as counted on the page.
    pub rows: usize,
    /// Its rows.
    pub members: Vec<MemberRow>,
}

/// One row of a table of members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRow {
    /// Column "Parameter".
    pub name: String,
    /// Column "Type".
    #[serde(rename = "type")]
    pub kind: String,
    /// Listed values by the heading of their group.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
}
