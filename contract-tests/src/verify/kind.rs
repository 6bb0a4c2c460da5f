//! What is known of rows of one kind, beyond their schema.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use ocp_contract::strict::{Departure, Strict};
use serde_json::{Map, Value};

use super::check::CheckId;
use super::judgement::{Fault, Judgement};
use super::listing::Listing;
use super::row::Row;

/// What the rows of an operation are.
pub(super) trait RowKind: Sync {
    /// All checks of this kind.
    fn all_checks(&self) -> &'static [CheckId] {
        &[]
    }

    /// The filters that one of them needs; it is made where the operation has them.
    fn needs(&self, _check: CheckId) -> &'static [&'static str] {
        &[]
    }

    /// When a row came to be.
    fn created(&self, _row: &Row) -> Option<DateTime<FixedOffset>> {
        None
    }

    /// What a value is that is not merely new, but stands where another one belongs.
    fn misplaced(&self, _value: &Departure, _body: &Value, _fault: &Fault) -> Option<Fault> {
        None
    }

    /// Judges the rows of a page; `known` are rows as they were first listed.
    fn judge(
        &self,
        _strict: &Strict,
        _known: &BTreeMap<i64, Row>,
        _listing: &Listing,
    ) -> Vec<Judgement> {
        Vec::new()
    }

    /// What all rows together show; `path` has the path arguments.
    fn overview(&self, _rows: &[Row], _path: &Map<String, Value>) -> Vec<Judgement> {
        Vec::new()
    }
}
