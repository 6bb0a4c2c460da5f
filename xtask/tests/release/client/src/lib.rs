#![doc = include_str!("../README.md")]

mod tasks;

pub use tasks::tasks;
