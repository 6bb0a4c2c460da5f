//! The operation itself: filters and pages.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use super::Oddity;
use super::refusal::Refusal;
use super::states::STATES;

/// The largest page; OCP documents it for most lists.
const LARGEST: u64 = 2000;
/// The page without `size`.
const DEFAULT: u64 = 10;

/// `data` of the answer.
pub(super) fn list(
    tasks: &[Value],
    query: &[(String, String)],
    oddities: &[Oddity],
) -> Result<Value, Refusal> {
    let filter = Filter::read(query, oddities)?;
    let page = Page::read(query, oddities)?;
    let mut rows: Vec<&Value> = tasks.iter().filter(|task| filter.keeps(task)).collect();
    if oddities.contains(&Oddity::OldestFirst) {
        rows.reverse();
    }
    Ok(page.of(&rows, oddities))
}

/// What a task must be to be listed.
struct Filter<'a> {
    start: Option<DateTime<FixedOffset>>,
    end: Option<DateTime<FixedOffset>>,
    clusters: Vec<&'a str>,
    states: Vec<&'a str>,
    oddities: &'a [Oddity],
}

impl<'a> Filter<'a> {
    fn read(query: &'a [(String, String)], oddities: &'a [Oddity]) -> Result<Self, Refusal> {
        let odd = |oddity| oddities.contains(&oddity);
        let time = |name| match first(query, name) {
            None => Ok(None),
            Some(text) => instant(text, odd(Oddity::UtcOnly))
                .map(Some)
                .ok_or_else(|| Refusal::of_type(name, text, "OffsetDateTime")),
        };
        let (start, end) = (time("startTime")?, time("endTime")?);
        let is_half = start.is_some() != end.is_some();
        let is_reversed = start.zip(end).is_some_and(|(start, end)| start > end);
        if is_half && odd(Oddity::BothBounds) || is_reversed {
            let sent = first(query, "startTime").unwrap_or_default();
            let message = "The start or end time is invalid.";
            return Err(Refusal::of_value("startTime", sent, "COM10010", message));
        }
        let clusters = values(query, "restoreClusterName", odd(Oddity::RepeatOnly));
        let states = values(query, "status", odd(Oddity::RepeatOnly));
        if odd(Oddity::UnknownWordIsRefused) {
            let is_unknown = |word: &&&str| !oddities.iter().any(|one| one.knows(word));
            if let Some(word) = states.iter().find(is_unknown) {
                return Err(Refusal::of_type("status", word, "List"));
            }
        }
        Ok(Self {
            start,
            end,
            clusters,
            states,
            oddities,
        })
    }

    fn keeps(&self, task: &Value) -> bool {
        let compared = if self.oddities.contains(&Oddity::WindowOfFinish) {
            "finishTime"
        } else {
            "createTime"
        };
        let at = task[compared]
            .as_str()
            .and_then(|text| instant(text, false));
        let is_inside = match at {
            Some(at) => {
                self.start.is_none_or(|start| at >= start) && self.end.is_none_or(|end| at <= end)
            }
            None => self.start.is_none() && self.end.is_none(),
        };
        let of_cluster = |name: &&str| task["restoreClusterName"] == **name;
        let in_state = |word: &&str| is_called(task, word, self.oddities);
        is_inside
            && (self.clusters.is_empty() || self.clusters.iter().any(of_cluster))
            && (self.states.is_empty() || self.states.iter().any(in_state))
    }
}

/// Which rows are shown; the first page is 1.
struct Page {
    number: u64,
    size: u64,
}

impl Page {
    fn read(query: &[(String, String)], oddities: &[Oddity]) -> Result<Self, Refusal> {
        let odd = |oddity| oddities.contains(&oddity);
        let number = |name| first(query, name).and_then(|text| text.parse::<i64>().ok());
        let positive = |name| {
            let number = number(name).and_then(|number| u64::try_from(number).ok());
            number.filter(|number| *number > 0)
        };
        if odd(Oddity::PageZeroFails) && number("page").is_some_and(|page| page < 1) {
            let message = "Page index must not be less than zero";
            return Err(Refusal::new(500, "", message));
        }
        let largest = if odd(Oddity::AtMost50) { 50 } else { LARGEST };
        if let (true, Some(sent)) = (odd(Oddity::SizeRefused), first(query, "size"))
            && positive("size").is_none_or(|size| size > largest)
        {
            let message = format!("The parameter 'size' must be between 1 and {largest}");
            return Err(Refusal::of_value("size", sent, "COM10001", message));
        }
        let default = if odd(Oddity::LargestByDefault) {
            LARGEST
        } else {
            DEFAULT
        };
        // Spring takes what is no page for the first one, and no size for the usual one.
        Ok(Self {
            number: positive("page").unwrap_or(1),
            size: positive("size").unwrap_or(default).min(largest),
        })
    }

    fn of(&self, rows: &[&Value], oddities: &[Oddity]) -> Value {
        let odd = |oddity| oddities.contains(&oddity);
        let offset = (self.number - 1).saturating_mul(self.size);
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        let shown: Vec<&&Value> = rows.iter().skip(skipped).take(self.size as usize).collect();
        let total = if odd(Oddity::OverrunTotals) && shown.is_empty() {
            offset
        } else {
            rows.len() as u64
        };
        let is_page_of_none = odd(Oddity::EmptyPageOfNone) && rows.is_empty();
        let size = if odd(Oddity::RowsAsSize) || is_page_of_none {
            shown.len() as u64
        } else {
            self.size
        };
        let pages = total.div_ceil(self.size);
        json!({
            "contents": shown,
            "page": {
                "number": self.number,
                "size": size,
                "totalElements": total,
                "totalPages": if is_page_of_none { 1 } else { pages },
            },
        })
    }
}

/// Whether a filter value means the state of a task.
fn is_called(task: &Value, word: &str, oddities: &[Oddity]) -> bool {
    let Some(name) = task["status"].as_str() else {
        return false;
    };
    let label = STATES.labels.get(name);
    name == word && !oddities.contains(&Oddity::LabelsOnly)
        || label.is_some_and(|label| label == word) && !oddities.contains(&Oddity::MachineNamesOnly)
}

/// As Spring binds one value: the first that is sent; an empty one is none.
fn first<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(key, _)| key == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
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

/// What Java's ISO parser takes: seconds or none, a fraction of up to nine digits, an
/// offset with a colon; chrono demands seconds, and takes leap seconds and more digits.
fn instant(text: &str, utc_only: bool) -> Option<DateTime<FixedOffset>> {
    let mut text = text.to_ascii_uppercase();
    if !text.get(16..)?.starts_with(':') {
        text.insert_str(16, ":00");
    }
    let digits = text.bytes().skip(20).take_while(u8::is_ascii_digit);
    let is_java = text.get(10..11) == Some("T")
        && text.get(17..19) != Some("60")
        && digits.count() <= 9
        && (text.ends_with('Z') || !utc_only);
    let parsed = is_java.then(|| DateTime::parse_from_rfc3339(&text));
    parsed?.ok()
}
