//! The body of a response: its verdict, and how its members are read.

pub(crate) mod envelope;
pub(crate) mod query_time;
pub(crate) mod verdict;
pub(crate) mod vocabulary;
pub(crate) mod wire;
