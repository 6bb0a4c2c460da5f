//! What is known of rows beyond their schema: a folder for each kind (`x-row-kind`).

mod restore_task;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ocp_contract::Operation;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::{Error, Variant};

pub use restore_task::tasks;

/// Which rows a request asks for.
pub(crate) type Filter<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// What one operation does with rows of a kind. What is said here holds for rows of
/// which nothing is known.
pub(crate) trait Kind: Send + Sync {
    /// What the operation shows of a row.
    fn row(&self, row: Value) -> Value {
        row
    }

    /// The row once that which runs has ended well.
    fn ended(&self, row: Value, _at: DateTime<Utc>) -> Value {
        row
    }

    /// The filters of a query that holds parameters of the operation only.
    fn filter<'a>(
        &'a self,
        _query: &'a [(String, String)],
        _variants: &'a [Variant],
    ) -> Result<Filter<'a>, Refusal> {
        Ok(Box::new(|_| true))
    }

    /// Variants that the documentation of the operation shows: it always has them.
    fn documented_variants(&self) -> &'static [Variant] {
        &[]
    }

    /// Changes a row by a variant that concerns this kind.
    fn apply(&self, _variant: Variant, _row: &mut Map<String, Value>) {}
}

/// Rows of which nothing is known.
struct Unknown;

impl Kind for Unknown {}

/// Makes a kind of one operation, from the description.
type Make = fn(&Value, &Operation) -> Result<Box<dyn Kind>, Error>;

/// Something that is known of rows.
struct Known {
    /// Its name in the description.
    name: &'static str,
    /// What one operation does with it.
    of: Make,
    /// As many rows as asked for, newest first, always the same.
    made: fn(usize) -> Vec<Value>,
}

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
