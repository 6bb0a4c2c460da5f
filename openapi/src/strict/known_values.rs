//! The keyword `x-known-values` of the strict view.

use jsonschema::{Keyword, ValidationError};
use serde_json::Value;

/// The values that are known of an open vocabulary.
pub(super) struct KnownValues {
    known: Vec<Value>,
}

impl KnownValues {
    pub(super) fn new(values: &Value) -> Self {
        Self {
            known: values.as_array().cloned().unwrap_or_default(),
        }
    }
}

impl<'i> Keyword<'i> for KnownValues {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) {
            return Ok(());
        }
        let what = if is_drift(&self.known, value) {
            "a new value"
        } else {
            "not a value like the known ones"
        };
        // Whoever reports it puts the value before.
        Err(ValidationError::custom(what))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        // Another type is another keyword's business.
        !value.is_string() || self.known.contains(value)
    }
}

/// Whether a value that is not known may be one nevertheless. Several known values
/// show a form, that of machine names: `RESTORE_SUCCESS`. One alone shows none.
pub(super) fn is_drift(known: &[Value], value: &Value) -> bool {
    let is_name = |value: &str| {
        value.starts_with(|first: char| first.is_ascii_uppercase())
            && value
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let known = known.iter().filter(|value| value.is_string()).count();
    value
        .as_str()
        .is_some_and(|value| !value.trim().is_empty() && (known < 2 || is_name(value)))
}
