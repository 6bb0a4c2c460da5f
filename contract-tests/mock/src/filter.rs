//! Filters of a list: which rows a request asks for.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use ocp_contract::{Comparison, Filter};
use serde_json::Value;

use crate::Variant;
use crate::query::{first, values};
use crate::response::Refusal;

/// A time with the offset that it was written with.
type Time = DateTime<FixedOffset>;

/// A value that a member of a row must have.
pub(crate) enum Condition<'a> {
    OneOf(Vec<&'a str>),
    /// A part of the text, in lower case.
    Contains(String),
    From(Time),
    To(Time),
}

impl Condition<'_> {
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::OneOf(texts), Value::String(text)) => texts.contains(&text.as_str()),
            (Self::OneOf(texts), other) => texts.contains(&other.to_string().as_str()),
            (Self::Contains(part), _) => {
                let text = value.as_str().unwrap_or_default();
                text.to_lowercase().contains(part)
            }
            (Self::From(start), _) => time(value).is_some_and(|at| at >= *start),
            (Self::To(end), _) => time(value).is_some_and(|at| at <= *end),
        }
    }
}

/// Reads the conditions of a query, each with the member that must fulfil it.
pub(crate) fn conditions<'a>(
    filters: &'a BTreeMap<String, Filter>,
    query: &'a [(String, String)],
    variants: &[Variant],
) -> Result<Vec<(&'a str, Condition<'a>)>, Refusal> {
    let is = |variant| variants.contains(&variant);
    let time = |name| {
        let read = |text| {
            let time = instant(text, is(Variant::UtcOnly));
            time.ok_or_else(|| Refusal::of_type(name, text, "OffsetDateTime"))
        };
        first(query, name).map(read).transpose()
    };
    let (mut conditions, mut start, mut end) = (Vec::new(), None, None);
    for (name, filter) in filters {
        let condition = match filter.comparison {
            Comparison::Equals => {
                let asked = values(query, name, is(Variant::RepeatOnly));
                (!asked.is_empty()).then_some(Condition::OneOf(asked))
            }
            Comparison::ContainsIgnoreCase => {
                first(query, name).map(|part| Condition::Contains(part.to_lowercase()))
            }
            Comparison::From => {
                start = time(name)?.map(|at| (at, name));
                start.map(|(at, _)| Condition::From(at))
            }
            Comparison::To => {
                end = time(name)?.map(|at| (at, name));
                end.map(|(at, _)| Condition::To(at))
            }
        };
        conditions.extend(condition.map(|condition| (filter.member.as_str(), condition)));
    }
    let is_half = start.is_some() != end.is_some() && is(Variant::BothBounds);
    let is_reversed = start.zip(end).is_some_and(|(start, end)| start.0 > end.0);
    if let (true, Some((_, name))) = (is_half || is_reversed, start.or(end)) {
        let sent = first(query, name).unwrap_or_default();
        let refusal = Refusal::new(400, "COM10010", "The start or end time is invalid.");
        return Err(refusal.about(name, sent));
    }
    Ok(conditions)
}

/// A time as Java's ISO parser takes it: seconds or none, a fraction of up to nine digits, an
/// offset with a colon; chrono demands seconds, and takes leap seconds and more digits.
fn instant(text: &str, utc_only: bool) -> Option<Time> {
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

/// A time of a row, with an offset in either form.
pub(crate) fn time(value: &Value) -> Option<Time> {
    let text = value.as_str()?;
    let compact = |_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    DateTime::parse_from_rfc3339(text).or_else(compact).ok()
}
