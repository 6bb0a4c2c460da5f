//! What a call returns.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use crate::envelope::Envelope;
use crate::error::Error;
use crate::head::{Head, RateLimit};
use crate::secrets::Secrets;
use crate::verdict;

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
    value: T,
    head: Head,
}

/// The response to a request of one's own, whatever it says; see
/// [`Client::execute`](crate::Client::execute).
#[derive(Clone)]
pub struct HttpResponse {
    head: Head,
    body: Vec<u8>,
    failure: Option<Error>,
    trace_id: Option<String>,
    secrets: Secrets,
}

/// What an attempt can come to, beside an error.
pub(crate) trait Received: Sized {
    fn new(head: Head, body: Vec<u8>, secrets: &Secrets) -> Result<Self, Error>;
    fn head(&self) -> &Head;
    fn trace_id(&self) -> Option<&str>;
    /// Why this is no success.
    fn failure(&mut self) -> Option<&mut Error>;
}

impl<T: Envelope + DeserializeOwned> Received for Response<T> {
    fn new(head: Head, body: Vec<u8>, secrets: &Secrets) -> Result<Self, Error> {
        let value = verdict::decoded(&head, &body, secrets)?;
        Ok(Self { value, head })
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn trace_id(&self) -> Option<&str> {
        self.value.trace_id()
    }

    fn failure(&mut self) -> Option<&mut Error> {
        None
    }
}

impl Received for HttpResponse {
    fn new(head: Head, body: Vec<u8>, secrets: &Secrets) -> Result<Self, Error> {
        Ok(Self {
            failure: verdict::classify(&head, &body, secrets).err(),
            trace_id: verdict::trace_id(&body, secrets),
            head,
            body,
            secrets: secrets.clone(),
        })
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    fn failure(&mut self) -> Option<&mut Error> {
        self.failure.as_mut()
    }
}

/// What HTTP says about a response, as methods of whatever has a `head`.
macro_rules! about_http {
    () => {
        /// The HTTP status.
        pub fn status(&self) -> StatusCode {
            self.head.status
        }

        /// The headers.
        pub fn headers(&self) -> &HeaderMap {
            &self.head.headers
        }

        /// From sending the request, the last time if it was sent again, to the last byte
        /// of the response.
        pub fn elapsed(&self) -> Duration {
            self.head.elapsed
        }

        /// What is left of the rate limit, if OCP says so.
        pub fn rate_limit(&self) -> Option<RateLimit> {
            RateLimit::of(&self.head.headers)
        }
    };
}

impl<T> Response<T> {
    /// The body as a value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The body as a value, and nothing else.
    pub fn into_inner(self) -> T {
        self.value
    }

    about_http!();
}

impl<T: Envelope> Response<T> {
    /// Names the request in OCP's logs. `None` where OCP gave an empty one.
    pub fn trace_id(&self) -> Option<&str> {
        self.value.trace_id()
    }
}

impl HttpResponse {
    about_http!();

    /// Names the request in OCP's logs. `None` if the body is none of OCP's, or has an empty
    /// one.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// The body, decompressed.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, decompressed, without a copy.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Why this is no success: the error that a call of an operation fails with where
    /// it gets this response. `None` where OCP says that the request succeeded.
    pub fn error(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// This response, if it is a success.
    ///
    /// # Errors
    ///
    /// [`error`](Self::error), where there is one.
    pub fn error_for_failure(self) -> Result<Self, Error> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Decodes the whole body of a success, with its envelope.
    ///
    /// # Errors
    ///
    /// [`error`](Self::error), where there is one, and
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) where the body is none of `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match &self.failure {
            Some(error) => Err(error.clone()),
            None => verdict::decode(&self.head, &self.body, &self.secrets),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("head", &self.head)
            .finish()
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("head", &self.head)
            .field("bytes", &self.body.len())
            .field("error", &self.failure)
            .finish_non_exhaustive()
    }
}
