//! Settings of an embedded OCP: what it has, and how it behaves.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::contract::Contract;
use crate::{Fault, Variant, tasks};

/// The distance from a known id to the forbidden one.
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
    /// that the description of the contract gives the parameters of a path. The default
    /// is those of the documented requests.
    pub known_ids: BTreeMap<String, i64>,
    /// Ids that are there, too, and that no caller may look at.
    pub forbidden_ids: BTreeMap<String, i64>,
    /// Rows by the id of the operation that lists them, newest first; restore tasks come with
    /// its members and its form of times. An operation without an entry lists the rows of its
    /// documented response.
    pub rows: BTreeMap<String, Vec<Value>>,
    /// User and password; without them and without an access key everybody may ask.
    pub basic: Option<(String, String)>,
    /// Access key and its secret.
    pub access_key: Option<(String, String)>,
    /// Requests that are allowed in a window.
    pub rate_limit: Option<(u64, Duration)>,
    /// Time from the start of the embedded OCP until the running restores end well.
    pub ends_after: Option<Duration>,
    /// Conforming differences.
    pub variants: Vec<Variant>,
    /// A difference that does not conform.
    pub fault: Option<Fault>,
}

impl Settings {
    /// An OCP for everybody with these restore tasks, newest first.
    pub fn new(tasks: Vec<Value>) -> Self {
        Self {
            rows: tasks::by_operation(tasks),
            ..Self::default()
        }
    }

    /// The same with so many made restore tasks; 0 for the documented rows.
    #[must_use]
    pub fn with_rows(mut self, count: usize) -> Self {
        self.rows = match count {
            0 => BTreeMap::new(),
            count => tasks::by_operation(tasks::made(count)),
        };
        self
    }
}

impl Default for Settings {
    /// An OCP for everybody, with the ids and the rows of the documentation.
    fn default() -> Self {
        // The start says why the contract cannot be read.
        let known_ids = Contract::embedded().map(Contract::documented_ids);
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
