//! One row as it came: it is read without the client.

use chrono::{DateTime, Datelike, FixedOffset};
use serde_json::Value;

use crate::lossless;
pub(super) use crate::lossless::long;

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
        self.0.get(name).filter(|value| !value.is_null()).map(plain)
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

/// A time in a year of four digits: others could not be computed with.
pub(super) fn time(text: &str) -> Option<Time> {
    lossless::time(text).filter(|time| (1..=9998).contains(&time.year()))
}
