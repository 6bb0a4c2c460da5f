//! States as filters.

use crate::types::{RestoreTaskStatus, RestoreTaskStatusFilter};

/// The state's own name as a filter value, which OCP most likely expects
/// (inferred); [`RestoreTaskStatus::filter_label`] is the documented value.
impl From<RestoreTaskStatus> for RestoreTaskStatusFilter {
    fn from(status: RestoreTaskStatus) -> Self {
        Self::from(status.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_known_state_has_a_label_of_its_own() {
        let labels: HashSet<_> = RestoreTaskStatus::KNOWN
            .iter()
            .map(|state| state.filter_label().unwrap())
            .collect();
        assert_eq!(RestoreTaskStatus::KNOWN.len(), 17);
        assert_eq!(labels.len(), 17);
        assert!(
            labels
                .iter()
                .all(|label| RestoreTaskStatusFilter::KNOWN.contains(label))
        );
        assert_eq!(RestoreTaskStatusFilter::KNOWN.len(), 24);
        assert_eq!(RestoreTaskStatus::from("NEW_VALUE").filter_label(), None);
        let name: RestoreTaskStatusFilter = RestoreTaskStatus::RestoreSuccess.into();
        assert_eq!(name, "RESTORE_SUCCESS");
    }
}
