//! All rows of a list, page by page.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, try_unfold};

use crate::builder::ListTenantRestoreTasks;
use crate::completeness::{Asked, Completeness, Tally};
use crate::error::{Error, ErrorKind};
use crate::types::{RestoreHistoryTask, RestoreTaskList};

/// Rows on a page, where the request does not say.
const SIZE: i64 = 100;
/// The largest page that OCP documents for most of its lists.
const LARGEST: i64 = 2000;
/// No list is so long; a server that goes on has lost count.
const MOST_PAGES: i64 = 1_000_000;
/// So many pages without anything new are passed over, where the server says
/// that there are more: new tasks may have pushed a whole page of old ones back.
const STALE_PAGES: i64 = 3;

impl<'a> ListTenantRestoreTasks<'a> {
    /// All tasks that the request asks for, one after the other; pages are asked
    /// for as they are needed.
    ///
    /// Begins at the request's `page` (1, if it has none) with pages of its
    /// `size` (100, if it has none; OCP takes up to 2000). Ends after the last
    /// page, or after the first error.
    ///
    /// Rows move between numbered pages when tasks come and go while they are
    /// read. No row comes twice. Where fewer came than OCP says there are, the
    /// stream ends with an error, [`ErrorKind::Incomplete`], after the last row;
    /// where OCP changed its mind about how many there are, it ends as always, and
    /// [`Rows::completeness`] tells.
    ///
    /// Keeps one page and up to 65,536 ids in memory, half a MiB. A longer list
    /// is read all the same: from there on a row that comes twice is known only
    /// from the two pages before, and rows are counted and no more. Whatever `page`
    /// says, an empty page is the last one, and so is the third in a row that has
    /// nothing new; a list of more than a million pages is an error.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn example() -> Result<(), oceanbase_ocp::Error> {
    /// let ocp = oceanbase_ocp::Client::new("http://localhost:8080")?;
    /// let mut tasks = ocp
    ///     .list_tenant_restore_tasks()
    ///     .id(1000005)
    ///     .tenant_id(1000012)
    ///     .size(500)
    ///     .rows();
    /// let mut failed = 0;
    /// while let Some(task) = tasks.try_next().await? {
    ///     failed += usize::from(task.is_failed());
    /// }
    /// # assert_eq!(failed, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn rows(self) -> Rows<'a> {
        Rows {
            pages: self.pages(),
            page: VecDeque::new(),
        }
    }

    /// The same, a page at a time: what is new on it, and what it says of
    /// itself. No page is empty but the first.
    pub fn pages(self) -> Pages<'a> {
        let completeness = Arc::new(OnceLock::new());
        let position = Position {
            completeness: Arc::clone(&completeness),
            ..Position::default()
        };
        let pages = try_unfold((self, position), |(request, mut position)| async move {
            let list = position.next(&request).await?;
            Ok(list.map(|list| (list, (request, position))))
        });
        Pages {
            pages: pages.boxed(),
            completeness,
        }
    }
}

/// Where a pager stands.
#[derive(Default)]
struct Position {
    /// The page that came last.
    page: Option<i64>,
    at_end: bool,
    tally: Tally,
    /// Where the stream finds the outcome.
    completeness: Arc<OnceLock<Completeness>>,
}

impl Position {
    /// The next page without what has come before; `None` if there is none.
    async fn next(
        &mut self,
        request: &ListTenantRestoreTasks<'_>,
    ) -> Result<Option<RestoreTaskList>, Error> {
        if self.at_end {
            return self.end();
        }
        let size = asked(&request.size)?.unwrap_or(SIZE);
        if !(1..=LARGEST).contains(&size) {
            let what = format!("a page has 1 to {LARGEST} rows, not {size}");
            return Err(Error::configuration("size", what));
        }
        let is_first = self.page.is_none();
        let next = match self.page {
            Some(last) => last + 1,
            None => asked(&request.page)?.unwrap_or(1).max(1),
        };
        if is_first && next > MOST_PAGES {
            let what = format!("pages are numbered up to {MOST_PAGES} here, not {next}");
            return Err(Error::configuration("page", what));
        }
        for page in next..next + STALE_PAGES {
            if page > MOST_PAGES {
                let what = format!("the list does not end after {MOST_PAGES} pages");
                return Err(Error::new(ErrorKind::NotOcp, what));
            }
            let answer = request.clone().page(page).size(size).send().await?;
            self.page = Some(page);
            let mut list = answer.into_inner().data;
            let count = list.contents.len();
            self.at_end = match list.page.as_ref().and_then(|page| page.pages()) {
                // A server with a lower limit gives fewer rows than asked for,
                // so its count of pages is the better sign.
                Some(pages) if pages > 0 => page >= pages,
                _ => count < usize::try_from(size).unwrap_or_default(),
            };
            self.at_end |= count == 0;
            self.tally.count(Asked { page, size }, &mut list);
            if is_first || !list.contents.is_empty() {
                return Ok(Some(list));
            }
            if self.at_end {
                break;
            }
        }
        self.end()
    }

    /// No more pages; or that rows are missing.
    fn end(&self) -> Result<Option<RestoreTaskList>, Error> {
        let completeness = self.tally.completeness()?;
        // It is told once: nobody asks for a page after the last.
        let _ = self.completeness.set(completeness);
        Ok(None)
    }
}

/// An argument of a request, or that it cannot be one.
fn asked(argument: &Result<Option<i64>, String>) -> Result<Option<i64>, Error> {
    argument.clone().map_err(Error::argument)
}

/// A stream of pages; see [`ListTenantRestoreTasks::pages`].
#[must_use = "streams do nothing unless polled"]
pub struct Pages<'a> {
    pages: BoxStream<'a, Result<RestoreTaskList, Error>>,
    completeness: Arc<OnceLock<Completeness>>,
}

impl Pages<'_> {
    /// Whether all rows have come; see [`Rows::completeness`].
    pub fn completeness(&self) -> Option<Completeness> {
        self.completeness.get().copied()
    }
}

impl Stream for Pages<'_> {
    type Item = Result<RestoreTaskList, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll_next_unpin(context)
    }
}

/// A stream of restore tasks; see [`ListTenantRestoreTasks::rows`].
#[must_use = "streams do nothing unless polled"]
pub struct Rows<'a> {
    pages: Pages<'a>,
    page: VecDeque<RestoreHistoryTask>,
}

impl Rows<'_> {
    /// Whether all rows have come: `None` before the stream has ended, and after
    /// an error.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use oceanbase_ocp::Completeness;
    ///
    /// # async fn example(ocp: oceanbase_ocp::Client) -> Result<(), oceanbase_ocp::Error> {
    /// let mut rows = ocp.list_tenant_restore_tasks().id(1000005).tenant_id(1000012).rows();
    /// let mut ids = Vec::new();
    /// while let Some(task) = rows.try_next().await? {
    ///     ids.push(task.id);
    /// }
    /// if let Some(Completeness::Changed { first, last }) = rows.completeness() {
    ///     eprintln!("the list had {first} tasks at first, {last} in the end");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn completeness(&self) -> Option<Completeness> {
        self.pages.completeness()
    }
}

impl Stream for Rows<'_> {
    type Item = Result<RestoreHistoryTask, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(row) = self.page.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            match self.pages.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(list))) => self.page = list.contents.into(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Pages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("completeness", &self.completeness())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("completeness", &self.completeness())
            .finish_non_exhaustive()
    }
}
