//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::decode::values::ErrorCode;
use crate::redact::shortened;

/// Why a call failed, or a client could not be made.
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

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    what: String,
    status: Option<StatusCode>,
    failure: OcpFailure,
    wait: Option<Duration>,
    attempts: u32,
    path: Option<String>,
    excerpt: Option<String>,
    hint: Option<String>,
    /// Whether the same comes out each time.
    is_lasting: bool,
    is_unknown_host: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What OCP's envelope says about a failure, without secrets.
#[derive(Clone, Default)]
pub(crate) struct OcpFailure {
    pub(crate) code: Option<ErrorCode>,
    pub(crate) message: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) server: Option<String>,
}

/// What sort of failure an [`Error`] is; each calls for something else.
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
    /// What came is right, and was handed out before; reading again may help.
    Incomplete,
    /// What was waited for has not ended in the time that was given.
    WaitTimeout,
    /// What was waited for has never been in the list: a wrong id, or a list of
    /// something else.
    NotListed,
    /// What was waited for was in the list and is not any more.
    NoLongerListed,
    /// The restore that was waited for has failed.
    RestoreFailed,
    /// Several rows have the id that was waited for.
    Ambiguous,
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
            excerpt: None,
            hint: None,
            is_lasting: false,
            is_unknown_host: false,
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

    /// A failure of the connection that comes out the same each time.
    pub(crate) fn lasting(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connection, what).with(|inner| inner.is_lasting = true)
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

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with(|inner| inner.hint = Some(hint.into()))
    }

    pub(crate) fn with_excerpt(self, excerpt: &str) -> Self {
        self.with(|inner| inner.excerpt = (!excerpt.is_empty()).then(|| excerpt.to_owned()))
    }

    pub(crate) fn with_wait(self, wait: Option<Duration>) -> Self {
        self.with(|inner| inner.wait = wait)
    }

    pub(crate) fn with_path(self, path: Option<String>) -> Self {
        self.with(|inner| inner.path = path)
    }

    pub(crate) fn of_unknown_host(self, is_unknown_host: bool) -> Self {
        self.with(|inner| inner.is_unknown_host = is_unknown_host)
    }

    /// The same error, with what was being done before its own words.
    pub(crate) fn prefixed(self, what: &str) -> Self {
        self.with(|inner| inner.what = format!("{what}: {}", inner.what))
    }

    /// The same error as the outcome of so many attempts.
    pub(crate) fn after(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    /// Whether the address itself seems to be wrong: nothing there speaks as it should.
    pub(crate) fn is_of_address(&self) -> bool {
        self.0.is_lasting || self.0.is_unknown_host
    }

    /// What sort of failure this is.
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

    /// What OCP says about the failure, in the language it was asked for.
    pub fn message(&self) -> Option<&str> {
        self.0.failure.message.as_deref()
    }

    /// Names the request in OCP's logs. `None` where OCP gave an empty one.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.failure.trace_id.as_deref()
    }

    /// The OCP server that responded.
    pub fn server(&self) -> Option<&str> {
        self.0.failure.server.as_deref()
    }

    /// How long to wait before the next attempt, as the server says: of HTTP 429
    /// `RateLimit-Reset`, which OCP documents (10 seconds to a day), or `Retry-After`, the
    /// longer of them; of HTTP 503 `Retry-After`. `None` if it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.wait
    }

    /// Whether the same request may well succeed a little later: HTTP 429, 502, 503 and
    /// 504, and a connection that failed before there was a response, unless for a cause that
    /// lasts: a certificate that is not accepted, a head that cannot be read.
    ///
    /// A [`RetryPolicy`](crate::RetryPolicy) sends such a request again on its own, where
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

    /// How often the request that failed was sent; see
    /// [`RetryPolicy`](crate::RetryPolicy). 0 where nothing was sent, and where no
    /// request failed: a list was incomplete, what was waited for has not ended.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The place of an undecodable member, such as `data.contents[0].id`.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// What may be done about it, if that is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// The message for an argument that a request needs and has not.
pub(crate) fn missing(argument: &str) -> String {
    format!("`{argument}` is missing: the request needs it")
}

/// The message for an argument or a setting that is no good.
pub(crate) fn unusable(argument: &str, why: impl fmt::Display) -> String {
    format!("`{argument}` is unusable: {why}")
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
