//! Waits until a restore ends.

use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::time::{Instant, sleep};
use tracing::field::display;

use crate::error::{Error, ErrorKind};
use crate::pager::{PagedList, rows};
use crate::restore_task::RestoreTask;
use crate::wait_error::{Progress, RestoreOutcome, WaitError};

/// Waits until a restore task ends, made by the methods `wait_for` and `wait_for_row` of a
/// request.
///
/// A wait survives what passes: a connection that fails, a time-out, HTTP 5xx, throttling, a
/// body that is cut short, and, once a look has told something, the pages that a server shows
/// while it starts. Such a look is no news; the next one comes after the pause, as long as
/// there is news within the [`tolerance`](Self::tolerance). HTTP 401 and 403, and arguments
/// that OCP refuses, end the wait at once.
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
/// let (tasks, _) = request.clone().rows().collect_all().await?;
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
    /// The identity of the row, if it is known: equal ids of different rows occur.
    identity: Option<u64>,
    interval: Duration,
    max_interval: Duration,
    appears_within: Duration,
    tolerance: Duration,
    timeout: Duration,
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
            identity: None,
            interval: Duration::from_secs(5),
            max_interval: Duration::from_secs(60),
            appears_within: Duration::from_secs(60),
            tolerance: Duration::from_secs(10 * 60),
            timeout: Duration::from_secs(4 * 60 * 60),
        }
    }

    pub(crate) fn of_row(request: L, row: &L::Row) -> Self {
        Self {
            identity: L::identity(row),
            ..Self::new(request, row.id())
        }
    }

    /// The first pause between two looks at the list; each is half as long again
    /// as the one before. Default: 5 seconds; zero means a millisecond.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// The longest pause, unless the server asks for a longer one. Default: a minute; zero
    /// means a millisecond.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// The time that a task has to appear in the list, from the first look that told
    /// something on: a restore that was just asked for may take a moment to appear. Default:
    /// a minute; zero means that it must be there at once.
    pub fn appears_within(mut self, time: Duration) -> Self {
        self.appears_within = time;
        self
    }

    /// The longest time without news, because every look fails for a cause that may pass.
    /// After it the wait ends with the last of these errors. Default: ten minutes; zero means
    /// that the first failed look ends the wait.
    pub fn tolerance(mut self, time: Duration) -> Self {
        self.tolerance = time;
        self
    }

    /// The longest time to wait in all. Default: 4 hours. The list is read once more at the
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
    ///     match request.clone().wait_for_row(&task).until_ended().await? {
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
    /// twice; [`ErrorKind::Ambiguous`] when several rows have its id;
    /// [`ErrorKind::WaitTimeout`] when the time is up;
    /// [`ErrorKind::Configuration`] when the request has filters. Otherwise the error of a
    /// look: at once if it cannot pass, else after the [`tolerance`](Self::tolerance).
    pub async fn until_ended(self) -> Result<RestoreOutcome<L::Row>, WaitError<L::Row>> {
        let (task, _) = self.ended().await?;
        Ok(match task.is_succeeded() {
            true => RestoreOutcome::Succeeded(Box::new(task)),
            false => RestoreOutcome::Failed(Box::new(task)),
        })
    }

    /// Completes when the task has ended well, and returns it.
    ///
    /// # Errors
    ///
    /// As for [`until_ended`](Self::until_ended), and
    /// [`ErrorKind::RestoreFailed`] when the restore has failed; [`WaitError::task`] has
    /// the task, and with its `error_msg` the reason, if OCP gives one.
    pub async fn until_succeeded(self) -> Result<L::Row, WaitError<L::Row>> {
        let (task, progress) = self.ended().await?;
        match task.is_succeeded() {
            true => Ok(task),
            false => Err(progress.failed(task)),
        }
    }

    /// The task once it has ended.
    async fn ended(&self) -> Result<(L::Row, Progress<L::Row>), WaitError<L::Row>> {
        let mut progress = Progress::new(self.task, &self.request.client().transport.secrets);
        if let Some(filter) = self.request.filter() {
            let what = "a filter may hide the task that is waited for; leave it out";
            return Err(progress.end(Error::configuration(filter, what)));
        }
        let started = Instant::now();
        let mut identity = self.identity;
        let mut pause = self.interval.min(self.max_interval);
        loop {
            let look = self.look(identity).await;
            progress.looks += 1;
            progress.elapsed = started.elapsed();
            let trouble = match look {
                Ok((found, _)) if found.len() > 1 => return Err(progress.ambiguous(found)),
                Ok((mut found, others)) => {
                    match found.pop() {
                        Some(task) if !task.is_running() => return Ok((task, progress)),
                        Some(task) => {
                            identity = identity.or(L::identity(&task));
                            progress.last = Some(task);
                            progress.absences = 0;
                        }
                        None => {
                            progress.listed = Some(others);
                            progress.absences += 1;
                        }
                    }
                    None
                }
                Err(error) => Some(error),
            };
            let status = progress.last.as_ref().map(|task| display(task.status()));
            let error = trouble.as_ref().map(display);
            let (task, looks) = (self.task, progress.looks);
            tracing::debug!(task, looks, status, error, "the restore has not ended");
            match self.wait(&mut progress, trouble.as_ref(), pause) {
                None => return Err(progress.gave_up(trouble, self.timeout)),
                Some(Duration::ZERO) => {}
                Some(wait) => {
                    sleep(wait).await;
                    pause = (pause.saturating_mul(3) / 2).min(self.max_interval);
                }
            }
        }
    }

    /// The wait after a look that has not shown the end; `None` to give up.
    fn wait(
        &self,
        progress: &mut Progress<L::Row>,
        trouble: Option<&Error>,
        pause: Duration,
    ) -> Option<Duration> {
        // If rows are missing, the task may be among them.
        let is_news = trouble.is_none_or(Error::is_incomplete);
        let has_news = progress.news > 0;
        if !is_news && !trouble.is_some_and(|trouble| may_pass(trouble, has_news)) {
            return None;
        }
        if is_news {
            progress.news += 1;
            progress.last_news = progress.elapsed;
            progress.first_news.get_or_insert(progress.elapsed);
        }
        let is_seen = progress.last.is_some();
        let limit = match (is_news, is_seen) {
            (false, _) => progress.last_news.saturating_add(self.tolerance),
            (true, true) => self.timeout,
            (true, false) => {
                let first = progress.first_news.unwrap_or_default();
                first.saturating_add(self.appears_within)
            }
        };
        let limit = limit.min(self.timeout);
        let is_over = progress.elapsed >= limit;
        // Rows that move between two pages can hide one of them, so that one look is no
        // proof; the second comes at once.
        let is_unsure = match is_seen {
            true => progress.absences == 1 && trouble.is_none(),
            false => progress.news == 1 && is_over,
        };
        if is_news && is_unsure {
            return Some(Duration::ZERO);
        }
        if is_over || (is_news && is_seen && progress.absences > 1) {
            return None;
        }
        let asked = trouble.and_then(Error::retry_after).unwrap_or_default();
        Some(pause.max(asked).min(limit - progress.elapsed))
    }

    /// One look at the list: to its end while only the id is known, else until the row is
    /// found. The rows that have the id, and the number of the others; an error if there is no
    /// whole list, and none of them stands before it breaks off.
    async fn look(&self, identity: Option<u64>) -> Result<(Vec<L::Row>, usize), Error> {
        let mut rows = rows(self.request.clone().at_page(1));
        let (mut found, mut others) = (Vec::new(), 0);
        loop {
            match rows.try_next().await {
                Ok(Some(row)) if row.id() != self.task => others += 1,
                Ok(Some(row)) if identity.is_none() => found.push(row),
                Ok(Some(row)) if L::identity(&row) == identity => return Ok((vec![row], others)),
                Ok(Some(_)) => others += 1,
                Err(error) if found.is_empty() || !error.is_incomplete() => return Err(error),
                Ok(None) | Err(_) => return Ok((found, others)),
            }
        }
    }
}

/// True if a later look may succeed, though one failed for this. Before any look has told
/// something, the signs of a wrong address are taken for one.
fn may_pass(error: &Error, has_news: bool) -> bool {
    match error.kind() {
        ErrorKind::Timeout | ErrorKind::Server | ErrorKind::Throttled => true,
        ErrorKind::Connection => has_news || !error.is_of_address(),
        ErrorKind::UnexpectedResponse | ErrorKind::NotFound => has_news,
        _ => false,
    }
}

macro_rules! requests {
    ($($request:ident $row:ident)*) => {$(
        impl crate::builder::$request {
            /// Waits until a restore task ends, well or badly.
            ///
            /// OCP cannot be asked for one task, so the list is read, with pages of the
            /// request's `size`: to its end until the task has been seen, because several
            /// rows may have the id, and afterwards from its first page on until the task
            /// is found. The request must have no filters: each can hide the task, a
            /// status as soon as its state changes, and a time window because OCP
            /// does not say which time it compares. OCP's samples list the newest
            /// task first, so that one page is normally enough.
            pub fn wait_for(self, task: i64) -> Waiter<Self> {
                Waiter::new(self, task)
            }

            /// Waits until the restore task of a row ends, well or badly; like
            /// [`wait_for`](Self::wait_for), also if other rows have the same id.
            pub fn wait_for_row(self, row: &crate::types::$row) -> Waiter<Self> {
                Waiter::of_row(self, row)
            }
        }
    )*};
}

requests! {
    ListClusterRestoreTasks ClusterRestoreTask
    ListTenantRestoreTasks RestoreHistoryTask
}
