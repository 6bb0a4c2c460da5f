//! What a whole list of restore tasks shows.

use serde_json::{Map, Value};

use super::checks::{ORDER, RUNNING_TASK, SCOPE, TASK_IDENTITY, TASK_STATE, TASK_TIMES};
use crate::verify::finding::Observation;
use crate::verify::judgement::Judgement;
use crate::verify::row::Row;

pub(super) fn overview(rows: &[Row], path: &Map<String, Value>) -> Vec<Judgement> {
    let order = order(rows).map(|one| Observation::new("order", one, one));
    let order = order.map(|one| Judgement::Observed(ORDER, one));
    let scope = scope(rows, path).into_iter();
    let scope = scope.map(|one| Judgement::Observed(SCOPE, one));
    let of_tasks = [TASK_STATE, TASK_TIMES, TASK_IDENTITY, SCOPE, ORDER];
    let none = of_tasks.map(|check| (check, "there are no restore tasks"));
    let skipped = none
        .into_iter()
        .chain([(RUNNING_TASK, "no task is running")])
        .map(|(check, reason)| Judgement::Skipped(check, reason.to_owned()));
    order.into_iter().chain(scope).chain(skipped).collect()
}

fn order(rows: &[Row]) -> Option<&'static str> {
    if rows.len() < 2 {
        return None;
    }
    let is_falling = |key: &dyn Fn(&Row) -> Option<i128>| {
        let mut pairs = rows.windows(2);
        pairs.all(|pair| key(&pair[0]) >= key(&pair[1]))
    };
    let created = |row: &Row| {
        row.time("createTime")?
            .timestamp_nanos_opt()
            .map(i128::from)
    };
    Some(if is_falling(&created) {
        "newest first, by createTime"
    } else if is_falling(&|row| created(row).map(|time| -time)) {
        "oldest first, by createTime"
    } else if is_falling(&|row| row.id().map(i128::from)) {
        "by id, the largest first"
    } else {
        "neither by createTime nor by id"
    })
}

/// Whose tasks these are, of the tenant and of the cluster of the path.
fn scope(rows: &[Row], path: &Map<String, Value>) -> Vec<Observation> {
    let tenants = |row: &Row| -> Vec<String> {
        let names = ["backupTenantName", "restoreTenantName"];
        let names = names.iter().filter_map(|name| row.text(name));
        names.map(str::to_owned).collect()
    };
    let mut observed = Vec::new();
    let Some(first) = rows.first() else {
        return observed;
    };
    if path.contains_key("tenantId") {
        let mut candidates = tenants(first).into_iter();
        let is_common = candidates.any(|name| rows.iter().all(|row| tenants(row).contains(&name)));
        let text = match is_common {
            true => "every task has one and the same tenant as its source or as its target",
            false => "no one tenant is the source or the target of every task",
        };
        observed.push(Observation::new("tenant", text, text));
    }
    for name in ["restoreClusterId", "backupClusterId"] {
        let mut ids = rows.iter().filter_map(|row| row.0.get(name)).peekable();
        if ids.peek().is_none() {
            continue;
        }
        let (value, text) = match ids.all(|id| path.get("id") == Some(id)) {
            true => (
                "of the path",
                format!("{name} is always the cluster of the path"),
            ),
            false => (
                "of others, too",
                format!("tasks are listed whose {name} is not the cluster of the path"),
            ),
        };
        observed.push(Observation::new(name, value, text));
    }
    observed
}
