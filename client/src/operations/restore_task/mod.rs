//! Restore tasks, whichever operation lists them.

mod claim;
mod status;
mod task;
mod waiter;

pub(crate) use claim::{claim, member};
pub use task::RestoreTask;
pub use waiter::{RestoreOutcome, Waited, Waiter};
