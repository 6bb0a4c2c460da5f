//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::redact::shortened;

/// The reason why a call failed, or a client could not be made.
///
/// Opaque, so that it can say more one day. [`kind`](Self::kind) and the
/// predicates say what to do about it; the other methods say what is known.
/// Neither [`Display`](fmt::Display) nor [`Debug`] shows credentials, headers or
/// whole bodies, but at most the first 120 characters of a message, or of a response
/// that is not OCP's.
///
/// ```
/// let error = oceanbase_ocp::Client::new("ocp.example:8080").unwrap_err();
/// assert!(error.is_configuration());
/// assert!(error.to_string().contains("base_url"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

/// All that is known of a failure.
#[derive(Clone)]
pub(crate) struct Inner {
    kind: ErrorKind,
    what: String,
    status: Option<StatusCode>,
    pub(crate) failure: OcpFailure,
    pub(crate) wait: Option<Duration>,
    /// The number of times that the request was sent.
    pub(crate) attempts: u32,
    pub(crate) path: Option<String>,
    /// The beginning of a response that is not OCP's; empty if there is none to show.
    pub(crate) excerpt: String,
    pub(crate) hint: Option<String>,
    /// The same comes out each time.
    is_lasting: bool,
    pub(crate) is_unknown_host: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The words of OCP's envelope about a failure, without secrets.
#[derive(Clone, Default)]
pub(crate) struct OcpFailure {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) message: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) server: Option<String>,
}

/// The sort of failure that an [`Error`] is; each calls for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument is wrong; nothing was sent.
    Configuration,
    /// OCP could not be reached, or the connection broke.
    Connection,
    /// OCP did not respond in time.
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
    /// HTTP 429: too many requests; see [`Error::retry_after`].
    Throttled,
    /// HTTP 5xx, or a failure that OCP reports without saying which.
    Server,
    /// The response is not one that OCP gives: HTML, a redirect, an empty or an
    /// oversized body, a status that contradicts the envelope.
    UnexpectedResponse,
    /// The response is OCP's, but a member is missing or has another type than
    /// documented; see [`Error::path`].
    Decode,
    /// A list was read to its end, and fewer rows came than it says that it has.
    /// The rows that came are right, and were handed out before; reading again may help.
    Incomplete,
    /// The restore has not ended in the time that was given.
    WaitTimeout,
    /// The restore has never been in the list: a wrong id, or a list of something else.
    NotListed,
    /// The restore was in the list and is not any more.
    NoLongerListed,
    /// The restore that was waited for has failed.
    RestoreFailed,
    /// Several rows have the id that was waited for.
    Ambiguous,
}

/// OCP's error code: a number up to V4.2.1, a name such as `COM10001` in
/// V4.2.2, and the number 0 if OCP has no code for the failure.
///
/// Source: error code tables of the documentation, V3.1.1 to V4.2.2.
///
/// ```
/// use oceanbase_ocp::ErrorCode;
///
/// let code: ErrorCode = serde_json::from_str(r#""COM10001""#)?;
/// assert!(code == "COM10001" && code != 0);
/// assert_eq!(serde_json::from_str::<ErrorCode>("0")?, 0);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum ErrorCode {
    /// A number, as in the documented throttling response.
    Number(i64),
    /// A name.
    Text(String),
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl ErrorCode {
    /// The code as text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl PartialEq<i64> for ErrorCode {
    fn eq(&self, number: &i64) -> bool {
        matches!(self, Self::Number(own) if own == number)
    }
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
            path: None,
            excerpt: String::new(),
            hint: None,
            is_lasting: false,
            is_unknown_host: false,
            source: None,
        }))
    }

    /// The error for an argument or a setting that is no good.
    pub(crate) fn configuration(setting: &str, why: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Configuration,
            format!("`{setting}` is unusable: {why}"),
        )
    }

    /// A failure of the connection that comes out the same each time.
    pub(crate) fn lasting(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connection, what).with(|inner| inner.is_lasting = true)
    }

    /// The same error, changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn caused_by(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        self.with(|inner| inner.status = Some(status))
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with(|inner| inner.hint = Some(hint.into()))
    }

    /// The same error, with what was being done before its own words.
    pub(crate) fn prefixed(self, what: &str) -> Self {
        self.with(|inner| inner.what = format!("{what}: {}", inner.what))
    }

    /// True if the address itself seems to be wrong: nothing there speaks as it should.
    pub(crate) fn is_of_address(&self) -> bool {
        self.0.is_lasting || self.0.is_unknown_host
    }

    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// OCP's error code. 0 says that OCP has no code for the failure.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.failure.code.as_ref()
    }

    /// OCP's words about the failure, in the language that it was asked for.
    pub fn message(&self) -> Option<&str> {
        self.0.failure.message.as_deref()
    }

    /// The name of the request in OCP's logs, unless it is empty.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.failure.trace_id.as_deref()
    }

    /// The OCP server that responded.
    pub fn server(&self) -> Option<&str> {
        self.0.failure.server.as_deref()
    }

    /// The wait before the next attempt that the server asks for: of HTTP 429
    /// `RateLimit-Reset`, which OCP documents (10 seconds to a day), or `Retry-After`, the
    /// longer of them; of HTTP 503 `Retry-After`. `None` if it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.wait
    }

    /// True if the same request may well succeed a little later: HTTP 429, 502, 503 and
    /// 504, and a connection that failed before there was a response, unless for a cause that
    /// lasts: a certificate that is not accepted, a head that cannot be read.
    ///
    /// A [`RetryPolicy`](crate::RetryPolicy) sends such a request again on its own, if
    /// its method is idempotent; this is for what you do after it has given up.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oceanbase_ocp::Error> {
    /// use oceanbase_ocp::{Client, RetryPolicy};
    ///
    /// // Nothing listens there.
    /// let ocp = Client::builder("http://127.0.0.1:9").retry(RetryPolicy::disabled()).build()?;
    /// let request = ocp.list_cluster_restore_tasks().cluster_id(1000005).page(1).size(10);
    /// let error = request.send().await.unwrap_err();
    /// assert!(error.is_connection() && error.is_retryable());
    ///
    /// let error = Client::new("no URL").unwrap_err();
    /// assert!(!error.is_retryable());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_retryable(&self) -> bool {
        let status = self.status().map(|status| status.as_u16());
        match self.kind() {
            ErrorKind::Throttled => true,
            ErrorKind::Server => matches!(status, Some(502..=504)),
            ErrorKind::Connection => status.is_none() && !self.0.is_lasting,
            _ => false,
        }
    }

    /// The number of times that the request was sent; see
    /// [`RetryPolicy`](crate::RetryPolicy). 0 if nothing was sent, and if no
    /// request failed: a list was incomplete, a restore has not ended.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The place of an undecodable member, such as `data.contents[0].id`.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// The remedy, if one is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// The error for an argument that a request needs and has not.
pub(crate) fn missing(argument: &str) -> Error {
    let what = format!("`{argument}` is missing: the request needs it");
    Error::new(ErrorKind::Configuration, what)
}

/// Refuses what a file or a shell puts at the end of a text, before it counts as a failed
/// log-in.
pub(crate) fn no_control_character(setting: &str, what: &str, text: &str) -> Result<(), Error> {
    if text.contains(char::is_control) {
        let why = "holds a control character, such as a line break at its end; leave it out";
        return Err(Error::configuration(setting, format!("{what} {why}")));
    }
    Ok(())
}

macro_rules! predicates {
    ($($name:ident $kind:ident,)+) => {
        impl Error {
            $(
                #[doc = concat!("True if this is [`ErrorKind::", stringify!($kind), "`].")]
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
    is_unexpected_response UnexpectedResponse,
    is_decode Decode,
    is_incomplete Incomplete,
    is_wait_timeout WaitTimeout,
    is_not_listed NotListed,
    is_no_longer_listed NoLongerListed,
    is_restore_failed RestoreFailed,
    is_ambiguous Ambiguous,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(&inner.what)?;
        if let Some(message) = &inner.failure.message {
            write!(f, ": {}", shortened(message))?;
        }
        if let Some(path) = &inner.path {
            write!(f, ", at `{path}`")?;
        }
        let named =
            |name: &str, text: Option<&str>| text.map(|text| format!("{name} {}", shortened(text)));
        let code = self.code().map(ToString::to_string);
        let wait = inner
            .wait
            .map(|wait| format!("try again after {} s", wait.as_secs()));
        let details: Vec<String> = [
            named("OCP code", code.as_deref()),
            named("trace id", self.trace_id()),
            named("server", self.server()),
            wait,
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
        if !inner.excerpt.is_empty() {
            write!(f, "; it begins: {}", inner.excerpt)?;
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
