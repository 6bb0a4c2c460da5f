//! The keyword `x-wire` of the strict view.

use jsonschema::{Keyword, ValidationError};
use serde_json::{Value, json};

/// Integers and times in the forms that OCP writes.
pub(super) struct Wire {
    form: String,
    null_too: bool,
}

/// The form of times whose offset is written without a colon, `+0800`.
const COMPACT: &str = "date-time-compact";

/// The form of the times that stand at a place, by the samples of it.
pub(super) fn form_of_times(samples: &[&Value]) -> &'static str {
    let is_compact = |value: &&Value| {
        value
            .as_str()
            .is_some_and(|text| with_colon(text).is_some())
    };
    if !samples.is_empty() && samples.iter().all(is_compact) {
        COMPACT
    } else {
        "date-time"
    }
}

impl Wire {
    pub(super) fn new(form: &Value) -> Self {
        Self {
            form: form
                .get(0)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            null_too: form.get(1) == Some(&json!(true)),
        }
    }
}

impl<'i> Keyword<'i> for Wire {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) {
            return Ok(());
        }
        let expected = match self.form.as_str() {
            "date-time" => "a time like 2024-08-08T08:25:39.150608Z",
            COMPACT => "a time like 2021-09-09T18:32:18.833+0800",
            "int32" => "an integer of 32 bits",
            _ => "an integer of 64 bits, as a string only beyond 2^53-1",
        };
        // Whoever reports it puts the value before.
        Err(ValidationError::custom(format!("not {expected}")))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        match value {
            Value::Null => self.null_too,
            Value::Number(number) => match self.form.as_str() {
                "int64" => number.is_i64(),
                "int32" => number
                    .as_i64()
                    .is_some_and(|number| i32::try_from(number).is_ok()),
                _ => false,
            },
            Value::String(text) => match self.form.as_str() {
                "int64" => is_large_long(text),
                "date-time" => is_documented_time(text),
                COMPACT => is_compact_time(text),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether a value that is refused is merely the other documented spelling of
/// an offset: one operation writes `+08:00`, another `+0800`.
pub(super) fn is_drift(form: Option<&Value>, value: &Value) -> bool {
    let form = form.and_then(|form| form[0].as_str()).unwrap_or_default();
    value.as_str().is_some_and(|text| match form {
        "date-time" => is_compact_time(text),
        COMPACT => is_documented_time(text),
        _ => false,
    })
}

fn is_compact_time(text: &str) -> bool {
    with_colon(text).is_some_and(|text| is_documented_time(&text))
}

/// A text that ends like `+0800`, ending like `+08:00`.
fn with_colon(text: &str) -> Option<String> {
    let (time, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
    let is_compact =
        offset.starts_with(['+', '-']) && offset[1..].bytes().all(|byte| byte.is_ascii_digit());
    is_compact.then(|| format!("{time}{}:{}", &offset[..3], &offset[3..]))
}

/// A Long that JavaScript could not hold, in the digits that Java prints.
fn is_large_long(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|long| long.unsigned_abs() > (1 << 53) - 1 && long.to_string() == text)
}

/// A time that exists, with `Z` or `+hh:mm` and at most nine digits of a second.
fn is_documented_time(text: &str) -> bool {
    let digits = text.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let form = text.len() >= 20
        && text.as_bytes()[10] == b'T'
        && digits <= 9
        && text.get(17..19).is_some_and(|second| second != "60")
        && (text.ends_with('Z') || text.as_bytes()[text.len() - 3] == b':');
    form && chrono::DateTime::parse_from_rfc3339(text)
        .is_ok_and(|time| time.offset().local_minus_utc().abs() <= 18 * 3600)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_documented_time, is_drift, is_large_long};

    #[test]
    fn only_longs_beyond_javascript_are_strings() {
        for (text, large) in [
            ("9007199254740992", true),
            ("9007199254740991", false),
            ("-9007199254740992", true),
            ("9223372036854775808", false),
            ("09007199254740993", false),
            ("2", false),
            ("", false),
        ] {
            assert_eq!(is_large_long(text), large, "{text}");
        }
    }

    #[test]
    fn only_an_offset_without_a_colon_is_drift() {
        for (text, drift) in [
            ("2021-09-09T18:32:18.833+0800", true),
            ("2021-09-09T18:32:18-0330", true),
            ("2021-09-09T18:32:18.833+08", false),
            ("2021-09-09 18:32:18.833+0800", false),
            ("2021-09-31T18:32:18.833+0800", false),
            ("+0800", false),
            ("\u{6062}\u{6062}\u{6062}", false),
            ("", false),
        ] {
            let time = json!(["date-time", false]);
            assert_eq!(is_drift(Some(&time), &text.into()), drift, "{text}");
        }
        let long = json!(["int64", false]);
        assert!(!is_drift(Some(&long), &json!("2021-09-09T18:32:18+0800")));
    }

    #[test]
    fn times_have_the_documented_forms() {
        for (text, good) in [
            ("2024-08-08T08:25:39Z", true),
            ("2024-08-09T15:47:50.451+08:00", true),
            ("2024-08-08T08:25:39.123456789Z", true),
            ("2024-08-08T08:25:39+0800", false),
            ("2024-08-08 08:25:39Z", false),
            ("2024-02-30T00:00:00Z", false),
            ("2024-08-08T08:25:60Z", false),
            ("2024-08-08T08:25:39.1234567890Z", false),
            ("2024-08-08T08:25:39", false),
            ("2024-08-08T08:25:39+19:00", false),
            ("", false),
            ("ééééééééééééééé", false),
            ("2024-08-08T08:25:39z", false),
        ] {
            assert_eq!(is_documented_time(text), good, "{text}");
        }
    }
}
