//! Pages of rows as they came, and what they tell of the list. The collector decides by it what to
//! ask next, the judge compares with it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::contract::Subject;
use super::filter::{Conditions, Filter, StatusForms};
use super::row::{Row, Time, long, time};
use super::secrets::Secrets;
use super::transcript::{Exchange, LooksAt, Page, Purpose, Stop, Transcript};

/// A row that was created so long before the first response, or later, may be new.
const RECENT: TimeDelta = TimeDelta::minutes(2);

/// One page of rows.
#[derive(Debug, Clone)]
pub(super) struct Listing<'a> {
    /// The place of its exchange in the transcript.
    pub(super) index: usize,
    pub(super) exchange: &'a Exchange,
    pub(super) rows: Vec<Row<'a>>,
    /// `data.page`.
    pub(super) page: &'a Value,
    /// The page that was asked for; of size 0, if none was.
    pub(super) asked: Page,
}

impl<'a> Listing<'a> {
    /// The page of rows in a response with HTTP 200, if it has one; `id` is the member that is
    /// the id of a row.
    pub(super) fn of(index: usize, exchange: &'a Exchange, id: &'a str) -> Option<Self> {
        let data = exchange.body().filter(|_| exchange.status() == 200)?;
        let data = data.get("data")?;
        let rows = data.get("contents")?.as_array()?;
        Some(Self {
            index,
            exchange,
            rows: rows.iter().map(|row| Row(row, id)).collect(),
            page: data.get("page").unwrap_or(&Value::Null),
            asked: exchange.page.unwrap_or(Page { number: 1, size: 0 }),
        })
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> i64 {
        self.rows.len() as i64
    }

    pub(super) fn number_of(&self, name: &str) -> Option<i64> {
        long(self.page.get(name)?)
    }

    pub(super) fn total(&self) -> Option<i64> {
        self.number_of("totalElements")
    }

    /// How many pages there are, by either name.
    pub(super) fn pages(&self) -> Option<i64> {
        self.number_of("totalPages")
            .or_else(|| self.number_of("totalPage"))
    }

    /// The size of pages: as asked for, or a limit of the server below it that
    /// it states. A `size` that is the number of rows is such a limit only where
    /// rows and totals agree with it, and not with what was asked for.
    pub(super) fn page_size(&self) -> i64 {
        let Page { number, size } = self.asked;
        let rows = self.count();
        let stated = self.number_of("size");
        let agrees = |size: i64| {
            self.expected_rows(number, size) == Some(rows)
                && self
                    .pages()
                    .is_none_or(|stated| Some(stated) == self.expected_pages(size))
        };
        let is_limit =
            |stated: &i64| *stated > rows || *stated == rows && agrees(*stated) && !agrees(size);
        let stated = stated.filter(|stated| *stated > 0 && *stated < size);
        stated.filter(is_limit).unwrap_or(size)
    }

    /// The rows that a page has by the totals; `None` without totals, or a size.
    pub(super) fn expected_rows(&self, number: i64, size: i64) -> Option<i64> {
        let total = self.total().filter(|_| size > 0)?;
        let skipped = number.saturating_sub(1).saturating_mul(size);
        Some(total.saturating_sub(skipped).clamp(0, size))
    }

    /// The pages that there are by the totals.
    pub(super) fn expected_pages(&self, size: i64) -> Option<i64> {
        let total = self.total().filter(|_| size > 0)?;
        Some(total.saturating_add(size - 1) / size)
    }

    /// True if these are all rows that there are.
    pub(super) fn is_whole(&self) -> bool {
        match self.total() {
            Some(total) => total <= self.count(),
            None => self.count() < self.page_size(),
        }
    }

    /// True if no page comes after it, as far as it says.
    pub(super) fn is_last(&self) -> bool {
        let size = self.page_size();
        self.rows.is_empty()
            || match self.total() {
                Some(total) => self.asked.number.saturating_mul(size) >= total,
                None => self.count() < size,
            }
    }

    /// The row with an id.
    pub(super) fn row(&self, id: i64) -> Option<Row<'a>> {
        self.rows.iter().copied().find(|row| row.id() == Some(id))
    }

    pub(super) fn ids(&self) -> BTreeSet<i64> {
        self.rows.iter().filter_map(|row| row.id()).collect()
    }
}

/// The exchanges on one operation, and the knowledge of its list.
pub(super) struct Known<'a> {
    pub(super) subject: &'a Subject,
    pub(super) secrets: &'a Secrets,
    pub(super) transcript: &'a Transcript,
    /// All but the one that ended the run.
    pub(super) exchanges: &'a [Exchange],
    /// The pages that are judged as such, in the order in which they came.
    pub(super) listings: Vec<Listing<'a>>,
    /// The number by which the server calls the first page: 1, or 0.
    pub(super) first_page: i64,
    /// The rows of the list without filters.
    pub(super) rows: Vec<Row<'a>>,
    /// These rows are all there are.
    pub(super) is_whole: bool,
    /// How many there are, as the list says.
    pub(super) total: Option<i64>,
    /// The forms in which the status filter takes states.
    pub(super) status_forms: StatusForms,
    /// When the first response came, by the server's clock.
    started: Option<Time>,
    /// Ids that several rows have.
    shared_ids: BTreeSet<i64>,
}

/// True if page 0 has the first rows, and page 1 others.
fn is_first(zero: &Listing<'_>, one: &Listing<'_>) -> bool {
    let expected = one.expected_rows(1, one.asked.size);
    let (ids, others) = (zero.ids(), one.ids());
    !ids.is_empty()
        && expected.is_none_or(|expected| expected == zero.count())
        && ids.is_disjoint(&others)
}

/// The time of a response by the server's clock: in HTTP, or in the body.
fn clock(exchange: &Exchange) -> Option<Time> {
    let date = exchange.header("date");
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    date.or_else(|| time(exchange.body()?.get("timestamp")?.as_str()?))
}

fn status_forms(listings: &[Listing<'_>]) -> StatusForms {
    let is_taken = |is_label: bool| {
        let form = LooksAt::StatusForm { is_label };
        let mut found = listings.iter().filter(|one| !one.rows.is_empty());
        found.any(|one| {
            let query = one.exchange.purpose.query();
            query.is_some_and(|query| query.looks_at == form)
        })
    };
    StatusForms {
        names: is_taken(false),
        labels: is_taken(true),
    }
}

/// Ids of rows that differ in what never changes, although one walk has listed them.
fn shared_ids(rows: &[Row<'_>], identity: &[String]) -> BTreeSet<i64> {
    let mut seen = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for row in rows {
        if let Some(id) = row.id()
            && !is_same(*seen.entry(id).or_insert(*row), *row, identity)
        {
            shared.insert(id);
        }
    }
    shared
}

/// True if two rows of one id are the same row.
pub(super) fn is_same(one: Row<'_>, other: Row<'_>, identity: &[String]) -> bool {
    let member = |row: Row<'_>, name: &str| -> Value {
        let value = row.0.get(name);
        match value.and_then(Value::as_str).and_then(time) {
            Some(time) => time.timestamp_micros().into(),
            None => value.cloned().unwrap_or_default(),
        }
    };
    let mut names = identity.iter().filter(|name| *name != one.1);
    names.all(|name| member(one, name) == member(other, name))
}

/// True if a response to a request of this purpose is judged as a page of rows.
fn has_page(purpose: &Purpose) -> bool {
    match purpose {
        Purpose::Unknown { is_first, .. } => !is_first,
        Purpose::Origin
        | Purpose::Question { .. }
        | Purpose::Malformed { .. }
        | Purpose::Anonymous => false,
        _ => true,
    }
}

impl<'a> Known<'a> {
    /// The knowledge that the exchanges so far give.
    pub(super) fn of(
        subject: &'a Subject,
        transcript: &'a Transcript,
        secrets: &'a Secrets,
    ) -> Self {
        let all = transcript.exchanges.as_slice();
        let exchanges = match (&transcript.stop, all) {
            (Some(Stop::NoResponse(_) | Stop::Refused(_)), [rest @ .., _]) => rest,
            _ => all,
        };
        let listing = |(index, one)| Listing::of(index, one, subject.id());
        let judged = exchanges.iter().enumerate();
        let judged = judged.filter(|(_, one)| has_page(&one.purpose));
        let listings: Vec<Listing<'a>> = judged.filter_map(listing).collect();
        let is_of = |purpose: Purpose| move |one: &&Listing<'a>| one.exchange.purpose == purpose;
        let rows_of = |purpose: Purpose| -> Vec<Row<'a>> {
            let pages = listings.iter().filter(is_of(purpose));
            pages.flat_map(|page| page.rows.clone()).collect()
        };
        let (rows, resized) = (rows_of(Purpose::List), rows_of(Purpose::Resized));
        let last = listings.iter().rfind(is_of(Purpose::List));
        let total = last.and_then(Listing::total);
        let is_read = last.is_some_and(Listing::is_last);
        let zero = exchanges.iter().find(|one| one.purpose == Purpose::Origin);
        let zero = zero.and_then(|zero| listing((0, zero)));
        let first = zero.zip(listings.iter().find(is_of(Purpose::Documented)));
        let is_from_zero = first.is_some_and(|(zero, one)| is_first(&zero, one));
        let shared = [&rows, &resized].map(|rows| shared_ids(rows, &subject.identity));
        Self {
            subject,
            secrets,
            transcript,
            exchanges,
            first_page: i64::from(!is_from_zero),
            is_whole: is_read && total.is_none_or(|all| all <= rows.len() as i64),
            total,
            rows,
            status_forms: status_forms(&listings),
            started: exchanges.iter().find_map(clock),
            shared_ids: shared.into_iter().flatten().collect(),
            listings,
        }
    }

    /// Exchanges that are answered for good, with their places.
    pub(super) fn answers(&self) -> impl Iterator<Item = (usize, &'a Exchange)> + use<'a> {
        let exchanges = self.exchanges.iter().enumerate();
        exchanges.filter(|(_, one)| !one.is_repeated && one.status() != 429 && !one.is_of_gateway())
    }

    /// A filter as the operation takes it.
    pub(super) fn conditions<'f>(&self, filter: &'f Filter) -> Conditions<'f>
    where
        'a: 'f,
    {
        filter.on(&self.subject.filters, self.status_forms)
    }

    /// The listed rows that a filter must find.
    pub(super) fn expected(&self, filter: &Filter) -> Vec<Row<'a>> {
        let conditions = self.conditions(filter);
        let rows = self.rows.iter().copied();
        rows.filter(|row| conditions.must_find(*row)).collect()
    }

    /// The page of rows in a response.
    pub(super) fn page(&self, index: usize) -> Option<Listing<'a>> {
        Listing::of(index, &self.exchanges[index], self.subject.id())
    }

    /// The pages of one purpose.
    pub(super) fn pages_of(&self, purpose: &Purpose) -> impl Iterator<Item = &Listing<'a>> {
        let listings = self.listings.iter();
        listings.filter(move |one| one.exchange.purpose == *purpose)
    }

    /// True if a row may have come while the exchanges went on: it was not listed before,
    /// and was created lately. Without a clock, it may be new.
    pub(super) fn is_new(&self, row: Row<'_>) -> bool {
        let is_recent = match (row.time("createTime"), self.started) {
            (Some(created), Some(started)) => created >= started - RECENT,
            (created, started) => created.is_some() && started.is_none(),
        };
        is_recent && !self.rows.iter().any(|known| known.id() == row.id())
    }

    /// True if the server has told the time, so that new rows are known.
    pub(super) fn has_clock(&self) -> bool {
        self.started.is_some()
    }

    /// The id of a row, if that tells it from all others.
    pub(super) fn key(&self, row: Row<'_>) -> Option<i64> {
        row.id().filter(|id| !self.shared_ids.contains(id))
    }

    /// The ids of rows that are neither new nor shared.
    pub(super) fn settled(&self, rows: &[Row<'_>]) -> BTreeSet<i64> {
        let rows = rows.iter().filter(|row| !self.is_new(**row));
        rows.filter_map(|row| self.key(*row)).collect()
    }
}
