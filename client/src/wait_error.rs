//! The end of a wait: the outcome of a restore, or why there is none.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::redact::Secrets;
use crate::restore_task::RestoreTask;

/// The end of a restore.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the restore may have failed"]
pub enum RestoreOutcome<R> {
    /// Well.
    Succeeded(Box<R>),
    /// Badly; `error_msg` may say why.
    Failed(Box<R>),
}

/// The error of a [`Waiter`](crate::Waiter), and what it knew when it gave up.
///
/// It becomes its [`Error`] by `?`.
#[derive(Clone)]
pub struct WaitError<R> {
    error: Error,
    progress: Box<Progress<R>>,
}

/// The knowledge of a waiter about its task so far.
#[derive(Clone)]
pub(crate) struct Progress<R> {
    task: i64,
    secrets: Secrets,
    pub(crate) last: Option<R>,
    candidates: Vec<R>,
    pub(crate) listed: Option<usize>,
    pub(crate) elapsed: Duration,
    pub(crate) looks: u32,
    /// Looks that told something.
    pub(crate) news: u32,
    /// When the first and the last of these came.
    pub(crate) first_news: Option<Duration>,
    pub(crate) last_news: Duration,
    /// Looks without the task since it was seen last.
    pub(crate) absences: u32,
}

impl<R: RestoreTask> Progress<R> {
    pub(crate) fn new(task: i64, secrets: &Secrets) -> Self {
        Self {
            task,
            secrets: secrets.clone(),
            last: None,
            candidates: Vec::new(),
            listed: None,
            elapsed: Duration::ZERO,
            looks: 0,
            news: 0,
            first_news: None,
            last_news: Duration::ZERO,
            absences: 0,
        }
    }

    pub(crate) fn end(self, error: Error) -> WaitError<R> {
        WaitError {
            error,
            progress: Box::new(self),
        }
    }

    /// The error when the restore has failed.
    pub(crate) fn failed(mut self, task: R) -> WaitError<R> {
        let why = task.error_msg().filter(|why| !why.is_empty());
        let what = format!(
            "restore task {} has failed {}, in state {}: {}",
            self.task,
            self.effort(),
            self.state(&task),
            self.secrets
                .shortened(why.unwrap_or("OCP does not say why")),
        );
        self.last = Some(task);
        self.end(Error::new(ErrorKind::RestoreFailed, what))
    }

    /// The error when several rows have the id.
    pub(crate) fn ambiguous(mut self, rows: Vec<R>) -> WaitError<R> {
        let all = rows.iter().map(|row| {
            let tenant = row.restore_tenant_name().unwrap_or("of an unknown name");
            let created = row.create_time().map(|time| time.to_rfc3339());
            format!(
                "one into tenant {}, created {}, in state {}",
                self.secrets.shortened(tenant),
                created.as_deref().unwrap_or("at an unknown time"),
                self.state(row)
            )
        });
        let what = format!(
            "{} different restore tasks have the id {}: {}",
            rows.len(),
            self.task,
            all.collect::<Vec<_>>().join("; ")
        );
        self.candidates = rows;
        let error = Error::new(ErrorKind::Ambiguous, what);
        self.end(error.with_hint("wait for one of them with `wait_for_row`"))
    }

    /// The error when nothing more can be learnt, or no time is left.
    pub(crate) fn gave_up(self, trouble: Option<Error>, timeout: Duration) -> WaitError<R> {
        let (task, effort) = (self.task, self.effort());
        let state = self.last.as_ref().map(|last| self.state(last));
        let is_incomplete = trouble.as_ref().is_some_and(Error::is_incomplete);
        let error = match (state, trouble) {
            (Some(state), trouble) if is_incomplete || self.elapsed >= timeout => {
                let what = format!("restore task {task} is still in state {state} {effort}");
                let trouble = trouble.filter(|_| !is_incomplete);
                let hint = trouble.map(|trouble| format!("the last look failed: {trouble}"));
                Error::new(ErrorKind::WaitTimeout, what).with(|error| error.hint = hint)
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
                    "restore task {task} is no longer listed, and {}, {effort}: it was last seen in state {state}",
                    self.others()
                ),
            ),
            (None, None) => Error::new(
                ErrorKind::NotListed,
                format!(
                    "restore task {task} is not listed, and {}, {effort}: are its id and the arguments of the request right?",
                    self.others()
                ),
            ),
        };
        self.end(error)
    }

    fn state(&self, task: &R) -> String {
        self.secrets.shortened(task.status().as_str())
    }

    fn others(&self) -> String {
        match self.listed.unwrap_or_default() {
            1 => "1 other task is".to_owned(),
            listed => format!("{listed} other tasks are"),
        }
    }

    /// The time that was waited, and the number of looks.
    fn effort(&self) -> String {
        let times = match self.looks {
            1 => "once".to_owned(),
            looks => format!("{looks} times"),
        };
        format!("after {} s (looked {times})", self.elapsed.as_secs())
    }
}

impl<R> WaitError<R> {
    /// The error, which has the predicates for each kind.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// The task as it was seen last; `None` if it never was.
    pub fn task(&self) -> Option<&R> {
        self.progress.last.as_ref()
    }

    /// The rows that have the id, if several have it ([`ErrorKind::Ambiguous`]).
    pub fn candidates(&self) -> &[R] {
        &self.progress.candidates
    }

    /// The number of other tasks that the list had when it was last read to its end; `None`
    /// if it never was, or the task was found.
    pub fn listed(&self) -> Option<usize> {
        self.progress.listed
    }

    /// The time that the task was waited for.
    pub fn elapsed(&self) -> Duration {
        self.progress.elapsed
    }

    /// The number of looks at the list.
    pub fn looks(&self) -> u32 {
        self.progress.looks
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
