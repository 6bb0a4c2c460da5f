//! Restore tasks, whichever operation lists them.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::types::{
    ClusterRestoreTask, RestoreHistoryTask, RestoreTaskStatus, RestoreTaskStatusFilter,
};

/// A restore task, whichever operation lists it: the members that decide how it
/// stands, and what follows from them.
///
/// Implemented by the generated types of rows, and by nothing else. They have
/// `is_running` and so on as methods of their own; the trait is for code that takes
/// the tasks of any operation.
///
/// ```
/// use oceanbase_ocp::RestoreTask;
/// use oceanbase_ocp::types::{ClusterRestoreTask, RestoreHistoryTask};
///
/// fn line(task: &dyn RestoreTask) -> String {
///     format!("{} {} {}", task.id(), task.status(), task.is_failed())
/// }
///
/// let json = r#"{"id": 3, "status": "RESTORE_FAIL", "finished": true, "successful": false}"#;
/// let of_tenant: RestoreHistoryTask = serde_json::from_str(json)?;
/// let of_cluster: ClusterRestoreTask = serde_json::from_str(json)?;
/// assert_eq!(line(&of_tenant), "3 RESTORE_FAIL true");
/// assert_eq!(line(&of_cluster), "3 RESTORE_FAIL true");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait RestoreTask: sealed::Row + fmt::Debug + Send + Sync {
    /// The id of the task.
    fn id(&self) -> i64;

    /// The state that it is in.
    fn status(&self) -> &RestoreTaskStatus;

    /// True if it has ended; `None` if OCP does not say.
    fn finished(&self) -> Option<bool>;

    /// True if it has ended well; `None` if OCP does not say.
    fn successful(&self) -> Option<bool>;

    /// The time of its creation.
    fn create_time(&self) -> Option<DateTime<Utc>>;

    /// The time of its end.
    fn finish_time(&self) -> Option<DateTime<Utc>>;

    /// The reason why it failed; may be empty.
    fn error_msg(&self) -> Option<&str>;

    /// The name of the tenant that is restored to.
    fn restore_tenant_name(&self) -> Option<&str>;

    /// The source of the backup, as OCP writes it; see [`restore_uris`](Self::restore_uris).
    fn restore_uri(&self) -> Option<&str>;

    /// The resource pools, as OCP writes them; see
    /// [`restore_pools`](Self::restore_pools).
    fn restore_pool_list_str(&self) -> Option<&str>;

    /// True while the restore is under way.
    ///
    /// `finished` decides; if OCP leaves it out, a finish time or one of the
    /// two final states does (inferred).
    ///
    /// ```
    /// use oceanbase_ocp::types::RestoreHistoryTask;
    ///
    /// let task: RestoreHistoryTask = serde_json::from_str(
    ///     r#"{"id": 3, "status": "RESTORE_WAIT_LS", "finished": false, "successful": false}"#,
    /// )?;
    /// assert!(task.is_running() && !task.is_succeeded() && !task.is_failed());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    fn is_running(&self) -> bool {
        let is_final = matches!(
            self.status(),
            RestoreTaskStatus::RestoreSuccess | RestoreTaskStatus::RestoreFail
        );
        !self
            .finished()
            .unwrap_or(self.finish_time().is_some() || is_final)
    }

    /// True if the restore has ended well.
    ///
    /// `successful` decides once the task has ended (a running task has
    /// `successful: false`, too); if OCP leaves it out, the state does.
    fn is_succeeded(&self) -> bool {
        let done = *self.status() == RestoreTaskStatus::RestoreSuccess;
        !self.is_running() && self.successful().unwrap_or(done)
    }

    /// True if the restore has ended, and not well; `error_msg` may say why.
    fn is_failed(&self) -> bool {
        !self.is_running() && !self.is_succeeded()
    }

    /// The URIs in `restore_uri`: in a documented sample one for logs and one for
    /// data.
    ///
    /// OCP joins them with commas and says nothing about commas inside a URI,
    /// so a comma separates only if a scheme follows.
    ///
    /// ```
    /// # let mut task: oceanbase_ocp::types::RestoreHistoryTask =
    /// #     serde_json::from_str(r#"{"id": 3, "status": "RESTORE_SUCCESS"}"#)?;
    /// task.restore_uri = Some("file:///a,b/clog,oss://bucket/data".into());
    /// assert_eq!(task.restore_uris(), ["file:///a,b/clog", "oss://bucket/data"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    fn restore_uris(&self) -> Vec<&str> {
        let text = self.restore_uri().unwrap_or_default();
        let mut uris = Vec::new();
        let mut start = 0;
        for (comma, _) in text.match_indices(',') {
            if begins_uri(&text[comma + 1..]) {
                uris.push(text[start..comma].trim());
                start = comma + 1;
            }
        }
        uris.push(text[start..].trim());
        uris.retain(|uri| !uri.is_empty());
        uris
    }

    /// The names of the resource pools in `restore_pool_list_str`.
    fn restore_pools(&self) -> Vec<&str> {
        let text = self.restore_pool_list_str().unwrap_or_default();
        let names = text.split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// True if the text begins with a scheme (RFC 3986) and `://`.
fn begins_uri(text: &str) -> bool {
    let text = text.trim_start();
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let rest = text.trim_start_matches(is_scheme);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.starts_with("://")
}

mod sealed {
    pub trait Row {}
}

macro_rules! rows {
    ($($row:ident)*) => {$(
        impl sealed::Row for $row {}

        impl RestoreTask for $row {
            fn id(&self) -> i64 {
                self.id
            }

            fn status(&self) -> &RestoreTaskStatus {
                &self.status
            }

            fn finished(&self) -> Option<bool> {
                self.finished
            }

            fn successful(&self) -> Option<bool> {
                self.successful
            }

            fn create_time(&self) -> Option<DateTime<Utc>> {
                self.create_time
            }

            fn finish_time(&self) -> Option<DateTime<Utc>> {
                self.finish_time
            }

            fn error_msg(&self) -> Option<&str> {
                self.error_msg.as_deref()
            }

            fn restore_tenant_name(&self) -> Option<&str> {
                self.restore_tenant_name.as_deref()
            }

            fn restore_uri(&self) -> Option<&str> {
                self.restore_uri.as_deref()
            }

            fn restore_pool_list_str(&self) -> Option<&str> {
                self.restore_pool_list_str.as_deref()
            }
        }

        /// As a [`RestoreTask`], without having to import it.
        impl $row {
            /// True while the restore is under way; see [`RestoreTask::is_running`].
            pub fn is_running(&self) -> bool {
                RestoreTask::is_running(self)
            }

            /// True if the restore has ended well; see [`RestoreTask::is_succeeded`].
            pub fn is_succeeded(&self) -> bool {
                RestoreTask::is_succeeded(self)
            }

            /// True if the restore has ended, and not well; see [`RestoreTask::is_failed`].
            pub fn is_failed(&self) -> bool {
                RestoreTask::is_failed(self)
            }

            /// The URIs in `restore_uri`; see [`RestoreTask::restore_uris`].
            pub fn restore_uris(&self) -> Vec<&str> {
                RestoreTask::restore_uris(self)
            }

            /// The names of the resource pools in `restore_pool_list_str`.
            pub fn restore_pools(&self) -> Vec<&str> {
                RestoreTask::restore_pools(self)
            }
        }
    )*};
}

rows! { ClusterRestoreTask RestoreHistoryTask }

/// The state's own name as a filter value, which OCP most likely expects (inferred);
/// [`RestoreTaskStatus::filter_label`] is the documented value.
impl From<RestoreTaskStatus> for RestoreTaskStatusFilter {
    fn from(status: RestoreTaskStatus) -> Self {
        Self::from(status.as_str())
    }
}
