//! `documentation.yaml`: the rows of the documentation's tables.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The first version of OCP whose documentation has the same page, and the last that was
    /// found to have it.
    pub versions: Versions,
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
    /// Authentication schemes.
    #[serde(default)]
    pub authentication: Vec<String>,
    /// Its tables.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Interactions that hold the samples of this page.
    #[serde(default)]
    pub samples: Vec<String>,
}

impl Page {
    /// True if it describes an operation, or holds for all.
    pub(super) fn describes(&self, operation: &str) -> bool {
        match &self.operation {
            Some(own) => own == operation,
            None => self.sibling_of.is_none(),
        }
    }

    /// True if an interaction is one of its samples.
    pub(super) fn shows(&self, one: &Interaction) -> bool {
        self.describes(&one.operation_id) && self.samples.contains(&one.case)
    }

    /// All rows: the place that each is about, its table, and the row. A header of responses
    /// stands in each of these.
    pub(super) fn rows(&self, responses: &BTreeSet<Place>) -> Vec<(Place, &Table, &Row)> {
        let mut rows = Vec::new();
        for table in &self.tables {
            for row in &table.members {
                let places = match row.location.as_deref() {
                    Some("response header") => {
                        let headers = responses.iter().map(|one| one.header(&row.name));
                        headers.collect()
                    }
                    Some(location) => vec![Place::parameter(location, &row.name)],
                    None => {
                        let path = row.name.split('.');
                        vec![path.fold(table.at.clone(), |at, name| at.member(name))]
                    }
                };
                rows.extend(places.into_iter().map(|place| (place, table, row)));
            }
        }
        rows
    }
}

/// One row of a table. A column is left out if the table has none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Column "Parameter", or the name of the header.
    pub name: String,
    /// `path`, `query`, `header` or `response header`, from the heading of the table; a member
    /// of a body has none.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// Column "Type".
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Column "Required": `Yes` or `No`.
    pub required: Option<String>,
    /// Column "Example value".
    pub example: Option<Value>,
    /// The form that the description demands, such as `YYYY-MM-DDThh:mm:ssZ`.
    pub format: Option<String>,
    /// Listed values by the heading of their group.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
}

impl Row {
    /// Its type: a form that is demanded says more than `String`, and the table of a header
    /// has an example only.
    pub(super) fn kind(&self) -> Option<&str> {
        match (&self.format, &self.kind) {
            (Some(_), _) => Some(kind::TIME),
            (None, Some(kind)) => Some(kind::of_documented(kind)),
            (None, None) => kind::of_value(self.example.as_ref()?),
        }
    }

    /// The type of the items of an array, by its listed values or its example.
    pub(super) fn kind_of_items(&self) -> Option<&'static str> {
        match self.values.values().flatten().next() {
            Some(_) => Some(kind::TEXT),
            None => kind::of_value(self.example.as_ref()?),
        }
    }
}

/// One table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its title.
    pub name: String,
    /// The place of members of a body: a status, then a path within the body.
    #[serde(default = "Place::request")]
    pub at: Place,
    /// Number of its rows, as counted on the page.
    pub rows: usize,
    /// Its rows.
    pub members: Vec<Row>,
}

/// Samples that a page names and nobody has, documented interactions that no page names, pages
/// of a request that name no operation, ids that are taken twice, and tables whose transcribed
/// rows are not as many as counted on the page.
pub(super) fn gaps(pages: &[Page], interactions: &[Interaction]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut note = |at: &str, what: String| gaps.push(Gap::new("documentation.yaml", at, what, ""));
    for one in interactions {
        let is_shown = pages.iter().any(|page| page.shows(one));
        if one.recorded.source.grade == Provenance::Documented && !is_shown {
            let at = format!("{}/{}", one.operation_id, one.case);
            let what = "no page of this operation names this interaction under `samples`";
            note(&at, what.into());
        }
    }
    let mut ids = BTreeSet::new();
    for page in pages {
        if !ids.insert(&page.id) {
            note(&page.id, "the id is taken by another page".into());
        }
        for case in &page.samples {
            let is_it = |one: &Interaction| page.shows(one) && one.case == *case;
            if !interactions.iter().any(is_it) {
                note(
                    &page.id,
                    format!("there is no documented interaction `{case}`"),
                );
            }
        }
        let is_common = page.operation.is_none() && page.sibling_of.is_none();
        if page.request.is_some() && is_common {
            let what = "it has a `request`, but no `operation`; name the operation: without one, a page holds for all";
            note(&page.id, what.into());
        }
        for table in &page.tables {
            let (name, counted, transcribed) = (&table.name, table.rows, table.members.len());
            if counted != transcribed {
                let what = format!(
                    "{name}: `rows` counts {counted} rows, {transcribed} are transcribed; correct one"
                );
                note(&page.id, what);
            }
        }
    }
    gaps
}
