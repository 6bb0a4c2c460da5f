//! Whether a response is a success, and what it says.

use http::HeaderMap;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde::de::DeserializeOwned;

use crate::envelope::{self, Envelope, Loose};
use crate::error::{Error, ErrorKind};
use crate::excerpt::{excerpt, shortened};
use crate::head::Head;
use crate::secrets::Secrets;

/// Decodes a response that is a success.
///
/// Most are, so they are decoded at once and asked what they say of themselves. Only
/// where that is no plain success, or they cannot be decoded, the envelope is read by
/// itself and decides, before anything else of the response is believed.
///
/// # Errors
///
/// Those of [`classify`] and [`decode`].
pub(crate) fn decoded<T: Envelope + DeserializeOwned>(
    head: &Head,
    body: &[u8],
    secrets: &Secrets,
) -> Result<T, Error> {
    let ok = StatusCode::OK;
    let is_plain = |value: &T| {
        value.successful()
            && value
                .status()
                .is_none_or(|stated| stated == i64::from(ok.as_u16()))
    };
    if head.status == ok
        && foreign_media_type(&head.headers).is_none()
        && let Ok(value) = from_json(body)
        && is_plain(&value)
    {
        return Ok(value);
    }
    classify(head, body, secrets)?;
    decode(head, body, secrets)
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
        let mut reader = serde_json::Deserializer::from_slice(without_mark(body));
        let path = serde_path_to_error::deserialize::<_, T>(&mut reader)
            .err()
            .map(|error| error.path().to_string())
            .filter(|path| path != ".");
        let what = match other_charset(&head.headers, without_mark(body)) {
            Some(charset) => format!("it is {charset}"),
            None => shortened(&secrets.redact(&source.to_string())),
        };
        Error::new(
            ErrorKind::Decode,
            format!("the response is not what OCP documents: {what}"),
        )
        .with_status(head.status)
        .with_failure(envelope::failure(without_mark(body), secrets))
        .with_path(path)
    })
}

/// The trace id of a body, if it is OCP's and has one.
pub(crate) fn trace_id(body: &[u8], secrets: &Secrets) -> Option<String> {
    envelope::failure(without_mark(body), secrets).trace_id
}

/// UTF-8 is checked once and not text by text; where it is none, serde_json says where.
fn from_json<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let body = without_mark(body);
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Decides whether a response is a success that is worth decoding.
///
/// # Errors
///
/// Everything that is not HTTP 200 with a JSON object that says `successful`
/// and does not contradict the HTTP status.
pub(crate) fn classify(head: &Head, body: &[u8], secrets: &Secrets) -> Result<(), Error> {
    let Head {
        status, headers, ..
    } = head;
    let (status, body) = (*status, without_mark(body));
    let unexpected = |what: String| {
        Err(Error::new(ErrorKind::UnexpectedResponse, what)
            .with_status(status)
            .with_excerpt(&excerpt(body, secrets)))
    };
    if status.is_redirection() {
        return unexpected(format!(
            "the server responds with HTTP status {status}{}; redirects are not followed: is the base URL right?",
            redirect_target(headers, secrets)
        ));
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(refusal(head, body, secrets));
    }
    if status != StatusCode::OK {
        return unexpected(format!(
            "HTTP status {status} is not one that OCP responds with"
        ));
    }
    if let Some(media_type) = foreign_media_type(headers) {
        let media_type = shortened(&secrets.redact(&media_type));
        return unexpected(format!(
            "the response is `{media_type}`, not JSON: is this the address of an OCP?"
        ));
    }
    if body.is_empty() {
        return unexpected("the response is empty".into());
    }
    let envelope = match envelope::read(body) {
        Ok(envelope) => envelope,
        Err(error) => {
            if let Some(charset) = other_charset(headers, body) {
                return unexpected(format!("the response is {charset}"));
            }
            let error = shortened(&secrets.redact(&error.to_string()));
            return unexpected(format!("the response is not a JSON object: {error}"));
        }
    };
    let status_told = envelope.status.status();
    match &envelope.successful {
        Loose::Flag(true) => match status_told {
            Some(told_status) if told_status != status => Err(Error::new(
                ErrorKind::UnexpectedResponse,
                format!(
                    "the response contradicts itself: HTTP status {}, envelope status {}",
                    status.as_u16(),
                    told_status.as_u16()
                ),
            )
            .with_status(status)
            .with_failure(envelope::failure_of(envelope, secrets))),
            _ => Ok(()),
        },
        Loose::None if !envelope.has_error => unexpected(
            "the response is JSON, but not OCP's envelope: it does not say `successful`".into(),
        ),
        // Of another type, without an error: the decoder says where.
        Loose::Integer(_) | Loose::Text(_) | Loose::Other if !envelope.has_error => Ok(()),
        _ => {
            let kind = status_told
                .and_then(ErrorKind::of_status)
                .unwrap_or(ErrorKind::Server);
            Err(
                Error::new(kind, "OCP reports a failure under HTTP status 200 OK")
                    .with_status(status)
                    .with_wait(status_told.and_then(|status| head.wait(status)))
                    .with_failure(envelope::failure_of(envelope, secrets)),
            )
        }
    }
}

/// Where a redirect leads, without what may be secret: user, path parameters
/// and query.
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
    format!(" and redirects to {}", shortened(&secrets.redact(&target)))
}

/// The charset of a body that cannot be read because of it, as a part of a sentence.
fn other_charset(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parameters = media_type.unwrap_or_default().split(';').skip(1);
    let charset = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    });
    let is_utf8 = |charset: &&str| {
        let known = ["utf-8", "utf8", "us-ascii"];
        known.iter().any(|one| charset.eq_ignore_ascii_case(one))
    };
    match charset.filter(|charset| !is_utf8(charset)) {
        Some(charset) => Some(format!(
            "in the charset {}, not in UTF-8",
            shortened(charset)
        )),
        None => std::str::from_utf8(body)
            .err()
            .map(|_| "not in UTF-8".to_owned()),
    }
}

/// A response with a failing HTTP status, whatever its body.
pub(crate) fn refusal(head: &Head, body: &[u8], secrets: &Secrets) -> Error {
    let status = head.status;
    let kind = ErrorKind::of_status(status).unwrap_or(ErrorKind::Server);
    let error = Error::new(
        kind,
        format!("the request was refused with HTTP status {status}"),
    )
    .with_status(status)
    .with_wait(head.wait(status));
    let error = match clocks(head) {
        Some(clocks) => error.with_hint(clocks),
        None => error,
    };
    let foreign = |error: Error| {
        if let Some(charset) = other_charset(&head.headers, body) {
            return error.with_hint(format!("its body is {charset}"));
        }
        let error = match error.hint() {
            Some(_) => error,
            None => error.with_hint(
                "this is not OCP's form of an error; a proxy or another server may have responded",
            ),
        };
        error.with_excerpt(&excerpt(body, secrets))
    };
    let Ok(envelope) = envelope::read(body) else {
        return foreign(error);
    };
    let contradiction = match (envelope.status.status(), &envelope.successful) {
        (Some(stated), _) if stated != status => {
            Some(format!("the envelope says status {}", stated.as_u16()))
        }
        (_, Loose::Flag(true)) => Some("the envelope says that the request succeeded".to_owned()),
        _ => None,
    };
    let is_ocp = !matches!(envelope.successful, Loose::None);
    let failure = envelope::failure_of(envelope, secrets);
    let says_why = failure.code.is_some() || failure.message.is_some();
    let error = error.with_failure(failure);
    match contradiction {
        Some(contradiction) => error.with_hint(contradiction),
        None if is_ocp && says_why => error,
        None => foreign(error),
    }
}

/// How far the clocks differ, where a signature was refused because of that: OCP takes
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

/// The media type of a response that says it is not JSON. One that says nothing
/// is judged by its body.
fn foreign_media_type(headers: &HeaderMap) -> Option<String> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().unwrap_or("unreadable");
    let written = media_type.split(';').next().unwrap_or_default().trim();
    let essence = written.to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    (!is_json).then(|| written.to_owned())
}
