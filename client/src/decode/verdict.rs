//! The verdict on a response: a success and its value, or the error.

use http::HeaderMap;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use super::envelope::Members;
use super::wire::{Read, Wire};
use crate::error::{Error, ErrorKind};
use crate::redact::{Secrets, shortened};
use crate::transport::exchange::Head;

/// A response, and the outcome of its call.
#[derive(Clone)]
pub(crate) struct Verdict<T> {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    pub(crate) outcome: Result<Success<T>, Error>,
}

/// A success, and the name that OCP's logs give it.
#[derive(Clone, Debug)]
pub(crate) struct Success<T> {
    pub(crate) value: T,
    pub(crate) trace_id: Option<String>,
}

impl<T> Verdict<T> {
    /// The name of the request in OCP's logs.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        match &self.outcome {
            Ok(success) => success.trace_id.as_deref(),
            Err(error) => error.trace_id(),
        }
    }
}

/// The words of every success of OCP about itself, beside its `data`.
///
/// Source: "API call description", response structure.
pub(crate) trait Envelope: for<'de> Wire<'de> {
    /// True if the request succeeded, and the status, which it may repeat, is HTTP 200.
    fn is_success(&self) -> bool;
    /// The name of the request in OCP's logs, unless it is empty.
    fn trace_id(&self) -> Option<&str>;
}

/// Lets the types of responses be read as envelopes; `codegen.rs` calls it.
macro_rules! envelope {
    ($($response:ident),*) => {$(
        impl crate::decode::verdict::Envelope for $response {
            fn is_success(&self) -> bool {
                self.successful && self.status.is_none_or(|status| status == 200)
            }

            fn trace_id(&self) -> ::std::option::Option<&str> {
                self.trace_id.as_deref().filter(|id| !id.is_empty())
            }
        }
    )*};
}
pub(crate) use envelope;

/// Judges a response by its envelope, and decodes a success.
///
/// Most responses are successes, so they are decoded at once and asked what they say of
/// themselves. Only if that is no plain success the envelope is read by itself, before
/// anything else of the response is believed.
pub(crate) fn decoded<T: Envelope>(
    head: &Head,
    body: &[u8],
    secrets: &Secrets,
) -> Result<Success<T>, Error> {
    if head.status == StatusCode::OK
        && foreign_media_type(&head.headers).is_none()
        && let Ok(Read(value)) = from_json::<Read<T>>(body)
        && value.is_success()
    {
        let trace_id = value.trace_id().map(str::to_owned);
        return Ok(Success { value, trace_id });
    }
    let Success { trace_id, .. } = judged(head, body, secrets)?;
    let Read(value) = decode(head, body, secrets)?;
    Ok(Success { value, trace_id })
}

/// Judges a response by its envelope alone: a success is HTTP 200 with a JSON object that
/// says `successful` and does not contradict the HTTP status.
pub(crate) fn judged(head: &Head, body: &[u8], secrets: &Secrets) -> Result<Success<()>, Error> {
    let body = without_mark(body);
    let envelope = Members::read(body);
    if head.status.is_client_error() || head.status.is_server_error() {
        return Err(refused(head, body, secrets, envelope));
    }
    let unexpected = |what: String| {
        Error::new(ErrorKind::UnexpectedResponse, what)
            .with_status(head.status)
            .with(|error| error.excerpt = secrets.excerpt(body))
    };
    if let Some(what) = foreign(head, body, secrets) {
        return Err(unexpected(what));
    }
    let envelope = envelope.map_err(|error| {
        unexpected(match other_charset(&head.headers, body) {
            Some(charset) => format!("the response is {charset}"),
            None => {
                let error = secrets.shortened(&error.to_string());
                format!("the response is not a JSON object: {error}")
            }
        })
    })?;
    let stated = envelope.status();
    let success = Success {
        value: (),
        trace_id: envelope.trace_id(secrets),
    };
    let is_success = match envelope.successful() {
        Value::Bool(is_success) => *is_success,
        _ if envelope.has_error() => false,
        Value::Null => {
            let what = "the response is JSON, but not OCP's envelope: it does not say `successful`";
            return Err(unexpected(what.to_owned()));
        }
        // The decoder names the place of the other type.
        _ => return Ok(success),
    };
    let error = match stated.filter(|stated| *stated != head.status) {
        None if is_success => return Ok(success),
        Some(stated) if is_success => Error::new(
            ErrorKind::UnexpectedResponse,
            format!(
                "the response contradicts itself: HTTP status {}, envelope status {}",
                head.status.as_u16(),
                stated.as_u16()
            ),
        ),
        _ => {
            let kind = stated.and_then(ErrorKind::of_status);
            let what = "OCP reports a failure under HTTP status 200 OK";
            Error::new(kind.unwrap_or(ErrorKind::Server), what)
                .with(|error| error.wait = stated.and_then(|status| head.wait(status)))
        }
    };
    let failure = envelope.failure(secrets);
    Err(error
        .with_status(head.status)
        .with(|error| error.failure = failure))
}

/// The sign, outside its body, that a response is none of OCP's.
fn foreign(head: &Head, body: &[u8], secrets: &Secrets) -> Option<String> {
    let status = head.status;
    if status.is_redirection() {
        return Some(format!(
            "the server responds with HTTP status {status}{}; redirects are not followed: is the base URL right?",
            redirect_target(&head.headers, secrets)
        ));
    }
    if status != StatusCode::OK {
        return Some(format!(
            "HTTP status {status} is not one that OCP responds with"
        ));
    }
    if let Some(media_type) = foreign_media_type(&head.headers) {
        return Some(format!(
            "the response is `{}`, not JSON: is this the address of an OCP?",
            secrets.shortened(media_type)
        ));
    }
    body.is_empty().then(|| "the response is empty".to_owned())
}

/// The error for a failing HTTP status, of which nothing else is known.
pub(crate) fn refusal(head: &Head) -> Error {
    let status = head.status;
    let kind = ErrorKind::of_status(status).unwrap_or(ErrorKind::Server);
    let what = format!("the request was refused with HTTP status {status}");
    Error::new(kind, what).with_status(status).with(|error| {
        error.wait = head.wait(status);
        error.hint = clocks(head);
    })
}

/// The error for a failing HTTP status and this body.
fn refused(
    head: &Head,
    body: &[u8],
    secrets: &Secrets,
    envelope: serde_json::Result<Members>,
) -> Error {
    let foreign = |error: Error| {
        if let Some(charset) = other_charset(&head.headers, body) {
            return error.with_hint(format!("its body is {charset}"));
        }
        let hint =
            "this is not OCP's form of an error; a proxy or another server may have responded";
        error.with(|error| {
            error.hint.get_or_insert_with(|| hint.to_owned());
            error.excerpt = secrets.excerpt(body);
        })
    };
    let Ok(envelope) = envelope else {
        return foreign(refusal(head));
    };
    let failure = envelope.failure(secrets);
    let says_why = failure.code.is_some() || failure.message.is_some();
    let error = refusal(head).with(|error| error.failure = failure);
    match (envelope.status(), envelope.successful()) {
        (Some(stated), _) if stated != head.status => {
            error.with_hint(format!("the envelope says status {}", stated.as_u16()))
        }
        (_, Value::Bool(true)) => error.with_hint("the envelope says that the request succeeded"),
        (_, successful) if says_why && !successful.is_null() => error,
        _ => foreign(error),
    }
}

/// Decodes the body of a success.
///
/// # Errors
///
/// [`ErrorKind::Decode`], with the place in the body.
pub(crate) fn decode<T: DeserializeOwned>(
    head: &Head,
    body: &[u8],
    secrets: &Secrets,
) -> Result<T, Error> {
    from_json(body).map_err(|source| {
        let body = without_mark(body);
        let text = std::str::from_utf8(body).unwrap_or_default();
        let mut reader = serde_json::Deserializer::from_str(text);
        let path = serde_path_to_error::deserialize::<_, T>(&mut reader).err();
        let path = path.map(|error| error.path().to_string());
        let what = match other_charset(&head.headers, body) {
            Some(charset) => format!("it is {charset}"),
            None => secrets.shortened(&source.to_string()),
        };
        let what = format!("the response is not what OCP documents: {what}");
        let envelope = Members::read(body).unwrap_or_default();
        Error::new(ErrorKind::Decode, what)
            .with_status(head.status)
            .with(|error| {
                error.failure = envelope.failure(secrets);
                error.path = path.filter(|path| path != ".");
            })
    })
}

/// UTF-8 is checked once and not text by text.
fn from_json<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(without_mark(body)).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text)
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// The place that a redirect leads to, without what may be secret: user, path parameters and
/// query.
fn redirect_target(headers: &HeaderMap, secrets: &Secrets) -> String {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(target) = target.and_then(|target| target.split(['?', '#', ';']).next()) else {
        return String::new();
    };
    let target = match target.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => target.to_owned(),
    };
    format!(" and redirects to {}", secrets.shortened(&target))
}

/// The charset of a body that cannot be read because of it, as a part of a sentence.
fn other_charset(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let parameters = content_type(headers).unwrap_or_default().split(';').skip(1);
    let charset = parameters
        .filter_map(|one| one.split_once('='))
        .find_map(|(name, value)| {
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"'))
        });
    let utf8 = ["utf-8", "utf8", "us-ascii"];
    match charset.filter(|charset| !utf8.iter().any(|one| charset.eq_ignore_ascii_case(one))) {
        Some(charset) => Some(format!(
            "in the charset {}, not in UTF-8",
            shortened(charset)
        )),
        None => std::str::from_utf8(body)
            .is_err()
            .then(|| "not in UTF-8".to_owned()),
    }
}

/// The difference of the clocks, if a signature was refused because of that: OCP takes
/// signatures of the last 15 minutes ("AK/SK authentication").
fn clocks(head: &Head) -> Option<String> {
    let seconds = head.clock_ahead()?;
    let is_refused = head.status == StatusCode::UNAUTHORIZED && seconds.abs() >= 15 * 60;
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    is_refused.then(|| {
        format!(
            "this host's clock is {} {side} the server's, and OCP takes signatures that are at most 15 minutes old",
            period(seconds.unsigned_abs())
        )
    })
}

fn period(seconds: u64) -> String {
    match (seconds / 86400, seconds / 3600, seconds / 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    }
}

/// The media type of a response that says it is not JSON. One that says nothing is judged by
/// its body.
fn foreign_media_type(headers: &HeaderMap) -> Option<&str> {
    let written = content_type(headers)?.split(';').next()?.trim();
    let essence = written.to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    (!is_json).then_some(written)
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    Some(headers.get(CONTENT_TYPE)?.to_str().unwrap_or("unreadable"))
}
