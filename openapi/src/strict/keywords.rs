//! The keywords of the strict view that JSON Schema does not have: `x-wire` and
//! `x-known-values`.

use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::Value;

use super::rule::Severity;

/// The meaning of a fault, and the fault itself.
type Fault = (Severity, &'static str);

/// A keyword by which a function judges a value; the value of the keyword comes first.
struct Judged(fn(&Value, &Value) -> Option<Fault>, Value);

impl<'i> Keyword<'i> for Judged {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        // The report puts the value before.
        (self.0)(&self.1, value).map_or(Ok(()), |(_, what)| Err(ValidationError::custom(what)))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        (self.0)(&self.1, value).is_none()
    }
}

/// The options of a validator whose schema has these keywords.
pub(super) fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_keyword("x-wire", |_, form, _| {
            Ok(Box::new(Judged(wire, form.clone())))
        })
        .with_keyword("x-known-values", |_, known, _| {
            Ok(Box::new(Judged(novelty, known.clone())))
        })
}

/// The form of times whose offset is written without a colon, `+0800`.
const COMPACT: &str = "date-time-compact";

/// The form of the times that stand at a place, by the samples of it.
pub(super) fn form_of_times(samples: &[&Value]) -> &'static str {
    let is_compact = |value: &&Value| value.as_str().and_then(with_colon).is_some();
    if !samples.is_empty() && samples.iter().all(is_compact) {
        COMPACT
    } else {
        "date-time"
    }
}

/// The fault of an integer or a time. `form` is its format, and whether null will do.
pub(super) fn wire(form: &Value, value: &Value) -> Option<Fault> {
    let has = |format: &str| match (format, value) {
        (_, Value::Null) => form[1] == true,
        ("int64", Value::Number(number)) => number.is_i64(),
        ("int64", Value::String(text)) => is_large_long(text),
        ("int32", Value::Number(number)) => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        ("date-time", Value::String(text)) => is_documented_time(text),
        (COMPACT, Value::String(text)) => {
            with_colon(text).is_some_and(|text| is_documented_time(&text))
        }
        _ => false,
    };
    // One operation writes `+08:00`, another `+0800`: each is drift at the other.
    let format = form[0].as_str().unwrap_or_default();
    let (other, what) = match format {
        "date-time" => (COMPACT, "not a time like 2024-08-08T08:25:39.150608Z"),
        COMPACT => ("date-time", "not a time like 2021-09-09T18:32:18.833+0800"),
        "int32" => ("", "not an integer of 32 bits"),
        _ => (
            "",
            "not an integer of 64 bits, as a string only beyond 2^53-1",
        ),
    };
    match has(format) {
        true => None,
        false if has(other) => Some((Severity::Drift, what)),
        false => Some((Severity::Violation, what)),
    }
}

/// The fault of a text that is not among the known values of an open vocabulary.
/// Several known values show a form, that of machine names: `RESTORE_SUCCESS`. One alone shows
/// none.
pub(super) fn novelty(known: &Value, value: &Value) -> Option<Fault> {
    // Another type is another keyword's business.
    let value = value.as_str()?;
    let known = known.as_array().into_iter().flatten();
    let known: Vec<&str> = known.filter_map(Value::as_str).collect();
    let is_name = value.starts_with(|first: char| first.is_ascii_uppercase())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if known.contains(&value) {
        None
    } else if !value.trim().is_empty() && (known.len() < 2 || is_name) {
        Some((Severity::Drift, "a new value"))
    } else {
        Some((Severity::Violation, "not a value like the known ones"))
    }
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

    use super::{Severity, is_documented_time, is_large_long, wire};

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
            let (severity, _) = wire(&json!(["date-time", false]), &text.into()).unwrap();
            assert_eq!(severity == Severity::Drift, drift, "{text}");
        }
        let long = wire(&json!(["int64", false]), &json!("2021-09-09T18:32:18+0800"));
        assert_eq!(long.unwrap().0, Severity::Violation);
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
