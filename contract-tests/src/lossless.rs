//! The comparison of a body with what it was decoded into.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use ocp_contract::escape;
use serde_json::Value;

/// One node that differs between a body and what it was decoded into.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// It was sent and is not there after decoding.
    Lost {
        /// JSON pointer.
        at: String,
    },
    /// It is there after decoding and was not sent.
    Added {
        /// JSON pointer.
        at: String,
    },
    /// It has another value.
    Changed {
        /// JSON pointer.
        at: String,
        /// The value that was sent.
        sent: Value,
        /// The value after decoding.
        kept: Value,
    },
}

impl Difference {
    /// JSON pointer to the node that differs.
    pub fn at(&self) -> &str {
        match self {
            Self::Lost { at } | Self::Added { at } | Self::Changed { at, .. } => at,
        }
    }

    /// The difference as a sentence, with the names of both sides.
    pub(crate) fn between(&self, one: &str, other: &str) -> String {
        match self {
            Self::Lost { at } => format!("{at} of the {one} is lost in the {other}"),
            Self::Added { at } => format!("{at} is added by the {other}"),
            Self::Changed { at, sent, kept } => {
                format!("{at} is {sent} in the {one}, the {other} has {kept}")
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.between("response", "client"))
    }
}

/// Lists every node that differs, in the order of the sent value.
///
/// Two spellings of the same instant are the same value: the client keeps the
/// instant, not the offset or the trailing zeros. So are a Long as a number and
/// as a string, and null and absence.
///
/// ```
/// use contract_tests::lossless::{Difference, differences};
/// use serde_json::json;
///
/// let sent = json!({"at": "2024-08-09T15:47:50.450+08:00", "id": 1, "a/b": true});
/// let kept = json!({"at": "2024-08-09T07:47:50.45Z", "id": 2});
/// assert_eq!(
///     differences(&sent, &kept),
///     [
///         Difference::Lost { at: "/a~1b".into() },
///         Difference::Changed { at: "/id".into(), sent: json!(1), kept: json!(2) },
///     ]
/// );
/// ```
pub fn differences(sent: &Value, kept: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(sent, kept, "", &mut found);
    found
}

fn walk(sent: &Value, kept: &Value, at: &str, found: &mut Vec<Difference>) {
    match (sent, kept) {
        (sent, kept) if sent == kept => {}
        (Value::Object(sent), Value::Object(kept)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                let at = format!("{at}/{}", escape(name));
                match kept.get(name) {
                    Some(kept) => walk(value, kept, &at, found),
                    None => found.push(Difference::Lost { at }),
                }
            }
            let added = kept.keys().filter(|name| !sent.contains_key(*name));
            found.extend(added.map(|name| Difference::Added {
                at: format!("{at}/{}", escape(name)),
            }));
        }
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            for (index, (sent, kept)) in sent.iter().zip(kept).enumerate() {
                walk(sent, kept, &format!("{at}/{index}"), found);
            }
        }
        (sent, kept) if is_same(instant, sent, kept) || is_same(long, sent, kept) => {}
        // 100 and 100.0 are one number if the client keeps fractions.
        (sent, kept) if kept.is_f64() && is_same(Value::as_f64, sent, kept) => {}
        (sent, kept) => found.push(Difference::Changed {
            at: at.to_owned(),
            sent: sent.clone(),
            kept: kept.clone(),
        }),
    }
}

/// True if both values can be read, and mean the same.
fn is_same<T: PartialEq>(read: fn(&Value) -> Option<T>, sent: &Value, kept: &Value) -> bool {
    read(sent).is_some_and(|sent| read(kept) == Some(sent))
}

fn instant(value: &Value) -> Option<DateTime<FixedOffset>> {
    time(value.as_str()?)
}

/// A time with `Z`, `+08:00` or `+0800`.
pub(crate) fn time(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").ok()
}

/// A Long as a number or as a string.
pub(crate) fn long(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
