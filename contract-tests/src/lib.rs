//! The contract, verified through the generated client, and any OCP by it.
//!
//! [`replay`] lets a server give a documented response to exactly the documented
//! request; [`derived_schema`] holds the Rust types against the spec;
//! [`contract`] does both for all there is; the crate `ocp-mock` is an embedded OCP;
//! [`verify`] puts it, or a real one, to every check; [`report`] renders what was
//! found.

mod bridge;
pub mod contract;
pub mod derived_schema;
pub mod lossless;
pub mod replay;
pub mod report;
pub mod verify;

/// The description, as it was when this crate was built.
///
/// # Errors
///
/// When it is not YAML.
pub fn spec() -> Result<serde_json::Value, ocp_contract::SpecError> {
    Ok(ocp_contract_embedded::document()?.value().clone())
}
