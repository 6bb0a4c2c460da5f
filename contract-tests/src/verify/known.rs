//! The exchanges on one operation, and what they tell of its list. The collector decides by it
//! what to ask next, the judge compares with it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::contract::Subject;
use super::filter::{Conditions, Filter, StatusForms};
use super::listing::Listing;
use super::row::{Row, Time, time};
use super::secrets::Secrets;
use super::transcript::{Exchange, LooksAt, Purpose, Stop, Transcript};

/// A row that was created so long before the first response, or later, may be new.
const RECENT: TimeDelta = TimeDelta::minutes(2);

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
    let expected = one.rows_due(1, one.asked.size);
    let (ids, others) = (zero.ids(), one.ids());
    !ids.is_empty()
        && expected.is_none_or(|expected| expected == zero.rows.len() as i64)
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
        let of = |purpose: Purpose| -> Vec<&Listing<'a>> {
            let listings = listings.iter();
            let listings = listings.filter(|one| one.exchange.purpose == purpose);
            listings.collect()
        };
        let rows_of = |pages: &[&Listing<'a>]| -> Vec<Row<'a>> {
            pages.iter().flat_map(|page| page.rows.clone()).collect()
        };
        let list = of(Purpose::List);
        let (rows, resized) = (rows_of(&list), rows_of(&of(Purpose::Resized)));
        let total = list.last().and_then(|last| last.total());
        let is_read = list.last().is_some_and(|last| last.is_last());
        let zero = exchanges.iter().find(|one| one.purpose == Purpose::Origin);
        let zero = zero.and_then(|zero| listing((0, zero)));
        let first = zero.zip(of(Purpose::Documented).first().copied());
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
