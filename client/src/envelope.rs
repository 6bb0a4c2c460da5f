//! OCP's envelope: as a success has it, and as far as it decides between success
//! and failure.

use std::fmt;

use reqwest::StatusCode;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::OcpFailure;
use crate::secrets::Secrets;
use crate::values::ErrorCode;

/// What every success of OCP says of itself, beside its `data`.
///
/// Implemented by the generated types of responses; no other crate can name it.
///
/// Source: "API call description", response structure.
pub trait Envelope {
    /// Whether the request succeeded.
    fn successful(&self) -> bool;
    /// The HTTP status, once more.
    fn status(&self) -> Option<i64>;
    /// Names the request in OCP's logs. `None` where OCP gave an empty one.
    fn trace_id(&self) -> Option<&str>;
}

/// Lets the types of responses be read as envelopes; `codegen.rs` calls it.
macro_rules! envelope {
    ($($response:ident),*) => {$(
        impl crate::envelope::Envelope for $response {
            fn successful(&self) -> bool {
                self.successful
            }

            fn status(&self) -> ::std::option::Option<i64> {
                self.status
            }

            fn trace_id(&self) -> ::std::option::Option<&str> {
                self.trace_id.as_deref().filter(|id| !id.is_empty())
            }
        }
    )*};
}
pub(crate) use envelope;

/// Members of OCP's envelope that decide between success and failure. Each is
/// read for itself, so that one strange member does not hide the others, and
/// nothing else is kept.
#[derive(Default)]
pub(crate) struct LooseEnvelope {
    pub(crate) successful: Loose,
    pub(crate) status: Loose,
    pub(crate) has_error: bool,
    code: Loose,
    message: Loose,
    trace_id: Loose,
    server: Loose,
}

/// A member that may be anything; only what can be understood is kept.
#[derive(Default)]
pub(crate) enum Loose {
    /// Absent or null.
    #[default]
    None,
    Flag(bool),
    Integer(i64),
    Text(String),
    /// A fraction, a list or an object.
    Other,
}

impl Loose {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            Self::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// An HTTP status, in either form of an integer.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let number = match self {
            Self::Integer(number) => *number,
            Self::Text(text) => text.parse().ok()?,
            _ => return None,
        };
        StatusCode::from_u16(u16::try_from(number).ok()?).ok()
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor;

        impl<'de> Visitor<'de> for LooseVisitor {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::None)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::Flag(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::Integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(i64::try_from(value).map_or(Loose::Other, Loose::Integer))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose::Other)
            }

            fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
                Ok(Loose::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }

        deserializer.deserialize_any(LooseVisitor)
    }
}

/// The member `error`: an object with a code and a message, or, from other
/// servers, a text.
#[derive(Default)]
struct Failure {
    code: Loose,
    message: Loose,
    is_text: bool,
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FailureVisitor;

        impl<'de> Visitor<'de> for FailureVisitor {
            type Value = Failure;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an error")
            }

            fn visit_unit<E>(self) -> Result<Failure, E> {
                Ok(Failure::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Failure, E> {
                Ok(Failure::default())
            }

            fn visit_i64<E>(self, code: i64) -> Result<Failure, E> {
                Ok(Failure {
                    code: Loose::Integer(code),
                    ..Failure::default()
                })
            }

            fn visit_u64<E>(self, code: u64) -> Result<Failure, E> {
                let code = i64::try_from(code).map_or(Loose::Other, Loose::Integer);
                Ok(Failure {
                    code,
                    ..Failure::default()
                })
            }

            fn visit_f64<E>(self, _: f64) -> Result<Failure, E> {
                Ok(Failure::default())
            }

            fn visit_str<E>(self, message: &str) -> Result<Failure, E> {
                Ok(Failure {
                    code: Loose::None,
                    message: Loose::Text(message.to_owned()),
                    is_text: true,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Failure, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Failure::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Failure, A::Error> {
                let mut failure = Failure::default();
                while let Some(name) = members.next_key::<String>()? {
                    match name.as_str() {
                        "code" => failure.code = members.next_value()?,
                        "message" => failure.message = members.next_value()?,
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(failure)
            }
        }

        deserializer.deserialize_any(FailureVisitor)
    }
}

impl<'de> Deserialize<'de> for LooseEnvelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;

        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = LooseEnvelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut members: A,
            ) -> Result<LooseEnvelope, A::Error> {
                let mut envelope = LooseEnvelope::default();
                let mut outer_message = Loose::None;
                let mut error_is_text = false;
                while let Some(name) = members.next_key::<String>()? {
                    match name.as_str() {
                        "successful" => envelope.successful = members.next_value()?,
                        "status" => envelope.status = members.next_value()?,
                        "traceId" => envelope.trace_id = members.next_value()?,
                        "server" => envelope.server = members.next_value()?,
                        // Where other servers put it.
                        "message" => outer_message = members.next_value()?,
                        "error" => {
                            let failure: Failure = members.next_value()?;
                            envelope.has_error = true;
                            envelope.code = failure.code;
                            envelope.message = failure.message;
                            error_is_text = failure.is_text;
                        }
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                // Spring Boot sends an empty one beside the error's own, and a better one
                // beside an error that is a text.
                let is_better = |own: &Loose| {
                    error_is_text || !matches!(own, Loose::Text(text) if !text.is_empty())
                };
                if matches!(&outer_message, Loose::Text(text) if !text.is_empty())
                    && is_better(&envelope.message)
                {
                    envelope.message = outer_message;
                }
                Ok(envelope)
            }
        }

        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

/// The envelope, however little of it can be read.
///
/// # Errors
///
/// When the body is not a JSON object.
pub(crate) fn read(body: &[u8]) -> serde_json::Result<LooseEnvelope> {
    serde_json::from_slice(body)
}

/// What the envelope says about a failure; nothing, where there is none.
pub(crate) fn failure(body: &[u8], secrets: &Secrets) -> OcpFailure {
    failure_of(read(body).unwrap_or_default(), secrets)
}

/// The same, of an envelope that was read before.
pub(crate) fn failure_of(envelope: LooseEnvelope, secrets: &Secrets) -> OcpFailure {
    let clean = |text: String| secrets.redact(&text);
    OcpFailure {
        code: match envelope.code {
            Loose::Integer(code) => Some(ErrorCode::Number(code)),
            Loose::Text(code) if !code.is_empty() => Some(ErrorCode::Text(clean(code))),
            _ => None,
        },
        message: envelope.message.text().map(clean),
        trace_id: envelope.trace_id.text().map(clean),
        server: envelope.server.text().map(clean),
    }
}
