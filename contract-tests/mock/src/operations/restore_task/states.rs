//! Names and labels of states, as the description has them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Variant};

/// What the states of a restore task are called.
pub(super) struct States {
    /// Machine names, each with the label that means the same in a filter.
    pub(super) labels: BTreeMap<String, String>,
    /// All documented filter values.
    pub(super) filter_values: Vec<String>,
}

impl States {
    /// Reads them from the description.
    pub(super) fn read(spec: &Value) -> Result<Self, Error> {
        Ok(Self {
            labels: values(spec, "RestoreTaskStatus", "x-filter-labels")?,
            filter_values: values(spec, "RestoreTaskStatusFilter", "x-extensible-enum")?,
        })
    }

    /// Whether a server with this variant has the value in its filter.
    pub(super) fn has(&self, variant: Variant, value: &str) -> bool {
        match variant {
            Variant::LabelsOnly => self.filter_values.iter().any(|label| label == value),
            Variant::MachineNamesOnly => self.labels.contains_key(value),
            _ => false,
        }
    }
}

fn values<T: DeserializeOwned>(spec: &Value, schema: &str, member: &str) -> Result<T, Error> {
    let values = &spec["components"]["schemas"][schema][member];
    serde_json::from_value(values.clone()).map_err(|error| {
        Error::new(
            "the description does not list the states of restore tasks",
            format!("`{member}` of the schema {schema}: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::States;

    #[test]
    fn the_description_has_them() {
        let document = ocp_contract_embedded::document().unwrap();
        let states = States::read(document.value()).unwrap();
        assert_eq!(states.labels["RESTORE_SUCCESS"], "COMPLETED");
        assert!(states.filter_values.contains(&"START".to_owned()));
    }

    #[test]
    fn a_description_without_them_is_an_error() {
        let error = States::read(&json!({})).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the description does not list the states of restore tasks: \
             `x-filter-labels` of the schema RestoreTaskStatus: \
             invalid type: null, expected a map"
        );
    }
}
