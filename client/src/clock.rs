//! Time, as far as this crate waits and signs.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// What retries and waiters measure and wait with, and signatures are dated by; see
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock).
///
/// Default: the clock of tokio, which its tests can pause.
pub trait Clock: Send + Sync + 'static {
    /// The time since some fixed moment. Never runs backwards.
    fn now(&self) -> Duration;

    /// Completes after this time.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// The date and time that requests are signed with. Default: the system's.
    fn utc(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The clock of tokio.
pub(crate) struct TokioClock(tokio::time::Instant);

impl Default for TokioClock {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}
