//! All rows of a list, page by page.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{BoxStream, iter, try_unfold};
use futures_util::{StreamExt, TryStreamExt};

use crate::completeness::{Came, Completeness, Tally, length};
use crate::error::{Error, ErrorKind};
use crate::types::PageInfo;

/// Rows on a page, if the request does not say.
const SIZE: i64 = 100;
/// The largest page that OCP documents for most of its lists.
const LARGEST: i64 = 2000;
/// No list is so long; a server that goes on has lost count.
const MOST_PAGES: i64 = 1_000_000;
/// So many pages without anything new are passed over, if the server says that there are
/// more: new rows may have pushed a whole page of old ones back.
const STALE_PAGES: i64 = 3;

/// A request for a list that comes in pages: each operation with the query
/// parameters `page` and `size` and with `data.contents[]` in its response.
///
/// Implemented by the generated builders, and by nothing else. Use their methods
/// `rows` and `pages`; this trait is for functions that take any of them. `L::Row` is
/// the type of the rows of a list `L`, and `L::Page` that of a page of them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(ocp_mock::tasks::made(7))).await?;
/// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
/// use oceanbase_ocp::{Error, PagedList, Rows};
///
/// async fn count<L: PagedList>(mut rows: Rows<L>) -> Result<usize, Error> {
///     let mut count = 0;
///     while rows.next().await.transpose()?.is_some() {
///         count += 1;
///     }
///     Ok(count)
/// }
///
/// let request = ocp.list_cluster_restore_tasks().cluster_id(1000005);
/// assert_eq!(count(request.rows()).await?, 7);
/// # Ok(())
/// # }
/// ```
pub trait PagedList: Clone + Send + Sync + 'static + sealed::Operation {}

/// The pager's view of an operation, as [`paged_list`] gives it.
pub(crate) mod sealed {
    use crate::Error;
    use crate::types::PageInfo;

    pub trait Operation: Sized {
        /// `data` of a response.
        type Page: Send + 'static;
        /// One of `data.contents`.
        type Row: Send + 'static;
        fn client(&self) -> &crate::Client;
        fn page(&self) -> Result<Option<i64>, Error>;
        fn size(&self) -> Result<Option<i64>, Error>;
        /// The same list, asked for from another page on.
        fn at_page(self, page: i64) -> Self;
        /// The first filter that is set: any optional query parameter but `page`
        /// and `size`.
        fn filter(&self) -> Option<&'static str>;
        fn ask(
            self,
            page: i64,
            size: i64,
        ) -> impl Future<Output = Result<Self::Page, Error>> + Send;
        fn contents(page: &mut Self::Page) -> &mut Vec<Self::Row>;
        fn info(page: &Self::Page) -> Option<&PageInfo>;
        /// A documented sample confirms `totalElements`.
        const COUNTS_ROWS: bool;
        /// A documented sample confirms `totalPages`.
        const COUNTS_PAGES: bool;
        /// A hash of what distinguishes a row from all others; `None` if rows have nothing
        /// that does.
        fn identity(row: &Self::Row) -> Option<u64>;
    }
}

/// A hash of what distinguishes a row from all others.
#[allow(dead_code, reason = "rows may have nothing that does")]
pub(crate) fn hash(identity: impl Hash) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    Some(hasher.finish())
}

/// Lets a generated builder be paged through; `codegen.rs` calls it.
macro_rules! paged_list {
    (
        $request:ident, $page:ty, $row:ty,
        info: [$($info:ident)?],
        counts: ($rows:expr, $pages:expr),
        identity: |$one:ident| $identity:expr,
        filters: [$($filter:ident)*]
    ) => {
        impl crate::PagedList for crate::builder::$request {}

        impl crate::pager::sealed::Operation for crate::builder::$request {
            type Page = $page;
            type Row = $row;
            const COUNTS_ROWS: bool = $rows;
            const COUNTS_PAGES: bool = $pages;
            fn client(&self) -> &crate::Client {
                &self.client
            }
            fn page(&self) -> Result<Option<i64>, crate::Error> {
                self.page.clone()
            }
            fn size(&self) -> Result<Option<i64>, crate::Error> {
                self.size.clone()
            }
            fn at_page(self, page: i64) -> Self {
                self.page(page)
            }
            fn filter(&self) -> Option<&'static str> {
                $(
                    if matches!(self.$filter, Ok(Some(_))) {
                        return Some(stringify!($filter));
                    }
                )*
                None
            }
            async fn ask(self, page: i64, size: i64) -> Result<$page, crate::Error> {
                Ok(self.page(page).size(size).send().await?.into_inner().data)
            }
            fn contents(page: &mut $page) -> &mut Vec<$row> {
                &mut page.contents
            }
            fn info(_page: &$page) -> Option<&crate::types::PageInfo> {
                None$(.or(_page.$info.as_ref()))?
            }
            fn identity($one: &$row) -> Option<u64> {
                $identity
            }
        }

        impl crate::builder::$request {
            /// All rows that the request asks for, one after the other; pages are
            /// asked for as they are needed.
            ///
            /// Begins at the request's `page` (1, if it has none) with pages of its
            /// `size` (100, if it has none; OCP takes up to 2000). Ends after the last
            /// page, or after the first error.
            ///
            /// Rows move between numbered pages when some come and go while they are
            /// read. No row comes twice, provided that the description says what makes a row
            /// the same (`x-identity`); two rows with the same id may be different ones. If
            /// fewer came than OCP says there are, the stream ends with an error,
            /// [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete), after the last
            /// row; if OCP changed its mind about how many there are, it ends as
            /// always, and [`Rows::completeness`](crate::Rows::completeness) says so. A total
            /// that OCP's own sample contradicts, as in the list of tenants, is not counted on.
            ///
            /// Keeps one page in memory, and eight bytes or a little more for each row that
            /// has come. Whatever `page` says, an empty page is the last one, and so is the
            /// third in a row that has nothing new; a list of more than a million pages is an
            /// error.
            pub fn rows(self) -> crate::Rows<Self> {
                crate::pager::rows(self)
            }

            /// The same, a page at a time: what is new on it, and what it says of
            /// itself. No page is empty but the first.
            pub fn pages(self) -> crate::Pages<Self> {
                crate::pager::pages(self)
            }
        }
    };
}
pub(crate) use paged_list;

/// The position of a pager.
#[derive(Default)]
struct Position {
    /// The page that came last.
    page: Option<i64>,
    at_end: bool,
    tally: Tally,
    /// The outcome, for the stream.
    completeness: Arc<OnceLock<Completeness>>,
}

impl Position {
    /// The next page without what has come before; `None` if there is none.
    async fn next<L: PagedList>(&mut self, request: &L) -> Result<Option<Page<L>>, Error> {
        let is_first = self.page.is_none();
        let size = request.size()?.unwrap_or(SIZE);
        let mut page = match self.page {
            Some(last) => last + 1,
            None => request.page()?.unwrap_or(1),
        };
        if !(1..=LARGEST).contains(&size) {
            let what = format!("a page has 1 to {LARGEST} rows, not {size}");
            return Err(Error::configuration("size", what));
        }
        if is_first && !(1..=MOST_PAGES).contains(&page) {
            let what = format!("pages are numbered from 1 to {MOST_PAGES} here, not {page}");
            return Err(Error::configuration("page", what));
        }
        let stale = page + STALE_PAGES;
        while !self.at_end && page < stale {
            if page > MOST_PAGES {
                let what = format!("the list does not end after {MOST_PAGES} pages");
                return Err(Error::new(ErrorKind::UnexpectedResponse, what));
            }
            let mut list = request.clone().ask(page, size).await?;
            self.page = Some(page);
            let info = L::info(&list).cloned().unwrap_or_default();
            let contents = L::contents(&mut list);
            let rows = length(contents);
            let is_last = match info.pages() {
                // A server with a lower limit gives fewer rows than asked for, so its count of
                // pages is the better sign.
                // One that a sample contradicts ends nothing by itself.
                Some(pages) if pages > 0 => page >= pages && (L::COUNTS_PAGES || rows < size),
                _ => rows < size,
            };
            self.at_end = is_last || rows == 0;
            let came = Came {
                page,
                size,
                number: info.number,
                rows,
            };
            let total = info.total_elements.filter(|_| L::COUNTS_ROWS);
            self.tally.count(came, total, contents, L::identity);
            if is_first || !contents.is_empty() {
                return Ok(Some(list));
            }
            page += 1;
        }
        let completeness = self.tally.completeness()?;
        // It is said once: nobody asks for a page after the last.
        let _ = self.completeness.set(completeness);
        Ok(None)
    }
}

type Page<L> = <L as sealed::Operation>::Page;
type Row<L> = <L as sealed::Operation>::Row;

impl PageInfo {
    /// Number of pages, under either of its names: `totalPages` in every
    /// sample, `totalPage` in most tables of the documentation.
    pub fn pages(&self) -> Option<i64> {
        self.total_pages.or(self.total_page)
    }
}

/// The pages of a list, made by the method `pages` of a request.
pub type Pages<L> = Listing<L, Page<L>>;

/// The rows of a list, made by the method `rows` of a request.
pub type Rows<L> = Listing<L, Row<L>>;

/// A stream of the pages ([`Pages`]) or the rows ([`Rows`]) of a list `L`.
#[must_use = "streams do nothing unless polled"]
pub struct Listing<L, T> {
    stream: BoxStream<'static, Result<T, Error>>,
    completeness: Arc<OnceLock<Completeness>>,
    list: PhantomData<fn() -> L>,
}

pub(crate) fn pages<L: PagedList>(request: L) -> Pages<L> {
    let position = Position::default();
    let completeness = Arc::clone(&position.completeness);
    let pages = try_unfold((request, position), |(request, mut position)| async move {
        let list = position.next(&request).await?;
        Ok(list.map(|list| (list, (request, position))))
    });
    Listing {
        stream: pages.boxed(),
        completeness,
        list: PhantomData,
    }
}

pub(crate) fn rows<L: PagedList>(request: L) -> Rows<L> {
    let pages = pages(request);
    let rows = pages.stream.map_ok(|mut page| {
        let rows = std::mem::take(L::contents(&mut page));
        iter(rows.into_iter().map(Ok))
    });
    Listing {
        stream: rows.try_flatten().boxed(),
        completeness: pages.completeness,
        list: PhantomData,
    }
}

impl<L, T> Listing<L, T> {
    /// The next page or row; `None` after the last. Without it, `StreamExt` of another crate
    /// would be needed.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.stream.next().await
    }

    /// All of them, in memory, and their completeness.
    ///
    /// # Errors
    ///
    /// The first error of the stream; what came before it is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mock = ocp_mock::EmbeddedOcp::start(ocp_mock::Settings::new(ocp_mock::tasks::made(7))).await?;
    /// # let ocp = oceanbase_ocp::Client::new(&mock.url())?;
    /// let request = ocp.list_cluster_restore_tasks().cluster_id(1000005).size(3);
    /// let (tasks, completeness) = request.rows().collect_all().await?;
    /// assert_eq!(tasks.len(), 7);
    /// assert_eq!(completeness, oceanbase_ocp::Completeness::Complete);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn collect_all(mut self) -> Result<(Vec<T>, Completeness), Error> {
        let all = (&mut self.stream).try_collect().await?;
        let completeness = self.completeness();
        Ok((all, completeness.unwrap_or(Completeness::Unknown)))
    }

    /// The completeness of the rows that have come: `None` before the stream has ended, and
    /// after an error.
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
    /// use oceanbase_ocp::Completeness;
    ///
    /// let mut tasks = ocp.list_cluster_restore_tasks().cluster_id(1000005).size(5).rows();
    /// while tasks.next().await.transpose()?.is_some() {}
    /// assert_eq!(tasks.completeness(), Some(Completeness::Complete));
    /// # Ok(())
    /// # }
    /// ```
    pub fn completeness(&self) -> Option<Completeness> {
        self.completeness.get().copied()
    }
}

impl<L, T> Stream for Listing<L, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.poll_next_unpin(context)
    }
}

impl<L, T> fmt::Debug for Listing<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("completeness", &self.completeness())
            .finish_non_exhaustive()
    }
}
