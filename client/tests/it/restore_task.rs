//! The rows of both operations.

use std::collections::HashSet;

use oceanbase_ocp::RestoreTask;
use oceanbase_ocp::types::{
    ClusterRestoreTask, RestoreHistoryTask, RestoreTaskStatus, RestoreTaskStatusFilter,
};

/// The task as each operation lists it.
fn tasks(members: &str) -> [Box<dyn RestoreTask>; 2] {
    let json = format!(r#"{{"id": 1, {members}}}"#);
    let of_tenant: RestoreHistoryTask = serde_json::from_str(&json).unwrap();
    let of_cluster: ClusterRestoreTask = serde_json::from_str(&json).unwrap();
    [Box::new(of_tenant), Box::new(of_cluster)]
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
            r#""status": "NEW_VALUE", "finished": true, "successful": true"#,
            "succeeded",
        ),
        (
            r#""status": "NEW_VALUE", "finished": true, "successful": false"#,
            "failed",
        ),
        (r#""status": "RESTORE_SUCCESS""#, "succeeded"),
        (r#""status": "RESTORE_FAIL""#, "failed"),
        (r#""status": "RESTORE_PRE""#, "running"),
        (r#""status": "NEW_VALUE""#, "running"),
        (
            r#""status": "NEW_VALUE", "finishTime": "2024-08-08T08:25:39Z", "successful": true"#,
            "succeeded",
        ),
        (
            r#""status": "RESTORE_SUCCESS", "finished": false, "successful": true"#,
            "running",
        ),
    ] {
        for task in tasks(members) {
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
            assert_eq!(states, [expected], "{members}: {task:?}");
        }
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
        let text = serde_json::to_string(text).unwrap();
        for task in tasks(&format!(r#""status": "X", "restoreUri": {text}"#)) {
            assert_eq!(task.restore_uris(), uris, "{text}");
        }
    }
    for (members, pools) in [
        (
            r#""status": "X", "restorePoolListStr": " a ,b,,c""#,
            vec!["a", "b", "c"],
        ),
        (r#""status": "X""#, vec![]),
    ] {
        for task in tasks(members) {
            assert_eq!(task.restore_pools(), pools);
        }
    }
}

#[test]
fn the_members_that_all_rows_have_are_read_from_each() {
    let members = r#""status": "X", "finished": true, "successful": false,
        "createTime": "2021-09-09T18:32:18.833+0800", "errorMsg": "disk full",
        "finishTime": "2021-09-09T18:32:20.066+0800", "restoreTenantName": "t",
        "restoreUri": "file:///a", "restorePoolListStr": "p""#;
    for task in tasks(members) {
        assert_eq!((task.id(), task.status().as_str()), (1, "X"));
        assert_eq!(task.finished(), Some(true));
        assert_eq!(task.successful(), Some(false));
        let times = [task.create_time(), task.finish_time()];
        let times = times.map(|time| time.unwrap().to_rfc3339());
        let expected = [
            "2021-09-09T10:32:18.833+00:00",
            "2021-09-09T10:32:20.066+00:00",
        ];
        assert_eq!(times, expected);
        assert_eq!(task.error_msg(), Some("disk full"));
        assert_eq!(task.restore_tenant_name(), Some("t"));
        assert_eq!(task.restore_uri(), Some("file:///a"));
        assert_eq!(task.restore_pool_list_str(), Some("p"));
    }
}

#[test]
fn every_known_state_has_a_label_of_its_own() {
    let labels: HashSet<_> = RestoreTaskStatus::KNOWN
        .iter()
        .map(|state| state.filter_label().unwrap())
        .collect();
    assert_eq!(labels.len(), RestoreTaskStatus::KNOWN.len());
    assert!(
        labels
            .iter()
            .all(|label| RestoreTaskStatusFilter::KNOWN.contains(label))
    );
    assert_eq!(RestoreTaskStatus::from("NEW_VALUE").filter_label(), None);
    let name: RestoreTaskStatusFilter = RestoreTaskStatus::RestoreSuccess.into();
    assert_eq!(name, "RESTORE_SUCCESS");
}
