//! The client of an OCP, and the responses to its calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::client_builder::{ClientBuilder, language};
use crate::decode::verdict::{Envelope, Success, Verdict, decode, decoded, judged};
use crate::error::Error;
use crate::redact::Secrets;
use crate::transport::Transport;
use crate::transport::credentials::Credentials;
use crate::transport::exchange::{Head, RateLimit};
use crate::transport::request;
use crate::transport::retry::RetryPolicy;

/// A client of an OCP.
///
/// Its futures run inside a tokio runtime whose I/O and time are enabled, and panic
/// elsewhere.
///
/// Cheap to clone, and to be shared: all clones use the same connections. Requests,
/// streams and waiters own a clone of the client they were made with, so that they can
/// be returned and spawned.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(ocp_mock::tasks::made(3))).await?;
/// # let base_url = mock.url();
/// let ocp = oceanbase_ocp::Client::new(&base_url)?;
/// let request = ocp.list_cluster_restore_tasks().cluster_id(1000005).page(1).size(2);
/// let response = tokio::spawn(request.send()).await??;
/// assert_eq!(response.value().data.contents.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) baseurl: Arc<str>,
    pub(crate) transport: Arc<Transport>,
}

impl Client {
    /// A client without credentials for the OCP at this base URL, such as
    /// `http://ocp.example:8080`; see [`Client::builder`] for everything else.
    ///
    /// # Errors
    ///
    /// As for [`ClientBuilder::build`].
    ///
    /// ```
    /// assert!(oceanbase_ocp::Client::new("http://localhost:8080/").is_ok());
    /// assert!(oceanbase_ocp::Client::new("localhost:8080").is_err());
    /// ```
    pub fn new(base_url: &str) -> Result<Self, Error> {
        Self::builder(base_url).build()
    }

    /// A client for the OCP that the environment names; see
    /// [`ClientBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// As for [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Prepares a client for the OCP at this base URL.
    ///
    /// A path prefix is kept; a slash at the end makes no difference.
    ///
    /// ```
    /// use oceanbase_ocp::{Client, Credentials};
    /// use std::time::Duration;
    ///
    /// let client = Client::builder("http://proxy.example/ocp/")
    ///     .credentials(Credentials::basic("admin", "aaAA11__")?)
    ///     .accept_language("en-US")
    ///     .timeout(Duration::from_secs(30))
    ///     .build()?;
    /// assert!(!format!("{client:?}").contains("aaAA11__"));
    /// # Ok::<(), oceanbase_ocp::Error>(())
    /// ```
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// This client with another time-out for an attempt, for one call or for many.
    /// The connections stay shared. Zero means a millisecond.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(vec![])).await?;
    /// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
    /// use std::time::Duration;
    ///
    /// let response = ocp
    ///     .with_timeout(Duration::from_secs(5))
    ///     .with_accept_language("en-US")?
    ///     .list_cluster_restore_tasks()
    ///     .cluster_id(1000005)
    ///     .page(1)
    ///     .size(10)
    ///     .send()
    ///     .await?;
    /// assert!(response.elapsed() < Duration::from_secs(5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with(|transport| transport.timeout = Some(timeout.max(Duration::from_millis(1))))
    }

    /// This client with another language of OCP's messages, as in the header
    /// `Accept-Language`: `en-US`, `zh-CN`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it does not
    /// fit a header.
    pub fn with_accept_language(&self, accept_language: &str) -> Result<Self, Error> {
        let language = language(accept_language)?;
        Ok(self.with(|transport| transport.accept_language = Some(language)))
    }

    /// This client with another retry policy.
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        self.with(|transport| transport.retry = policy)
    }

    /// This client with other credentials, or with none. The last ones that it had before
    /// are redacted all the same.
    pub fn with_credentials(&self, credentials: impl Into<Credentials>) -> Self {
        let credentials = credentials.into();
        self.with(|transport| {
            transport.secrets = transport.secrets.and(&credentials.secrets());
            transport.credentials = credentials;
        })
    }

    fn with(&self, change: impl FnOnce(&mut Transport)) -> Self {
        let mut client = self.clone();
        change(Arc::make_mut(&mut client.transport));
        client
    }

    /// Sends a request of your own, to any path of this OCP: for what has no operation
    /// here yet.
    ///
    /// It goes out as the requests of operations do, with this client's credentials,
    /// headers, limits, time-out and retries (only if the method is idempotent), and
    /// is observed as they are. Its URI is a path below the base URL, with a query, both
    /// percent-encoded. Headers that it sets itself are kept: with an `Authorization` of its
    /// own the client's credentials are left out.
    ///
    /// Every HTTP response is returned, whatever its status;
    /// [`HttpResponse::decode`], [`HttpResponse::error`] and
    /// [`HttpResponse::error_for_failure`] judge it as the operations do.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(ocp_mock::tasks::made(3))).await?;
    /// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
    /// #[derive(serde::Deserialize)]
    /// struct Body {
    ///     data: serde_json::Value,
    /// }
    ///
    /// let path = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks?page=1&size=10";
    /// let request = oceanbase_ocp::http::Request::get(path).body(vec![])?;
    /// let body: Body = ocp.execute(request).await?.decode()?;
    /// assert_eq!(body.data["page"]["totalElements"], 3);
    ///
    /// let request = oceanbase_ocp::http::Request::get("/api/v2/no/such/thing").body(vec![])?;
    /// let response = ocp.execute(request).await?;
    /// assert!(response.error().is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the URI is not
    /// a path, [`ErrorKind::Connection`](crate::ErrorKind::Connection) or
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if no response came, or HTTP 407
    /// of a proxy, and a body that broke off, cannot be decompressed or is longer than
    /// [`max_body_bytes`](ClientBuilder::max_body_bytes).
    pub fn execute<B: Into<Vec<u8>>>(
        &self,
        request: http::Request<B>,
    ) -> impl Future<Output = Result<HttpResponse, Error>> + Send + use<B> {
        let client = self.clone();
        let request = client.own(request);
        async move {
            let (request, operation) = request?;
            let transport = &client.transport;
            Ok(HttpResponse {
                verdict: transport.call(request, &operation, judged).await?,
                secrets: transport.secrets.clone(),
            })
        }
    }

    /// A request of the user's own to this OCP, and its name in logs.
    fn own<B: Into<Vec<u8>>>(
        &self,
        request: http::Request<B>,
    ) -> Result<(reqwest::Request, String), Error> {
        let (parts, body) = request.into_parts();
        if parts.uri.host().is_some() || !parts.uri.path().starts_with('/') {
            let what = "its URI must be a path of this OCP that begins with a slash";
            return Err(Error::configuration("request", what));
        }
        let operation = format!("{} {}", parts.method, parts.uri.path());
        let url = format!("{}{}", self.baseurl, parts.uri);
        let request = request::request(parts.method, &url, parts.headers, body.into())?;
        Ok((request, operation))
    }

    /// Sends the request of a generated operation.
    pub(crate) async fn call<T: Envelope>(
        self,
        request: reqwest::Request,
        operation: &str,
    ) -> Result<Response<T>, Error> {
        let Verdict { head, outcome, .. } =
            self.transport.call(request, operation, decoded).await?;
        Ok(Response {
            head,
            success: outcome?,
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.baseurl)
            .field("transport", &self.transport)
            .finish()
    }
}

impl ClientBuilder {
    /// Checks the settings and makes the client. No connection is opened.
    ///
    /// An `http://` client needs no certificate authorities on the host, unless its proxy is
    /// reached by `https://`. The proxies of the environment (`HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`) are used, but not for `localhost` and loopback addresses;
    /// a proxy sees whatever goes over plain HTTP, credentials included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming
    /// the setting: a base URL that is not `http://` or `https://` with a host,
    /// or that holds a user, a query or a fragment; a text that does not fit a
    /// header; a time-out or a limit of zero; a PEM without certificates;
    /// settings that contradict each other; TLS that cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let url = self.checked_url()?;
        Ok(Client {
            baseurl: url.as_str().trim_end_matches('/').into(),
            transport: Arc::new(self.transport(&url)?),
        })
    }
}

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
#[derive(Clone, Debug)]
pub struct Response<T> {
    head: Head,
    success: Success<T>,
}

/// The response to a request of one's own, whatever it says; see
/// [`Client::execute`].
#[derive(Clone)]
pub struct HttpResponse {
    verdict: Verdict<()>,
    secrets: Secrets,
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

    /// The error that a call of an operation fails with if it gets this response. `None` if OCP
    /// says that the request succeeded.
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

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("head", &self.verdict.head)
            .field("bytes", &self.verdict.body.len())
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}
