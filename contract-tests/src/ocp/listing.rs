//! The operation itself: filters and pages.

use chrono::{DateTime, FixedOffset};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::{Value, json};

use super::{Oddity, Settings};

/// The largest page; OCP documents it for most lists.
const LARGEST: i64 = 2000;
/// The page without `size`.
const DEFAULT: i64 = 10;

/// `data` of the answer, or code and message of a refusal.
pub(super) fn list(
    settings: &Settings,
    tasks: &[Value],
    query: &[(String, String)],
) -> Result<Value, (&'static str, String)> {
    let odd = |oddity| settings.oddities.contains(&oddity);
    let time = |name| {
        match first(query, name) {
        None | Some("") => Ok(None),
        Some(text) => instant(text, odd(Oddity::UtcOnly)).map(Some).ok_or_else(|| {
            let message = format!("The parameter '{name}' of value '{text}' could not be converted to type 'OffsetDateTime'");
            ("", message)
        }),
    }
    };
    let (start, end) = (time("startTime")?, time("endTime")?);
    let is_half = start.is_some() != end.is_some();
    if is_half && odd(Oddity::BothBounds) || start.zip(end).is_some_and(|(start, end)| start > end)
    {
        return Err(("COM10010", "The start or end time is invalid.".into()));
    }
    let clusters = values(query, "restoreClusterName", odd(Oddity::RepeatOnly));
    let states = values(query, "status", odd(Oddity::RepeatOnly));
    if let Some(word) = states.iter().find(|word| {
        odd(Oddity::UnknownWordIsRefused) && !settings.oddities.iter().any(|one| one.knows(word))
    }) {
        let message = format!(
            "The parameter 'status' of value '{word}' could not be converted to type 'List'"
        );
        return Err(("", message));
    }
    let mut rows: Vec<&Value> = tasks
        .iter()
        .filter(|task| {
            let compared = if odd(Oddity::WindowOfFinish) {
                "finishTime"
            } else {
                "createTime"
            };
            let at = task[compared]
                .as_str()
                .and_then(|text| instant(text, false));
            let inside = match at {
                Some(at) => {
                    start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end)
                }
                None => start.is_none() && end.is_none(),
            };
            inside
                && (clusters.is_empty()
                    || clusters
                        .iter()
                        .any(|name| task["restoreClusterName"] == **name))
                && (states.is_empty()
                    || states
                        .iter()
                        .any(|word| is_called(task, word, &settings.oddities)))
        })
        .collect();
    if odd(Oddity::OldestFirst) {
        rows.reverse();
    }
    Ok(page(&rows, query, odd(Oddity::RowsAsSize)))
}

fn page(rows: &[&Value], query: &[(String, String)], rows_as_size: bool) -> Value {
    let number = |name| first(query, name).and_then(|text| text.parse::<i64>().ok());
    // Spring takes what is no page for the first one, and no size for the usual one.
    let number_of_page = number("page").filter(|page| *page >= 1).unwrap_or(1);
    let size = number("size")
        .filter(|size| *size >= 1)
        .unwrap_or(DEFAULT)
        .min(LARGEST);
    let skipped = (number_of_page - 1).saturating_mul(size);
    let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
    let shown: Vec<&&Value> = rows.iter().skip(skipped).take(size as usize).collect();
    json!({
        "contents": shown,
        "page": {
            "number": number_of_page,
            "size": if rows_as_size { shown.len() as i64 } else { size },
            "totalElements": rows.len(),
            "totalPages": (rows.len() as i64 + size - 1) / size,
        },
    })
}

/// Whether a filter value means the state of a task.
fn is_called(task: &Value, word: &str, oddities: &[Oddity]) -> bool {
    let Some(name) = task["status"].as_str() else {
        return false;
    };
    let label = RestoreTaskStatus::from(name).filter_label();
    name == word && !oddities.contains(&Oddity::LabelsOnly)
        || label.is_some_and(|label| label == word) && !oddities.contains(&Oddity::MachineNamesOnly)
}

fn first<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(key, _)| key == name)?;
    Some(&found.1)
}

/// As Spring binds a list: a single value is split at its commas, several are not.
fn values<'a>(query: &'a [(String, String)], name: &str, repeat_only: bool) -> Vec<&'a str> {
    let sent: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .collect();
    match sent.as_slice() {
        [] | [""] => Vec::new(),
        [one] if !repeat_only => one.split(',').collect(),
        _ => sent,
    }
}

/// What Java's ISO parser takes: an offset with a colon, seconds or none.
fn instant(text: &str, utc_only: bool) -> Option<DateTime<FixedOffset>> {
    if text.as_bytes().get(10) != Some(&b'T') || utc_only && !text.ends_with('Z') {
        return None;
    }
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z"))
        .ok()
}
