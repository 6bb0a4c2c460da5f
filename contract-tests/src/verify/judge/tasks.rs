//! Restore tasks: what must hold for each of them, whatever else they are.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::Value;

use super::book::{Book, Fault, Thing};
use crate::verify::checks::{RUNNING_TASK, TASK_IDENTITY, TASK_STATE, TASK_TIMES};
use crate::verify::finding::Observation;
use crate::verify::known::Known;
use crate::verify::row::{Row, Time, long};
use crate::verify::secrets::Secrets;

/// No restore is older, nor is OceanBase.
const FIRST_YEAR: i32 = 2010;
/// Members that say in which state a task is.
const STATE: [&str; 3] = ["status", "finished", "successful"];
/// Members that say when it was what.
const TIMES: [&str; 3] = ["createTime", "finishTime", "restoreEndTime"];
/// Names, which cannot be empty.
const NAMES: [&str; 4] = [
    "backupClusterName",
    "backupTenantName",
    "restoreClusterName",
    "restoreTenantName",
];
/// Other texts that no sample has empty.
const TEXTS: [&str; 3] = ["restorePoolListStr", "restoreUri", "statusDesc"];
const IDS: [&str; 7] = [
    "id",
    "backupClusterId",
    "backupObClusterId",
    "backupTenantId",
    "backupObTenantId",
    "restoreClusterId",
    "restoreObClusterId",
];

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    let secrets = book.secrets();
    for listing in &known.listings {
        let (now, index) = (listing.exchange.at, listing.index);
        for (place, &row) in listing.rows.iter().enumerate() {
            let at = format!("/data/contents/{place}");
            book.judge(TASK_STATE, state(row, &at, secrets), index);
            book.judge(TASK_TIMES, times(row, &at, now, secrets), index);
            book.judged(TASK_IDENTITY);
            for fault in identity(row, &at) {
                book.add(TASK_IDENTITY, fault, index);
            }
            for observed in of_running(row, secrets) {
                book.observe(RUNNING_TASK, observed);
            }
        }
    }
}

fn of_running(row: Row<'_>, secrets: &Secrets) -> Vec<Observation> {
    let mut observed = Vec::new();
    if row.flag("finished") == Some(false) {
        let (value, finish) = match row.0.get("finishTime") {
            Some(Value::Null) => ("null", "null".to_owned()),
            Some(finish) => ("a value", secrets.quote(finish)),
            None => ("nothing", "nothing".to_owned()),
        };
        let text = format!("a task that runs has {finish} for finishTime");
        let question = "finishTime of a task that runs";
        observed.push(Observation::new(question, value, text));
    }
    if let Some(progress) = row.0.get("progress").filter(|one| one.is_string()) {
        let state = secrets.shortened(row.text("status").unwrap_or("?"));
        let progress = secrets.quote(progress);
        let text = format!("progress is {progress} in state {state}");
        let question = format!("progress in state {state}");
        observed.push(Observation::new(question, "a text", text));
    }
    observed
}

/// Empty names and texts, and ids that are none.
fn identity(row: Row<'_>, at: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in NAMES.into_iter().chain(TEXTS) {
        let place = format!("data.contents[].{name}");
        if let Some(fault) = Fault::empty(row.0, &format!("/{name}"), &place) {
            let is_name = NAMES.contains(&name);
            let fault = if is_name { fault } else { fault.drift() };
            let fault = fault.at(format!("{at}/{name}"));
            faults.push(fault.spoils(Thing::members(row, [name])));
        }
    }
    for name in IDS {
        if let Some(id) = row.0.get(name).and_then(long).filter(|id| *id < 1) {
            let kind = format!("data.contents[].{name} not positive");
            let fault = Fault::new(kind, "an id, counted from 1", id.to_string());
            let fault = fault.at(format!("{at}/{name}"));
            // Elsewhere OCP writes -1 for an id that there is not.
            let is_none = name != "id" && id == -1;
            let fault = if is_none { fault.drift() } else { fault };
            let ids = (name == "id").then_some(Thing::Ids);
            faults.push(fault.spoils(Thing::members(row, [name])).spoils(ids));
        }
    }
    faults
}

fn state(row: Row<'_>, at: &str, secrets: &Secrets) -> Option<Fault> {
    let finished = row.flag("finished")?;
    let successful = row.flag("successful")?;
    let status = row.text("status")?;
    let quoted = secrets.shortened(status);
    let got = format!("{quoted} with finished: {finished}, successful: {successful}");
    let about = |fault: Fault, more: &[&'static str]| {
        let members = STATE.iter().chain(more).copied();
        let fault = fault.reads(Thing::members(row, STATE));
        fault.spoils(Thing::members(row, members))
    };
    let flags = match RestoreTaskStatus::from(status) {
        RestoreTaskStatus::RestoreSuccess => Some((true, true)),
        RestoreTaskStatus::RestoreFail => Some((true, false)),
        RestoreTaskStatus::Other(_) => None,
        _ => Some((false, false)),
    };
    if let Some((must_finish, must_succeed)) =
        flags.filter(|flags| *flags != (finished, successful))
    {
        let expected = format!("finished: {must_finish}, successful: {must_succeed} for {status}");
        let fault = Fault::new("status contradicts flags", expected, got);
        return Some(about(fault.at(at), &[]));
    }
    if successful && !finished {
        let kind = "successful but not finished";
        return Some(about(Fault::new(kind, "finished: true", got).at(at), &[]));
    }
    let message = row.text("errorMsg").filter(|text| !text.is_empty())?;
    let (expected, got) = ("an empty errorMsg, or none", secrets.quote(&message.into()));
    let fault = Fault::new("errorMsg of a success", expected, got);
    let fault = fault.at(format!("{at}/errorMsg"));
    successful.then(|| about(fault, &["errorMsg"]))
}

fn times(row: Row<'_>, at: &str, now: DateTime<Utc>, secrets: &Secrets) -> Option<Fault> {
    let [created, finished, restored] = TIMES.map(|name| row.time(name));
    let said = |name: &str| {
        let time = row.text(name).unwrap_or_default();
        format!("{name} {}", secrets.shortened(time))
    };
    let is_before = |one: Option<Time>, other: Option<Time>| one.is_some() && one < other;
    let is_early = |name| row.time(name).is_some_and(|time| time.year() < FIRST_YEAR);
    let tomorrow = now.fixed_offset() + TimeDelta::days(1);
    let (name, kind, expected) = if let Some(name) = TIMES.into_iter().find(|name| is_early(name)) {
        (
            name,
            format!("{name} too early"),
            "a time since there is OceanBase",
        )
    } else if is_before(Some(tomorrow), created) {
        let kind = "createTime in the future".to_owned();
        ("createTime", kind, "a time that has come")
    } else if is_before(Some(tomorrow), finished) {
        let kind = "finishTime in the future".to_owned();
        ("finishTime", kind, "a time that has come")
    } else if is_before(finished, created) {
        let kind = "finished before created".to_owned();
        ("finishTime", kind, "finishTime not before createTime")
    } else if is_before(created, restored) {
        let kind = "restores the future".to_owned();
        ("restoreEndTime", kind, "restoreEndTime before createTime")
    } else {
        return None;
    };
    let got = match expected.contains("createTime") {
        true => format!("{}, {}", said("createTime"), said(name)),
        false => said(name),
    };
    // The clocks of OCP and of the database may differ by a little.
    let soon = created.map(|created| created + TimeDelta::seconds(60));
    let is_little = kind == "restores the future" && is_before(restored, soon);
    let fault = Fault::new(kind, expected, got).at(format!("{at}/{name}"));
    let fault = fault.reads(Thing::members(row, TIMES));
    let fault = fault.spoils(Thing::members(row, TIMES));
    Some(if is_little { fault.drift() } else { fault })
}
