//! What a row says as a restore task.

use chrono::{DateTime, FixedOffset};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::Value;

use crate::verify::row::Row;
use crate::verify::run::Run;
use crate::verify::topic::Topic;

pub(super) type Time = DateTime<FixedOffset>;

/// Members of a row, as what a check rests on.
pub(super) fn members(row: &Row, names: &[&str]) -> Vec<Topic> {
    let topic = |name: &&str| Some(Topic::Member(row.id()?, (*name).to_owned()));
    names.iter().filter_map(topic).collect()
}

pub(super) fn is_finished(row: &Row) -> bool {
    row.flag("finished") == Some(true)
}

/// Whether the value of a row's state is known; what a filter makes of others is not.
pub(super) fn is_known(row: &Row) -> bool {
    let state = row.text("status").map(RestoreTaskStatus::from);
    !matches!(state, Some(RestoreTaskStatus::Other(_)))
}

/// The first and the last of all times that a window could be meant to compare;
/// `None` if one of them cannot be read. What runs has none that it finished at.
pub(super) fn times(row: &Row) -> Option<(Time, Time)> {
    let created = row.time("createTime")?;
    let restored = row.time("restoreEndTime")?;
    let finished = match row.0.get("finishTime") {
        None | Some(Value::Null) if !is_finished(row) => created,
        _ => row.time("finishTime")?,
    };
    Some((restored.min(created), finished.max(created)))
}

/// The first and the last time of all tasks that are known; `None` where no task has any.
pub(super) fn span(run: &Run<'_>) -> Option<(Time, Time)> {
    let times = run.history.rows.iter().filter_map(times);
    times.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}
