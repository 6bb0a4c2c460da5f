//! The outcome of a call.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use super::head::{Head, RateLimit};
use crate::decode::verdict::{Success, Verdict, decode};
use crate::error::Error;
use crate::redact::Secrets;

/// The successful response to a call: its body as a value, and what HTTP says about it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(ocp_mock::tasks::made(3))).await?;
/// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
/// let response = ocp.list_cluster_restore_tasks().cluster_id(1000005).page(1).size(10).send().await?;
/// assert_eq!(response.value().data.contents.len(), 3);
/// assert_eq!(response.status(), 200);
/// assert!(response.trace_id().is_some());
/// let body = response.into_inner();
/// assert!(body.successful);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    pub(crate) head: Head,
    pub(crate) success: Success<T>,
}

/// The response to a request of one's own, whatever it says; see
/// [`Client::execute`](crate::Client::execute).
#[derive(Clone)]
pub struct HttpResponse {
    pub(crate) verdict: Verdict<()>,
    pub(crate) secrets: Secrets,
}

/// The methods of whatever has a head.
macro_rules! about_http {
    ($($head:ident).+) => {
        /// The HTTP status.
        pub fn status(&self) -> StatusCode {
            self.$($head).+.status
        }

        /// The headers.
        pub fn headers(&self) -> &HeaderMap {
            &self.$($head).+.headers
        }

        /// From sending the request, the last time if it was sent again, to the last byte
        /// of the response.
        pub fn elapsed(&self) -> Duration {
            self.$($head).+.elapsed
        }

        /// The rest of the rate limit, if OCP says so.
        pub fn rate_limit(&self) -> Option<RateLimit> {
            RateLimit::of(self.headers())
        }
    };
}

impl<T> Response<T> {
    /// The body as a value.
    pub fn value(&self) -> &T {
        &self.success.value
    }

    /// The body as a value, and nothing else.
    pub fn into_inner(self) -> T {
        self.success.value
    }

    /// The name of the request in OCP's logs, unless it is empty.
    pub fn trace_id(&self) -> Option<&str> {
        self.success.trace_id.as_deref()
    }

    about_http!(head);
}

impl HttpResponse {
    about_http!(verdict.head);

    /// The name of the request in OCP's logs, if the body is OCP's and has one.
    pub fn trace_id(&self) -> Option<&str> {
        self.verdict.trace_id()
    }

    /// The body, decompressed.
    pub fn body(&self) -> &[u8] {
        &self.verdict.body
    }

    /// The body, decompressed, without a copy.
    pub fn into_body(self) -> Vec<u8> {
        self.verdict.body
    }

    /// The error that a call of an operation fails with if it gets this response. `None` if OCP says that the request succeeded.
    pub fn error(&self) -> Option<&Error> {
        self.verdict.outcome.as_ref().err()
    }

    /// This response, if it is a success.
    ///
    /// # Errors
    ///
    /// [`error`](Self::error), if there is one.
    pub fn error_for_failure(self) -> Result<Self, Error> {
        self.verdict.outcome.clone()?;
        Ok(self)
    }

    /// Decodes the whole body of a success, with its envelope.
    ///
    /// # Errors
    ///
    /// [`error`](Self::error), if there is one, and
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the body is none of `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.verdict.outcome.clone()?;
        decode(&self.verdict.head, &self.verdict.body, &self.secrets)
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.success.value)
            .field("head", &self.head)
            .finish()
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("head", &self.verdict.head)
            .field("bytes", &self.verdict.body.len())
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}
