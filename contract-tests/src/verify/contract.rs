//! The contract that every provider is judged by.

use anyhow::Context;
use ocp_contract::evidence::Evidence;
use ocp_contract::strict::Strict;
use ocp_contract::{Interaction, Operation, documented_arguments};
use serde_json::Value;

use super::arguments::{Arguments, verifiable};
use super::checks::RESTORE_TASK;
use super::filter::Described;
use super::secrets::Secrets;
use crate::spec;

/// One operation, and what its responses are judged by.
pub(crate) struct Subject {
    pub(crate) operation: Operation,
    pub(crate) strict: Strict,
    /// Members that tell a row from all others, where several may have its id.
    pub(super) identity: Vec<String>,
    /// Members of a page that the documented samples confirm.
    pub(super) page: Vec<&'static str>,
    /// The rows that each filter keeps.
    pub(super) filters: Described,
}

impl Subject {
    /// The member by which rows are told apart, as far as one alone tells.
    pub(super) fn id(&self) -> &str {
        match self.identity.as_slice() {
            [only] => only,
            _ => "id",
        }
    }

    /// True if its rows are restore tasks, of which more is known than their schema.
    pub(super) fn lists_restore_tasks(&self) -> bool {
        self.operation.row_kind.as_deref() == Some(RESTORE_TASK)
    }
}

/// The contract that every provider is judged by.
pub struct Contract {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) evidence: &'static Evidence,
    pub(crate) spec: &'static Value,
    /// A hash of the description, the same wherever the contract is the same.
    pub(super) hash: String,
}

impl Contract {
    /// Reads the contract that this program was built from.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let spec = spec()?;
        let evidence = ocp_contract_embedded::evidence().map_err(anyhow::Error::msg)?;
        let mut subjects = Vec::new();
        let interactions = &evidence.interactions;
        for operation in verifiable(spec) {
            let strict = Strict::new(spec, &operation.id, evidence)
                .with_context(|| format!("the spec of {} cannot be made strict", operation.id))?;
            let mut page = operation.confirmed_page(interactions);
            // Some state the rows that came, and that as well can be judged.
            let is_stated = |one| states_rows(one) != Some(false);
            if operation.samples(interactions).all(is_stated) {
                page.push("size");
            }
            let (identity, filters) = match &operation.list {
                Some(list) => (list.identity.clone(), list.filters.clone()),
                None => Default::default(),
            };
            subjects.push(Subject {
                operation,
                strict,
                page,
                identity,
                filters,
            });
        }
        // Members are sorted, and nothing depends on the layout.
        let hash = hmac_sha1_compact::Hash::hash(spec.to_string().as_bytes());
        Ok(Self {
            hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            subjects,
            evidence,
            spec,
        })
    }

    /// The arguments of the documented requests, which the embedded OCP has.
    pub fn documented_arguments(&self) -> Arguments {
        documented_arguments(self.spec, &self.evidence.interactions)
    }

    /// Secrets, and the names of the contract, which are none.
    pub(super) fn secrets(&self, secrets: Vec<String>) -> Secrets {
        Secrets::new(secrets, self.spec)
    }
}

/// True if the page of a sample has as many rows as its size says, if it has both.
fn states_rows(sample: &Interaction) -> Option<bool> {
    let body: Value = serde_json::from_str(&sample.body).ok()?;
    let rows = body.pointer("/data/contents")?.as_array()?.len() as u64;
    Some(body.pointer("/data/page/size")?.as_u64()? == rows)
}
