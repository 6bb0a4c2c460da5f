//! Lists of restore tasks.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::Error;
use crate::contract::Contract;

/// The operation whose documented response has them.
const DOCUMENTED: &str = "listTenantRestoreTasks";

/// The two tasks of the documented sample.
///
/// ```
/// assert_eq!(ocp_mock::tasks::documented()?.len(), 2);
/// # Ok::<(), ocp_mock::Error>(())
/// ```
///
/// # Errors
///
/// When the embedded contract cannot be read.
pub fn documented() -> Result<Vec<Value>, Error> {
    Contract::embedded()?.documented_rows(DOCUMENTED)
}

/// As many tasks as asked for, newest first, always the same: two that run,
/// failures, successes, three target clusters, physical and logical backups.
pub fn made(count: usize) -> Vec<Value> {
    (0..count).map(|age| task(count, age)).collect()
}

/// One name begins like another, for filters that look at beginnings.
const CLUSTERS: [&str; 3] = ["ob_431", "ob_drill", "ob_431_standby"];

fn task(count: usize, age: usize) -> Value {
    let created = newest() - Duration::minutes(97 * age as i64);
    let finished = created + Duration::minutes(3 + age as i64 % 11);
    let (status, description, is_finished, is_successful) = match age {
        0 => (
            "RESTORE_WAIT_LS",
            "The baseline log stream is being restored.",
            false,
            false,
        ),
        4 => (
            "WAIT_TENANT_RESTORE_FINISH",
            "Wait for tenant recovery to end",
            false,
            false,
        ),
        _ if age % 7 == 3 => ("RESTORE_FAIL", "Failed", true, false),
        _ => ("RESTORE_SUCCESS", "Completed", true, true),
    };
    let cluster = age % 3;
    // Each task has the tenant as its source or as its target.
    let (source, target) = if age.is_multiple_of(2) {
        ("aiso".to_owned(), format!("drill_{}", count - age))
    } else {
        (format!("prod_{}", age % 5), "aiso".to_owned())
    };
    let mut task = json!({
        "backupClusterName": "ob_431",
        "backupMode": if age % 5 == 2 { "LOGICAL_BACKUP" } else { "PHYSICAL_BACKUP" },
        "backupObTenantId": 1014,
        "backupTenantName": source,
        "createTime": text(created),
        "errorMsg": "",
        "finished": is_finished,
        "id": 1_100_611_139_400_000_i64 + (count - age) as i64,
        "restoreClusterId": 1_000_005 + cluster as i64,
        "restoreClusterName": CLUSTERS[cluster],
        "restoreEndTime": text(created - Duration::seconds(101)),
        "restoreObClusterId": 199 + cluster as i64,
        "restoreObjectType": "TENANT",
        "restorePoolListStr": "pool_zone1_qhi,pool_zone2_txx",
        "restoreTenantName": target,
        "restoreUri": "file:///obbackup/ob_431/199/clog,file:///obbackup/ob_431/199/data",
        "status": status,
        "statusDesc": description,
        "successful": is_successful,
        "triggerType": "NORMAL",
    });
    if is_finished {
        task["finishTime"] = text(finished).into();
    }
    if status == "RESTORE_FAIL" {
        task["errorMsg"] =
            r#"CLOG : OB_ENTRY_NOT_EXIST(-4018) on "obs-1:2882" with traceid YB42"#.into();
    }
    task
}

/// The task, ended well at a time if it was running.
pub(super) fn ended(mut task: Value, at: DateTime<Utc>) -> Value {
    if task["finished"] == false {
        task["status"] = "RESTORE_SUCCESS".into();
        task["statusDesc"] = "Completed".into();
        task["finished"] = true.into();
        task["successful"] = true.into();
        task["finishTime"] = text(at).into();
    }
    task
}

/// A task like another one that has begun later.
pub(super) fn appeared(mut task: Value, number: u64, at: DateTime<Utc>) -> Value {
    let id = task["id"].as_i64().unwrap_or_default();
    task["id"] = (id + number as i64).into();
    task["status"] = "RESTORE_WAIT_LS".into();
    task["statusDesc"] = "The baseline log stream is being restored.".into();
    task["finished"] = false.into();
    task["successful"] = false.into();
    task["errorMsg"] = "".into();
    task["createTime"] = text(at).into();
    task["restoreEndTime"] = text(at - Duration::seconds(101)).into();
    if let Some(members) = task.as_object_mut() {
        members.remove("finishTime");
    }
    task
}

/// When the newest task of the documented sample was created.
fn newest() -> DateTime<Utc> {
    DateTime::from_timestamp(1_723_105_539, 150_608_000).unwrap_or_default()
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
