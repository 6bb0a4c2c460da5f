//! What must hold for a restore task, and what all of them show.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::{Map, Value, json};

use super::book::{Book, Fault, ROW};
use super::input::{Input, Violated};
use crate::lossless;
use crate::verify::checks::{
    CheckId, ORDER, RUNNING_TASK, SCOPE, TASK_IDENTITY, TASK_STATE, TASK_TIMES,
};
use crate::verify::filter::is_finished;
use crate::verify::finding::{About, Observation};
use crate::verify::known::is_same;
use crate::verify::listing::Listing;
use crate::verify::row::{Row, Time, long};
use crate::verify::secrets::Secrets;

/// OceanBase is no older.
const FIRST_YEAR: i32 = 2010;
/// Members that say in which state a task is.
const STATE: [&str; 3] = ["status", "finished", "successful"];
/// Members that say when it was what.
const TIMES: [&str; 3] = ["createTime", "finishTime", "restoreEndTime"];
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

/// A fault of a row, and the members that it spoils.
type OfRow = (Fault, Vec<&'static str>);

pub(super) fn judge(input: &Input<'_>, book: &mut Book<'_>, violated: &mut Violated) {
    let mut spoiled = Vec::new();
    for listing in &input.listings {
        let mut on_page: BTreeMap<i64, Row<'_>> = BTreeMap::new();
        for (place, &row) in listing.rows.iter().enumerate() {
            let secrets = book.secrets();
            let at = format!("/data/contents/{place}");
            let now = input.exchange(listing).at;
            let mut of_identity = identity(row, &at);
            let first = row.id().map(|id| *on_page.entry(id).or_insert(row));
            let is_first = first.is_none_or(|first| std::ptr::eq(first.0, row.0));
            if first.is_some_and(|first| is_same(first, row, &input.subject.identity)) && !is_first
            {
                let got = format!("task {} twice", row.id().unwrap_or_default());
                let twice = Fault::new("twice on a page", "each task once", got).at(&at);
                of_identity.push((twice, vec!["id"]));
            }
            let checks: [(CheckId, &[&str], Vec<OfRow>); 3] = [
                (TASK_STATE, &STATE, state(row, &at, secrets)),
                (TASK_TIMES, &TIMES, times(row, &at, now, secrets)),
                (TASK_IDENTITY, &[], of_identity),
            ];
            for (check, reads, faults) in checks {
                if !faults.is_empty() && violated.has_member(row, reads.iter().copied()) {
                    book.leave_out(check, ROW);
                    continue;
                }
                book.judged(check);
                // Of several faults that read the same members, the first says the most.
                let count = if reads.is_empty() { faults.len() } else { 1 };
                for (fault, spoils) in faults.into_iter().take(count) {
                    if fault.severity == ocp_contract::strict::Severity::Violation {
                        let id = row.id().unwrap_or_default();
                        spoiled.extend(spoils.into_iter().map(|name| (id, name.to_owned())));
                    }
                    book.add(check, fault, listing.index);
                }
            }
            for observed in of_running(row, secrets) {
                book.observe(RUNNING_TASK, observed);
            }
        }
    }
    violated.ids |= spoiled.iter().any(|(_, name)| name == "id");
    violated.members.extend(spoiled);
    one_id(input, book, violated);
    changes(input, book, violated);
    overview(&input.known.rows, &input.transcript.path, book);
}

/// Several rows may have one id, but not all rows of a page.
fn one_id(input: &Input<'_>, book: &mut Book<'_>, violated: &mut Violated) {
    let has_one = |page: &&Listing<'_>| page.rows.len() > 2 && page.ids().len() == 1;
    if let Some(page) = input.listings.iter().find(has_one)
        && !violated.ids
    {
        let got = format!("{} tasks with one id", page.rows.len());
        let fault = Fault::new("one id for all", "ids that tell tasks apart", got);
        book.add(TASK_IDENTITY, fault.at("/data/contents"), page.index);
        violated.ids = true;
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

/// A task is the same whenever it is listed, as far as the contract knows it: a
/// new value or an undocumented member is drift, whatever it does.
fn changes(input: &Input<'_>, book: &mut Book<'_>, violated: &Violated) {
    let rows = "/properties/data/properties/contents/items/properties";
    let schema = input.subject.strict.schema(200);
    let Some(members) = schema.and_then(|schema| schema.pointer(rows)?.as_object()) else {
        return;
    };
    let mut first_listed: BTreeMap<i64, Row<'_>> = BTreeMap::new();
    for listing in &input.listings {
        for (place, &row) in listing.rows.iter().enumerate() {
            // Of several rows with one id it is not known which one this is.
            let Some(id) = input.known.key(row) else {
                continue;
            };
            let first = *first_listed.entry(id).or_insert(row);
            let Some(name) = changed(members, first, row) else {
                continue;
            };
            if violated.ids || violated.has_member(row, [name.as_str()]) {
                book.leave_out(TASK_IDENTITY, ROW);
                continue;
            }
            let quoted = |row: Row<'_>| match row.0.get(name) {
                Some(value) => book.secrets().quote(value),
                None => "nothing".to_owned(),
            };
            let fault = Fault::new(
                format!("data.contents[].{name} changes"),
                format!("{} as before", quoted(first)),
                format!("{} for task {id}", quoted(row)),
            );
            let fault = fault.at(format!("/data/contents/{place}"));
            book.add(TASK_IDENTITY, fault, listing.index);
        }
    }
}

/// The first member that must not change, and has.
fn changed<'a>(
    members: &'a Map<String, Value>,
    first: Row<'_>,
    row: Row<'_>,
) -> Option<&'a String> {
    if first == row {
        return None;
    }
    let both = is_finished(first) && is_finished(row);
    let member = |row: Row<'_>, name: &str| match row.0.get(name) {
        None | Some(Value::Null) => json!({}),
        Some(value) => json!({ name: value }),
    };
    members
        .iter()
        .filter(|(name, schema)| {
            schema.get("x-known-values").is_none() && (both || !LIVELY.contains(&name.as_str()))
        })
        .map(|(name, _)| name)
        .find(|name| !lossless::differences(&member(first, name), &member(row, name)).is_empty())
}

fn identity(row: Row<'_>, at: &str) -> Vec<OfRow> {
    let mut faults = Vec::new();
    for name in NAMES.into_iter().chain(TEXTS) {
        let place = format!("data.contents[].{name}");
        if let Some(fault) = Fault::empty(row.0, &format!("/{name}"), &place) {
            let fault = fault.at(format!("{at}/{name}"));
            let is_name = NAMES.contains(&name);
            let fault = if is_name { fault } else { fault.drift() };
            faults.push((fault, vec![name]));
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
            faults.push((fault, vec![name]));
        }
    }
    faults
}

fn state(row: Row<'_>, at: &str, secrets: &Secrets) -> Vec<OfRow> {
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
    let flags = match RestoreTaskStatus::from(status) {
        RestoreTaskStatus::RestoreSuccess => Some((true, true)),
        RestoreTaskStatus::RestoreFail => Some((true, false)),
        RestoreTaskStatus::Other(_) => None,
        _ => Some((false, false)),
    };
    match flags {
        Some(flags) if flags != (finished, successful) => {
            let expected = format!(
                "finished: {}, successful: {} for {status}",
                flags.0, flags.1
            );
            let fault = Fault::new("status contradicts flags", expected, got).at(at);
            faults.push((fault, STATE.into()));
        }
        None if successful && !finished => {
            let kind = "successful but not finished";
            let fault = Fault::new(kind, "finished: true", got).at(at);
            faults.push((fault, STATE.into()));
        }
        _ => {}
    }
    let message = row.0.get("errorMsg").filter(|message| *message != "");
    if let (true, Some(message @ Value::String(_))) = (successful, message) {
        let expected = "an empty errorMsg, or none";
        let fault = Fault::new("errorMsg of a success", expected, secrets.quote(message));
        let fault = fault.at(format!("{at}/errorMsg"));
        faults.push((fault, [&STATE[..], &["errorMsg"]].concat()));
    }
    faults
}

fn times(row: Row<'_>, at: &str, now: DateTime<Utc>, secrets: &Secrets) -> Vec<OfRow> {
    let (created, finished) = (row.time("createTime"), row.time("finishTime"));
    let restored = row.time("restoreEndTime");
    let mut faults = Vec::new();
    let said = |name: &str| {
        let time = row.text(name).unwrap_or_default();
        format!("{name} {}", secrets.shortened(time))
    };
    for name in TIMES {
        let Some(time) = row.time(name) else { continue };
        let at = format!("{at}/{name}");
        if time.year() < FIRST_YEAR {
            let kind = format!("{name} too early");
            let expected = "a time since there is OceanBase";
            faults.push(Fault::new(kind, expected, said(name)).at(&at));
        }
        if name != "restoreEndTime" && time - TimeDelta::days(1) > now {
            let kind = format!("{name} in the future");
            faults.push(Fault::new(kind, "a time that has come", said(name)).at(&at));
        }
    }
    let both = |name: &str| format!("{}, {}", said("createTime"), said(name));
    let is_before = |one: Option<Time>, other: Option<Time>| one.is_some() && one < other;
    if is_before(finished, created) {
        let expected = "finishTime not before createTime";
        let fault = Fault::new("finished before created", expected, both("finishTime"));
        faults.push(fault.at(format!("{at}/finishTime")));
    }
    if is_before(created, restored) {
        let expected = "restoreEndTime before createTime";
        let fault = Fault::new("restores the future", expected, both("restoreEndTime"));
        let fault = fault.at(format!("{at}/restoreEndTime"));
        // The clocks of OCP and of the database may differ by a little.
        let is_near = restored
            .zip(created)
            .is_some_and(|(restored, created)| restored - created < TimeDelta::seconds(60));
        faults.push(if is_near { fault.drift() } else { fault });
    }
    faults
        .into_iter()
        .map(|fault| (fault, TIMES.into()))
        .collect()
}

/// What all tasks together show.
fn overview(rows: &[Row<'_>], path: &Map<String, Value>, book: &mut Book<'_>) {
    let orders = orders(rows);
    for order in &orders {
        let observed = Observation::new("order", *order, *order);
        book.observe(ORDER, observed);
    }
    if orders.is_empty() && rows.len() > 1 {
        let text = "neither by createTime nor by id";
        // The rows that were there may have looked sorted before.
        let observed = Observation::new("order", text, text);
        book.observe(ORDER, observed.about(About::Data));
    }
    for observed in scope(rows, path) {
        book.observe(SCOPE, observed.about(About::Data));
    }
}

/// Every order that the rows are in.
fn orders(rows: &[Row<'_>]) -> Vec<&'static str> {
    let is_falling = |key: &dyn Fn(Row<'_>) -> Option<i128>| {
        let mut pairs = rows.windows(2);
        pairs.all(|pair| key(pair[0]) >= key(pair[1]))
    };
    let created = |row: Row<'_>| {
        let created = row.time("createTime")?;
        created.timestamp_nanos_opt().map(i128::from)
    };
    let id = |row: Row<'_>| row.id().map(i128::from);
    let orders: [(&str, bool); 4] = [
        ("newest first, by createTime", is_falling(&created)),
        (
            "oldest first, by createTime",
            is_falling(&|row| created(row).map(|time| -time)),
        ),
        ("by id, the largest first", is_falling(&id)),
        (
            "by id, the smallest first",
            is_falling(&|row| id(row).map(|id| -id)),
        ),
    ];
    let orders = orders.into_iter().filter(|(_, is)| *is && rows.len() > 1);
    orders.map(|(order, _)| order).collect()
}

/// Whose tasks these are, of the tenant and of the cluster of the path.
fn scope(rows: &[Row<'_>], path: &Map<String, Value>) -> Vec<Observation> {
    let tenants = |row: Row<'_>| -> Vec<String> {
        let names = ["backupTenantName", "restoreTenantName"];
        let names = names.iter().filter_map(|name| row.text(name));
        names.map(str::to_owned).collect()
    };
    let mut observed = Vec::new();
    let Some(first) = rows.first() else {
        return observed;
    };
    if path.contains_key("tenantId") {
        let mut candidates = tenants(*first).into_iter();
        let is_common = candidates.any(|name| rows.iter().all(|row| tenants(*row).contains(&name)));
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
