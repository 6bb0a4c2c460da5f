//! One change of one node of the contract, and what noticed it.

use std::collections::BTreeSet;

use ocp_contract::evidence::Grade;
use serde::Serialize;
use serde_json::Value;

use crate::verify::Reading;

/// What is mutated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// The description.
    Spec,
    /// A response of the documentation.
    Response,
    /// A request of the client.
    Request,
}

/// One change of one node, and what noticed it.
#[derive(Debug, Clone, Serialize)]
pub struct Mutant {
    /// `family/operator:place`, unique, the same in every run.
    pub id: String,
    /// What is mutated.
    pub family: Family,
    /// How.
    pub operator: String,
    /// What the node rests on.
    pub grade: Grade,
    /// The change: a JSON Patch (RFC 6902), or what it does to HTTP.
    pub change: Value,
    /// The gates and checks that notice it.
    pub killed_by: BTreeSet<String>,
    /// What the client makes of it, for responses.
    pub client: Option<Reading>,
}

impl Mutant {
    pub(super) fn new(
        family: Family,
        operator: &str,
        place: &str,
        grade: Grade,
        change: Value,
    ) -> Self {
        let name = match family {
            Family::Spec => "spec",
            Family::Response => "response",
            Family::Request => "request",
        };
        Self {
            id: format!("{name}/{operator}:{place}"),
            family,
            operator: operator.to_owned(),
            grade,
            change,
            killed_by: BTreeSet::new(),
            client: None,
        }
    }
}
