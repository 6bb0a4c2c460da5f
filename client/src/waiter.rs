//! Waits until a restore ends.

use std::fmt;
use std::time::Duration;

use futures_util::TryStreamExt;

use crate::builder::ListTenantRestoreTasks;
use crate::error::{Error, ErrorKind};
use crate::types::RestoreHistoryTask;

impl<'a> ListTenantRestoreTasks<'a> {
    /// Waits until a restore task ends, well or badly.
    ///
    /// OCP cannot be asked for one task, so the list that the request asks for is
    /// read from its first page on until the task is found. A `start_time` before
    /// the task was created keeps that list short; a filter by status would lose
    /// the task as soon as its state changes.
    ///
    /// ```no_run
    /// use oceanbase_ocp::RestoreOutcome;
    ///
    /// # async fn example() -> Result<(), oceanbase_ocp::Error> {
    /// let ocp = oceanbase_ocp::Client::new("http://localhost:8080")?;
    /// let outcome = ocp
    ///     .list_tenant_restore_tasks()
    ///     .id(1000005)
    ///     .tenant_id(1000012)
    ///     .wait_for(2)
    ///     .until_ended()
    ///     .await?;
    /// match outcome {
    ///     RestoreOutcome::Succeeded(task) => println!("{:?}", task.finish_time),
    ///     RestoreOutcome::Failed(task) => println!("{:?}", task.error_msg),
    ///     RestoreOutcome::NotListed => println!("no such task"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for(self, task: i64) -> Waiter<'a> {
        Waiter {
            request: self,
            task,
            interval: Duration::from_secs(5),
            max_interval: Duration::from_secs(60),
            timeout: Duration::from_secs(4 * 60 * 60),
        }
    }
}

/// Waits until a restore task ends; see [`ListTenantRestoreTasks::wait_for`].
#[derive(Clone, Debug)]
#[must_use = "a waiter does nothing until `until_ended` is called"]
pub struct Waiter<'a> {
    request: ListTenantRestoreTasks<'a>,
    task: i64,
    interval: Duration,
    max_interval: Duration,
    timeout: Duration,
}

/// How a restore ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RestoreOutcome {
    /// Well.
    Succeeded(Box<RestoreHistoryTask>),
    /// Badly; `error_msg` may say why.
    Failed(Box<RestoreHistoryTask>),
    /// The list does not have the task, looked at twice: another tenant's, outside of the
    /// request's filters, or deleted.
    NotListed,
}

/// What a waiter knew when its time was up; see [`Error::waited`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Waited {
    /// The task as it was seen last.
    pub last: Box<RestoreHistoryTask>,
    /// How long it was waited for.
    pub elapsed: Duration,
    /// How often the list was read.
    pub attempts: u32,
}

impl Waiter<'_> {
    /// The first pause between two looks at the list; each is half as long again
    /// as the one before. Default: 5 seconds; zero means a millisecond.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// The longest pause. Default: a minute; zero means a millisecond.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How long to wait. Default: 4 hours. The list is read once more at the very
    /// end; a look that has begun is not cut off.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Completes when the task has ended, or is not listed.
    ///
    /// Dropping the future ends the waiting.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unfinished`] when the time is up, with the task as it was seen
    /// last; and whatever a look at the list fails with, after its retries.
    pub async fn until_ended(self) -> Result<RestoreOutcome, Error> {
        let clock = &self.request.client.inner.clock;
        let started = clock.now();
        let mut pause = self.interval.min(self.max_interval);
        let mut attempts = 0;
        loop {
            attempts += 1;
            // Rows that move between two pages can hide one of them; once is no proof.
            let task = match self.look().await? {
                None => self.look().await?,
                found => found,
            };
            let Some(task) = task else {
                return Ok(RestoreOutcome::NotListed);
            };
            if task.is_succeeded() {
                return Ok(RestoreOutcome::Succeeded(task.into()));
            }
            if task.is_failed() {
                return Ok(RestoreOutcome::Failed(task.into()));
            }
            let elapsed = clock.now().saturating_sub(started);
            tracing::debug!(task = self.task, status = %task.status, attempts, "the restore runs");
            if elapsed >= self.timeout {
                return Err(Error::unfinished(Waited {
                    last: task.into(),
                    elapsed,
                    attempts,
                }));
            }
            clock.sleep(pause.min(self.timeout - elapsed)).await;
            pause = (pause.saturating_mul(3) / 2).min(self.max_interval);
        }
    }

    /// The task, if the list has it.
    async fn look(&self) -> Result<Option<RestoreHistoryTask>, Error> {
        let mut rows = self.request.clone().page(1).rows();
        while let Some(row) = rows.try_next().await? {
            if row.id == self.task {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "restore task {} is still in state {} after {} s (looked at {} times)",
            self.last.id,
            self.last.status,
            self.elapsed.as_secs(),
            self.attempts
        )
    }
}

impl Error {
    fn unfinished(waited: Waited) -> Self {
        Self::new(ErrorKind::Unfinished, waited.to_string()).with_waited(waited)
    }
}
