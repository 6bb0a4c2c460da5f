//! `discrepancies.yaml`: where the sources contradict each other or are silent,
//! and what was decided.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// One contradiction or silence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number, by which the spec refers to it.
    pub id: u32,
    /// What it is about.
    pub topic: String,
    /// What the table says, or that it is silent.
    pub table: String,
    /// What the sample, or another source, says.
    pub other: String,
    /// What the spec says, and why.
    pub decision: String,
    /// Whether more evidence is wanted.
    pub state: State,
    /// The check of `verify` by which a person with a real OCP settles it.
    pub check: Option<String>,
    /// Nodes that it justifies, each with what supports it. An entry holds for
    /// everything below its places.
    #[serde(default)]
    pub places: BTreeMap<String, Grade>,
    /// The type of a place where no source gives one, or where the spec departs
    /// from the source.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// What else the spec says at a place and no source does.
    #[serde(default)]
    pub claims: BTreeMap<String, Vec<String>>,
    /// Places whose sampled texts are words of a list.
    #[serde(default)]
    pub vocabularies: Vec<String>,
    /// Documented words that two groups of one table list.
    #[serde(default)]
    pub repeated: Vec<String>,
    /// Members whose presence depends on members beside them.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Documented rows that no node of the spec stands for.
    #[serde(default)]
    pub unstated: Vec<String>,
}

/// A member that must be there when members beside it have certain values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Place of the object.
    pub object: String,
    /// Name of the member.
    pub member: String,
    /// Values of members beside it, all of which must hold.
    pub when: BTreeMap<String, Value>,
    /// What holds for it when they do not.
    pub otherwise: Otherwise,
}

/// Whether a member may be there when nothing demands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// It must not.
    Absent,
    /// It may.
    Optional,
}

/// What supports a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// A row of the documentation and a sample.
    Both,
    /// A row of the documentation; no sample shows it.
    Documented,
    /// A sample; no row describes it.
    Sampled,
    /// A row of a sibling operation only.
    Sibling,
    /// No public documentation: server code, other clients, or reasoning.
    Inferred,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "documented and sampled",
            Self::Documented => "documented",
            Self::Sampled => "sampled",
            Self::Sibling => "sibling",
            Self::Inferred => "inferred",
        })
    }
}

/// Whether a decision can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The evidence is enough.
    Settled,
    /// Only a real OCP can tell.
    Open,
}
