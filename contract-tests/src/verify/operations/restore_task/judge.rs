//! What must hold for a task.

use std::collections::BTreeMap;

use chrono::{Datelike, TimeDelta, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use ocp_contract::strict::Strict;
use serde_json::{Value, json};

use super::checks::{RUNNING_TASK, TASK_IDENTITY, TASK_STATE, TASK_TIMES};
use super::task::{Time, is_finished, members};
use crate::lossless;
use crate::verify::finding::Observation;
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::listing::Listing;
use crate::verify::row::{Row, long};
use crate::verify::secrets::Secrets;
use crate::verify::topic::Topic;

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

/// Judges each task of a page; `known` are tasks as they were first listed.
pub(super) fn rows(
    strict: &Strict,
    known: &BTreeMap<i64, Row>,
    listing: &Listing,
) -> Vec<Judgement> {
    let secrets = &*listing.response.secrets;
    let mut on_page: BTreeMap<i64, &Row> = BTreeMap::new();
    let mut judgements = Vec::new();
    for (index, row) in listing.rows.iter().enumerate() {
        let at = format!("/data/contents/{index}");
        let mut identity = identity(row, &at);
        if let Some(id) = row.id() {
            if on_page.contains_key(&id) {
                let got = format!("task {id} twice");
                let twice = Fault::new("twice on a page", "each task once", got).at(&at);
                identity.push(twice.breaks([Topic::Ids]));
            }
            let first = on_page.entry(id).or_insert(row);
            let first = known.get(&id).unwrap_or(first);
            let changed = changes(strict, secrets, first, row);
            identity.extend(changed.map(|fault| fault.at(&at)));
        }
        let with = |names: &'static [&str], faults: Vec<Fault>| -> Vec<Fault> {
            let with = |fault: Fault| fault.rests_on(members(row, names));
            let with = |fault: Fault| with(fault).breaks(members(row, names));
            faults.into_iter().map(with).collect()
        };
        let state = with(&STATE, state(row, &at, secrets));
        judgements.push(Judgement::Applied(TASK_STATE, state));
        let times = with(&TIMES, times(row, &at, secrets));
        judgements.push(Judgement::Applied(TASK_TIMES, times));
        judgements.push(Judgement::Applied(TASK_IDENTITY, identity));
        let observed = of_running(row, secrets).into_iter();
        judgements.extend(observed.map(|one| Judgement::Observed(RUNNING_TASK, one)));
    }
    judgements
}

/// Members that say in which state a task is.
pub(super) const STATE: [&str; 3] = ["status", "finished", "successful"];
/// Members that say when it was what.
const TIMES: [&str; 3] = ["createTime", "finishTime", "restoreEndTime"];

fn of_running(row: &Row, secrets: &Secrets) -> Vec<Observation> {
    let mut observed = Vec::new();
    if row.flag("finished") == Some(false) {
        let (value, finish) = match row.0.get("finishTime") {
            Some(Value::Null) => ("null", "null".to_owned()),
            Some(finish) => ("a value", secrets.quote(finish)),
            None => ("nothing", "nothing".to_owned()),
        };
        let text = format!("a task that runs has {finish} for finishTime");
        observed.push(Observation::new(
            "finishTime of a task that runs",
            value,
            text,
        ));
    }
    if let Some(progress) = row.0.get("progress").filter(|one| one.is_string()) {
        let state = secrets.shortened(row.text("status").unwrap_or("?"));
        let progress = secrets.quote(progress);
        let text = format!("progress is {progress} in state {state}");
        observed.push(Observation::new(
            format!("progress in state {state}"),
            "a text",
            text,
        ));
    }
    observed
}

/// A task is the same whenever it is listed, as far as the contract knows it: a
/// new value or an undocumented member is drift, whatever it does.
fn changes(strict: &Strict, secrets: &Secrets, known: &Row, row: &Row) -> Option<Fault> {
    if known == row {
        return None;
    }
    let both = is_finished(known) && is_finished(row);
    let rows = "/properties/data/properties/contents/items/properties";
    let members = strict.schema(200)?.pointer(rows)?.as_object()?;
    let name = members
        .iter()
        .filter(|(name, schema)| {
            schema.get("x-known-values").is_none() && (both || !LIVELY.contains(&name.as_str()))
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
        Some(value) => secrets.quote(value),
        None => "nothing".to_owned(),
    };
    Some(
        Fault::new(
            format!("data.contents[].{name} changes"),
            format!("{} as before", quoted(known)),
            format!("{} for task {}", quoted(row), row.id()?),
        )
        .rests_on([Topic::Member(row.id()?, name.clone()), Topic::Ids]),
    )
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
            let fault = Fault::empty(&row.0, &format!("/{name}"), &place)?;
            let fault = fault
                .at(format!("{at}/{name}"))
                .breaks(members(row, &[name]));
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
            let mut fault = fault.at(format!("{at}/{name}"));
            if name == "id" {
                fault = fault.breaks([Topic::Ids]);
            }
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
        let fault = fault.breaks(members(row, &["errorMsg"]));
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
    faults
}
