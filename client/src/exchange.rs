//! What went over the wire, for those who want to look.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};

/// One request and the response to it, before the client judged it; see
/// [`ClientBuilder::on_exchange`](crate::ClientBuilder::on_exchange).
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// Method of the request.
    pub method: Method,
    /// URL as sent, percent-encoded.
    pub url: Url,
    /// Headers of the request without `Authorization`. Those that the HTTP
    /// client adds on its own, such as `Accept-Encoding`, are not among them.
    pub request_headers: HeaderMap,
    /// HTTP status of the response.
    pub status: StatusCode,
    /// Headers of the response.
    pub headers: HeaderMap,
    /// The body after decompression; `None` if it broke off or was too long.
    pub body: Option<Vec<u8>>,
    /// From sending the request to the last byte of the response.
    pub elapsed: Duration,
}

impl fmt::Debug for Exchange {
    // Headers and bodies may be long and may repeat secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("status", &self.status)
            .field("bytes", &self.body.as_ref().map(Vec::len))
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}

/// Who looks.
pub(crate) type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;
