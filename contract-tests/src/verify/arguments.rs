//! What an operation is called with.

use std::collections::BTreeMap;

use ocp_contract::{Location, Operation, Parameter};
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

/// Reads the value of an argument; an empty text is none, and `null`.
///
/// # Errors
///
/// When the description wants an integer and it is none.
pub fn argument(parameter: &Parameter, text: &str) -> Result<Value, String> {
    match parameter.schema["type"].as_str() {
        _ if text.is_empty() => Ok(Value::Null),
        Some("integer") => match text.parse::<i64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err("expected an integer".to_owned()),
        },
        _ => Ok(text.into()),
    }
}

/// Flags of the path parameters that have no value yet.
pub(super) fn missing(operation: &Operation, arguments: &Arguments) -> Vec<String> {
    operation
        .parameters_in(Location::Path)
        .filter(|one| !arguments.contains_key(&one.argument))
        .map(|one| flag(&one.argument))
        .collect()
}
