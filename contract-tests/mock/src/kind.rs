//! What is known of rows of one kind, beyond their schema.

use chrono::{DateTime, Utc};
use ocp_contract::Operation;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::{Error, Variant};

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

    /// A row like another one that came later, as the operation shows it.
    fn appeared(&self, row: &Value, number: u64, _at: DateTime<Utc>) -> Value {
        let mut row = row.clone();
        if let Some(id) = row["id"].as_i64() {
            row["id"] = (id + number as i64).into();
        }
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
pub(crate) struct Unknown;

impl Kind for Unknown {}

/// Makes a kind of one operation, from the description.
pub(crate) type Make = fn(&Value, &Operation) -> Result<Box<dyn Kind>, Error>;

/// Something that is known of rows.
pub(crate) struct Known {
    /// Its name in the description.
    pub(crate) name: &'static str,
    /// What one operation does with it.
    pub(crate) of: Make,
    /// As many rows as asked for, newest first, always the same.
    pub(crate) made: fn(usize) -> Vec<Value>,
}
