//! What is known of rows of one kind, beyond their schema: a folder for each. An
//! operation claims its kind in the description; one without is put to the checks
//! that need nothing but the description.

mod requests;
mod restore_task;

use ocp_contract::Operation;

use super::check::{CHECKS, CheckId};
use super::kind::RowKind;
pub(super) use requests::ActiveKind;

/// Kinds of rows, by their names in the description.
const KINDS: &[(&str, &dyn ActiveKind)] = &[("restore_task", &restore_task::RestoreTask)];

/// Rows of which nothing is known but the schema.
struct Plain;

impl RowKind for Plain {}

impl ActiveKind for Plain {}

/// All checks, of every kind of row.
///
/// ```
/// let mut checks = contract_tests::verify::all_checks();
/// assert!(checks.any(|check| check.as_str() == "paging"));
/// ```
pub fn all_checks() -> impl Iterator<Item = CheckId> {
    let of_kinds = KINDS.iter().flat_map(|(_, kind)| kind.all_checks());
    CHECKS.iter().chain(of_kinds).copied()
}

/// The kind of an operation's rows.
pub(super) fn kind(operation: &Operation) -> &'static dyn ActiveKind {
    let mut kinds = KINDS.iter();
    let kind = kinds.find(|(name, _)| operation.row_kind.as_deref() == Some(*name));
    kind.map_or(&Plain, |(_, kind)| *kind)
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
