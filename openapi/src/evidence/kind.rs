//! The names of types, in which spec, tables and samples are compared: `integer int64`.

use serde_json::Value;

/// A Java Long.
pub(super) const LONG: &str = "integer int64";

/// A number with a fraction.
pub(super) const FRACTION: &str = "number double";

/// A text.
pub(super) const TEXT: &str = "string";

/// Values of one type.
pub(super) const ARRAY: &str = "array";

/// An instant.
pub(super) const TIME: &str = "string date-time";

/// Values of any type.
pub(super) const ANYTHING: &str = "anything";

/// The type that a schema describes, references resolved.
pub(super) fn of_schema(schema: &Value) -> String {
    if let Some(list) = schema.get("anyOf").and_then(Value::as_array) {
        let kinds: Vec<String> = list.iter().map(of_schema).collect();
        return kinds.join(" or ");
    }
    let words = ["type", "format"].map(|key| match schema.get(key)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    });
    let words: Vec<String> = words.into_iter().flatten().collect();
    match words.as_slice() {
        [] => ANYTHING.into(),
        words => words.join(" "),
    }
}

/// The type of a JSON value; null has none.
pub(super) fn of_value(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => LONG,
        Value::Number(_) => FRACTION,
        Value::String(text) if is_time(text) => TIME,
        Value::String(_) => TEXT,
        Value::Array(_) => ARRAY,
        Value::Object(_) => "object",
    })
}

/// The type that a text of a request line shows: numbers and texts look alike there.
pub(super) fn of_text(text: &str) -> &'static str {
    match text.parse::<i64>() {
        Ok(_) => LONG,
        Err(_) if is_time(text) => TIME,
        Err(_) => TEXT,
    }
}

/// The type that the documentation calls so; a new name stands for itself.
pub(super) fn of_documented(name: &str) -> &str {
    match name {
        // Java Longs, all of them (discrepancy 40).
        "Integer" | "Long" => LONG,
        "Float" | "Double" => FRACTION,
        "Boolean" => "boolean",
        "String" => TEXT,
        "Datetime" | "DateTime" | "Timestamp" | "OffsetDateTime" => TIME,
        "Array" | "Arrays" | "StringArray" => ARRAY,
        "Object" => "object",
        new => new,
    }
}

/// True for an instant in any form that OCP writes.
fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").is_ok()
}
