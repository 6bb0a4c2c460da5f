//! `documentation.yaml`: the rows of the documentation's tables.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::gap::Gap;
use super::kind;
use crate::place::Place;
use crate::{Interaction, Provenance, Versions};

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
    /// The first version whose documentation has the same page, if it was looked for.
    pub first_version: Option<String>,
    /// The day of publication.
    pub date: String,
    /// Its address.
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
    /// True if an interaction may be one of its samples.
    fn is_of(&self, one: &Interaction) -> bool {
        self.is_common() || self.operation.as_ref() == Some(&one.operation_id)
    }

    /// True if it holds for every operation.
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
    pub location: String,
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
    /// The type of the items of an array, by its listed values or its example.
    pub(super) fn kind_of_items(&self) -> Option<&'static str> {
        match self.values.values().flatten().next() {
            Some(_) => Some(kind::TEXT),
            None => kind::of_value(self.example.as_ref()?),
        }
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
    /// Column "Required", if there is one.
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
    /// The place of its members: a status, then a path within the body.
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

/// Samples that a page names and nobody has, documented interactions that no page names, and
/// tables whose transcribed rows are not as many as counted on the page.
pub(super) fn gaps(pages: &[Page], interactions: &[Interaction]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut note = |at: &str, what: String| gaps.push(Gap::new("documentation", &at, what, ""));
    for one in interactions {
        let names = |page: &Page| page.is_of(one) && page.samples.contains(&one.case);
        if one.recorded.source.grade == Provenance::Documented && !pages.iter().any(names) {
            let at = format!("{}/{}", one.operation_id, one.case);
            let what = "no page of this operation names this interaction under `samples`";
            note(&at, what.into());
        }
    }
    for page in pages {
        for case in &page.samples {
            let is_it = |one: &Interaction| page.is_of(one) && one.case == *case;
            if !interactions.iter().any(is_it) {
                note(
                    &page.id,
                    format!("there is no documented interaction `{case}`"),
                );
            }
        }
        let structures = page.structures.iter();
        let structures = structures.map(|one| (one.name.as_str(), one.rows, one.members.len()));
        let parameters = ("parameters", page.parameter_rows, page.parameters.len());
        for (table, counted, transcribed) in structures.chain([parameters]) {
            if counted != transcribed {
                let what =
                    format!("{table}: the page has {counted} rows, {transcribed} are transcribed");
                note(&page.id, what);
            }
        }
    }
    gaps
}
