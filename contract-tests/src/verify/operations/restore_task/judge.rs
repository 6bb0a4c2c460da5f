//! What must hold for a task.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Datelike, TimeDelta, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::{Value, json};

use super::filter::Time;
use super::{RUNNING_TASK, TASK_IDENTITY, TASK_STATE, TASK_TIMES, is_finished};
use crate::lossless;
use crate::verify::judge::body::empty;
use crate::verify::listing::Listing;
use crate::verify::row::{Row, long};
use crate::verify::run::{Fault, Run};
use crate::verify::secrets::Secrets;

/// OceanBase is no older.
const FIRST_YEAR: i32 = 2010;

/// Members that may change while a task runs.
const LIVELY: [&str; 7] = [
    "status",
    "statusDesc",
    "finished",
    "successful",
    "finishTime",
    "progress",
    "errorMsg",
];

/// Judges each task of a page.
pub(super) fn listing(run: &mut Run, listing: &Listing) {
    let answer = &listing.answer;
    let secrets = Arc::clone(&answer.secrets);
    let mut ids = BTreeSet::new();
    for (index, row) in listing.rows.iter().enumerate() {
        let at = format!("/data/contents/{index}");
        run.judge_all(TASK_STATE, answer, state(row, &at, &secrets));
        run.judge_all(TASK_TIMES, answer, times(row, &at, &secrets));
        let twice = row.id().filter(|id| !ids.insert(*id)).map(|id| {
            let got = format!("task {id} twice");
            Fault::new("twice on a page", "each task once", got).at(&at)
        });
        let changed = changes(run, row).map(|fault| fault.at(&at));
        let mut identity = identity(row, &at);
        identity.extend(twice.into_iter().chain(changed));
        run.judge_all(TASK_IDENTITY, answer, identity);
        // The next row may be the same task.
        if let Some(id) = row.id() {
            run.known.entry(id).or_insert_with(|| row.clone());
        }
        if row.flag("finished") == Some(false) {
            let finish = match row.0.get("finishTime") {
                Some(finish) => secrets.quote(finish),
                None => "nothing".to_owned(),
            };
            let told = format!("a task that runs has {finish} for finishTime");
            run.tell(RUNNING_TASK, told);
        }
        if let Some(progress) = row.0.get("progress").filter(|one| one.is_string()) {
            let state = secrets.shortened(row.text("status").unwrap_or("?"));
            let progress = secrets.quote(progress);
            run.tell(
                RUNNING_TASK,
                format!("progress is {progress} in state {state}"),
            );
        }
    }
}

/// A task is the same whenever it is listed, as far as the contract knows it: a
/// new word or an undocumented member is drift, whatever it does.
fn changes(run: &Run, row: &Row) -> Option<Fault> {
    let known = run.known.get(&row.id()?).filter(|known| *known != row)?;
    let both = is_finished(known) && is_finished(row);
    let rows = "/properties/data/properties/contents/items/properties";
    let members = run.strict.schema(200)?.pointer(rows)?.as_object()?;
    let name = members
        .iter()
        .filter(|(name, schema)| {
            schema.get("x-word").is_none() && (both || !LIVELY.contains(&name.as_str()))
        })
        .map(|(name, _)| name)
        .find(|name| {
            let member = |row: &Row| match row.0.get(*name) {
                None | Some(Value::Null) => json!({}),
                Some(value) => json!({ *name: value }),
            };
            !lossless::differences(&member(known), &member(row)).is_empty()
        })?;
    let quoted = |row: &Row| match row.0.get(name) {
        Some(value) => run.secrets.quote(value),
        None => "nothing".to_owned(),
    };
    Some(Fault::new(
        format!("data.contents[].{name} changes"),
        format!("{} as before", quoted(known)),
        format!("{} for task {}", quoted(row), row.id()?),
    ))
}

/// Names, which cannot be empty.
const NAMES: [&str; 4] = [
    "backupClusterName",
    "backupTenantName",
    "restoreClusterName",
    "restoreTenantName",
];
/// Other texts that no sample has empty.
const TEXTS: [&str; 3] = ["restorePoolListStr", "restoreUri", "statusDesc"];

fn identity(row: &Row, at: &str) -> Vec<Fault> {
    let mut faults: Vec<Fault> = NAMES
        .iter()
        .chain(&TEXTS)
        .filter_map(|name| {
            let place = format!("data.contents[].{name}");
            let fault = empty(&row.0, &format!("/{name}"), &place)?;
            let fault = fault.at(format!("{at}/{name}"));
            Some(if NAMES.contains(name) {
                fault
            } else {
                fault.drift()
            })
        })
        .collect();
    for name in [
        "id",
        "backupClusterId",
        "backupObClusterId",
        "backupTenantId",
        "backupObTenantId",
        "restoreClusterId",
        "restoreObClusterId",
    ] {
        if let Some(id) = row.0.get(name).and_then(long).filter(|id| *id < 1) {
            let fault = Fault::new(
                format!("data.contents[].{name} not positive"),
                "an id, counted from 1",
                id.to_string(),
            );
            let fault = fault.at(format!("{at}/{name}"));
            // Elsewhere OCP writes -1 for an id that there is not.
            let is_none = name != "id" && id == -1;
            faults.push(if is_none { fault.drift() } else { fault });
        }
    }
    faults
}

fn state(row: &Row, at: &str, secrets: &Secrets) -> Vec<Fault> {
    let (Some(finished), Some(successful), Some(status)) = (
        row.flag("finished"),
        row.flag("successful"),
        row.text("status"),
    ) else {
        return Vec::new();
    };
    let quoted = secrets.shortened(status);
    let got = format!("{quoted} with finished: {finished}, successful: {successful}");
    let mut faults = Vec::new();
    let due = match RestoreTaskStatus::from(status) {
        RestoreTaskStatus::RestoreSuccess => Some((true, true)),
        RestoreTaskStatus::RestoreFail => Some((true, false)),
        RestoreTaskStatus::Other(_) => None,
        _ => Some((false, false)),
    };
    match due {
        Some(due) if due != (finished, successful) => {
            let expected = format!("finished: {}, successful: {} for {status}", due.0, due.1);
            faults.push(Fault::new("status contradicts flags", expected, got).at(at));
        }
        None if successful && !finished => {
            faults.push(Fault::new("successful but not finished", "finished: true", got).at(at));
        }
        _ => {}
    }
    let message = row.0.get("errorMsg").filter(|message| *message != "");
    if let (true, Some(message @ Value::String(_))) = (successful, message) {
        let fault = Fault::new(
            "errorMsg of a success",
            "an empty errorMsg, or none",
            secrets.quote(message),
        );
        faults.push(fault.at(format!("{at}/errorMsg")));
    }
    faults
}

fn times(row: &Row, at: &str, secrets: &Secrets) -> Vec<Fault> {
    let (created, finished) = (row.time("createTime"), row.time("finishTime"));
    let restored = row.time("restoreEndTime");
    let mut faults = Vec::new();
    let said = |name: &str| {
        let time = row.text(name).unwrap_or_default();
        format!("{name} {}", secrets.shortened(time))
    };
    if let (Some(created), Some(finished)) = (created, finished)
        && finished < created
    {
        let got = format!("{}, {}", said("createTime"), said("finishTime"));
        let fault = Fault::new(
            "finished before created",
            "finishTime not before createTime",
            got,
        );
        faults.push(fault.at(format!("{at}/finishTime")));
    }
    if let (Some(restored), Some(created)) = (restored, created)
        && restored > created
    {
        let got = format!("{}, {}", said("createTime"), said("restoreEndTime"));
        let fault = Fault::new(
            "restores the future",
            "restoreEndTime before createTime",
            got,
        );
        let fault = fault.at(format!("{at}/restoreEndTime"));
        // The clocks of OCP and of the database may differ by a little.
        let is_near = restored - created < TimeDelta::seconds(60);
        faults.push(if is_near { fault.drift() } else { fault });
    }
    for name in ["createTime", "finishTime", "restoreEndTime"] {
        let is_early = |time: Time| time.year() < FIRST_YEAR;
        if row.time(name).is_some_and(is_early) {
            let expected = "a time since there is OceanBase";
            let fault = Fault::new(format!("{name} too early"), expected, said(name));
            faults.push(fault.at(format!("{at}/{name}")));
        }
    }
    for name in ["createTime", "finishTime"] {
        let is_ahead = |time| time > Utc::now() + TimeDelta::days(1);
        if row.time(name).is_some_and(is_ahead) {
            faults.push(
                Fault::new(
                    format!("{name} in the future"),
                    "a time that has come",
                    said(name),
                )
                .at(format!("{at}/{name}")),
            );
        }
    }
    faults
}
