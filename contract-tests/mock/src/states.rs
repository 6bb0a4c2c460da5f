//! The words for states, as the description of the contract has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ocp_contract::Document;
use serde_json::Value;

/// Words for the states of a restore task.
#[derive(Default)]
pub(super) struct States {
    /// Machine names, each with the label that means the same in a filter.
    pub(super) labels: BTreeMap<String, String>,
    /// All documented filter values.
    pub(super) filter_values: Vec<String>,
}

/// Without any where the description cannot be read, which its own tests notice.
pub(super) static STATES: LazyLock<States> = LazyLock::new(|| {
    let document = Document::embedded().ok();
    document.map(|spec| read(spec.value())).unwrap_or_default()
});

fn read(spec: &Value) -> States {
    let schema = |name: &str| &spec["components"]["schemas"][name];
    let labels = &schema("RestoreTaskStatus")["x-filter-labels"];
    let values = &schema("RestoreTaskStatusFilter")["x-extensible-enum"];
    States {
        labels: serde_json::from_value(labels.clone()).unwrap_or_default(),
        filter_values: serde_json::from_value(values.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::STATES;

    #[test]
    fn the_description_has_them() {
        assert_eq!(STATES.labels["RESTORE_SUCCESS"], "COMPLETED");
        assert!(STATES.filter_values.contains(&"START".to_owned()));
    }
}
