//! What is said about the type of a place.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

/// A type, as it stands in the register: `integer int64 or string`, `anything`,
/// `like 429`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Kind {
    /// Method and path of a request.
    Request(String),
    /// A list of schemes, one of which will do.
    Alternatives,
    /// The body of this status or class once more.
    Like(String),
    /// Values of any type.
    Anything,
    /// A type and a format of JSON Schema.
    Typed(String, Option<String>),
    /// One of several types.
    AnyOf(Vec<Kind>),
    /// What cannot be said shorter than the spec does.
    Verbatim(String),
}

impl Kind {
    /// A type without a format.
    pub(super) fn plain(name: &str) -> Self {
        Self::Typed(name.to_owned(), None)
    }

    /// A type with a format.
    pub(super) fn with_format(name: &str, format: &str) -> Self {
        Self::Typed(name.to_owned(), Some(format.to_owned()))
    }

    /// A Java Long.
    pub(super) fn long() -> Self {
        Self::with_format("integer", "int64")
    }

    /// A time.
    pub(super) fn time() -> Self {
        Self::with_format("string", "date-time")
    }

    /// What a schema says, references resolved.
    pub(super) fn of_schema(schema: &Value) -> Self {
        if let Some(list) = schema.get("anyOf").and_then(Value::as_array) {
            return Self::AnyOf(list.iter().map(Self::alternative).collect());
        }
        let word = |key: &str| match schema.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            other => other.map(Value::to_string),
        };
        match (word("type"), word("format")) {
            (Some(name), format) => Self::Typed(name, format),
            (None, Some(format)) => Self::Verbatim(format!("format {format}")),
            (None, None) => Self::Anything,
        }
    }

    /// An alternative; the whole of it where it says more than type and format.
    fn alternative(schema: &Value) -> Self {
        let mut keys = schema.as_object().into_iter().flatten().map(|(key, _)| key);
        if keys.all(|key| matches!(key.as_str(), "type" | "format" | "description")) {
            Self::of_schema(schema)
        } else {
            Self::Verbatim(schema.to_string())
        }
    }

    /// What a JSON value is; nothing for null.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Self::plain("boolean"),
            Value::Number(number) if number.is_i64() => Self::long(),
            Value::Number(_) => Self::plain("number"),
            Value::String(text) if is_time(text) => Self::time(),
            Value::String(_) => Self::plain("string"),
            Value::Array(_) => Self::plain("array"),
            Value::Object(_) => Self::plain("object"),
        })
    }

    /// What a text of a request line shows: numbers and texts look alike there.
    pub(super) fn of_text(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(_) => Self::long(),
            Err(_) => Self::plain("string"),
        }
    }

    /// The one mapping from the type names of the documentation to types.
    pub(super) fn of_documented(name: &str) -> Self {
        match name {
            // Java Longs, all of them (discrepancy 40).
            "Integer" | "Long" => Self::long(),
            "Boolean" => Self::plain("boolean"),
            "String" => Self::plain("string"),
            "Float" => Self::with_format("number", "double"),
            "Datetime" | "DateTime" | "Timestamp" | "OffsetDateTime" => Self::time(),
            name if is_array(name) => Self::plain("array"),
            "Object" => Self::plain("object"),
            new => Self::Verbatim(format!(
                "{new}, a type that the documentation has not used before"
            )),
        }
    }
}

/// Whether the documentation means an array by this type name.
pub(super) fn is_array(name: &str) -> bool {
    matches!(name, "Array" | "Arrays" | "StringArray")
}

/// Whether a text is an instant in any form that OCP writes.
pub fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").is_ok()
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(text) | Self::Verbatim(text) => f.write_str(text),
            Self::Alternatives => f.write_str("alternatives"),
            Self::Like(status) => write!(f, "like {status}"),
            Self::Anything => f.write_str("anything"),
            Self::Typed(name, None) => f.write_str(name),
            Self::Typed(name, Some(format)) => write!(f, "{name} {format}"),
            Self::AnyOf(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(Self::to_string).collect();
                f.write_str(&kinds.join(" or "))
            }
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(" or ") {
            let kinds = text.split(" or ").map(str::parse);
            return Ok(Self::AnyOf(kinds.collect::<Result<_, _>>()?));
        }
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["anything"] => Ok(Self::Anything),
            ["like", status] => Ok(Self::Like((*status).to_owned())),
            [name] if !name.is_empty() => Ok(Self::plain(name)),
            [name, format] => Ok(Self::with_format(name, format)),
            _ => Err(format!("`{text}` is not a type like `integer int64`")),
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for text in ["integer int64 or string", "like 429", "anything", "array"] {
            assert_eq!(text.parse::<Kind>().unwrap().to_string(), text);
        }
        assert!("".parse::<Kind>().is_err());
        assert!("one of many types".parse::<Kind>().is_err());
    }
}
