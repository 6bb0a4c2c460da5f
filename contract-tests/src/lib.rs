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
pub mod files;
pub mod lossless;
pub mod replay;
pub mod report;
pub mod verify;

pub use ocp_contract_embedded::spec;
