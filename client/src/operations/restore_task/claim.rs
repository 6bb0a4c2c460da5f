//! What the generated code calls for operations with `x-row-kind: restore_task`.

/// Makes rows restore tasks, and lets the operations that list them wait for one;
/// `codegen/lists.rs` calls it once for each type of row, with the members that it has.
macro_rules! claim {
    ($row:ty, [$($member:ident)*], [$($request:ident)*]) => {
        impl crate::operations::restore_task::sealed::Row for $row {}

        impl crate::RestoreTask for $row {
            $(member!($member);)*
        }

        /// As a [`RestoreTask`](crate::RestoreTask), without having to import it.
        impl $row {
            /// Whether the restore is still under way; see
            /// [`RestoreTask::is_running`](crate::RestoreTask::is_running).
            pub fn is_running(&self) -> bool {
                crate::RestoreTask::is_running(self)
            }

            /// Whether the restore has ended well; see
            /// [`RestoreTask::is_succeeded`](crate::RestoreTask::is_succeeded).
            pub fn is_succeeded(&self) -> bool {
                crate::RestoreTask::is_succeeded(self)
            }

            /// Whether the restore has ended, and not well; see
            /// [`RestoreTask::is_failed`](crate::RestoreTask::is_failed).
            pub fn is_failed(&self) -> bool {
                crate::RestoreTask::is_failed(self)
            }

            /// The URIs in `restore_uri`; see
            /// [`RestoreTask::restore_uris`](crate::RestoreTask::restore_uris).
            pub fn restore_uris(&self) -> Vec<&str> {
                crate::RestoreTask::restore_uris(self)
            }

            /// The names of the resource pools in `restore_pool_list_str`.
            pub fn restore_pools(&self) -> Vec<&str> {
                crate::RestoreTask::restore_pools(self)
            }
        }

        $(
            impl crate::builder::$request {
                /// Waits until a restore task ends, well or badly.
                ///
                /// OCP cannot be asked for one task, so the list is read, with pages of the
                /// request's `size`: to its end until the task has been seen, because several
                /// rows may have the id, and afterwards from its first page on until the task
                /// is found. The request must have no filters: each can hide the task, a
                /// status as soon as its state changes, and a time window because OCP
                /// does not say which time it compares. OCP's samples list the newest
                /// task first, so that one page is normally enough.
                pub fn wait_for(self, task: i64) -> crate::Waiter<Self> {
                    crate::Waiter::new(self, task)
                }

                /// Waits until the restore task of a row ends, well or badly; like
                /// [`wait_for`](Self::wait_for), also if other rows have the same id.
                pub fn wait_for_row(self, row: &$row) -> crate::Waiter<Self> {
                    crate::Waiter::of_row(self, row)
                }
            }
        )*
    };
}

/// The method of [`RestoreTask`](crate::RestoreTask) for a member of a row, if there
/// is one.
macro_rules! member {
    (id) => {
        fn id(&self) -> i64 {
            self.id
        }
    };
    (status) => {
        fn status(&self) -> &crate::types::RestoreTaskStatus {
            &self.status
        }
    };
    (finished) => {
        fn finished(&self) -> Option<bool> {
            self.finished.into()
        }
    };
    (successful) => {
        fn successful(&self) -> Option<bool> {
            self.successful.into()
        }
    };
    (create_time) => {
        fn create_time(&self) -> Option<::chrono::DateTime<::chrono::Utc>> {
            self.create_time.into()
        }
    };
    (finish_time) => {
        fn finish_time(&self) -> Option<::chrono::DateTime<::chrono::Utc>> {
            self.finish_time.into()
        }
    };
    (error_msg) => {
        fn error_msg(&self) -> Option<&str> {
            self.error_msg.as_deref()
        }
    };
    (restore_tenant_name) => {
        fn restore_tenant_name(&self) -> Option<&str> {
            self.restore_tenant_name.as_deref()
        }
    };
    (restore_uri) => {
        fn restore_uri(&self) -> Option<&str> {
            self.restore_uri.as_deref()
        }
    };
    (restore_pool_list_str) => {
        fn restore_pool_list_str(&self) -> Option<&str> {
            self.restore_pool_list_str.as_deref()
        }
    };
    ($other:ident) => {};
}

pub(crate) use {claim, member};
