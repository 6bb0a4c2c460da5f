//! Restore tasks: how each of their operations shows and filters them.

mod embedded;
mod filter;
mod states;
pub mod tasks;

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, Utc};
use ocp_contract::Operation;
use serde_json::{Map, Value, json};

use crate::kind::{Filter, Kind, Known};
use crate::refusal::Refusal;
use crate::{Error, Variant};
use states::States;

const KIND: &str = "restore_task";

/// How the embedded OCP comes to them.
pub(super) const KNOWN: Known = Known {
    name: KIND,
    of: |spec, operation| Ok(Box::new(RestoreTasks::new(spec, operation)?)),
    made: tasks::made,
};

/// The operation that writes times in another form, and rows as `page.size`.
const OF_CLUSTER: &str = "listClusterRestoreTasks";
const TIMES: [&str; 3] = ["createTime", "finishTime", "restoreEndTime"];
/// The offset of the documented rows, in seconds.
const ZONE: i32 = 8 * 3600;

/// Restore tasks, as one operation has them.
struct RestoreTasks {
    /// The members that its rows have.
    members: BTreeSet<String>,
    is_of_cluster: bool,
    states: States,
}

impl RestoreTasks {
    fn new(spec: &Value, operation: &Operation) -> Result<Self, Error> {
        let row = operation.list.as_ref().map(|list| &list.row);
        let members = row.and_then(|row| row["properties"].as_object());
        Ok(Self {
            members: members.into_iter().flat_map(Map::keys).cloned().collect(),
            is_of_cluster: operation.id == OF_CLUSTER,
            states: States::read(spec)?,
        })
    }
}

impl Kind for RestoreTasks {
    fn row(&self, mut row: Value) -> Value {
        let Some(members) = row.as_object_mut() else {
            return row;
        };
        // The tasks of the documentation, and those that are made, have them not.
        for (name, value) in [
            ("ocpJobId", -1),
            ("backupClusterId", 1_000_005),
            ("backupObClusterId", 199),
            ("backupTenantId", 1_000_012),
        ] {
            members.entry(name).or_insert_with(|| json!(value));
        }
        members.retain(|name, _| self.members.contains(name));
        if self.is_of_cluster {
            for name in TIMES {
                if let Some(time) = members.get(name).and_then(filter::time_of_row) {
                    members.insert(name.to_owned(), compact(time).into());
                }
            }
        }
        row
    }

    fn ended(&self, row: Value, at: DateTime<Utc>) -> Value {
        self.row(tasks::ended(row, at))
    }

    fn appeared(&self, row: &Value, number: u64, at: DateTime<Utc>) -> Value {
        self.row(tasks::appeared(row.clone(), number, at))
    }

    fn filter<'a>(
        &'a self,
        query: &'a [(String, String)],
        variants: &'a [Variant],
    ) -> Result<Filter<'a>, Refusal> {
        let filter = filter::Filter::read(&self.states, query, variants)?;
        Ok(Box::new(move |task| filter.keeps(task)))
    }

    fn documented_variants(&self) -> &'static [Variant] {
        if self.is_of_cluster {
            &[Variant::RowsAsSize]
        } else {
            &[]
        }
    }

    fn apply(&self, variant: Variant, row: &mut Map<String, Value>) {
        match variant {
            Variant::NewValues if row.get("finished") == Some(&Value::Bool(false)) => {
                row.insert("status".into(), "RESTORE_WAIT_QUICK_RESTORE".into());
            }
            Variant::ExtraMembers => {
                let sibling = if self.is_of_cluster {
                    json!({ "triggerType": "NORMAL", "restoreObjectType": "TENANT" })
                } else {
                    json!({ "ocpJobId": -1, "backupClusterId": 1_000_005 })
                };
                row.extend(sibling.as_object().cloned().unwrap_or_default());
            }
            _ => {}
        }
    }
}

/// A time as the operation of a cluster writes it: `2021-09-09T18:32:18.833+0800`.
fn compact(time: DateTime<FixedOffset>) -> String {
    let zone = FixedOffset::east_opt(ZONE).unwrap_or(*time.offset());
    let time = time.with_timezone(&zone);
    time.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}
