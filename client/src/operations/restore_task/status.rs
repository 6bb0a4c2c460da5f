//! States as filters.

use crate::types::{RestoreTaskStatus, RestoreTaskStatusFilter};

/// The state's own name as a filter value, which OCP most likely expects
/// (inferred); [`RestoreTaskStatus::filter_label`] is the documented value.
impl From<RestoreTaskStatus> for RestoreTaskStatusFilter {
    fn from(status: RestoreTaskStatus) -> Self {
        Self::from(status.as_str())
    }
}
