//! Rows of restore tasks beside each other: what no single row shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::book::{Book, Fault, Thing};
use crate::lossless;
use crate::verify::checks::{ORDER, SCOPE, TASK_IDENTITY};
use crate::verify::filter::is_finished;
use crate::verify::finding::{About, Observation};
use crate::verify::known::{Known, Listing, is_same};
use crate::verify::row::{Row, Time};

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

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    for listing in &known.listings {
        twice_on(known, listing, book);
    }
    one_id(known, book);
    changes(known, book);
    overview(&known.rows, &known.transcript.path, book);
}

/// Rows that one page has twice.
fn twice_on(known: &Known<'_>, listing: &Listing<'_>, book: &mut Book<'_>) {
    let mut firsts: BTreeMap<i64, Row<'_>> = BTreeMap::new();
    for (place, &row) in listing.rows.iter().enumerate() {
        let Some(id) = row.id() else { continue };
        if let Some(first) = firsts.get(&id)
            && is_same(*first, row, &known.subject.identity)
        {
            let got = format!("task {id} twice");
            let fault = Fault::new("twice on a page", "each task once", got);
            let fault = fault.at(format!("/data/contents/{place}"));
            book.add(TASK_IDENTITY, fault.spoils([Thing::Ids]), listing.index);
        }
        firsts.entry(id).or_insert(row);
    }
}

/// Several rows may have one id, but not all rows of a page.
fn one_id(known: &Known<'_>, book: &mut Book<'_>) {
    let has_one = |page: &&Listing<'_>| page.rows.len() > 2 && page.ids().len() == 1;
    let page = known.listings.iter().find(has_one);
    if let Some(page) = page.filter(|_| !book.is_violated(&Thing::Ids)) {
        let got = format!("{} tasks with one id", page.rows.len());
        let fault = Fault::new("one id for all", "ids that tell tasks apart", got);
        let fault = fault.at("/data/contents").spoils([Thing::Ids]);
        book.add(TASK_IDENTITY, fault, page.index);
    }
}

/// A task is the same whenever it is listed, as far as the contract knows it: a
/// new value or an undocumented member is drift, whatever it does.
fn changes(known: &Known<'_>, book: &mut Book<'_>) {
    let rows = "/properties/data/properties/contents/items/properties";
    let schema = known.subject.strict.schema(200);
    let Some(members) = schema.and_then(|schema| schema.pointer(rows)?.as_object()) else {
        return;
    };
    let mut first_listed: BTreeMap<i64, Row<'_>> = BTreeMap::new();
    for listing in &known.listings {
        for (place, &row) in listing.rows.iter().enumerate() {
            // Of several rows with one id it is not known which one this is.
            let Some(id) = known.key(row) else {
                continue;
            };
            let first = *first_listed.entry(id).or_insert(row);
            let Some(name) = changed(members, first, row) else {
                continue;
            };
            let quoted = |row: Row<'_>| match row.0.get(name) {
                Some(value) => book.secrets().quote(value),
                None => "nothing".to_owned(),
            };
            let fault = Fault::new(
                format!("data.contents[].{name} changes"),
                format!("{} as before", quoted(first)),
                format!("{} for task {id}", quoted(row)),
            );
            let fault = fault.reads(Thing::members(row, [name.as_str()]));
            let fault = fault
                .reads([Thing::Ids])
                .at(format!("/data/contents/{place}"));
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
    let steady = members.iter().filter(|(name, schema)| {
        schema.get("x-known-values").is_none() && (both || !LIVELY.contains(&name.as_str()))
    });
    let mut names = steady.map(|(name, _)| name);
    names.find(|name| !lossless::differences(&member(first, name), &member(row, name)).is_empty())
}

/// The answers that all tasks together give.
fn overview(rows: &[Row<'_>], path: &Map<String, Value>, book: &mut Book<'_>) {
    let orders = orders(rows);
    for order in &orders {
        book.observe(ORDER, Observation::new("order", *order, *order));
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
    fn order<T: Ord>(keys: &[T], [falls, rises]: [&'static str; 2]) -> Vec<&'static str> {
        let orders = [
            (falls, keys.is_sorted_by(|one, other| one >= other)),
            (rises, keys.is_sorted()),
        ];
        let orders = orders.into_iter().filter(|(_, is)| *is);
        orders.map(|(order, _)| order).collect()
    }
    if rows.len() < 2 {
        return Vec::new();
    }
    let created: Vec<Option<Time>> = rows.iter().map(|row| row.time("createTime")).collect();
    let ids: Vec<Option<i64>> = rows.iter().map(|row| row.id()).collect();
    let by_time = ["newest first, by createTime", "oldest first, by createTime"];
    let by_id = ["by id, the largest first", "by id, the smallest first"];
    [order(&created, by_time), order(&ids, by_id)].concat()
}

/// The tenant and the cluster of the path, compared with those of the tasks.
fn scope(rows: &[Row<'_>], path: &Map<String, Value>) -> Vec<Observation> {
    let tenants = |row: &Row<'_>| -> BTreeSet<String> {
        let names = ["backupTenantName", "restoreTenantName"];
        let names = names.iter().filter_map(|name| row.text(name));
        names.map(str::to_owned).collect()
    };
    let mut observed = Vec::new();
    let common = rows.iter().map(tenants).reduce(|all, one| &all & &one);
    if let Some(common) = common.filter(|_| path.contains_key("tenantId")) {
        let text = match common.is_empty() {
            false => "every task has one and the same tenant as its source or as its target",
            true => "no one tenant is the source or the target of every task",
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
