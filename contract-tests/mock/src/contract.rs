//! The contract as the embedded OCP reads it: the description and its exchanges.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::sync::LazyLock;

use ocp_contract::{Interaction, Provenance, documented_arguments};
use serde_json::Value;

/// The contract that this was built with, read once: tests start many embedded OCPs.
static EMBEDDED: LazyLock<Result<Contract, Box<dyn Error + Send + Sync>>> = LazyLock::new(|| {
    Ok(Contract {
        spec: ocp_contract_embedded::spec()?.clone(),
        interactions: ocp_contract_embedded::interactions()?,
        world: serde_json::from_str(include_str!("world.json"))?,
    })
});

/// The description, and the exchanges that go with it.
pub(crate) struct Contract {
    pub(crate) spec: Value,
    pub(crate) interactions: Vec<Interaction>,
    /// Rows that fit together, by the operation that lists them.
    pub(crate) world: BTreeMap<String, Vec<Value>>,
}

impl Contract {
    pub(crate) fn embedded() -> io::Result<&'static Self> {
        let contract = EMBEDDED.as_ref();
        contract.map_err(|error| io::Error::other(format!("cannot read the contract: {error}")))
    }

    /// The ids in the paths of the documented requests, by argument.
    pub(crate) fn documented_ids(&self) -> BTreeMap<String, i64> {
        let documented = documented_arguments(&self.spec, &self.interactions).into_iter();
        let ids = documented.filter_map(|(argument, value)| Some((argument, value.as_i64()?)));
        ids.collect()
    }

    /// The rows that an operation lists unless the settings have others.
    pub(crate) fn rows(&self, operation: &str) -> Vec<Value> {
        let rows = self.world.get(operation).cloned();
        rows.unwrap_or_else(|| self.sample(operation))
    }

    /// The rows of a documented success, or else of a recorded one.
    pub(crate) fn sample(&self, operation: &str) -> Vec<Value> {
        let documented = self.exchanges(operation, Provenance::Documented);
        let mut all = documented.chain(self.exchanges(operation, Provenance::Recorded));
        let success = all.find(|one| one.recorded.response.status == 200);
        let body = success.and_then(|one| serde_json::from_str(&one.body).ok());
        let body: Value = body.unwrap_or_default();
        let rows = body.pointer("/data/contents").and_then(Value::as_array);
        rows.cloned().unwrap_or_default()
    }

    fn exchanges(&self, operation: &str, grade: Provenance) -> impl Iterator<Item = &Interaction> {
        let interactions = self.interactions.iter();
        interactions
            .filter(move |one| one.operation_id == operation && one.recorded.source.grade == grade)
    }
}
