//! The part of the description that the interactions show.

use serde_json::Value;

use crate::{Interaction, Location, Operation};

/// Every query parameter that no interaction sends, each as a sentence: it is a claim without
/// evidence. Path parameters are in every request.
pub fn unsent_parameters(spec: &Value, interactions: &[Interaction]) -> Vec<String> {
    let mut unsent = Vec::new();
    for operation in Operation::all(spec) {
        let sent: Vec<&str> = interactions
            .iter()
            .filter(|one| one.operation_id == operation.id)
            .flat_map(|one| &one.recorded.request.query)
            .map(|(name, _)| name.as_str())
            .collect();
        for parameter in &operation.parameters {
            if parameter.location == Location::Query && !sent.contains(&parameter.name.as_str()) {
                unsent.push(format!(
                    "the spec describes a query parameter `{}`, but no interaction in openapi/interactions/{} sends it",
                    parameter.name, operation.id
                ));
            }
        }
    }
    unsent
}
