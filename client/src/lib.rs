#![doc = include_str!("../README.md")]

mod client;
mod client_builder;
mod clock;
mod coding;
mod completeness;
mod connection;
mod credentials;
mod envelope;
mod error;
mod excerpt;
mod exchange;
mod head;
mod operations;
mod pager;
mod request;
mod response;
mod retry;
mod secrets;
mod signature;
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
mod tls;
mod transport;
mod values;
mod verdict;
mod vocabulary;
mod wire;

#[allow(
    clippy::all,
    clippy::uninlined_format_args,
    missing_docs,
    unreachable_patterns,
    unreachable_pub,
    unused_mut,
    reason = "generated"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use client::Client;
pub use client_builder::ClientBuilder;
#[doc(hidden)]
pub use clock::Clock;
pub use completeness::Completeness;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind};
pub use exchange::Exchange;
pub use generated::{builder, types};
pub use head::RateLimit;
pub use operations::*;
pub use pager::{PagedList, Pages, Rows};
pub use response::{HttpResponse, Response};
pub use retry::RetryPolicy;
pub use signature::AccessKey;
pub use values::{ErrorCode, QueryTime, QueryTimeError};
pub use vocabulary::OtherValue;

// Their types are part of this crate's interface.
pub use chrono;
pub use futures_core;
pub use http;
pub use reqwest;
