//! Whether an answer is a success that is worth decoding.

use http::HeaderMap;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};

use crate::Credentials;
use crate::envelope::{Loose, read, told};
use crate::error::{Error, ErrorKind};
use crate::excerpt::{excerpt, shortened};

/// Decides whether an answer is a success that is worth decoding, and returns
/// its trace id.
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
) -> Result<Option<String>, Error> {
    let not_ocp = |what: String| {
        Err(Error::new(ErrorKind::NotOcp, what)
            .with_status(status)
            .with_excerpt(&excerpt(body, credentials)))
    };
    if status.is_redirection() {
        return not_ocp(format!(
            "the server answers with HTTP status {status}{}; redirects are not followed: is the base URL right?",
            redirect_target(headers, credentials)
        ));
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
            "the answer is `{media_type}`, not JSON: is this the address of an OCP?"
        ));
    }
    if body.is_empty() {
        return not_ocp("the answer is empty".into());
    }
    let envelope = match read(body) {
        Ok(envelope) => envelope,
        Err(error) => {
            let error = shortened(&credentials.redact(&error.to_string()));
            return not_ocp(format!("the answer is not a JSON object: {error}"));
        }
    };
    let status_told = envelope.status.status();
    match &envelope.successful {
        Loose::Flag(true) => match status_told {
            Some(told_status) if told_status != status => Err(Error::new(
                ErrorKind::NotOcp,
                format!(
                    "the answer contradicts itself: HTTP status {}, envelope status {}",
                    status.as_u16(),
                    told_status.as_u16()
                ),
            )
            .with_status(status)
            .with_failure(told(envelope, credentials))),
            _ => Ok(told(envelope, credentials).trace_id),
        },
        Loose::None if !envelope.has_error => not_ocp(
            "the answer is JSON, but not OCP's envelope: it does not say `successful`".into(),
        ),
        // Of another type, without an error: the decoder says where.
        Loose::Integer(_) | Loose::Text(_) | Loose::Other if !envelope.has_error => Ok(None),
        _ => {
            let kind = status_told
                .and_then(ErrorKind::of_status)
                .unwrap_or(ErrorKind::Server);
            Err(
                Error::new(kind, "OCP reports a failure under HTTP status 200 OK")
                    .with_status(status)
                    .with_wait(headers)
                    .with_failure(told(envelope, credentials)),
            )
        }
    }
}

/// Where a redirect leads, without what may be secret: user, path parameters
/// and query.
fn redirect_target(headers: &HeaderMap, credentials: &Credentials) -> String {
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
    format!(
        " and redirects to {}",
        shortened(&credentials.redact(&target))
    )
}

/// An answer with a failing HTTP status, whatever its body.
pub(crate) fn refusal(
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
    let foreign = |error: Error| {
        error
            .with_hint(
                "this is not OCP's form of an error; a proxy or another server may have answered"
                    .into(),
            )
            .with_excerpt(&excerpt(body, credentials))
    };
    let Ok(envelope) = read(body) else {
        return foreign(error);
    };
    let contradiction = match (envelope.status.status(), &envelope.successful) {
        (Some(told), _) if told != status => {
            Some(format!("the envelope says status {}", told.as_u16()))
        }
        (_, Loose::Flag(true)) => Some("the envelope says that the request succeeded".to_owned()),
        _ => None,
    };
    let is_ocp = !matches!(envelope.successful, Loose::None);
    let failure = told(envelope, credentials);
    let says_why = failure.code.is_some() || failure.message.is_some();
    let error = error.with_failure(failure);
    match contradiction {
        Some(contradiction) => error.with_hint(contradiction),
        None if is_ocp && says_why => error,
        None => foreign(error),
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
