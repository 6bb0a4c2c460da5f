//! Time, as far as this crate waits.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// What retries and waiters measure and wait with; see
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock).
///
/// Default: the clock of tokio, which its tests can pause.
pub trait Clock: Send + Sync + 'static {
    /// The time since some fixed moment. Never runs backwards.
    fn now(&self) -> Duration;

    /// Completes after this time.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
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
