#![doc = include_str!("../README.md")]

mod answer;
mod client;
mod clock;
mod completeness;
mod credentials;
mod envelope;
mod error;
mod excerpt;
mod exchange;
mod operations;
mod pager;
mod retry;
mod signature;
mod transport;
mod values;
mod vocabulary;
mod wire;

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

pub use client::ClientBuilder;
pub use clock::Clock;
pub use completeness::Completeness;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use exchange::Exchange;
pub use generated::{Client, builder, types};
pub use operations::*;
pub use pager::{PagedList, Pages, Rows};
pub use progenitor_client::ResponseValue;
pub use reqwest::StatusCode;
pub use retry::RetryPolicy;
pub use signature::AccessKey;
pub use values::{ErrorCode, QueryTime, QueryTimeError};
pub use vocabulary::OtherWord;
