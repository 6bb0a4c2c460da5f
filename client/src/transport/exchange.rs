//! A request and its response as they went over the wire, for an observer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};

use super::head::Head;

/// One request and the response to it, before the client judged it; see
/// [`ClientBuilder::on_exchange`](crate::ClientBuilder::on_exchange).
#[derive(Clone)]
pub struct Exchange {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) request_headers: HeaderMap,
    pub(super) head: Head,
    pub(super) body: Option<Vec<u8>>,
}

/// A callback for each exchange.
pub(crate) type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

impl Exchange {
    /// The method of the request.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL as sent, percent-encoded.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The headers of the request without `Authorization`. Those that the HTTP client adds
    /// on its own, such as `Host`, are not among them.
    pub fn request_headers(&self) -> &HeaderMap {
        &self.request_headers
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers of the response, without those of a compression that was undone.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The body after decompression, or as it was sent if it could not be decompressed; `None`
    /// if it broke off or was too long.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// The time from sending the request to the last byte of the response.
    pub fn elapsed(&self) -> Duration {
        self.head.elapsed
    }
}

impl fmt::Debug for Exchange {
    // Headers and bodies may be long and may repeat secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("status", &self.head.status)
            .field("bytes", &self.body.as_ref().map(Vec::len))
            .field("elapsed", &self.head.elapsed)
            .finish_non_exhaustive()
    }
}
