//! A request and its response as HTTP has them: what follows from the head, and what an
//! observer sees.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;

/// The number of requests that OCP still allows, by its headers `RateLimit-…`.
///
/// OCP may send them with every response or with refusals only: its documentation
/// says both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in a window (`RateLimit-Limit`).
    pub limit: Option<u64>,
    /// Requests that are left in it (`RateLimit-Remaining`).
    pub remaining: Option<u64>,
    /// The rest of the window (`RateLimit-Reset`, whole seconds up to a day).
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// The limit that the headers of a response tell, if they tell any.
    ///
    /// ```
    /// use oceanbase_ocp::{RateLimit, http};
    ///
    /// let mut headers = http::HeaderMap::new();
    /// assert_eq!(RateLimit::of(&headers), None);
    /// headers.insert("ratelimit-remaining", 3.into());
    /// assert_eq!(RateLimit::of(&headers).unwrap().remaining, Some(3));
    /// ```
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let number = |name| -> Option<u64> {
            let text = headers.get(name)?.to_str().ok()?;
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().ok())?
        };
        let seconds = number("ratelimit-reset").filter(|&seconds| seconds <= u32::MAX.into());
        let rate_limit = Self {
            limit: number("ratelimit-limit"),
            remaining: number("ratelimit-remaining"),
            reset: seconds.map(Duration::from_secs),
        };
        (rate_limit != Self::default()).then_some(rate_limit)
    }
}

/// The head of a response.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) elapsed: Duration,
    /// The time that the request was signed with, if it was.
    pub(crate) signed: Option<DateTime<Utc>>,
}

impl Head {
    /// The wait that the server asks for.
    pub(crate) fn wait(&self, status: StatusCode) -> Option<Duration> {
        let retry_after = retry_after(&self.headers);
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                let reset = RateLimit::of(&self.headers).and_then(|limit| limit.reset);
                // `None` is less than any duration.
                reset.max(retry_after)
            }
            StatusCode::SERVICE_UNAVAILABLE => retry_after,
            _ => None,
        }
    }

    /// The seconds by which this host's clock is ahead of the server's, if the request was
    /// signed and the response has a date.
    pub(crate) fn clock_ahead(&self) -> Option<i64> {
        let date = date(&self.headers, DATE)?;
        Some((self.signed? - date).num_seconds())
    }
}

/// `Retry-After`: seconds, or a date, which counts from the response's own `Date`, because
/// the clocks may differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let now = date(headers, DATE).unwrap_or_else(Utc::now);
    let until = date(headers, RETRY_AFTER)?;
    Some((until - now).to_std().unwrap_or_default())
}

/// An HTTP date in any of its three forms (RFC 9110, section 5.6.7).
fn date(headers: &HeaderMap, name: HeaderName) -> Option<DateTime<Utc>> {
    const FORMS: [&str; 3] = [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ];
    let text = headers.get(name)?.to_str().ok()?.trim();
    let read = |form| NaiveDateTime::parse_from_str(text, form).ok();
    Some(FORMS.into_iter().find_map(read)?.and_utc())
}

// Headers and bodies may be long and may repeat secrets.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("status", &self.status)
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_read_as_far_as_it_is_one() {
        let of = |name: &'static str, value: &'static str| {
            let headers = [(name, value)].map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            });
            RateLimit::of(&headers.into_iter().collect())
        };
        let reset = |value| of("ratelimit-reset", value).and_then(|limit| limit.reset);
        assert_eq!(reset("53"), Some(Duration::from_secs(53)));
        assert_eq!(reset("0"), Some(Duration::ZERO));
        for unusable in ["", "-1", "+1", "99999999999999999999", "4294967296", "soon"] {
            assert_eq!(of("ratelimit-reset", unusable), None, "{unusable}");
        }
        let remaining = of("ratelimit-remaining", "7").unwrap();
        assert_eq!((remaining.remaining, remaining.limit), (Some(7), None));
        assert_eq!(of("ratelimit-limit", "100").unwrap().limit, Some(100));
        assert_eq!(RateLimit::of(&HeaderMap::new()), None);
    }

    fn head(headers: &[(&'static str, &str)]) -> Head {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Head {
            status: StatusCode::OK,
            headers: headers.collect(),
            elapsed: Duration::ZERO,
            signed: None,
        }
    }

    #[test]
    fn the_wait_is_what_the_server_asks_for() {
        const DATE: (&str, &str) = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        let after = |value| [DATE, ("retry-after", value)];
        for (headers, throttled, unavailable) in [
            (&[][..], None, None),
            (&[("retry-after", "7")], Some(7), Some(7)),
            (&[("retry-after", " 7 ")], Some(7), Some(7)),
            (&[("retry-after", "0")], Some(0), Some(0)),
            (&[("ratelimit-reset", "53")], Some(53), None),
            (
                &[("ratelimit-reset", "53"), ("retry-after", "7")],
                Some(53),
                Some(7),
            ),
            (
                &[("ratelimit-reset", "5"), ("retry-after", "7")],
                Some(7),
                Some(7),
            ),
            (&after("Wed, 21 Oct 2015 07:28:09 GMT"), Some(9), Some(9)),
            (
                &after("Wednesday, 21-Oct-15 07:28:09 GMT"),
                Some(9),
                Some(9),
            ),
            (&after("Wed Oct 21 07:28:09 2015"), Some(9), Some(9)),
            // In the past.
            (&after("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0), Some(0)),
            (&after("soon"), None, None),
            (&after("-7"), None, None),
            (&after("7.5"), None, None),
            (&after(""), None, None),
            (&after("99999999999999999999"), None, None),
        ] {
            let head = head(headers);
            let of = |status| head.wait(status).map(|wait| wait.as_secs());
            assert_eq!(of(StatusCode::TOO_MANY_REQUESTS), throttled, "{headers:?}");
            assert_eq!(
                of(StatusCode::SERVICE_UNAVAILABLE),
                unavailable,
                "{headers:?}"
            );
            assert_eq!(of(StatusCode::BAD_GATEWAY), None, "{headers:?}");
        }
    }

    #[test]
    fn clocks_are_compared_only_if_both_are_known() {
        let mut head = head(&[("date", "Wed, 21 Oct 2015 07:28:00 GMT")]);
        assert_eq!(head.clock_ahead(), None);
        head.signed = Some("2015-10-21T09:28:00Z".parse().unwrap());
        assert_eq!(head.clock_ahead(), Some(7200));
        head.headers.clear();
        assert_eq!(head.clock_ahead(), None);
    }
}
