//! What can be said about a restore task beyond its members.

use crate::types::{RestoreHistoryTask, RestoreTaskStatus, RestoreTaskStatusFilter};

impl RestoreHistoryTask {
    /// Whether the restore is still under way.
    ///
    /// `finished` decides; where OCP leaves it out, a finish time or one of the
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
    pub fn is_running(&self) -> bool {
        let is_final = matches!(
            self.status,
            RestoreTaskStatus::RestoreSuccess | RestoreTaskStatus::RestoreFail
        );
        !self
            .finished
            .unwrap_or(self.finish_time.is_some() || is_final)
    }

    /// Whether the restore has ended well.
    ///
    /// `successful` decides once the task has ended (a running task has
    /// `successful: false`, too); where OCP leaves it out, the state does.
    pub fn is_succeeded(&self) -> bool {
        let done = self.status == RestoreTaskStatus::RestoreSuccess;
        !self.is_running() && self.successful.unwrap_or(done)
    }

    /// Whether the restore has ended, and not well; `error_msg` may say why.
    pub fn is_failed(&self) -> bool {
        !self.is_running() && !self.is_succeeded()
    }

    /// The URIs in `restore_uri`: in the documented sample one for logs and one
    /// for data.
    ///
    /// OCP joins them with commas and says nothing about commas inside a URI,
    /// so a comma separates only where a scheme follows.
    ///
    /// ```
    /// # let mut task: oceanbase_ocp::types::RestoreHistoryTask =
    /// #     serde_json::from_str(r#"{"id": 3, "status": "RESTORE_SUCCESS"}"#)?;
    /// task.restore_uri = Some("file:///a,b/clog,oss://bucket/data".into());
    /// assert_eq!(task.restore_uris(), ["file:///a,b/clog", "oss://bucket/data"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn restore_uris(&self) -> Vec<&str> {
        let text = self.restore_uri.as_deref().unwrap_or_default();
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
    pub fn restore_pools(&self) -> Vec<&str> {
        let text = self.restore_pool_list_str.as_deref().unwrap_or_default();
        let names = text.split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// Whether the text begins with a scheme (RFC 3986) and `://`.
fn begins_uri(text: &str) -> bool {
    let text = text.trim_start();
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let rest = text.trim_start_matches(is_scheme);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.starts_with("://")
}

/// The state's own name as a filter value, which OCP most likely expects
/// (inferred); [`RestoreTaskStatus::filter_label`] is the documented value.
impl From<RestoreTaskStatus> for RestoreTaskStatusFilter {
    fn from(status: RestoreTaskStatus) -> Self {
        Self::from(status.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn task(members: &str) -> RestoreHistoryTask {
        serde_json::from_str(&format!(r#"{{"id": 1, {members}}}"#)).unwrap()
    }

    #[test]
    fn a_task_is_in_exactly_one_state() {
        for (members, expected) in [
            (
                r#""status": "RESTORE_SUCCESS", "finished": true, "successful": true"#,
                "succeeded",
            ),
            (
                r#""status": "RESTORE_FAIL", "finished": true, "successful": false"#,
                "failed",
            ),
            (
                r#""status": "RESTORE_WAIT_LS", "finished": false, "successful": false"#,
                "running",
            ),
            (
                r#""status": "NEW_WORD", "finished": true, "successful": true"#,
                "succeeded",
            ),
            (
                r#""status": "NEW_WORD", "finished": true, "successful": false"#,
                "failed",
            ),
            (r#""status": "RESTORE_SUCCESS""#, "succeeded"),
            (r#""status": "RESTORE_FAIL""#, "failed"),
            (r#""status": "RESTORE_PRE""#, "running"),
            (r#""status": "NEW_WORD""#, "running"),
            (
                r#""status": "NEW_WORD", "finishTime": "2024-08-08T08:25:39Z", "successful": true"#,
                "succeeded",
            ),
            (
                r#""status": "RESTORE_SUCCESS", "finished": false, "successful": true"#,
                "running",
            ),
        ] {
            let task = task(members);
            let states = [
                ("running", task.is_running()),
                ("succeeded", task.is_succeeded()),
                ("failed", task.is_failed()),
            ];
            let states: Vec<_> = states
                .iter()
                .filter(|(_, holds)| *holds)
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(states, [expected], "{members}");
        }
    }

    #[test]
    fn lists_in_texts_are_taken_apart() {
        for (text, uris) in [
            ("", vec![]),
            ("file:///obbackup/", vec!["file:///obbackup/"]),
            (
                "file:///a/clog,file:///a/data",
                vec!["file:///a/clog", "file:///a/data"],
            ),
            (
                "file:///a,b, s3+x.y-z://c,d",
                vec!["file:///a,b", "s3+x.y-z://c,d"],
            ),
            ("oss://b?host=x,y://z", vec!["oss://b?host=x", "y://z"]),
            (",file:///a,", vec!["file:///a,"]),
        ] {
            let mut task = task(r#""status": "X""#);
            task.restore_uri = Some(text.into());
            assert_eq!(task.restore_uris(), uris, "{text}");
        }
        let mut task = task(r#""status": "X", "restorePoolListStr": " a ,b,,c""#);
        assert_eq!(task.restore_pools(), ["a", "b", "c"]);
        task.restore_pool_list_str = None;
        assert!(task.restore_pools().is_empty());
    }

    #[test]
    fn every_known_state_has_a_label_of_its_own() {
        let labels: HashSet<_> = RestoreTaskStatus::KNOWN
            .iter()
            .map(|state| state.filter_label().unwrap())
            .collect();
        assert_eq!(RestoreTaskStatus::KNOWN.len(), 17);
        assert_eq!(labels.len(), 17);
        assert!(
            labels
                .iter()
                .all(|label| RestoreTaskStatusFilter::KNOWN.contains(label))
        );
        let name: RestoreTaskStatusFilter = RestoreTaskStatus::RestoreSuccess.into();
        assert_eq!(name, "RESTORE_SUCCESS");
    }
}
