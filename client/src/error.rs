//! The one error of this crate.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use progenitor_client::Error as Generated;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use crate::envelope::OcpFailure;
use crate::{Client, ErrorCode, envelope, excerpt};

/// Why a call failed, or a client could not be made.
///
/// Opaque, so that it can learn to tell more. [`kind`](Self::kind) and the
/// predicates say what to do about it; the other methods say what is known.
/// Neither [`Display`](fmt::Display) nor [`Debug`] shows credentials, headers or
/// whole bodies, but at most the first 120 characters of a message, or of an answer
/// that is not OCP's.
///
/// ```
/// let error = oceanbase_ocp::Client::new("ocp.example:8080").unwrap_err();
/// assert!(error.is_configuration());
/// assert!(error.to_string().contains("base_url"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

/// The status of a response that carries an error: no success, and none of the
/// failures that operations describe. Deprecated in HTTP; no OCP answers with it.
const CARRIER: StatusCode = StatusCode::USE_PROXY;

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    what: String,
    status: Option<StatusCode>,
    failure: OcpFailure,
    wait: Option<Duration>,
    attempts: u32,
    /// What an operation knows of it, in a type of its own.
    details: Option<Arc<dyn Any + Send + Sync>>,
    path: Option<String>,
    excerpt: Option<String>,
    hint: Option<String>,
    trouble: Option<ConnectionTrouble>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What sort of failure an [`Error`] is; each calls for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument is wrong; nothing was sent.
    Configuration,
    /// OCP could not be reached, or the connection broke.
    Connection,
    /// OCP did not answer in time.
    Timeout,
    /// HTTP 401: credentials are missing or wrong. Do not try again with the
    /// same: twenty failures lock the caller out.
    Unauthorized,
    /// HTTP 403: the user lacks a permission.
    Forbidden,
    /// HTTP 404: no such cluster or object.
    NotFound,
    /// HTTP 400, and every other 4xx that is not listed here. An unknown tenant
    /// is most likely reported like this (inferred).
    BadRequest,
    /// HTTP 429: too many requests, see [`Error::retry_after`].
    Throttled,
    /// HTTP 5xx, or a failure that OCP reports without saying which.
    Server,
    /// The answer is not one that OCP gives: HTML, a redirect, an empty or an
    /// oversized body, a status that contradicts the envelope.
    NotOcp,
    /// The answer is OCP's, but a member is missing or has another type than
    /// documented; see [`Error::path`].
    Undecodable,
    /// A list was read to its end, and fewer rows came than it says that it has.
    /// What came is right, and was handed out before; reading again may help.
    Incomplete,
    /// What was waited for has not ended in the time that was given.
    Unfinished,
    /// What was waited for has never been in the list: a wrong id, or a list of
    /// something else.
    NotListed,
    /// What was waited for was in the list and is not any more.
    NoLongerListed,
    /// What was waited for has ended badly.
    Failed,
}

impl ErrorKind {
    /// The kind of a failing HTTP status.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
        Some(match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::Throttled,
            400..=499 => Self::BadRequest,
            500..=599 => Self::Server,
            _ => return None,
        })
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            what: what.into(),
            status: None,
            failure: OcpFailure::default(),
            wait: None,
            attempts: 0,
            details: None,
            path: None,
            excerpt: None,
            hint: None,
            trouble: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(setting: &str, what: impl fmt::Display) -> Self {
        Self::argument(unusable(setting, what))
    }

    /// What [`missing`] or [`unusable`] say of an argument.
    pub(crate) fn argument(what: String) -> Self {
        Self::new(ErrorKind::Configuration, what)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn caused_by(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        self.with(|inner| inner.status = Some(status))
    }

    pub(crate) fn with_failure(self, failure: OcpFailure) -> Self {
        self.with(|inner| inner.failure = failure)
    }

    pub(crate) fn with_hint(self, hint: String) -> Self {
        self.with(|inner| inner.hint = Some(hint))
    }

    pub(crate) fn with_trouble(self, trouble: Option<ConnectionTrouble>) -> Self {
        self.with(|inner| inner.trouble = trouble)
    }

    /// After how many attempts this is the outcome.
    pub(crate) fn after(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    pub(crate) fn with_details(self, details: impl Any + Send + Sync) -> Self {
        self.with(|inner| inner.details = Some(Arc::new(details)))
    }

    /// What [`with_details`](Self::with_details) was given, if it was of this type.
    pub(crate) fn details<T: Any>(&self) -> Option<&T> {
        self.0.details.as_deref()?.downcast_ref()
    }

    pub(crate) fn with_excerpt(self, excerpt: &str) -> Self {
        self.with(|inner| inner.excerpt = (!excerpt.is_empty()).then(|| excerpt.to_owned()))
    }

    /// Notes `RateLimit-Reset`, seconds until the window of the throttling ends.
    pub(crate) fn with_wait(self, headers: &HeaderMap) -> Self {
        let seconds = headers
            .get("ratelimit-reset")
            .and_then(|value| value.to_str().ok())
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse::<u32>().ok());
        self.with(|inner| {
            if inner.kind == ErrorKind::Throttled {
                inner.wait = seconds.map(|seconds| Duration::from_secs(seconds.into()));
            }
        })
    }

    /// An error of the HTTP client, before there was a whole answer.
    pub(crate) fn from_http(error: reqwest::Error, what: &str) -> Self {
        let error = error.without_url();
        let trouble = ConnectionTrouble::told_by(&causes(&error).join(": "));
        let (kind, root) = if error.is_timeout() && error.is_connect() {
            let what = "connecting took too long";
            (ErrorKind::Connection, what.to_owned())
        } else if error.is_timeout() {
            (ErrorKind::Timeout, "it took too long".to_owned())
        } else {
            (ErrorKind::Connection, root_cause(&error))
        };
        Self::new(kind, format!("{what}: {root}"))
            .caused_by(error)
            .with_trouble(trouble)
    }

    /// What the generated `send` fails with; `T` is what it would have decoded.
    pub(crate) fn from_generated<T: DeserializeOwned, E>(
        error: Generated<E>,
        client: &Client,
    ) -> Self {
        let credentials = &client.inner.credentials;
        match error {
            Generated::UnexpectedResponse(response) => match response.extensions().get::<Self>() {
                Some(carried) => carried.clone(),
                None => Self::new(
                    ErrorKind::NotOcp,
                    "the status of the answer is not one that OCP documents",
                )
                .with_status(response.status()),
            },
            Generated::InvalidResponsePayload(body, source) => {
                let mut reader = serde_json::Deserializer::from_slice(&body);
                let path = serde_path_to_error::deserialize::<_, T>(&mut reader)
                    .err()
                    .map(|error| error.path().to_string())
                    .filter(|path| path != ".");
                let what = excerpt::shortened(&credentials.redact(&source.to_string()));
                Self::new(
                    ErrorKind::Undecodable,
                    format!("the answer is not what OCP documents: {what}"),
                )
                .with_status(StatusCode::OK)
                .with_failure(envelope::failure(&body, credentials))
                // How many there were is not known here.
                .after(1)
                .with(|inner| inner.path = path)
            }
            Generated::InvalidRequest(what) | Generated::Custom(what) => Self::argument(what),
            Generated::CommunicationError(error)
            | Generated::ResponseBodyError(error)
            | Generated::InvalidUpgrade(error) => Self::from_http(error, "the request failed"),
            // The transport turns every failing status into a carried error.
            Generated::ErrorResponse(response) => {
                Self::new(ErrorKind::Server, "the request was refused")
                    .with_status(response.status())
            }
        }
    }

    /// An HTTP response that carries this error through the generated code.
    pub(crate) fn into_response(self) -> reqwest::Response {
        let mut response = http::Response::new("");
        *response.status_mut() = CARRIER;
        response.extensions_mut().insert(self);
        response.into()
    }

    /// What sort of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// OCP's error code. 0 says that OCP has no code for the failure.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.failure.code.as_ref()
    }

    /// What OCP says about the failure, in the language it was asked for.
    pub fn message(&self) -> Option<&str> {
        self.0.failure.message.as_deref()
    }

    /// Names the request in OCP's logs. `None` where OCP gave an empty one.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.failure.trace_id.as_deref()
    }

    /// The OCP server that answered.
    pub fn server(&self) -> Option<&str> {
        self.0.failure.server.as_deref()
    }

    /// How long the throttling window still lasts, as OCP counts it: from 10
    /// seconds to a day. OCP may not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.wait
    }

    /// How often the request that failed was sent; see
    /// [`RetryPolicy`](crate::RetryPolicy). 0 where nothing was sent, and where no
    /// request failed: a list was incomplete, what was waited for has not ended. An answer
    /// that cannot be decoded counts as one attempt.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The place of an undecodable member, such as `data.contents[0].id`.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// What may be done about it, where that can be guessed.
    pub fn hint(&self) -> Option<&str> {
        let trouble = || self.0.trouble.map(ConnectionTrouble::hint);
        self.0.hint.as_deref().or_else(trouble)
    }

    /// Why there was no connection, where that is known and will not pass.
    pub(crate) fn connection_trouble(&self) -> Option<ConnectionTrouble> {
        self.0.trouble
    }
}

/// The words for an argument that a request needs and has not.
pub(crate) fn missing(argument: &str) -> String {
    format!("`{argument}` is missing: the request needs it")
}

/// The words for an argument or a setting that is no good.
pub(crate) fn unusable(argument: &str, why: impl fmt::Display) -> String {
    format!("`{argument}` is unusable: {why}")
}

macro_rules! predicates {
    ($($name:ident $kind:ident,)+) => {
        impl Error {
            $(
                #[doc = concat!("Whether this is [`ErrorKind::", stringify!($kind), "`].")]
                pub fn $name(&self) -> bool {
                    self.kind() == ErrorKind::$kind
                }
            )+
        }
    };
}

predicates! {
    is_configuration Configuration,
    is_connection Connection,
    is_timeout Timeout,
    is_unauthorized Unauthorized,
    is_forbidden Forbidden,
    is_not_found NotFound,
    is_bad_request BadRequest,
    is_throttled Throttled,
    is_server Server,
    is_not_ocp NotOcp,
    is_undecodable Undecodable,
    is_incomplete Incomplete,
    is_unfinished Unfinished,
    is_not_listed NotListed,
    is_no_longer_listed NoLongerListed,
    is_failed Failed,
}

fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(next) = cause {
        causes.push(next.to_string());
        cause = next.source();
    }
    causes
}

/// The innermost cause; the outer ones only say that there was an error.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    excerpt::shortened(&causes(error).pop().unwrap_or_default())
}

/// Why two sides cannot talk to each other, now or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionTrouble {
    UnknownAuthority,
    OtherHost,
    Expired,
    ServerSpeaksNoTls,
    ServerSpeaksNoHttp,
}

impl ConnectionTrouble {
    /// Told by the words of the TLS and HTTP libraries: they have nothing else.
    fn told_by(causes: &str) -> Option<Self> {
        let causes = causes.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| causes.contains(word));
        Some(
            if says(&[
                "unknownissuer",
                "unknown issuer",
                "self-signed",
                "self signed",
                "unable to get local issuer",
            ]) {
                Self::UnknownAuthority
            } else if says(&["notvalidforname", "not valid for name", "hostname mismatch"]) {
                Self::OtherHost
            } else if says(&["certificate expired", "certificate has expired"]) {
                Self::Expired
            } else if says(&[
                "invalidcontenttype",
                "corrupt message",
                "wrong version number",
                "record overflow",
            ]) {
                Self::ServerSpeaksNoTls
            } else if says(&["invalid http version", "invalid http"]) {
                Self::ServerSpeaksNoHttp
            } else if says(&["invalid peer certificate", "certificate verify failed"]) {
                Self::UnknownAuthority
            } else {
                return None;
            },
        )
    }

    fn hint(self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "the server's certificate is not signed by an authority that this host trusts; \
                 give the authority's certificate with `root_certificate_pem`"
            }
            Self::OtherHost => {
                "the server's certificate is for another host name; use that name in the base URL"
            }
            Self::Expired => {
                "the server's certificate has expired, or the clock of this host is wrong"
            }
            Self::ServerSpeaksNoTls => {
                "the server does not speak TLS at this port; try http:// in the base URL"
            }
            Self::ServerSpeaksNoHttp => {
                "the server does not speak plain HTTP at this port; try https:// in the base URL"
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::excerpt::shortened as short;
        let inner = &*self.0;
        f.write_str(&inner.what)?;
        if let Some(message) = &inner.failure.message {
            write!(f, ": {}", excerpt::shortened(message))?;
        }
        if let Some(path) = &inner.path {
            write!(f, ", at `{path}`")?;
        }
        let details: Vec<String> = [
            inner
                .failure
                .code
                .as_ref()
                .map(|code| format!("OCP code {}", short(&code.to_string()))),
            inner
                .failure
                .trace_id
                .as_ref()
                .map(|id| format!("trace id {}", short(id))),
            inner
                .failure
                .server
                .as_ref()
                .map(|server| format!("server {}", short(server))),
            inner
                .wait
                .map(|wait| format!("try again after {} s", wait.as_secs())),
            (inner.attempts > 1).then(|| format!("{} attempts", inner.attempts)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if let Some(hint) = self.hint() {
            write!(f, "; {hint}")?;
        }
        if let Some(excerpt) = &inner.excerpt {
            write!(f, "; it begins: {excerpt}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("what", &self.to_string())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taken for a success, an error would be decoded and lost.
    #[test]
    fn the_response_that_carries_an_error_is_neither_a_success_nor_a_failure() {
        let response = Error::new(ErrorKind::Timeout, "it took too long").into_response();
        assert!(!response.status().is_success());
        assert_eq!(ErrorKind::of_status(response.status()), None);
        let carried = response.extensions().get::<Error>().unwrap();
        assert!(carried.is_timeout());
    }

    /// Why nothing can be repeated is decided by what is the matter, not by
    /// whether there is a text about it.
    #[test]
    fn the_words_of_libraries_are_understood() {
        use ConnectionTrouble::*;
        for (words, trouble) in [
            (
                "invalid peer certificate: UnknownIssuer",
                Some(UnknownAuthority),
            ),
            (
                "invalid peer certificate: BadSignature",
                Some(UnknownAuthority),
            ),
            ("certificate not valid for name \"ocp\"", Some(OtherHost)),
            (
                "invalid peer certificate: certificate expired: verification time …",
                Some(Expired),
            ),
            ("error:0A000086: certificate has expired", Some(Expired)),
            (
                "received corrupt message of type InvalidContentType",
                Some(ServerSpeaksNoTls),
            ),
            ("invalid HTTP version parsed", Some(ServerSpeaksNoHttp)),
            ("Connection refused (os error 111)", None),
            ("the lease of the name has expired", None),
        ] {
            assert_eq!(ConnectionTrouble::told_by(words), trouble, "{words}");
        }
    }
}
