//! Waits until a restore ends.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::RestoreTask;
use crate::error::{Error, ErrorKind};
use crate::excerpt::shortened;
use crate::{PagedList, Rows};

/// Waits until a restore task ends, made by the method `wait_for` of a request.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let settings = ocp_mock::Settings {
/// #     ends_after: Some(std::time::Duration::ZERO),
/// #     ..ocp_mock::Settings::new(ocp_mock::tasks::made(12))
/// # };
/// # let mock = ocp_mock::EmbeddedOcp::start(settings).await?;
/// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
/// let request = ocp.list_cluster_restore_tasks().cluster_id(1000005);
/// let tasks = request.clone().rows().collect_all().await?;
/// let running = tasks.iter().find(|task| !task.is_failed()).ok_or("all have failed")?;
/// let task = request.wait_for(running.id).until_succeeded().await?;
/// assert!(task.finish_time.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a waiter does nothing until `until_ended` or `until_succeeded` is called"]
pub struct Waiter<L> {
    request: L,
    task: i64,
    interval: Duration,
    max_interval: Duration,
    appears_within: Duration,
    timeout: Duration,
}

/// How a restore ended.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the restore may have failed"]
pub enum RestoreOutcome<R> {
    /// Well.
    Succeeded(Box<R>),
    /// Badly; `error_msg` may say why.
    Failed(Box<R>),
}

/// What a waiter knew when it gave up; see [`Error::waited`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waited {
    /// The task as it was seen last; `None` if it never was.
    pub last: Option<Arc<dyn RestoreTask>>,
    /// How many tasks the list had when it was last read to its end; `None` if it
    /// never was, because the task was found before.
    pub listed: Option<usize>,
    /// How long it was waited for.
    pub elapsed: Duration,
    /// How often the list was read.
    pub attempts: u32,
}

/// What one look at the list has shown.
enum Look<R> {
    Found(Box<R>),
    /// All of so many tasks are others.
    Absent(usize),
    /// Rows are missing, the task maybe among them.
    Incomplete(Error),
}

impl<L> Waiter<L>
where
    L: PagedList,
    L::Row: RestoreTask,
{
    pub(crate) fn new(request: L, task: i64) -> Self {
        Self {
            request,
            task,
            interval: Duration::from_secs(5),
            max_interval: Duration::from_secs(60),
            appears_within: Duration::from_secs(60),
            timeout: Duration::from_secs(4 * 60 * 60),
        }
    }

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

    /// How long a task that is not listed yet is waited for: a restore that was
    /// just asked for may take a moment to appear. Default: a minute; zero means
    /// that it must be there at once.
    pub fn appears_within(mut self, time: Duration) -> Self {
        self.appears_within = time;
        self
    }

    /// How long to wait in all. Default: 4 hours. The list is read once more at the
    /// very end; a look that has begun is not cut off.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Completes when the task has ended, well or badly.
    ///
    /// Dropping the future ends the waiting.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let settings = ocp_mock::Settings {
    /// #     ends_after: Some(std::time::Duration::ZERO),
    /// #     ..ocp_mock::Settings::new(ocp_mock::tasks::made(12))
    /// # };
    /// # let mock = ocp_mock::EmbeddedOcp::start(settings).await?;
    /// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
    /// use oceanbase_ocp::RestoreOutcome;
    ///
    /// let request = ocp.list_tenant_restore_tasks().cluster_id(1000005).tenant_id(1000012);
    /// let mut tasks = request.clone().rows();
    /// while let Some(task) = tasks.next().await.transpose()? {
    ///     match request.clone().wait_for(task.id).until_ended().await? {
    ///         RestoreOutcome::Succeeded(task) => assert!(task.is_succeeded()),
    ///         RestoreOutcome::Failed(task) => assert!(task.error_msg.is_some()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotListed`] when the task has not appeared in the time that
    /// [`appears_within`](Self::appears_within) gives it;
    /// [`ErrorKind::NoLongerListed`] when it was there, and then is not, looked at
    /// twice; [`ErrorKind::WaitTimeout`] when the time is up;
    /// [`ErrorKind::Configuration`] when the request has filters. Otherwise whatever
    /// a look at the list fails with, after its retries; only after an
    /// [`ErrorKind::Incomplete`] list there is another look, as long as there is time.
    pub async fn until_ended(self) -> Result<RestoreOutcome<L::Row>, Error> {
        let (task, _) = self.ended().await?;
        Ok(if task.is_succeeded() {
            RestoreOutcome::Succeeded(task)
        } else {
            RestoreOutcome::Failed(task)
        })
    }

    /// Completes when the task has ended well, and returns it.
    ///
    /// # Errors
    ///
    /// Those of [`until_ended`](Self::until_ended), and
    /// [`ErrorKind::Failed`] when the restore has failed; [`Error::task`] has
    /// the task, and with its `error_msg` the reason, if OCP gives one.
    pub async fn until_succeeded(self) -> Result<L::Row, Error> {
        let (task, mut waited) = self.ended().await?;
        if task.is_succeeded() {
            return Ok(*task);
        }
        let why = task.error_msg().filter(|why| !why.is_empty());
        let what = format!(
            "restore task {} has failed, in state {}: {}",
            self.task,
            self.excerpt(task.status().as_str()),
            why.map_or("OCP does not say why".into(), |why| self.excerpt(why)),
        );
        waited.last = Some(Arc::from(task as Box<dyn RestoreTask>));
        Err(Error::new(ErrorKind::Failed, what).with_details(waited))
    }

    /// The task once it has ended.
    async fn ended(&self) -> Result<(Box<L::Row>, Waited), Error> {
        self.refuse_filters()?;
        let clock = &self.request.client().transport.clock;
        let started = clock.now();
        let mut pause = self.interval.min(self.max_interval);
        // Looks without the task since it was seen last.
        let mut absences = 0;
        let mut waited = Waited {
            last: None,
            listed: None,
            elapsed: Duration::ZERO,
            attempts: 0,
        };
        loop {
            waited.attempts += 1;
            let look = self.look().await?;
            waited.elapsed = clock.now().saturating_sub(started);
            let mut incomplete = None;
            match look {
                Look::Found(task) if !task.is_running() => return Ok((task, waited)),
                Look::Found(task) => {
                    tracing::debug!(task = self.task, status = %task.status(), waited.attempts, "the restore runs");
                    waited.last = Some(Arc::from(task as Box<dyn RestoreTask>));
                    absences = 0;
                }
                Look::Absent(listed) => {
                    waited.listed = Some(listed);
                    absences += 1;
                }
                Look::Incomplete(error) => incomplete = Some(error),
            }
            let limit = match waited.last {
                Some(_) => self.timeout,
                None => self.appears_within.min(self.timeout),
            };
            let is_over = waited.elapsed >= limit;
            // Rows that move between two pages can hide one of them, so that one
            // look is no proof; the second comes at once.
            let is_unsure = match waited.last {
                Some(_) => absences == 1 && incomplete.is_none(),
                None => is_over && waited.attempts == 1,
            };
            if is_unsure {
                continue;
            }
            if waited.last.is_some() && absences > 1 {
                return Err(self.gave_up(ErrorKind::NoLongerListed, waited));
            }
            if is_over {
                return Err(match (&waited.last, incomplete) {
                    (Some(_), _) => self.gave_up(ErrorKind::WaitTimeout, waited),
                    (None, Some(error)) => error.with_details(waited),
                    (None, None) => self.gave_up(ErrorKind::NotListed, waited),
                });
            }
            clock.sleep(pause.min(limit - waited.elapsed)).await;
            pause = (pause.saturating_mul(3) / 2).min(self.max_interval);
        }
    }

    /// The whole list is looked through, so nothing may be missing from it.
    fn refuse_filters(&self) -> Result<(), Error> {
        if let Some(filter) = self.request.filter() {
            let what = "a filter may hide the task that is waited for; leave it out";
            return Err(Error::configuration(filter, what));
        }
        Ok(())
    }

    async fn look(&self) -> Result<Look<L::Row>, Error> {
        let mut rows = Rows::new(self.request.clone().at_page(1));
        let mut listed = 0;
        loop {
            match rows.try_next().await {
                Ok(Some(row)) if row.id() == self.task => return Ok(Look::Found(row.into())),
                Ok(Some(_)) => listed += 1,
                Ok(None) => return Ok(Look::Absent(listed)),
                Err(error) if error.is_incomplete() => return Ok(Look::Incomplete(error)),
                Err(error) => return Err(error),
            }
        }
    }

    fn gave_up(&self, kind: ErrorKind, waited: Waited) -> Error {
        let task = self.task;
        let state = waited.last.as_ref().map(|last| last.status().as_str());
        let state = self.excerpt(state.unwrap_or_default());
        let others = match waited.listed.unwrap_or_default() {
            1 => "1 other task is".to_owned(),
            listed => format!("{listed} other tasks are"),
        };
        let so_long = format!(
            "after {} s (looked at {} times)",
            waited.elapsed.as_secs(),
            waited.attempts
        );
        let what = match kind {
            ErrorKind::NotListed => format!(
                "restore task {task} is not listed, and {others}, {so_long}: are its id and the arguments of the request right?"
            ),
            ErrorKind::NoLongerListed => format!(
                "restore task {task} is no longer listed, and {others}, {so_long}: it was last seen in state {state}"
            ),
            _ => format!("restore task {task} is still in state {state} {so_long}"),
        };
        Error::new(kind, what).with_details(waited)
    }

    /// A server's text as it may be shown.
    fn excerpt(&self, text: &str) -> String {
        shortened(&self.request.client().transport.secrets.redact(text))
    }
}

impl Error {
    /// What a [`Waiter`] knew when it gave up.
    pub fn waited(&self) -> Option<&Waited> {
        self.details()
    }

    /// The restore task that a [`Waiter`] was waiting for, as it was seen last.
    pub fn task(&self) -> Option<&dyn RestoreTask> {
        self.waited()?.last.as_deref()
    }
}
