//! All rows of a list, page by page.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, try_unfold};

use crate::Error;
use crate::builder::ListTenantRestoreTasks;
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
    /// page, or after the first error. A task that a newer one has pushed onto
    /// the next page in between does not come twice; one that a deletion has
    /// pulled onto the page before is missed, as always with numbered pages.
    ///
    /// Keeps one page and the ids of two in memory, however many there are.
    /// Whatever `page` says, an empty page is the last one, and so is the third in
    /// a row that has nothing new; a list of more than a million pages is an error.
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
        let state = (self, Position::default());
        Pages(
            try_unfold(Some(state), |state| async move {
                let Some((request, mut position)) = state else {
                    return Ok(None);
                };
                let list = position.next(&request).await?;
                Ok(match list {
                    None => None,
                    Some(list) if position.at_end => Some((list, None)),
                    Some(list) => Some((list, Some((request, position)))),
                })
            })
            .boxed(),
        )
    }
}

/// Where a pager stands.
#[derive(Default)]
struct Position {
    /// The page that came last.
    page: Option<i64>,
    /// Ids on the last two pages.
    seen: [HashSet<i64>; 2],
    at_end: bool,
}

impl Position {
    /// The next page without what was on the last two; `None` if there is none.
    async fn next(
        &mut self,
        request: &ListTenantRestoreTasks<'_>,
    ) -> Result<Option<RestoreTaskList>, Error> {
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
                return Err(Error::new(crate::ErrorKind::NotOcp, what));
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
            self.keep_new(&mut list);
            if is_first || !list.contents.is_empty() {
                return Ok(Some(list));
            }
            if self.at_end {
                break;
            }
        }
        Ok(None)
    }

    /// Leaves what was on neither of the last two pages, and remembers this one.
    fn keep_new(&mut self, list: &mut RestoreTaskList) {
        let ids: HashSet<i64> = list.contents.iter().map(|row| row.id).collect();
        let mut own = HashSet::new();
        list.contents.retain(|row| {
            own.insert(row.id) && !self.seen.iter().any(|seen| seen.contains(&row.id))
        });
        self.seen.swap(0, 1);
        self.seen[1] = ids;
    }
}

/// An argument of a request, or that it cannot be one.
fn asked(argument: &Result<Option<i64>, String>) -> Result<Option<i64>, Error> {
    argument
        .clone()
        .map_err(|what| Error::configuration("page or size", what))
}

/// A stream of pages; see [`ListTenantRestoreTasks::pages`].
#[must_use = "streams do nothing unless polled"]
pub struct Pages<'a>(BoxStream<'a, Result<RestoreTaskList, Error>>);

impl Stream for Pages<'_> {
    type Item = Result<RestoreTaskList, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

/// A stream of restore tasks; see [`ListTenantRestoreTasks::rows`].
#[must_use = "streams do nothing unless polled"]
pub struct Rows<'a> {
    pages: Pages<'a>,
    page: VecDeque<RestoreHistoryTask>,
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
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
