//! One row as it came: it is read without the client.

use chrono::{DateTime, Datelike, FixedOffset};
use serde_json::Value;

/// A point in time, with the offset that it was written with.
pub(super) type Time = DateTime<FixedOffset>;

/// A row of `data.contents`, and the name of the member that is its id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row<'a>(pub(super) &'a Value, pub(super) &'a str);

impl<'a> Row<'a> {
    pub(super) fn id(self) -> Option<i64> {
        long(self.0.get(self.1)?)
    }

    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    /// A member as a text, unless it is null.
    pub(super) fn plain(self, name: &str) -> Option<String> {
        let value = self.0.get(name).filter(|value| !value.is_null());
        value.map(plain)
    }

    pub(super) fn flag(self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    pub(super) fn time(self, name: &str) -> Option<Time> {
        time(self.text(name)?)
    }
}

/// A value as it stands in a URL or a sentence: a text without its quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A Long as a number or as a string.
pub(super) fn long(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A time with `Z`, `+08:00` or `+0800`, in a year of four digits: others could
/// not be computed with.
pub(super) fn time(text: &str) -> Option<Time> {
    let time = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").ok()?;
    (1..=9998).contains(&time.year()).then_some(time)
}
