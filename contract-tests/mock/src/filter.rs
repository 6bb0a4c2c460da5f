//! Filters of a list: which rows a request asks for.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::Variant;
use crate::query::{first, values};
use crate::response::Refusal;

/// A time with the offset that it was written with.
pub(crate) type Time = DateTime<FixedOffset>;

/// How a parameter chooses rows.
#[derive(Clone, Copy)]
pub(crate) enum Match {
    Equals,
    From,
    To,
}

/// A parameter that chooses rows by one of their members.
pub(crate) struct Compared<'a> {
    pub(crate) parameter: &'a str,
    pub(crate) member: &'a str,
    pub(crate) by: Match,
}

/// What one member of a row must be.
pub(crate) enum Condition<'a> {
    OneOf(Vec<&'a str>),
    From(Time),
    To(Time),
}

impl Condition<'_> {
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::OneOf(texts) => match value.as_str() {
                Some(text) => texts.contains(&text),
                None => texts.contains(&value.to_string().as_str()),
            },
            Self::From(start) => time(value).is_some_and(|at| at >= *start),
            Self::To(end) => time(value).is_some_and(|at| at <= *end),
        }
    }
}

/// Reads the conditions of a query, each with the member that must fulfil it.
pub(crate) fn conditions<'a>(
    compared: &[Compared<'a>],
    query: &'a [(String, String)],
    variants: &[Variant],
) -> Result<Vec<(&'a str, Condition<'a>)>, Refusal> {
    let is = |variant| variants.contains(&variant);
    let (mut conditions, mut start, mut end) = (Vec::new(), None, None);
    for one in compared {
        let Some(sent) = first(query, one.parameter) else {
            continue;
        };
        let time = || {
            let time = instant(sent, is(Variant::UtcOnly));
            time.ok_or_else(|| Refusal::of_type(one.parameter, sent, "OffsetDateTime"))
        };
        let condition = match one.by {
            Match::Equals => {
                Condition::OneOf(values(query, one.parameter, is(Variant::RepeatOnly)))
            }
            Match::From => Condition::From(*start.insert(time()?)),
            Match::To => Condition::To(*end.insert(time()?)),
        };
        conditions.push((one.member, condition));
    }
    let is_half = start.is_some() != end.is_some();
    let is_reversed = start.zip(end).is_some_and(|(start, end)| start > end);
    if is_half && is(Variant::BothBounds) || is_reversed {
        let bound = compared.iter().find(|one| matches!(one.by, Match::From));
        let name = bound.map_or("", |one| one.parameter);
        let sent = first(query, name).unwrap_or_default();
        let message = "The start or end time is invalid.";
        return Err(Refusal::of_value(name, sent, "COM10010", message));
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
