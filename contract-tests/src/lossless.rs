//! The comparison of a body with what it was decoded into.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use ocp_contract::escape;
use serde_json::Value;

/// One node that differs between a body and what it was decoded into.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// JSON pointer to the node.
    pub at: String,
    /// The value that was sent, if there was one.
    pub sent: Option<Value>,
    /// The value after decoding, if there is one.
    pub kept: Option<Value>,
}

impl Difference {
    /// The difference as a sentence, with the names of both sides.
    pub(crate) fn between(&self, one: &str, other: &str) -> String {
        let at = &self.at;
        match (&self.sent, &self.kept) {
            (_, None) => format!("{at} of the {one} is lost in the {other}"),
            (None, _) => format!("{at} is added by the {other}"),
            (Some(sent), Some(kept)) => {
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
/// use contract_tests::lossless::differences;
/// use serde_json::json;
///
/// let sent = json!({"at": "2024-08-09T15:47:50.450+08:00", "id": 1, "a/b": true});
/// let kept = json!({"at": "2024-08-09T07:47:50.45Z", "id": 2});
/// let found = differences(&sent, &kept);
/// let found: Vec<_> = found.into_iter().map(|one| (one.at, one.sent, one.kept)).collect();
/// assert_eq!(
///     found,
///     [
///         ("/a~1b".into(), Some(json!(true)), None),
///         ("/id".into(), Some(json!(1)), Some(json!(2))),
///     ]
/// );
/// ```
pub fn differences(sent: &Value, kept: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(Some(sent), Some(kept), "", &mut found);
    found
}

fn walk(sent: Option<&Value>, kept: Option<&Value>, at: &str, found: &mut Vec<Difference>) {
    match (sent, kept) {
        (sent, kept) if sent == kept => {}
        (Some(Value::Object(sent)), Some(Value::Object(kept))) => {
            let added = kept.keys().filter(|name| !sent.contains_key(*name));
            for name in sent.keys().chain(added) {
                if sent.get(name) != Some(&Value::Null) {
                    let at = format!("{at}/{}", escape(name));
                    walk(sent.get(name), kept.get(name), &at, found);
                }
            }
        }
        (Some(Value::Array(sent)), Some(Value::Array(kept))) if sent.len() == kept.len() => {
            for (index, (sent, kept)) in sent.iter().zip(kept).enumerate() {
                walk(Some(sent), Some(kept), &format!("{at}/{index}"), found);
            }
        }
        (Some(sent), Some(kept)) if is_same(sent, kept) => {}
        (sent, kept) => found.push(Difference {
            at: at.to_owned(),
            sent: sent.cloned(),
            kept: kept.cloned(),
        }),
    }
}

/// True if two values are spellings of one.
fn is_same(sent: &Value, kept: &Value) -> bool {
    fn by<T: PartialEq>(read: fn(&Value) -> Option<T>, sent: &Value, kept: &Value) -> bool {
        read(sent).is_some_and(|sent| read(kept) == Some(sent))
    }
    by(instant, sent, kept)
        || by(long, sent, kept)
        // 100 and 100.0 are one number if the client keeps fractions.
        || kept.is_f64() && by(Value::as_f64, sent, kept)
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
