//! What there is in an embedded OCP, and how it behaves.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::contract::Contract;
use crate::operations;
use crate::{Fault, Variant};

/// How far the forbidden ids are from those that there are.
const FORBIDDEN: i64 = 4;

/// Ids, rows, credentials and so on of an embedded OCP.
///
/// ```
/// use ocp_mock::Settings;
///
/// let settings = Settings::default();
/// assert_eq!(settings.known_ids["cluster_id"], 1_000_005);
/// assert_eq!(settings.known_ids["tenant_id"], 1_000_012);
/// assert_eq!(settings.forbidden_ids["cluster_id"], 1_000_009);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The one cluster, the one tenant and so on that there is: ids by the names
    /// that the description of the contract gives the parameters of a path. Those of
    /// the documented requests, if nothing is said.
    pub known_ids: BTreeMap<String, i64>,
    /// Those that there are, too, and that nobody may look at.
    pub forbidden_ids: BTreeMap<String, i64>,
    /// What is listed, newest first, by operation id or by kind of row
    /// (`x-row-kind`). Rows of an operation come as they are; those of a kind with
    /// what each operation of that kind shows of them. An operation without either
    /// lists what its documented response has.
    pub rows: BTreeMap<String, Vec<Value>>,
    /// User and password; without them and without an access key everybody may ask.
    pub basic: Option<(String, String)>,
    /// Access key and its secret.
    pub access_key: Option<(String, String)>,
    /// Requests that are allowed in a window.
    pub rate_limit: Option<(u64, Duration)>,
    /// When that which runs ends well, after the start of the embedded OCP.
    pub ends_after: Option<Duration>,
    /// What it does differently.
    pub variants: Vec<Variant>,
    /// What it does wrong.
    pub fault: Option<Fault>,
}

impl Settings {
    /// The same, with so many rows made up of every kind that is known; 0 for those of
    /// the documentation.
    #[must_use]
    pub fn with_rows(mut self, count: usize) -> Self {
        self.rows = match count {
            0 => BTreeMap::new(),
            count => operations::made(count),
        };
        self
    }
}

impl Default for Settings {
    /// An OCP for everybody, with the ids and the rows of the documentation.
    fn default() -> Self {
        // Whoever starts with these is told what cannot be read.
        let known_ids = Contract::embedded().map(|contract| contract.documented_ids());
        let known_ids = known_ids.unwrap_or_default();
        let forbidden = |(argument, id): (&String, &i64)| (argument.clone(), id + FORBIDDEN);
        Self {
            forbidden_ids: known_ids.iter().map(forbidden).collect(),
            known_ids,
            rows: BTreeMap::new(),
            basic: None,
            access_key: None,
            rate_limit: None,
            ends_after: None,
            variants: Vec::new(),
            fault: None,
        }
    }
}
