//! What is known of rows of one kind, beyond their schema: a folder for each. An
//! operation claims its kind in the description; one without is put to the checks
//! that need nothing but the description.

mod restore_task;

use std::pin::Pin;

use chrono::{DateTime, FixedOffset};
use ocp_contract::Operation;
use ocp_contract::strict::Departure;
use serde_json::Value;

use super::check::CheckId;
use super::listing::Listing;
use super::provider::Stop;
use super::row::Row;
use super::run::{Fault, Run};

/// Kinds of rows, by their names in the description.
const KINDS: &[(&str, &dyn RowKind)] = &[("restore_task", &restore_task::RestoreTask)];

/// Checks that send requests, as they are made.
pub(super) type Requests<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

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

    /// What a word is that is not merely new, but stands where another one belongs.
    fn misplaced(&self, _word: &Departure, _body: &Value, _fault: &Fault) -> Option<Fault> {
        None
    }

    /// Judges the rows of a page.
    fn judge(&self, _run: &mut Run, _listing: &Listing) {}

    /// Tells what all rows together show.
    fn overview(&self, _run: &mut Run) {}

    /// Makes the checks that send requests of their own.
    fn requests<'a>(&'a self, _run: &'a mut Run) -> Requests<'a> {
        Box::pin(async { Ok(()) })
    }
}

/// Rows of which nothing is known but the schema.
struct Plain;

impl RowKind for Plain {}

/// The kind of an operation's rows.
pub(super) fn kind(operation: &Operation) -> &'static dyn RowKind {
    let mut kinds = KINDS.iter();
    let kind = kinds.find(|(name, _)| operation.row_kind.as_deref() == Some(*name));
    kind.map_or(&Plain, |(_, kind)| *kind)
}

/// Checks of all kinds of rows.
pub(super) fn all_checks() -> impl Iterator<Item = CheckId> {
    KINDS
        .iter()
        .flat_map(|(_, kind)| kind.all_checks().iter().copied())
}

/// The checks that an operation can be put to for the kind of its rows.
pub(super) fn checks(operation: &Operation) -> Vec<CheckId> {
    let kind = kind(operation);
    let has = |name: &&str| operation.filters().any(|filter| filter.name == **name);
    let mut checks = kind.all_checks().to_vec();
    checks.retain(|check| kind.needs(*check).iter().all(&has));
    checks
}

/// Those of them that send requests of their own: they filter.
pub(super) fn requesting(operation: &Operation) -> Vec<CheckId> {
    let kind = kind(operation);
    let mut checks = checks(operation);
    checks.retain(|check| !kind.needs(*check).is_empty());
    checks
}
