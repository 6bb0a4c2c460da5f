//! What the embedded OCP knows of the contract: the description and its exchanges.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ocp_contract::{Interaction, Location, Operation, Provenance};
use serde_json::Value;

use crate::Error;

/// The description, and the exchanges that go with it.
pub(crate) struct Contract {
    pub(crate) spec: Value,
    pub(crate) interactions: Vec<Interaction>,
}

impl Contract {
    /// The contract that this was built with. It is read once: tests start many embedded OCPs.
    pub(crate) fn embedded() -> Result<&'static Self, Error> {
        static EMBEDDED: OnceLock<Contract> = OnceLock::new();
        if let Some(contract) = EMBEDDED.get() {
            return Ok(contract);
        }
        let document = ocp_contract_embedded::document()
            .map_err(|error| Error::new("cannot read the embedded description", error))?;
        let interactions = ocp_contract_embedded::interactions()
            .map_err(|error| Error::new("cannot read the embedded interactions", error))?;
        let spec = document.value().clone();
        Ok(EMBEDDED.get_or_init(|| Self { spec, interactions }))
    }

    /// The ids in the paths of the documented requests, by argument.
    pub(crate) fn documented_ids(&self) -> BTreeMap<String, i64> {
        let mut ids = BTreeMap::new();
        for operation in Operation::all(&self.spec) {
            let sent = self
                .exchanges(&operation.id)
                .filter(|one| one.recorded.source.grade == Provenance::Documented)
                .filter_map(|one| one.arguments(&self.spec).ok());
            for sent in sent {
                for parameter in operation.parameters_in(Location::Path) {
                    if let Some(id) = sent.get(&parameter.name).and_then(Value::as_i64) {
                        ids.entry(parameter.argument.clone()).or_insert(id);
                    }
                }
            }
        }
        ids
    }

    /// The exchange that shows what a success looks like: a documented one if there
    /// is any, else one that was recorded, else one that was derived.
    pub(crate) fn success(&self, operation: &str) -> Option<&Interaction> {
        let successes = self
            .exchanges(operation)
            .filter(|one| (200..300).contains(&one.recorded.response.status));
        successes.min_by_key(|one| match one.recorded.source.grade {
            Provenance::Documented => 0,
            Provenance::Recorded => 1,
            Provenance::Derived => 2,
        })
    }

    /// The rows of that exchange.
    ///
    /// # Errors
    ///
    /// When its body is no JSON.
    pub(crate) fn documented_rows(&self, operation: &str) -> Result<Vec<Value>, Error> {
        let Some(success) = self.success(operation) else {
            return Ok(Vec::new());
        };
        let body: Value = serde_json::from_str(&success.body).map_err(|error| {
            let file = format!("interactions/{operation}/{}/response.json", success.case);
            Error::new(
                "a recorded body cannot be listed",
                format!("{file} is no JSON ({error}): mend it, or set the rows of {operation}"),
            )
        })?;
        let rows = body.pointer("/data/contents").and_then(Value::as_array);
        Ok(rows.cloned().unwrap_or_default())
    }

    fn exchanges(&self, operation: &str) -> impl Iterator<Item = &Interaction> {
        let interactions = self.interactions.iter();
        interactions.filter(move |one| one.operation_id == operation)
    }
}
