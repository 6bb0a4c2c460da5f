//! The kinds of rows of which more is known than their schema: a folder for each
//! (`x-row-kind`).

mod restore_task;

use std::collections::BTreeMap;

use ocp_contract::Operation;
use serde_json::Value;

use crate::Error;
use crate::kind::{Kind, Known, Unknown};

pub use restore_task::tasks;

/// All kinds of rows of which more is known than their schema.
const KNOWN: &[Known] = &[restore_task::KNOWN];

/// The kind of an operation's rows.
pub(crate) fn kind(spec: &Value, operation: &Operation) -> Result<Box<dyn Kind>, Error> {
    let name = operation.row_kind.as_deref();
    match KNOWN.iter().find(|known| Some(known.name) == name) {
        Some(known) => (known.of)(spec, operation),
        None => Ok(Box::new(Unknown)),
    }
}

/// As many rows of every kind that is known.
pub(crate) fn made(count: usize) -> BTreeMap<String, Vec<Value>> {
    let known = KNOWN.iter();
    known
        .map(|known| (known.name.to_owned(), (known.made)(count)))
        .collect()
}
