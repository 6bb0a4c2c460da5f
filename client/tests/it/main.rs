//! The client over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod cluster;
mod configuration;
mod decoding;
mod examples;
mod failures;
mod limits;
mod observing;
mod own_requests;
mod pager;
mod proxies;
mod requests;
mod restore_task;
mod retry;
mod secrets;
mod server;
mod threads;
mod tls;
mod waiter;
