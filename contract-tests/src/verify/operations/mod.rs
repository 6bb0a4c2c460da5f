//! What is known of rows of one kind, beyond their schema: a folder for each. An
//! operation claims its kind in the description; one without is put to the checks
//! that need nothing but the description.

mod restore_task;

use chrono::{DateTime, FixedOffset};
use ocp_contract::Operation;
use ocp_contract::strict::Departure;
use serde_json::Value;

use super::check::CheckId;
use super::listing::Listing;
use super::provider::Stop;
use super::row::Row;
use super::run::{Fault, Run};

/// Checks of all kinds of rows.
pub(super) const CHECKS: &[CheckId] = restore_task::CHECKS;

/// What the rows of an operation are.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowKind {
    RestoreTask,
    /// Of which nothing is known but the schema.
    Other,
}

impl RowKind {
    pub(super) fn of(operation: &Operation) -> Self {
        match operation.row_kind.as_deref() {
            Some("restore_task") => Self::RestoreTask,
            _ => Self::Other,
        }
    }

    /// The checks of this kind that the operation can be put to.
    pub(super) fn checks(self, operation: &Operation) -> Vec<CheckId> {
        match self {
            Self::RestoreTask => restore_task::checks(operation),
            Self::Other => Vec::new(),
        }
    }

    /// Those of them that send requests of their own.
    pub(super) fn requesting(self, operation: &Operation) -> Vec<CheckId> {
        match self {
            Self::RestoreTask => restore_task::requesting(operation),
            Self::Other => Vec::new(),
        }
    }

    /// When a row came to be.
    pub(super) fn created(self, row: &Row) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::RestoreTask => restore_task::created(row),
            Self::Other => None,
        }
    }

    /// A word that is not merely new, but stands where another one belongs.
    pub(super) fn misplaced(self, word: &Departure, body: &Value, fault: &Fault) -> Option<Fault> {
        match self {
            Self::RestoreTask => restore_task::misplaced(word, body, fault),
            Self::Other => None,
        }
    }
}

/// Judges the rows of a page.
pub(super) fn judge(run: &mut Run, listing: &Listing) {
    match run.kind {
        RowKind::RestoreTask => restore_task::judge(run, listing),
        RowKind::Other => {}
    }
}

/// What all rows together tell.
pub(super) fn overview(run: &mut Run) {
    match run.kind {
        RowKind::RestoreTask => restore_task::overview(run),
        RowKind::Other => {}
    }
}

/// The checks that send requests of their own.
pub(super) async fn requests(run: &mut Run) -> Result<(), Stop> {
    match run.kind {
        RowKind::RestoreTask => restore_task::requests(run).await,
        RowKind::Other => Ok(()),
    }
}
