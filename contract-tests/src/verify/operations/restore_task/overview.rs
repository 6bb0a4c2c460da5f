//! What a whole list of restore tasks tells.

use super::{ORDER, RUNNING_TASK, SCOPE, TASK_IDENTITY, TASK_STATE, TASK_TIMES};
use crate::verify::row::Row;
use crate::verify::run::Run;

pub(super) fn overview(run: &mut Run) {
    order(run);
    scope(run);
    for check in [TASK_STATE, TASK_TIMES, TASK_IDENTITY, SCOPE, ORDER] {
        run.skip(check, "there are no restore tasks");
    }
    run.skip(RUNNING_TASK, "no task is running");
}

fn order(run: &mut Run) {
    if run.rows.len() < 2 {
        return;
    }
    let is_falling = |key: &dyn Fn(&Row) -> Option<i128>| {
        run.rows
            .windows(2)
            .all(|pair| key(&pair[0]) >= key(&pair[1]))
    };
    let created = |row: &Row| {
        row.time("createTime")?
            .timestamp_nanos_opt()
            .map(i128::from)
    };
    let answer = if is_falling(&created) {
        "newest first, by createTime"
    } else if is_falling(&|row| created(row).map(|time| -time)) {
        "oldest first, by createTime"
    } else if is_falling(&|row| row.id().map(i128::from)) {
        "by id, the largest first"
    } else {
        "neither by createTime nor by id"
    };
    run.tell(ORDER, answer);
}

/// Whose tasks these are, of the tenant and of the cluster of the path.
fn scope(run: &mut Run) {
    let path = run.provider.path_arguments.clone();
    let tenants = |row: &Row| -> Vec<String> {
        let names = ["backupTenantName", "restoreTenantName"];
        let names = names.iter().filter_map(|name| row.text(name));
        names.map(str::to_owned).collect()
    };
    let Some(first) = run.rows.first() else {
        return;
    };
    if path.contains_key("tenantId") {
        let common = tenants(first)
            .into_iter()
            .find(|name| run.rows.iter().all(|row| tenants(row).contains(name)));
        run.tell(
            SCOPE,
            match common {
                Some(_) => "every task has one and the same tenant as its source or as its target",
                None => "no one tenant is the source or the target of every task",
            },
        );
    }
    for name in ["restoreClusterId", "backupClusterId"] {
        let mut ids = run.rows.iter().filter_map(|row| row.0.get(name)).peekable();
        if ids.peek().is_none() {
            continue;
        }
        let told = match ids.all(|id| path.get("id") == Some(id)) {
            true => format!("{name} is always the cluster of the path"),
            false => format!("tasks are listed whose {name} is not the cluster of the path"),
        };
        run.tell(SCOPE, told);
    }
}
