//! What an answer says about itself, before anyone looks at its data.

use http::HeaderMap;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, OcpFailure};
use crate::{Credentials, ErrorCode};

/// Members of OCP's envelope that decide between success and failure. Each is
/// optional, so that a strange answer is still understood as far as it can be.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Envelope {
    successful: Option<bool>,
    status: Option<i64>,
    error: Option<Failure>,
    trace_id: Option<String>,
    server: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Failure {
    code: Option<ErrorCode>,
    message: Option<String>,
}

/// The envelope, however little of it can be read.
///
/// # Errors
///
/// When the body is not a JSON object.
fn read(body: &[u8]) -> serde_json::Result<Envelope> {
    // serde would read a struct from an array, too.
    if body.trim_ascii_start().starts_with(b"{")
        && let Ok(envelope) = serde_json::from_slice(body)
    {
        return Ok(envelope);
    }
    // One strange member must not hide the others.
    let members: Map<String, Value> = serde_json::from_slice(body)?;
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    let error = members.get("error");
    Ok(Envelope {
        successful: members.get("successful").and_then(Value::as_bool),
        status: members.get("status").and_then(Value::as_i64),
        error: error.map(|error| Failure {
            code: error
                .get("code")
                .and_then(|code| serde_json::from_value(code.clone()).ok()),
            message: error
                .get("message")
                .and_then(Value::as_str)
                .map(str::to_owned),
        }),
        trace_id: text("traceId"),
        server: text("server"),
    })
}

/// What the envelope tells about a failure; nothing, where there is none.
pub(crate) fn failure(body: &[u8], credentials: &Credentials) -> OcpFailure {
    told(read(body).unwrap_or_default(), credentials)
}

fn told(envelope: Envelope, credentials: &Credentials) -> OcpFailure {
    let error = envelope.error.unwrap_or_default();
    let redact = |text: String| credentials.redact(&text);
    OcpFailure {
        code: error.code.map(|code| match code {
            ErrorCode::Text(text) => ErrorCode::Text(redact(text)),
            number => number,
        }),
        message: error.message.map(redact),
        trace_id: envelope.trace_id.filter(|id| !id.is_empty()).map(redact),
        server: envelope.server.map(redact),
    }
}

/// Decides whether an answer is a success that is worth decoding.
///
/// # Errors
///
/// Everything that is not HTTP 200 with a JSON object that says `successful`
/// and does not contradict the HTTP status.
pub(crate) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    credentials: &Credentials,
) -> Result<(), Error> {
    let not_ocp = |what: String| {
        Err(Error::new(ErrorKind::NotOcp, what)
            .with_status(status)
            .with_excerpt(&excerpt(body, credentials)))
    };
    if status.is_redirection() {
        let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        // A query may hold a ticket or a token.
        let target = target.and_then(|target| target.split(['?', '#']).next());
        return not_ocp(match target {
            Some(target) => format!(
                "the server redirects to {}; redirects are not followed: is the base URL right?",
                credentials.redact(target)
            ),
            None => {
                "the server redirects; redirects are not followed: is the base URL right?".into()
            }
        });
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(refusal(status, headers, body, credentials));
    }
    if status != StatusCode::OK {
        return not_ocp(format!(
            "HTTP status {status} is not one that OCP answers with"
        ));
    }
    if let Some(media_type) = foreign_media_type(headers) {
        let media_type = shortened(&credentials.redact(&media_type));
        return not_ocp(format!(
            "the answer is {media_type}, not JSON: is this the address of an OCP?"
        ));
    }
    if body.is_empty() {
        return not_ocp("the answer is empty".into());
    }
    let envelope = match read(body) {
        Ok(envelope) => envelope,
        Err(error) => {
            return not_ocp(format!(
                "the answer is not a JSON object: {}",
                shortened(&credentials.redact(&error.to_string()))
            ));
        }
    };
    match (envelope.successful, envelope.status) {
        (None, _) if !claims_success(body) => not_ocp(
            "the answer is JSON, but not OCP's envelope: it does not say `successful`".into(),
        ),
        (Some(false), status_told) => {
            let kind = status_told
                .and_then(|told| StatusCode::from_u16(u16::try_from(told).ok()?).ok())
                .and_then(ErrorKind::of_status)
                .unwrap_or(ErrorKind::Server);
            Err(
                Error::new(kind, "OCP reports a failure under HTTP status 200 OK")
                    .with_status(status)
                    .with_wait(headers)
                    .with_failure(told(envelope, credentials)),
            )
        }
        (_, Some(status_told)) if status_told != i64::from(status.as_u16()) => Err(Error::new(
            ErrorKind::NotOcp,
            format!(
                "the answer contradicts itself: HTTP status {}, envelope status {status_told}",
                status.as_u16()
            ),
        )
        .with_status(status)
        .with_failure(told(envelope, credentials))),
        _ => Ok(()),
    }
}

/// Whether there is a member `successful` of any type; a wrong type is for the
/// decoder to report, with its place.
fn claims_success(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body)
        .is_ok_and(|members| members.contains_key("successful"))
}

/// An answer with a failing HTTP status, whatever its body.
fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    credentials: &Credentials,
) -> Error {
    let kind = ErrorKind::of_status(status).unwrap_or(ErrorKind::Server);
    let error = Error::new(
        kind,
        format!("the request was refused with HTTP status {status}"),
    )
    .with_status(status)
    .with_wait(headers);
    match read(body) {
        Ok(envelope) if envelope.successful.is_some() || envelope.error.is_some() => {
            let status_told = envelope.status;
            let error = error.with_failure(told(envelope, credentials));
            match status_told {
                Some(told) if told != i64::from(status.as_u16()) => {
                    error.with_hint(format!("the envelope says status {told}"))
                }
                _ => error,
            }
        }
        _ => error
            .with_hint(
                "this is not OCP's form of an error; a proxy or another server may have answered"
                    .into(),
            )
            .with_excerpt(&excerpt(body, credentials)),
    }
}

/// The media type of an answer that says it is not JSON. One that says nothing
/// is judged by its body.
fn foreign_media_type(headers: &HeaderMap) -> Option<String> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().unwrap_or("unreadable");
    let written = media_type.split(';').next().unwrap_or_default().trim();
    let essence = written.to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    (!is_json).then(|| written.to_owned())
}

const CHARACTERS: usize = 120;

/// The beginning of a body, on one line, without secrets.
fn excerpt(body: &[u8], credentials: &Credentials) -> String {
    // Redact before cutting, or half a secret may remain.
    let start = String::from_utf8_lossy(&body[..body.len().min(16 * CHARACTERS)]).into_owned();
    let text: String = credentials
        .redact(&start)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    shortened(&words.join(" "))
}

/// At most the first 120 characters: what a server sends may be of any length.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
