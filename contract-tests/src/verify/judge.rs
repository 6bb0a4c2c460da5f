//! What is judged of every answer, whatever it was asked for.

use std::collections::BTreeSet;

use chrono::{Datelike, TimeDelta, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use ocp_contract::strict::{Departure, Strict};
use serde_json::{Value, json};

use super::Reading;
use super::filter::Time;
use super::listing::Listing;
use super::provider::Answer;
use super::row::{Row, long};
use super::run::{Fault, Run, shown};
use crate::bridge::Failure;
use crate::lossless;

/// A page that surely every list has; OCP documents 200 and more.
const SAFE_SIZE: i64 = 100;

/// OceanBase is no older.
const FIRST_YEAR: i32 = 2010;

/// Judges one answer: HTTP, envelope, body, client.
pub(super) fn answer(run: &mut Run, answer: &Answer) {
    transport(run, answer);
    let Some(seen) = &answer.seen else {
        return;
    };
    throttling(run, answer);
    if answer.is_from_ocp() {
        run.envelopes += 1;
    }
    let Ok(body) = &answer.body else {
        return;
    };
    let departures = run.strict.departures(seen.status, body);
    let (envelope, members): (Vec<_>, Vec<_>) = departures.into_iter().partition(is_about_envelope);
    let envelope: Vec<Fault> = envelope
        .into_iter()
        .map(fault)
        .chain(duration(body))
        .chain(status(body, seen.status))
        .chain(code(body))
        .chain(empty(body, "/server", "server").map(Fault::drift))
        .chain(empty(body, "/error/message", "error.message").map(Fault::drift))
        .collect();
    run.judge_all("envelope", answer, envelope);
    let unknown: BTreeSet<String> = members
        .iter()
        .filter(|one| one.rule == "additionalProperties")
        .map(|one| one.body.clone())
        .collect();
    for word in members.iter().filter(|one| one.rule == "x-word") {
        run.tell("new-words", format!("{}: {}", word.place, word.what));
    }
    let members: Vec<Fault> = members.into_iter().map(fault).collect();
    run.judge_all("conformance", answer, members);
    client(run, answer, body, &unknown);
}

fn transport(run: &mut Run, answer: &Answer) {
    let faults = match &answer.seen {
        None => vec![Fault::new("no answer", "an answer", answer.brief())],
        Some(seen) => {
            let media_type = seen.headers.get("content-type");
            let media_type = media_type.and_then(|value| value.to_str().ok());
            let essence = media_type.and_then(|text| text.split(';').next());
            let is_json =
                essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"));
            let mut faults = Vec::new();
            if !is_json {
                faults.push(Fault::new(
                    "content type",
                    "content-type: application/json",
                    format!(
                        "{} (HTTP {})",
                        media_type.unwrap_or("no content type"),
                        seen.status
                    ),
                ));
            }
            let coding = seen
                .headers
                .get("content-encoding")
                .and_then(|value| value.to_str().ok());
            // What the client has decoded, it has taken out of the headers.
            if let Some(coding) = coding.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
                faults.push(Fault::new("content encoding", "gzip, or none", coding));
            }
            if run.strict.schema(seen.status).is_none() {
                faults.push(Fault::new(
                    format!("HTTP {}", seen.status),
                    "HTTP 200, or 4xx or 5xx for a failure",
                    answer.brief(),
                ));
            }
            if seen.status >= 500 {
                faults.push(Fault::new(
                    "server error",
                    "no failure of the server",
                    answer.brief(),
                ));
            }
            if let Err(what) = &answer.body {
                faults.push(Fault::new(
                    "body",
                    "a JSON body",
                    format!("a body that is {what}"),
                ));
            }
            faults
        }
    };
    run.judge_all("transport", answer, faults);
}

/// Members of the envelope itself, present or not.
fn is_about_envelope(one: &Departure) -> bool {
    !one.place.contains(['.', '[']) && one.rule != "additionalProperties"
}

fn fault(one: Departure) -> Fault {
    let place = if one.place.is_empty() {
        "the body"
    } else {
        &one.place
    };
    Fault {
        severity: one.severity,
        kind: format!("{place} {}", kind(&one.rule)),
        expected: match one.rule.as_str() {
            "type" if one.what.contains("is not of type \"null\"") => {
                format!("no `{place}` beside what else there is ({})", one.spec)
            }
            "additionalProperties" => format!("no `{place}`: the contract does not have it"),
            _ => format!("`{place}` as the contract has it ({})", one.spec),
        },
        got: one.what,
        pointer: one.body,
        evidence: one.evidence,
    }
}

/// The keyword of a schema in words.
fn kind(rule: &str) -> &str {
    match rule {
        "additionalProperties" => "undocumented",
        "required" => "missing",
        "x-wire" | "type" | "anyOf" => "type",
        "x-word" => "new word",
        "enum" => "word",
        "const" => "contradicts HTTP",
        other => other,
    }
}

/// Classes of failures have no status of their own in the contract.
fn status(body: &Value, status: u16) -> Option<Fault> {
    let told = body.get("status").filter(|told| **told != json!(status))?;
    let fault = Fault::new(
        "status contradicts HTTP",
        format!("status {status}"),
        shown(Some(told)),
    );
    (status != 200 && !told.is_null()).then(|| fault.at("/status"))
}

/// A code is a number from 0 on, or a word such as `COM10001`.
fn code(body: &Value) -> Option<Fault> {
    let code = body.pointer("/error/code")?;
    let is_odd = match code {
        Value::String(word) => !word.starts_with(|first: char| first.is_ascii_alphabetic()),
        code => code.as_i64().is_some_and(|code| code < 0),
    };
    let expected = "a number from 0 on, or a word such as COM10001";
    let fault = Fault::new("error.code form", expected, code.to_string());
    is_odd.then(|| fault.at("/error/code"))
}

/// No source shows an empty text there.
fn empty(body: &Value, pointer: &str, place: &str) -> Option<Fault> {
    let is_empty = body.pointer(pointer)?.as_str()?.is_empty();
    let fault = Fault::new(
        format!("{place} empty"),
        "a text, as in the samples",
        "an empty text",
    );
    is_empty.then(|| fault.at(pointer))
}

fn duration(body: &Value) -> Option<Fault> {
    let duration = long(body.get("duration")?)?;
    (duration < 0).then(|| {
        Fault::new("duration negative", "a duration", duration.to_string()).at("/duration")
    })
}

/// What the client made of an answer, beside what the answer says.
pub(super) fn reading(answer: &Answer, strict: &Strict) -> Reading {
    let outcome = match &answer.outcome {
        Some(Ok(outcome)) => outcome,
        Some(Err(failure)) => return Reading::Error(failure.to_string()),
        None => return Reading::Error("not sent by the client".into()),
    };
    // The client skips a byte order mark, and loses nothing by it.
    let bytes = answer.seen.as_ref().and_then(|seen| seen.body.as_deref());
    let bytes = bytes.unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let body = match serde_json::from_slice(bytes) {
        Ok(body) => body,
        Err(error) => return Reading::Wrong(format!("it took what is not JSON: {error}")),
    };
    let unknown: BTreeSet<String> = strict
        .departures(answer.status(), &body)
        .into_iter()
        .filter(|one| one.rule == "additionalProperties")
        .map(|one| one.body)
        .collect();
    match lost(&body, &outcome.json, &unknown).as_slice() {
        [] => Reading::Right,
        lost => Reading::Wrong(lost.join(", ")),
    }
}

/// What differs between an answer and its decoded value, but for members that
/// the contract does not know.
fn lost(body: &Value, decoded: &Value, unknown: &BTreeSet<String>) -> Vec<String> {
    let mut lost = lossless::differences(body, decoded);
    lost.retain(|what| !unknown.contains(what.split(' ').next().unwrap_or_default()));
    lost
}

/// The client must read what is right and refuse what is wrong, and lose nothing.
fn client(run: &mut Run, answer: &Answer, body: &Value, unknown: &BTreeSet<String>) {
    let Some(outcome) = &answer.outcome else {
        return;
    };
    let faults: Vec<Fault> = match outcome {
        Ok(decoded) => lost(body, &decoded.json, unknown)
            .into_iter()
            .map(|what| Fault::new("loses", "the decoded value encodes to the body", what))
            .collect(),
        Err(Failure::Call(error)) if answer.status() == 200 => {
            vec![Fault::new(
                "cannot read",
                "an answer that the client reads",
                error.to_string(),
            )]
        }
        Err(Failure::Call(error)) => {
            let told = body.pointer("/error/message").and_then(Value::as_str);
            let is_told = error.message() == told.filter(|text| !text.is_empty())
                || told.is_none_or(|text| text.chars().count() > 100);
            let fault = Fault::new("error", "an error with OCP's message", error.to_string());
            (!is_told).then_some(fault).into_iter().collect()
        }
        Err(other) => vec![Fault::new(
            "cannot ask",
            "a request that the client can send",
            other.to_string(),
        )],
    };
    run.judge_all("client", answer, faults);
}

fn throttling(run: &mut Run, answer: &Answer) {
    let Some(seen) = &answer.seen else {
        return;
    };
    let sent = |name: &str| Some(seen.headers.get(name)?.to_str().ok()?.trim().to_owned());
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    if names.iter().all(|name| sent(name).is_none()) {
        run.skip(
            "throttling",
            "no answer had a RateLimit header: throttling is off, or not told",
        );
        return;
    }
    let mut faults = Vec::new();
    let number = |name: &str| sent(name).and_then(|text| text.parse::<u32>().ok());
    for name in names {
        if let (Some(text), None) = (sent(name), number(name)) {
            faults.push(Fault::new(name, "a whole number", text));
        }
    }
    if let (Some(limit), Some(left)) = (number(names[0]), number(names[1]))
        && left > limit
    {
        faults.push(Fault::new(
            "RateLimit-Remaining above limit",
            format!("at most {limit}"),
            left.to_string(),
        ));
    }
    if let Some(reset) = number(names[2]).filter(|reset| *reset > 86_400) {
        faults.push(Fault::new(
            "RateLimit-Reset beyond a day",
            "at most 86400",
            reset.to_string(),
        ));
    }
    run.judge_all("throttling", answer, faults);
    if let Some(limit) = number(names[0]) {
        run.tell(
            "throttling",
            format!("{limit} requests are allowed in a window"),
        );
    }
}

/// Judges a page: what it says of itself, and each task.
pub(super) fn listing(run: &mut Run, listing: &Listing) {
    page(run, listing);
    let mut ids = BTreeSet::new();
    for (index, row) in listing.rows.iter().enumerate() {
        let at = format!("/data/contents/{index}");
        run.judge_all("task-state", &listing.answer, state(row, &at));
        run.judge_all("task-times", &listing.answer, times(row, &at));
        let twice = row.id().filter(|id| !ids.insert(*id)).map(|id| {
            Fault::new(
                "twice on a page",
                "each task once",
                format!("task {id} twice"),
            )
            .at(&at)
        });
        let changed = changes(run, row).map(|fault| fault.at(&at));
        let identity: Vec<Fault> = identity(row, &at)
            .into_iter()
            .chain(twice)
            .chain(changed)
            .collect();
        run.judge_all("task-identity", &listing.answer, identity);
        if let Some(id) = row.id() {
            run.known.entry(id).or_insert_with(|| row.clone());
        }
        if row.flag("finished") == Some(false) {
            let finish = shown(row.0.get("finishTime"));
            run.tell(
                "running-task",
                format!("a task that runs has {finish} for finishTime"),
            );
        }
        if let Some(progress) = row.text("progress") {
            run.tell(
                "running-task",
                format!(
                    "progress is {progress:?} in state {}",
                    row.text("status").unwrap_or("?")
                ),
            );
        }
    }
}

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

/// A task is the same whenever it is listed, as far as the contract knows it: a
/// new word or an undocumented member is drift, whatever it does.
fn changes(run: &Run, row: &Row) -> Option<Fault> {
    let known = run.known.get(&row.id()?).filter(|known| *known != row)?;
    let both = known.is_finished() && row.is_finished();
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
    Some(Fault::new(
        format!("data.contents[].{name} changes"),
        format!("{} as before", shown(known.0.get(name))),
        format!("{} for task {}", shown(row.0.get(name)), row.id()?),
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
        "restoreClusterId",
        "restoreObClusterId",
        "backupObTenantId",
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

fn state(row: &Row, at: &str) -> Vec<Fault> {
    let (Some(finished), Some(successful), Some(status)) = (
        row.flag("finished"),
        row.flag("successful"),
        row.text("status"),
    ) else {
        return Vec::new();
    };
    let got = format!("{status} with finished: {finished}, successful: {successful}");
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
    let message = row.text("errorMsg").filter(|text| !text.is_empty());
    if let (true, Some(message)) = (successful, message) {
        faults.push(
            Fault::new(
                "errorMsg of a success",
                "an empty errorMsg",
                format!("{message:?}"),
            )
            .at(format!("{at}/errorMsg")),
        );
    }
    faults
}

fn times(row: &Row, at: &str) -> Vec<Fault> {
    let (created, finished) = (row.time("createTime"), row.time("finishTime"));
    let restored = row.time("restoreEndTime");
    let mut faults = Vec::new();
    let said = |name: &str| format!("{name} {}", row.text(name).unwrap_or_default());
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

fn page(run: &mut Run, listing: &Listing) {
    let rows = listing.rows.len() as i64;
    let mut faults = Vec::new();
    let mut wrong = |name: &str, expected: String| {
        let got = format!("{}, {rows} rows", listing.page);
        faults.push(Fault::new(name, expected, got).at("/data/page"));
    };
    for name in ["number", "size", "totalElements", "totalPages", "totalPage"] {
        if listing.told(name).is_some_and(|value| value < 0) {
            wrong(&format!("{name} negative"), "no negative number".into());
        }
    }
    let (Some(number), Some(size)) = (listing.number, listing.size) else {
        run.judge_all("page-members", &listing.answer, faults);
        return;
    };
    let told = |name| listing.told(name);
    let pages = told("totalPages").or_else(|| told("totalPage"));
    // Past the end a server may name the page that it has instead.
    let is_past = rows == 0 && number > 1;
    let is_other = |told| told != number && !(is_past && (told == 1 || Some(told) == pages));
    if told("number").is_some_and(is_other) {
        wrong("number", format!("number {number}, as asked for"));
    }
    if rows > size {
        wrong(
            "too many rows",
            format!("at most {size} rows, as asked for"),
        );
    }
    // A server may have a limit of its own, but none below what is documented.
    let limit = told("size").filter(|told| *told < size && *told >= SAFE_SIZE && *told >= rows);
    if told("size").is_some_and(|told| told != size && told != rows && limit.is_none()) {
        wrong(
            "size",
            format!("size {size}, as asked for, or the number of rows"),
        );
    }
    let size = limit.unwrap_or(size);
    if let Some(total) = told("totalElements").filter(|_| size > 0) {
        let skipped = number.saturating_sub(1).saturating_mul(size);
        let due = total.saturating_sub(skipped).clamp(0, size);
        if rows != due {
            wrong(
                "rows against totals",
                format!("{due} rows on page {number} of {total} by {size}"),
            );
        }
        let due = total.saturating_add(size - 1) / size;
        if pages.is_some_and(|told| told != due && !(total == 0 && told == 1)) {
            wrong("totalPages", format!("{due} pages for {total} by {size}"));
        }
    }
    if let (Some(one), Some(other)) = (told("totalPages"), told("totalPage"))
        && one != other
    {
        wrong("totalPage", format!("totalPage {one}, like totalPages"));
    }
    let name = ["totalPages", "totalPage"].map(|name| told(name).map(|_| name));
    let names: Vec<&str> = name.into_iter().flatten().collect();
    run.judge_all("page-members", &listing.answer, faults);
    if let (Some(told), true) = (told("size"), rows > 0 && rows < size) {
        let meaning = if told == size {
            "the size asked for"
        } else {
            "the rows that came"
        };
        run.tell("page-members", format!("page.size tells {meaning}"));
    }
    if !names.is_empty() {
        run.tell(
            "page-members",
            format!("the number of pages is called {}", names.join(" and ")),
        );
    }
}
