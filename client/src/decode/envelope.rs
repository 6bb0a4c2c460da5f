//! OCP's envelope, as far as it decides between success and failure.

use std::fmt;

use reqwest::StatusCode;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{ErrorCode, OcpFailure};
use crate::redact::Secrets;

/// The members of an envelope that decide between success and failure, whatever they hold.
#[derive(Default)]
pub(crate) struct Members(Map<String, Value>);

const READ: [&str; 6] = [
    "successful",
    "status",
    "error",
    "message",
    "traceId",
    "server",
];

impl Members {
    /// Reads them, and skips all others unseen: a strange one must not hide these.
    ///
    /// # Errors
    ///
    /// When the body is not a JSON object.
    pub(crate) fn read(body: &[u8]) -> serde_json::Result<Self> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Members, A::Error> {
                let mut read = Map::new();
                while let Some(name) = all.next_key::<String>()? {
                    if READ.contains(&name.as_str()) {
                        read.insert(name, all.next_value()?);
                    } else {
                        all.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Members(read))
            }
        }

        let mut reader = serde_json::Deserializer::from_slice(body);
        let members = reader.deserialize_map(MembersVisitor)?;
        reader.end()?;
        Ok(members)
    }

    fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// True if the request succeeded, or another type, or null.
    pub(crate) fn successful(&self) -> &Value {
        self.get("successful")
    }

    pub(crate) fn has_error(&self) -> bool {
        self.0.contains_key("error")
    }

    /// The HTTP status, in either form of an integer.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let number = match self.get("status") {
            Value::String(text) => text.parse().ok()?,
            status => status.as_i64()?,
        };
        StatusCode::from_u16(u16::try_from(number).ok()?).ok()
    }

    /// The name of the request in OCP's logs.
    pub(crate) fn trace_id(&self, secrets: &Secrets) -> Option<String> {
        text(self.get("traceId")).map(|id| secrets.redact(&id))
    }

    /// The code, the message and the names of a failure.
    pub(crate) fn failure(&self, secrets: &Secrets) -> OcpFailure {
        // An object with a code and a message, or, from other servers, one of them.
        let error = self.get("error");
        let (code, own) = match error {
            Value::Object(error) => (error.get("code"), error.get("message")),
            Value::String(_) => (None, Some(error)),
            _ => (Some(error), None),
        };
        let message = own.filter(|own| is_text(own) && !error.is_string());
        // Spring Boot sends an empty message beside the error's own, and a better one beside
        // an error that is a text.
        let outer = Some(self.get("message")).filter(|outer| is_text(outer));
        let shown = |value: &Value| text(value).map(|text| secrets.redact(&text));
        OcpFailure {
            code: match code {
                Some(Value::String(code)) if !code.is_empty() => {
                    Some(ErrorCode::Text(secrets.redact(code)))
                }
                code => code.and_then(Value::as_i64).map(ErrorCode::Number),
            },
            message: message.or(outer).or(own).and_then(shown),
            trace_id: self.trace_id(secrets),
            server: shown(self.get("server")),
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// A text, or an integer as one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        value => value.as_i64().map(|number| number.to_string()),
    }
}
