//! Restore tasks: lists of them, how each of their operations shows them, and what its
//! filters compare.

use std::collections::BTreeMap;
use std::io;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::Variant;
use crate::contract::Contract;
use crate::filter::{self, Compared, Condition, Match};
use crate::query::values;
use crate::response::Refusal;

const OF_TENANT: &str = "listTenantRestoreTasks";
/// The operation that writes times in another form.
const OF_CLUSTER: &str = "listClusterRestoreTasks";

/// Members that the operation of a cluster alone shows.
const OF_CLUSTER_ONLY: [(&str, i64); 4] = [
    ("ocpJobId", -1),
    ("backupClusterId", 1_000_005),
    ("backupObClusterId", 199),
    ("backupTenantId", 1_000_012),
];
/// Members that the operation of a tenant alone shows.
const OF_TENANT_ONLY: [(&str, &str); 2] =
    [("triggerType", "NORMAL"), ("restoreObjectType", "TENANT")];

/// Status, description, `finished` and `successful` of a task.
type State = (&'static str, &'static str, bool, bool);

const RUNNING: State = (
    "RESTORE_WAIT_LS",
    "The baseline log stream is being restored.",
    false,
    false,
);
const ENDING: State = (
    "WAIT_TENANT_RESTORE_FINISH",
    "Wait for tenant recovery to end",
    false,
    false,
);
const FAILED: State = ("RESTORE_FAIL", "Failed", true, false);
const COMPLETED: State = ("RESTORE_SUCCESS", "Completed", true, true);

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
    let sample = Contract::embedded()?.sample(OF_TENANT);
    let tasks = sample["contents"].as_array();
    Ok(tasks.cloned().unwrap_or_default())
}

/// As many tasks as asked for, newest first, always the same: two that run,
/// failures, successes, three target clusters, physical and logical backups.
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
        "createTime": text(OF_TENANT, created),
        "errorMsg": "",
        "finishTime": text(OF_TENANT, finished),
        "id": 1_100_611_139_400_000_i64 + (count - age) as i64,
        "restoreClusterId": 1_000_005 + cluster as i64,
        "restoreClusterName": CLUSTERS[cluster],
        "restoreEndTime": text(OF_TENANT, created - TimeDelta::seconds(101)),
        "restoreObClusterId": 199 + cluster as i64,
        "restoreObjectType": "TENANT",
        "restorePoolListStr": "pool_zone1_qhi,pool_zone2_txx",
        "restoreTenantName": target,
        "restoreUri": "file:///obbackup/ob_431/199/clog,file:///obbackup/ob_431/199/data",
        "triggerType": "NORMAL",
    });
    match age {
        0 => enter(&mut task, RUNNING),
        4 => enter(&mut task, ENDING),
        _ if age % 7 == 3 => {
            enter(&mut task, FAILED);
            task["errorMsg"] =
                r#"CLOG : OB_ENTRY_NOT_EXIST(-4018) on "obs-1:2882" with traceid YB42"#.into();
        }
        _ => enter(&mut task, COMPLETED),
    }
    task
}

/// Brings a task into a state; one that runs has not finished at any time.
fn enter(task: &mut Value, (status, description, finished, successful): State) {
    task["status"] = status.into();
    task["statusDesc"] = description.into();
    task["finished"] = finished.into();
    task["successful"] = successful.into();
    if let (false, Some(members)) = (finished, task.as_object_mut()) {
        members.remove("finishTime");
    }
}

/// When the newest task of the documented sample was created.
fn newest() -> DateTime<Utc> {
    DateTime::from_timestamp(1_723_105_539, 150_608_000).unwrap_or_default()
}

/// A time as an operation writes it; that of a cluster: `2021-09-09T18:32:18.833+0800`.
fn text(operation: &str, time: DateTime<Utc>) -> String {
    if operation == OF_CLUSTER {
        let there = time + TimeDelta::hours(8);
        return there.format("%FT%T%.3f+0800").to_string();
    }
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The tasks as each of their operations shows them.
pub(crate) fn by_operation(tasks: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let operations = [OF_TENANT, OF_CLUSTER].into_iter();
    operations
        .map(|operation| {
            let shown = tasks.iter().map(|task| shown(operation, task.clone()));
            (operation.to_owned(), shown.collect())
        })
        .collect()
}

fn shown(operation: &str, mut task: Value) -> Value {
    let Some(members) = task.as_object_mut() else {
        return task;
    };
    if operation == OF_TENANT {
        for (name, _) in OF_CLUSTER_ONLY {
            members.remove(name);
        }
        return task;
    }
    for (name, value) in OF_CLUSTER_ONLY {
        members.entry(name).or_insert(value.into());
    }
    for (name, _) in OF_TENANT_ONLY {
        members.remove(name);
    }
    for name in ["createTime", "finishTime", "restoreEndTime"] {
        if let Some(time) = members.get(name).and_then(filter::time) {
            members.insert(name.to_owned(), text(OF_CLUSTER, time.to_utc()).into());
        }
    }
    task
}

/// Restore tasks as one operation lists them.
pub(crate) struct Tasks {
    operation: &'static str,
    /// Machine names of states, each with the label that means the same in a filter.
    labels: BTreeMap<String, String>,
    /// All documented filter values.
    filter_values: Vec<String>,
}

impl Tasks {
    /// `None` for an operation that lists other rows.
    pub(crate) fn of(operation: &str, spec: &Value) -> Option<Self> {
        let mut operations = [OF_TENANT, OF_CLUSTER].into_iter();
        let schemas = &spec["components"]["schemas"];
        let labels = &schemas["RestoreTaskStatus"]["x-filter-labels"];
        let values = &schemas["RestoreTaskStatusFilter"]["x-extensible-enum"];
        Some(Self {
            operation: operations.find(|one| *one == operation)?,
            labels: serde_json::from_value(labels.clone()).unwrap_or_default(),
            filter_values: serde_json::from_value(values.clone()).unwrap_or_default(),
        })
    }

    /// The rows at this time: those that run have ended well at `ended`, if there is such a
    /// time, and one more has begun at each time of `appeared`.
    pub(crate) fn now(
        &self,
        rows: &[Value],
        ended: Option<DateTime<Utc>>,
        appeared: &[DateTime<Utc>],
    ) -> Vec<Value> {
        let appeared = appeared.iter().enumerate().rev();
        let newest = rows.first();
        let new =
            appeared.filter_map(|(index, at)| Some(self.begun(newest?, index as i64 + 1, *at)));
        let old = rows.iter().cloned().map(|mut task| {
            if let (Some(at), false) = (ended, task["finished"] != false) {
                task["finishTime"] = text(self.operation, at).into();
                enter(&mut task, COMPLETED);
            }
            task
        });
        new.chain(old).collect()
    }

    /// A task like another one that has begun at a time.
    fn begun(&self, newest: &Value, number: i64, at: DateTime<Utc>) -> Value {
        let mut task = newest.clone();
        enter(&mut task, RUNNING);
        let id = task["id"].as_i64().unwrap_or_default();
        task["id"] = (id + number).into();
        task["errorMsg"] = "".into();
        task["createTime"] = text(self.operation, at).into();
        task["restoreEndTime"] = text(self.operation, at - TimeDelta::seconds(101)).into();
        task
    }

    /// The bounds of the window, which the description does not say: it leaves open which
    /// time is compared.
    pub(crate) fn window(variants: &[Variant]) -> [Compared<'static>; 2] {
        let member = if variants.contains(&Variant::WindowOfFinish) {
            "finishTime"
        } else {
            "createTime"
        };
        [("startTime", Match::From), ("endTime", Match::To)].map(|(parameter, by)| Compared {
            parameter,
            member,
            by,
        })
    }

    /// The states that a query asks for, by machine name or by label.
    pub(crate) fn states<'a>(
        &'a self,
        query: &'a [(String, String)],
        variants: &[Variant],
    ) -> Result<Option<Condition<'a>>, Refusal> {
        let is = |variant| variants.contains(&variant);
        let (by_name, by_label) = (!is(Variant::LabelsOnly), !is(Variant::MachineNamesOnly));
        let asked = values(query, "status", is(Variant::RepeatOnly));
        let is_known = |value: &str| {
            by_name && self.labels.contains_key(value)
                || by_label && self.filter_values.iter().any(|one| one == value)
        };
        let unknown = asked.iter().find(|value| !is_known(value));
        if let (true, Some(value)) = (is(Variant::UnknownValueIsRefused), unknown) {
            return Err(Refusal::of_type("status", value, "List"));
        }
        if asked.is_empty() {
            return Ok(None);
        }
        let labelled = self
            .labels
            .iter()
            .filter(|(_, label)| by_label && asked.contains(&label.as_str()));
        let labelled: Vec<&str> = labelled.map(|(name, _)| name.as_str()).collect();
        let named = if by_name { asked } else { Vec::new() };
        Ok(Some(Condition::OneOf([named, labelled].concat())))
    }

    /// Changes a task by a variant that concerns restore tasks.
    pub(crate) fn apply(&self, variant: Variant, task: &mut Map<String, Value>) {
        match variant {
            Variant::NewValues if task.get("finished") == Some(&Value::Bool(false)) => {
                task.insert("status".into(), "RESTORE_WAIT_QUICK_RESTORE".into());
            }
            Variant::ExtraMembers if self.operation == OF_CLUSTER => {
                task.extend(OF_TENANT_ONLY.map(|(name, value)| (name.into(), value.into())));
            }
            Variant::ExtraMembers => {
                let two = OF_CLUSTER_ONLY.into_iter().take(2);
                task.extend(two.map(|(name, value)| (name.into(), value.into())));
            }
            _ => {}
        }
    }
}
