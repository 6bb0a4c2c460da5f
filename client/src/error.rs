//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;

use progenitor_client::Error as Generated;

use crate::types::ErrorResponse;
use crate::{ErrorCode, StatusCode};

/// Why a call failed.
///
/// Opaque, so that it can learn to tell more; what it knows is asked for by
/// methods. It never shows headers or whole bodies.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    what: String,
    status: Option<StatusCode>,
    answer: Option<ErrorResponse>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                what: what.into(),
                status: None,
                answer: None,
                source: None,
            }),
        }
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner.source = Some(Box::new(source));
        self
    }

    fn with_status(mut self, status: StatusCode) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// What the generated `send` fails with, made presentable.
    pub(crate) fn from_generated(error: Generated<ErrorResponse>) -> Self {
        match error {
            Generated::InvalidRequest(what) | Generated::Custom(what) => {
                Self::new(format!("the request cannot be sent: {what}"))
            }
            Generated::CommunicationError(source) => {
                Self::new("OCP did not answer").caused_by(source.without_url())
            }
            Generated::ErrorResponse(response) => {
                let status = response.status();
                let mut error =
                    Self::new(format!("OCP refused the request with HTTP status {status}"))
                        .with_status(status);
                error.inner.answer = Some(response.into_inner());
                error
            }
            Generated::ResponseBodyError(source) | Generated::InvalidUpgrade(source) => {
                Self::new("the answer broke off").caused_by(source.without_url())
            }
            Generated::InvalidResponsePayload(_, source) => {
                Self::new("the answer is not what OCP documents").caused_by(source)
            }
            Generated::UnexpectedResponse(response) => {
                let status = response.status();
                Self::new(format!(
                    "OCP answered with HTTP status {status}, which it does not document"
                ))
                .with_status(status)
            }
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.status
    }

    /// OCP's error code. 0 says that OCP has no code for the failure.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.inner.answer.as_ref()?.error.as_ref()?.code.as_ref()
    }

    /// What OCP says about the failure, in the language it was asked for.
    pub fn message(&self) -> Option<&str> {
        self.inner
            .answer
            .as_ref()?
            .error
            .as_ref()?
            .message
            .as_deref()
    }

    /// Names the request in OCP's logs. Empty ids are left out.
    pub fn trace_id(&self) -> Option<&str> {
        let id = self.inner.answer.as_ref()?.trace_id.as_deref();
        id.filter(|id| !id.is_empty())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.what)?;
        if let Some(message) = self.message() {
            write!(f, ": {message}")?;
        }
        let mut details = Vec::new();
        details.extend(self.code().map(|code| format!("OCP code {code}")));
        details.extend(self.trace_id().map(|id| format!("trace id {id}")));
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("what", &self.to_string())
            .field("source", &self.inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
