#![doc = include_str!("../README.md")]

mod auth;
mod contract;
mod fault;
mod filter;
mod page;
mod query;
mod response;
mod route;
mod server;
mod settings;
pub mod tasks;
mod variant;

pub use fault::Fault;
pub use server::EmbeddedOcp;
pub use settings::Settings;
pub use variant::Variant;
