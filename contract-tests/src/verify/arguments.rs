//! The arguments that an operation is called with.

use std::collections::BTreeMap;

use ocp_contract::{Location, Operation};
use serde_json::Value;

/// Values of path parameters, by the names that callers use (`cluster_id`).
pub type Arguments = BTreeMap<String, Value>;

/// The operations that are verified: nothing that changes an OCP is ever sent.
pub fn verifiable(spec: &Value) -> Vec<Operation> {
    let mut operations = Operation::all(spec);
    operations.retain(|one| one.method == "GET");
    operations
}

/// The flag of an argument on the command line.
///
/// ```
/// assert_eq!(contract_tests::verify::flag("cluster_id"), "--cluster-id");
/// ```
pub fn flag(argument: &str) -> String {
    format!("--{}", argument.replace('_', "-"))
}

/// Flags of the path parameters that have no value yet.
pub(super) fn missing(operation: &Operation, arguments: &Arguments) -> Vec<String> {
    operation
        .parameters_in(Location::Path)
        .filter(|one| !arguments.contains_key(&one.argument))
        .map(|one| flag(&one.argument))
        .collect()
}
