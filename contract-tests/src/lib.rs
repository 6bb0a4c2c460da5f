//! The contract, verified through the generated client.
//!
//! [`replay`] lets a server give a documented answer to exactly the documented
//! request; [`verify`] does so for every interaction and reports;
//! [`derived_schema`] holds the Rust types against the spec.

mod bridge;
pub mod contract;
pub mod derived_schema;
pub mod lossless;
pub mod mutants;
pub mod ocp;
pub mod replay;
pub mod report;
pub mod verify;

/// The spec that the client was generated from.
///
/// # Errors
///
/// When it is not JSON; then the client would not have compiled.
pub fn spec() -> serde_json::Result<serde_json::Value> {
    serde_json::from_str(include_str!("../../client/openapi.json"))
}
