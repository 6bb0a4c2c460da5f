//! What a run has learnt of the rows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::kind::RowKind;
use super::row::Row;

/// Rows, and when the run began.
pub(super) struct History {
    kind: &'static dyn RowKind,
    started: DateTime<Utc>,
    /// Rows as they were first listed.
    pub(super) known: BTreeMap<i64, Row>,
    /// The rows, unfiltered.
    pub(super) rows: Vec<Row>,
    /// Whether these are all there are.
    pub(super) complete: bool,
    /// How many there are, as the list says.
    pub(super) total: Option<i64>,
}

impl History {
    pub(super) fn new(kind: &'static dyn RowKind) -> Self {
        Self {
            kind,
            started: Utc::now(),
            known: BTreeMap::new(),
            rows: Vec::new(),
            complete: false,
            total: None,
        }
    }

    /// Whether a row may have been created while the run was going on.
    pub(super) fn is_new(&self, row: &Row) -> bool {
        let created = self.kind.created(row);
        created.is_some_and(|created| created > self.started - TimeDelta::minutes(2))
    }

    /// Keeps rows that were not listed before.
    pub(super) fn learn(&mut self, rows: &[Row]) {
        for row in rows {
            if let Some(id) = row.id() {
                self.known.entry(id).or_insert_with(|| row.clone());
            }
        }
    }
}
