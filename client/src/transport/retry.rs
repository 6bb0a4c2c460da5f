//! The decision on another attempt after one that failed.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::error::Error;

/// The limits of the attempts of a call.
///
/// A request is tried again if its method is idempotent, as all of this crate are, after
/// HTTP 429, 502, 503 and 504, and after a connection that failed before there was a
/// response. It is not tried again after any other refusal, least of all a 401, because
/// twenty of them lock the caller out; after a response that broke off or took too long;
/// and after what comes out the same each time, such as a certificate that is not accepted.
///
/// The wait is what the server asks for ([`Error::retry_after`]), lengthened at random by
/// up to a second. If the server does not say, waits begin at half a second, double, and
/// are lengthened at random by up to as much again, so that many clients do not come
/// back at the same moment. A wait that the server asks for and that would end after
/// [`max_elapsed`](Self::max_elapsed) is not begun: a window of a day is reported at once.
///
/// Each attempt is signed anew. Dropping the future ends it all.
///
/// ```
/// use oceanbase_ocp::{Client, RetryPolicy};
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default()
///     .max_attempts(6)
///     .max_elapsed(Duration::from_secs(300));
/// assert_ne!(policy, RetryPolicy::disabled());
/// let client = Client::builder("http://localhost:8080").retry(policy).build();
/// assert!(client.is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    max_attempts: u32,
    max_elapsed: Duration,
}

impl Default for RetryPolicy {
    /// At most 4 attempts within 60 seconds.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            max_elapsed: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// One attempt, whatever becomes of it.
    pub fn disabled() -> Self {
        Self::default().max_attempts(1)
    }

    /// At most so many attempts, the first one included. Default: 4; 0 means 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// No wait ends later than this after the call began. Default: 60 seconds.
    /// An attempt that has begun may still take its own time-out.
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// The waits of one call, if OCP does not say how long to wait.
    pub(super) fn backoff(self) -> impl Iterator<Item = Duration> {
        ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(20))
            .with_jitter()
            .without_max_times()
            .build()
    }

    /// The wait before the next attempt; `None` if there shall be none.
    pub(super) fn wait(
        self,
        error: &Error,
        attempts: u32,
        elapsed: Duration,
        backoff: Duration,
        is_idempotent: bool,
    ) -> Option<Duration> {
        // A throttled request was not done; one that broke off may have been.
        let may_repeat = is_idempotent || error.is_throttled();
        let left = self.max_elapsed.saturating_sub(elapsed);
        let wait = error.retry_after().unwrap_or(backoff);
        if attempts >= self.max_attempts || !may_repeat || !error.is_retryable() || wait > left {
            return None;
        }
        let jitter = match error.retry_after() {
            // The server counts whole seconds; at 0 its window may still last. The part of
            // the backoff below a second is random.
            Some(Duration::ZERO) => backoff.min(Duration::from_secs(1)),
            Some(_) => Duration::from_nanos(backoff.subsec_nanos().into()),
            None => Duration::ZERO,
        };
        Some((wait + jitter).min(left))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::error::ErrorKind;

    fn error(kind: ErrorKind, status: u16) -> Error {
        let error = Error::new(kind, "it failed");
        match StatusCode::from_u16(status) {
            Ok(status) => error.with_status(status),
            Err(_) => error,
        }
    }

    fn throttled(seconds: u64) -> Error {
        let wait = Duration::from_secs(seconds);
        error(ErrorKind::Throttled, 429).with(|error| error.wait = Some(wait))
    }

    #[test]
    fn decisions() {
        use ErrorKind::*;
        const MS: fn(u64) -> Duration = Duration::from_millis;
        let backoff = MS(700);
        let tls = Error::lasting("it failed");
        let unavailable =
            |seconds: u64| error(Server, 503).with(|error| error.wait = Some(MS(seconds * 1000)));
        let hinted = error(Connection, 0).with_hint("is the server running?");
        for (error, attempts, elapsed, due) in [
            (error(Throttled, 429), 1, 0, Some(backoff)),
            // Lengthened by the random part of the backoff, as far as there is time.
            (throttled(53), 1, 0, Some(MS(53_700))),
            (throttled(53), 1, 6_500, Some(MS(53_500))),
            (throttled(53), 1, 7_000, Some(MS(53_000))),
            (unavailable(12), 1, 0, Some(MS(12_700))),
            (unavailable(120), 1, 0, None),
            (throttled(53), 1, 7_001, None),
            (throttled(86400), 1, 0, None),
            (throttled(0), 1, 0, Some(backoff)),
            (throttled(53), 4, 0, None),
            (error(Server, 503), 3, 0, Some(backoff)),
            (error(Server, 503), 4, 0, None),
            (error(Server, 503), 1, 59_400, None),
            (error(Server, 502), 1, 0, Some(backoff)),
            (error(Server, 504), 1, 0, Some(backoff)),
            (error(Server, 500), 1, 0, None),
            (error(Server, 200), 1, 0, None),
            (error(Connection, 0), 1, 0, Some(backoff)),
            (error(Connection, 200), 1, 0, None),
            (tls, 1, 0, None),
            (hinted, 1, 0, Some(backoff)),
            (error(Timeout, 0), 1, 0, None),
            (error(Unauthorized, 401), 1, 0, None),
            (error(Forbidden, 403), 1, 0, None),
            (error(NotFound, 404), 1, 0, None),
            (error(BadRequest, 400), 1, 0, None),
            (error(UnexpectedResponse, 200), 1, 0, None),
            (error(Decode, 200), 1, 0, None),
            (error(Configuration, 0), 1, 0, None),
        ] {
            let decision =
                RetryPolicy::default().wait(&error, attempts, MS(elapsed), backoff, true);
            assert_eq!(
                decision, due,
                "{error} after {attempts} attempts, {elapsed} ms"
            );
            let never = RetryPolicy::disabled().wait(&error, attempts, MS(elapsed), backoff, true);
            assert_eq!(never, None, "{error}");
        }
    }

    #[test]
    fn what_may_have_been_done_is_done_again_only_if_that_is_harmless() {
        let wait = Duration::from_secs(1);
        for (error, is_repeated) in [
            (error(ErrorKind::Throttled, 429), true),
            (error(ErrorKind::Server, 503), false),
            (error(ErrorKind::Connection, 0), false),
        ] {
            let decision = RetryPolicy::default().wait(&error, 1, wait, wait, false);
            assert_eq!(decision == Some(wait), is_repeated, "{error}");
        }
    }

    #[test]
    fn waits_double_with_jitter_up_to_a_limit() {
        let waits: Vec<u128> = RetryPolicy::default()
            .backoff()
            .take(10)
            .map(|wait| wait.as_millis())
            .collect();
        for (wait, least) in waits
            .iter()
            .zip([500, 1000, 2000, 4000, 8000, 16000, 20000])
        {
            assert!((least..=2 * least).contains(wait), "{waits:?}");
        }
        assert_eq!(waits.len(), 10, "they do not end");
    }
}
