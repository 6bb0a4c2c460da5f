//! Restore tasks: lists of them, how each of their operations shows them, and what its
//! filters compare.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ocp_contract::{Comparison, Filter};
use serde_json::{Map, Value, json};

use crate::Variant;
use crate::contract::Contract;
use crate::filter;
use crate::response::Refusal;

const OF_TENANT: &str = "listTenantRestoreTasks";
const OF_CLUSTER: &str = "listClusterRestoreTasks";
/// Members of the sibling operation that a variant shows.
const EXTRA: [&str; 4] = [
    "backupClusterId",
    "ocpJobId",
    "restoreObjectType",
    "triggerType",
];

/// The two tasks of the documented sample.
///
/// ```
/// assert_eq!(ocp_mock::tasks::documented()?.len(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the embedded contract cannot be read.
pub fn documented() -> io::Result<Vec<Value>> {
    Ok(Contract::embedded()?.sample(OF_TENANT))
}

/// A number of tasks, newest first, always the same: two that run, failures, successes, three
/// target clusters, physical and logical backups.
pub fn made(count: usize) -> Vec<Value> {
    (0..count).map(|age| task(count, age)).collect()
}

/// One name begins like another, for filters that look at beginnings.
const CLUSTERS: [&str; 3] = ["ob_431", "ob_drill", "ob_431_standby"];

fn task(count: usize, age: usize) -> Value {
    let created = newest() - TimeDelta::minutes(97 * age as i64);
    let finished = created + TimeDelta::minutes(3 + age as i64 % 11);
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
        "finishTime": text(finished),
        "id": 1_100_611_139_400_000_i64 + (count - age) as i64,
        "restoreClusterId": 1_000_005 + cluster as i64,
        "restoreClusterName": CLUSTERS[cluster],
        "restoreEndTime": text(created - TimeDelta::seconds(101)),
        "restoreObClusterId": 199 + cluster as i64,
        "restoreObjectType": "TENANT",
        "restorePoolListStr": "pool_zone1_qhi,pool_zone2_txx",
        "restoreTenantName": target,
        "restoreUri": "file:///obbackup/ob_431/199/clog,file:///obbackup/ob_431/199/data",
        "triggerType": "NORMAL",
    });
    match age {
        0 => enter(&mut task, "RESTORE_WAIT_LS"),
        4 => enter(&mut task, "WAIT_TENANT_RESTORE_FINISH"),
        _ if age % 7 == 3 => enter(&mut task, "RESTORE_FAIL"),
        _ => enter(&mut task, "RESTORE_SUCCESS"),
    }
    task
}

/// Brings a task into a state.
fn enter(task: &mut Value, status: &str) {
    let (description, finished) = match status {
        "RESTORE_WAIT_LS" => ("The baseline log stream is being restored.", false),
        "WAIT_TENANT_RESTORE_FINISH" => ("Wait for tenant recovery to end", false),
        "RESTORE_FAIL" => ("Failed", true),
        _ => ("Completed", true),
    };
    let error = r#"CLOG : OB_ENTRY_NOT_EXIST(-4018) on "obs-1:2882" with traceid YB42"#;
    let is_failure = status == "RESTORE_FAIL";
    task["errorMsg"] = if is_failure { error } else { "" }.into();
    task["status"] = status.into();
    task["statusDesc"] = description.into();
    task["finished"] = finished.into();
    task["successful"] = (finished && !is_failure).into();
    if let (false, Some(members)) = (finished, task.as_object_mut()) {
        members.remove("finishTime");
    }
}

/// When the newest task of the documented sample was created.
fn newest() -> DateTime<Utc> {
    DateTime::from_timestamp(1_723_105_539, 150_608_000).unwrap_or_default()
}

/// A time as the operation of a tenant writes it.
fn text(time: DateTime<Utc>) -> Value {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
}

/// The tasks for each operation that lists them.
pub(crate) fn by_operation(tasks: Vec<Value>) -> BTreeMap<String, Vec<Value>> {
    let of_cluster = (OF_CLUSTER.to_owned(), tasks.clone());
    BTreeMap::from([of_cluster, (OF_TENANT.to_owned(), tasks)])
}

/// Restore tasks as one operation lists them.
pub(crate) struct Tasks {
    is_of_cluster: bool,
    /// Machine names of states, each with the label that means the same in a filter.
    labels: BTreeMap<String, String>,
    /// All documented filter values.
    filter_values: Vec<String>,
}

impl Tasks {
    /// `None` for an operation that lists other rows.
    pub(crate) fn of(operation: &str, spec: &Value) -> Option<Self> {
        let schemas = &spec["components"]["schemas"];
        let labels = &schemas["RestoreTaskStatus"]["x-filter-labels"];
        let values = &schemas["RestoreTaskStatusFilter"]["x-extensible-enum"];
        let is_of_cluster = operation == OF_CLUSTER;
        (is_of_cluster || operation == OF_TENANT).then(|| Self {
            is_of_cluster,
            labels: serde_json::from_value(labels.clone()).unwrap_or_default(),
            filter_values: serde_json::from_value(values.clone()).unwrap_or_default(),
        })
    }

    /// The filters that the description leaves open: it does not say which time a window
    /// compares, nor whether a state goes by its name or by its label.
    pub(crate) fn filters(&self, variants: &[Variant]) -> Vec<(String, Filter)> {
        let time = match variants.contains(&Variant::WindowOfFinish) {
            true => "finishTime",
            false => "createTime",
        };
        let filter = |name: &str, member: &str, comparison| {
            let member = member.to_owned();
            (name.to_owned(), Filter { member, comparison })
        };
        let mut filters = vec![
            filter("startTime", time, Comparison::From),
            filter("endTime", time, Comparison::To),
        ];
        if !self.is_of_cluster {
            filters.push(filter("status", "status", Comparison::Equals));
        }
        filters
    }

    /// Reads the values of the filter by states as machine names.
    pub(crate) fn read_states<'a>(
        &'a self,
        asked: &mut Vec<&'a str>,
        variants: &[Variant],
    ) -> Result<(), Refusal> {
        let is = |variant| variants.contains(&variant);
        let (by_name, by_label) = (!is(Variant::LabelsOnly), !is(Variant::MachineNamesOnly));
        let is_known = |value: &str| {
            by_name && self.labels.contains_key(value)
                || by_label && self.filter_values.iter().any(|one| one == value)
        };
        let unknown = asked.iter().find(|value| !is_known(value));
        if let (true, Some(value)) = (is(Variant::UnknownValueIsRefused), unknown) {
            return Err(Refusal::of_type("status", value, "List"));
        }
        let labels = self.labels.iter().filter(|_| by_label);
        let labelled = labels.filter(|(_, label)| asked.contains(&label.as_str()));
        let labelled: Vec<&str> = labelled.map(|(name, _)| name.as_str()).collect();
        asked.retain(|_| by_name);
        asked.extend(labelled);
        Ok(())
    }

    /// Shows a task as the operation does.
    pub(crate) fn show(&self, task: &mut Map<String, Value>, variants: &[Variant]) {
        let is = |variant| variants.contains(&variant);
        for (is_of_cluster, name, value) in [
            (true, "ocpJobId", json!(-1)),
            (true, "backupClusterId", json!(1_000_005)),
            (true, "backupObClusterId", json!(199)),
            (true, "backupTenantId", json!(1_000_012)),
            (false, "restoreObjectType", json!("TENANT")),
            (false, "triggerType", json!("NORMAL")),
        ] {
            let is_own = is_of_cluster == self.is_of_cluster;
            let is_extra = !is_own && is(Variant::ExtraMembers) && EXTRA.contains(&name);
            if is_extra || is_own && is_of_cluster {
                task.entry(name).or_insert(value);
            } else if !is_own {
                task.remove(name);
            }
        }
        for name in ["createTime", "finishTime", "restoreEndTime"] {
            let time = task.get(name).and_then(filter::time);
            if let (true, Some(time)) = (self.is_of_cluster, time) {
                let there = time.to_utc() + TimeDelta::hours(8);
                let text = there.format("%FT%T%.3f+0800").to_string();
                task.insert(name.to_owned(), text.into());
            }
        }
        if is(Variant::NewValues) && task.get("finished") == Some(&json!(false)) {
            task.insert("status".into(), "RESTORE_WAIT_QUICK_RESTORE".into());
        }
    }
}

/// The tasks at this time: those that run have ended well, if `ended` says when, and
/// a number of them have begun since a time.
pub(crate) fn now(
    tasks: &[Value],
    ended: Option<DateTime<Utc>>,
    since: DateTime<Utc>,
    begun: u64,
) -> Vec<Cow<'_, Value>> {
    let new = (1..=begun as i64).rev().filter_map(|number| {
        let mut task = tasks.first()?.clone();
        let at = since + TimeDelta::milliseconds(number);
        enter(&mut task, "RESTORE_WAIT_LS");
        task["id"] = (task["id"].as_i64().unwrap_or_default() + number).into();
        task["createTime"] = text(at);
        task["restoreEndTime"] = text(at - TimeDelta::seconds(101));
        Some(Cow::Owned(task))
    });
    let old = tasks.iter().map(|task| {
        let mut task = Cow::Borrowed(task);
        if let (Some(at), Some(false)) = (ended, task["finished"].as_bool()) {
            task.to_mut()["finishTime"] = text(at);
            enter(task.to_mut(), "RESTORE_SUCCESS");
        }
        task
    });
    new.chain(old).collect()
}
