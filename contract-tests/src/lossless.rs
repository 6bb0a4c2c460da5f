//! Whether a value survived decoding and encoding.

use std::fmt;

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
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { at } => write!(f, "{at} of the response is lost in the client"),
            Self::Added { at } => write!(f, "{at} is added by the client"),
            Self::Changed { at, sent, kept } => {
                write!(f, "{at} is {sent} in the response, the client has {kept}")
            }
        }
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
    walk(sent, kept, &mut String::new(), &mut found);
    found
}

fn walk(sent: &Value, kept: &Value, pointer: &mut String, found: &mut Vec<Difference>) {
    let length = pointer.len();
    match (sent, kept) {
        (sent, kept) if sent == kept => {}
        (Value::Object(sent), Value::Object(kept)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                pointer.push_str(&format!("/{}", escape(name)));
                match kept.get(name) {
                    Some(kept) => walk(value, kept, pointer, found),
                    None => found.push(Difference::Lost {
                        at: pointer.clone(),
                    }),
                }
                pointer.truncate(length);
            }
            for name in kept.keys().filter(|name| !sent.contains_key(*name)) {
                found.push(Difference::Added {
                    at: format!("{pointer}/{}", escape(name)),
                });
            }
        }
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            for (index, (sent, kept)) in sent.iter().zip(kept).enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(sent, kept, pointer, found);
                pointer.truncate(length);
            }
        }
        (sent, kept) if same_instant(sent, kept) || same_long(sent, kept) => {}
        (sent, kept) => found.push(Difference::Changed {
            at: pointer.clone(),
            sent: sent.clone(),
            kept: kept.clone(),
        }),
    }
}

fn same_instant(sent: &Value, kept: &Value) -> bool {
    let instant = |value: &Value| {
        // `%#z` takes `Z`, `+08:00` and `+0800`.
        chrono::DateTime::parse_from_str(value.as_str()?, "%Y-%m-%dT%H:%M:%S%.f%#z").ok()
    };
    instant(sent).is_some_and(|sent| instant(kept) == Some(sent))
}

fn same_long(sent: &Value, kept: &Value) -> bool {
    let written = sent.as_str().and_then(|text| text.parse::<i64>().ok());
    written.is_some() && written == kept.as_i64()
}
