//! Restore tasks, whichever operation lists them.

mod claim;
mod status;
mod task;
mod waiter;

use claim::{claim, member};
pub use task::RestoreTask;
pub(crate) use task::sealed;
pub use waiter::{RestoreOutcome, WaitError, Waiter};

claim! {
    crate::types::ClusterRestoreTask,
    [id status finished successful create_time finish_time error_msg restore_tenant_name
     restore_uri restore_pool_list_str],
    [ListClusterRestoreTasks]
}
claim! {
    crate::types::RestoreHistoryTask,
    [id status finished successful create_time finish_time error_msg restore_tenant_name
     restore_uri restore_pool_list_str],
    [ListTenantRestoreTasks]
}
