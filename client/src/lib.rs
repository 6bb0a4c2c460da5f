#![doc = include_str!("../README.md")]

mod client;
mod error;
mod transport;
mod values;
mod vocabulary;

#[allow(
    clippy::all,
    clippy::uninlined_format_args,
    missing_docs,
    unreachable_patterns,
    unreachable_pub,
    reason = "generated"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use error::Error;
pub use generated::{Client, builder, types};
pub use progenitor_client::ResponseValue;
pub use reqwest::StatusCode;
pub use values::{ErrorCode, QueryTime, QueryTimeError};
pub use vocabulary::OtherWord;
