//! Whether the interactions show everything that the spec describes.

use serde_json::Value;

use crate::{Interaction, Location, Operation};

/// Names every query parameter that no interaction sends, each as a sentence.
///
/// A parameter that nobody has shown in a request is a claim without evidence.
/// (Path parameters need no such care: without them there is no request.)
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
