#![doc = include_str!("../README.md")]

mod client;
mod client_builder;
mod completeness;
mod decode;
mod environment;
mod error;
mod pager;
mod redact;
mod restore_task;
mod transport;
mod wait_error;
mod waiter;

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

pub use client::{Client, HttpResponse, Response};
pub use client_builder::ClientBuilder;
pub use completeness::Completeness;
pub use decode::query_time::QueryTime;
pub use decode::vocabulary::OtherValue;
pub use error::{Error, ErrorCode, ErrorKind};
pub use generated::{builder, types};
pub use pager::{Listing, PagedList, Pages, Rows};
pub use restore_task::RestoreTask;
pub use transport::credentials::Credentials;
pub use transport::exchange::{Exchange, RateLimit};
pub use transport::retry::RetryPolicy;
pub use transport::signature::{AccessKey, SignatureAlgorithm};
pub use wait_error::{RestoreOutcome, WaitError};
pub use waiter::Waiter;

// Their types are part of this crate's interface.
pub use chrono;
pub use futures_core;
pub use http;
pub use reqwest;
