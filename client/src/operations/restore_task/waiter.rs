//! Waits until a restore ends.

use std::fmt;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::RestoreTask;
use crate::error::{Error, ErrorKind};
use crate::excerpt::shortened;
use crate::{PagedList, Rows};

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
    target: Target,
    interval: Duration,
    max_interval: Duration,
    appears_within: Duration,
    tolerance: Duration,
    timeout: Duration,
}

/// The task that is waited for.
#[derive(Clone, Copy, Debug)]
struct Target {
    id: i64,
    /// Known once the row has been seen; equal ids of different rows occur.
    identity: Option<u64>,
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

/// Why a [`Waiter`] has no task to return, and what it knew when it gave up.
///
/// It becomes its [`Error`] by `?`.
#[derive(Clone)]
pub struct WaitError<R> {
    error: Error,
    known: Box<Known<R>>,
}

/// What a waiter knows of its task so far.
#[derive(Clone)]
struct Known<R> {
    last: Option<R>,
    candidates: Vec<R>,
    listed: Option<usize>,
    elapsed: Duration,
    looks: u32,
    /// Looks that told something.
    told: u32,
    /// When the first and the last of these came.
    first_news: Option<Duration>,
    last_news: Duration,
    /// Looks without the task since it was seen last.
    absences: u32,
}

impl<R> Default for Known<R> {
    fn default() -> Self {
        Self {
            last: None,
            candidates: Vec::new(),
            listed: None,
            elapsed: Duration::ZERO,
            looks: 0,
            told: 0,
            first_news: None,
            last_news: Duration::ZERO,
            absences: 0,
        }
    }
}

/// What one look at the list has shown.
enum Look<R> {
    Found(R),
    /// All of so many tasks are others.
    Absent(usize),
    /// Several different rows have the id.
    Ambiguous(Vec<R>),
    /// Rows are missing, the task maybe among them.
    Incomplete(Error),
    Failed(Error),
}

impl<L> Waiter<L>
where
    L: PagedList,
    L::Row: RestoreTask,
{
    pub(crate) fn new(request: L, task: i64) -> Self {
        Self {
            request,
            target: Target {
                id: task,
                identity: None,
            },
            interval: Duration::from_secs(5),
            max_interval: Duration::from_secs(60),
            appears_within: Duration::from_secs(60),
            tolerance: Duration::from_secs(10 * 60),
            timeout: Duration::from_secs(4 * 60 * 60),
        }
    }

    pub(crate) fn of_row(request: L, row: &L::Row) -> Self {
        let mut waiter = Self::new(request, row.id());
        waiter.target.identity = L::identity(row);
        waiter
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

    /// How long a task that is not listed yet is waited for, from the first look that told
    /// something on: a restore that was just asked for may take a moment to appear. Default:
    /// a minute; zero means that it must be there at once.
    pub fn appears_within(mut self, time: Duration) -> Self {
        self.appears_within = time;
        self
    }

    /// How long nothing may be learnt, because every look fails for a cause that may pass.
    /// After it the wait ends with the last of these errors. Default: ten minutes; zero means
    /// that the first failed look ends the wait.
    pub fn tolerance(mut self, time: Duration) -> Self {
        self.tolerance = time;
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
    /// Those of [`until_ended`](Self::until_ended), and
    /// [`ErrorKind::RestoreFailed`] when the restore has failed; [`WaitError::task`] has
    /// the task, and with its `error_msg` the reason, if OCP gives one.
    pub async fn until_succeeded(self) -> Result<L::Row, WaitError<L::Row>> {
        let (task, mut known) = self.ended().await?;
        if task.is_succeeded() {
            return Ok(task);
        }
        let why = task.error_msg().filter(|why| !why.is_empty());
        let what = format!(
            "restore task {} has failed {}, in state {}: {}",
            self.target.id,
            known.effort(),
            self.excerpt(task.status().as_str()),
            why.map_or("OCP does not say why".into(), |why| self.excerpt(why)),
        );
        known.last = Some(task);
        Err(known.end(Error::new(ErrorKind::RestoreFailed, what)))
    }

    /// The task once it has ended.
    async fn ended(&self) -> Result<(L::Row, Known<L::Row>), WaitError<L::Row>> {
        let mut known = Known::default();
        if let Some(filter) = self.request.filter() {
            let what = "a filter may hide the task that is waited for; leave it out";
            return Err(known.end(Error::configuration(filter, what)));
        }
        let clock = &self.request.client().transport.clock;
        let started = clock.now();
        let mut target = self.target;
        let mut pause = self.interval.min(self.max_interval);
        loop {
            known.looks += 1;
            let look = self.look(target).await;
            known.elapsed = clock.now().saturating_sub(started);
            let told_before = known.told;
            let mut trouble = None;
            match look {
                Look::Found(task) if !task.is_running() => return Ok((task, known)),
                Look::Found(task) => {
                    tracing::debug!(task = target.id, status = %task.status(), looks = known.looks, "the restore runs");
                    target.identity = target.identity.or(L::identity(&task));
                    known.last = Some(task);
                    known.absences = 0;
                    known.told();
                }
                Look::Absent(listed) => {
                    known.listed = Some(listed);
                    known.absences += 1;
                    known.told();
                }
                Look::Ambiguous(rows) => return Err(self.ambiguous(known, rows)),
                Look::Incomplete(error) => {
                    known.told();
                    trouble = Some(error);
                }
                Look::Failed(error) => {
                    if !may_pass(&error, known.told > 0) {
                        return Err(self.gave_up(known, Some(error)));
                    }
                    tracing::debug!(task = target.id, %error, looks = known.looks, "no news of the restore");
                    trouble = Some(error);
                }
            }
            let is_news = known.told > told_before;
            match self.next(&known, is_news, trouble, pause) {
                Next::Look(wait) => clock.sleep(wait).await,
                Next::LookAtOnce => continue,
                Next::GiveUp(error) => return Err(self.gave_up(known, error)),
            }
            pause = (pause.saturating_mul(3) / 2).min(self.max_interval);
        }
    }

    /// What follows from a look that has not shown the end.
    fn next(
        &self,
        known: &Known<L::Row>,
        is_news: bool,
        trouble: Option<Error>,
        pause: Duration,
    ) -> Next {
        let limit = match (is_news, &known.last, known.first_news) {
            (false, ..) => known.last_news.saturating_add(self.tolerance),
            (true, Some(_), _) => self.timeout,
            (true, None, first) => first
                .unwrap_or_default()
                .saturating_add(self.appears_within),
        };
        let limit = limit.min(self.timeout);
        let is_over = known.elapsed >= limit;
        // Rows that move between two pages can hide one of them, so that one look is no
        // proof; the second comes at once.
        let is_unsure = is_news
            && match known.last {
                Some(_) => known.absences == 1 && trouble.is_none(),
                None => is_over && known.told == 1,
            };
        if is_unsure {
            return Next::LookAtOnce;
        }
        let is_gone = is_news && known.last.is_some() && known.absences > 1;
        if is_over || is_gone {
            return Next::GiveUp(trouble);
        }
        let asked = trouble.and_then(|error| error.retry_after());
        Next::Look(
            pause
                .max(asked.unwrap_or_default())
                .min(limit - known.elapsed),
        )
    }

    /// One look at the list: to its end while only the id is known, else until the row is
    /// found.
    async fn look(&self, target: Target) -> Look<L::Row> {
        let mut rows = Rows::new(self.request.clone().at_page(1));
        let mut listed = 0;
        let mut found = Vec::new();
        let end = loop {
            match rows.try_next().await {
                Ok(Some(row)) if row.id() == target.id => match target.identity {
                    None => found.push(row),
                    identity if L::identity(&row) == identity => return Look::Found(row),
                    Some(_) => listed += 1,
                },
                Ok(Some(_)) => listed += 1,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        match (end, found.len()) {
            (Some(error), _) if !error.is_incomplete() => Look::Failed(error),
            (Some(error), 0) => Look::Incomplete(error),
            (None, 0) => Look::Absent(listed),
            (_, 1) => Look::Found(found.remove(0)),
            _ => Look::Ambiguous(found),
        }
    }

    fn ambiguous(&self, mut known: Known<L::Row>, rows: Vec<L::Row>) -> WaitError<L::Row> {
        let row = |row: &L::Row| {
            let created = row.create_time().map(|time| time.to_rfc3339());
            format!(
                "one into tenant {}, created {}, in state {}",
                self.excerpt(row.restore_tenant_name().unwrap_or("of an unknown name")),
                created.as_deref().unwrap_or("at an unknown time"),
                self.excerpt(row.status().as_str())
            )
        };
        let all: Vec<String> = rows.iter().map(row).collect();
        let what = format!(
            "{} different restore tasks have the id {}: {}",
            rows.len(),
            self.target.id,
            all.join("; ")
        );
        known.candidates = rows;
        let error = Error::new(ErrorKind::Ambiguous, what);
        known.end(error.with_hint("wait for one of them with `wait_for_row`"))
    }

    /// The error when nothing more can be learnt, or no time is left.
    fn gave_up(&self, known: Known<L::Row>, trouble: Option<Error>) -> WaitError<L::Row> {
        let task = self.target.id;
        let effort = known.effort();
        let state = known.last.as_ref().map(|last| last.status().as_str());
        let state = state.map(|state| self.excerpt(state));
        let others = match known.listed.unwrap_or_default() {
            1 => "1 other task is".to_owned(),
            listed => format!("{listed} other tasks are"),
        };
        let is_timeout = known.elapsed >= self.timeout;
        let error = match (state, trouble) {
            (Some(state), trouble)
                if is_timeout || trouble.as_ref().is_some_and(Error::is_incomplete) =>
            {
                let what = format!("restore task {task} is still in state {state} {effort}");
                let error = Error::new(ErrorKind::WaitTimeout, what);
                match trouble.filter(|trouble| !trouble.is_incomplete()) {
                    Some(trouble) => error.with_hint(format!("the last look failed: {trouble}")),
                    None => error,
                }
            }
            (Some(state), Some(trouble)) => trouble.prefixed(&format!(
                "no more news of restore task {task} {effort}, last seen in state {state}"
            )),
            (None, Some(trouble)) => trouble.prefixed(&format!(
                "nothing was learnt of restore task {task} {effort}"
            )),
            (Some(state), None) => Error::new(
                ErrorKind::NoLongerListed,
                format!(
                    "restore task {task} is no longer listed, and {others}, {effort}: it was last seen in state {state}"
                ),
            ),
            (None, None) => Error::new(
                ErrorKind::NotListed,
                format!(
                    "restore task {task} is not listed, and {others}, {effort}: are its id and the arguments of the request right?"
                ),
            ),
        };
        known.end(error)
    }

    /// A server's text as it may be shown.
    fn excerpt(&self, text: &str) -> String {
        shortened(&self.request.client().transport.secrets.redact(text))
    }
}

/// What a waiter does after a look.
enum Next {
    /// Looks again after this time.
    Look(Duration),
    LookAtOnce,
    /// Ends, with the error of the look if it had one.
    GiveUp(Option<Error>),
}

/// Whether a look may succeed later, though it failed for this. Before any look has told
/// something, what a wrong address shows is taken for that.
fn may_pass(error: &Error, has_news: bool) -> bool {
    match error.kind() {
        ErrorKind::Timeout | ErrorKind::Server | ErrorKind::Throttled => true,
        ErrorKind::Connection => has_news || !(error.is_unknown_host() || error.is_lasting()),
        ErrorKind::UnexpectedResponse | ErrorKind::NotFound => has_news,
        _ => false,
    }
}

impl<R> Known<R> {
    fn told(&mut self) {
        self.told += 1;
        self.first_news.get_or_insert(self.elapsed);
        self.last_news = self.elapsed;
    }

    /// How long and how often was looked.
    fn effort(&self) -> String {
        let times = match self.looks {
            1 => "once".to_owned(),
            looks => format!("{looks} times"),
        };
        format!("after {} s (looked {times})", self.elapsed.as_secs())
    }

    fn end(self, error: Error) -> WaitError<R> {
        WaitError {
            error,
            known: Box::new(self),
        }
    }
}

impl<R> WaitError<R> {
    /// The error, which has the predicates for each kind.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// The task as it was seen last; `None` if it never was.
    pub fn task(&self) -> Option<&R> {
        self.known.last.as_ref()
    }

    /// The rows that have the id, if several have it ([`ErrorKind::Ambiguous`]).
    pub fn candidates(&self) -> &[R] {
        &self.known.candidates
    }

    /// How many other tasks the list had when it was last read to its end; `None` if it
    /// never was, or the task was found.
    pub fn listed(&self) -> Option<usize> {
        self.known.listed
    }

    /// How long the task was waited for.
    pub fn elapsed(&self) -> Duration {
        self.known.elapsed
    }

    /// How often the list was looked at.
    pub fn looks(&self) -> u32 {
        self.known.looks
    }
}

impl<R> fmt::Display for WaitError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

// A program that ends with it prints it like this; the row would hide the sentence.
impl<R> fmt::Debug for WaitError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl<R> std::error::Error for WaitError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl<R> From<WaitError<R>> for Error {
    fn from(error: WaitError<R>) -> Self {
        error.error
    }
}
