//! Restore tasks, whichever operation lists them.

mod claim;
mod status;
mod task;
mod waiter;

pub(crate) use claim::{claim, member};
pub use task::RestoreTask;
pub(crate) use task::sealed;
pub use waiter::{RestoreOutcome, WaitError, Waiter};
