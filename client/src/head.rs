//! What HTTP says about a response.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use reqwest::StatusCode;

/// How many requests OCP still allows, by its headers `RateLimit-…`.
///
/// OCP may send them with every response or with refusals only: its documentation
/// says both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in a window (`RateLimit-Limit`).
    pub limit: Option<u64>,
    /// Requests that are left in it (`RateLimit-Remaining`).
    pub remaining: Option<u64>,
    /// How long the window lasts (`RateLimit-Reset`, whole seconds up to a day).
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// What the headers of a response say; `None` where they say nothing.
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
        let Self {
            limit,
            remaining,
            reset,
        } = rate_limit;
        (limit.is_some() || remaining.is_some() || reset.is_some()).then_some(rate_limit)
    }
}

/// What HTTP says about a response.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) elapsed: Duration,
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
}
