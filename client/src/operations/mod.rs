//! What is known of rows beyond their members: a folder for each kind of row,
//! which operations claim in the description with `x-row-kind`.

pub(crate) mod restore_task;

pub use restore_task::{RestoreOutcome, RestoreTask, WaitError, Waiter};
