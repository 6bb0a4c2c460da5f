//! The knowledge of a list from the exchanges so far. The collector decides by it what to ask
//! next, the judge compares with it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::contract::Subject;
use super::filter::StatusForms;
use super::listing::Listing;
use super::row::{Row, Time, time};
use super::transcript::{Exchange, LooksAt, Page, Purpose};

/// A row that was created so long before the first response, or later, may be new.
const RECENT: TimeDelta = TimeDelta::minutes(2);

/// The knowledge of a list.
pub(super) struct Known<'a> {
    /// The number by which the server calls the first page: 1, or 0.
    pub(super) first_page: i64,
    /// The rows of the list without filters.
    pub(super) rows: Vec<Row<'a>>,
    /// These rows are all there are.
    pub(super) is_whole: bool,
    /// How many there are, as the list says.
    pub(super) total: Option<i64>,
    /// The longest page that the server gives, of those asked for.
    pub(super) limit: Option<i64>,
    /// The page after the last one, if the last one was read.
    pub(super) past: Option<Page>,
    /// The forms in which the status filter takes states.
    pub(super) status_forms: StatusForms,
    /// When the first response came, by the server's clock.
    started: Option<Time>,
    /// Ids that several rows have.
    shared_ids: BTreeSet<i64>,
}

/// The knowledge that the exchanges so far give.
pub(super) fn known<'a>(exchanges: &'a [Exchange], subject: &'a Subject) -> Known<'a> {
    let listings = |purpose: Purpose| -> Vec<Listing<'a>> {
        let exchanges = exchanges.iter().enumerate();
        let exchanges = exchanges.filter(|(_, one)| one.purpose == purpose && !one.is_repeated);
        let listings = exchanges.map(|(index, one)| Listing::of(index, one, subject.id()));
        listings.map_while(|listing| listing).collect()
    };
    let origin = listings(Purpose::Origin);
    let documented = listings(Purpose::Documented);
    let is_from_zero = match (documented.first(), origin.first()) {
        (Some(one), Some(zero)) => is_first(zero, one),
        _ => false,
    };
    let list = listings(Purpose::List);
    let last = list.last();
    let rows: Vec<Row<'a>> = list.iter().flat_map(|one| one.rows.clone()).collect();
    let count = rows.len() as i64;
    let is_whole =
        last.is_some_and(|last| last.is_last() && last.total().is_none_or(|all| all <= count));
    let shared = [&list, &listings(Purpose::Resized)];
    let shared = shared.map(|listings| shared_ids(listings, &subject.identity));
    Known {
        first_page: i64::from(!is_from_zero),
        is_whole,
        total: last.and_then(Listing::total),
        limit: last.and_then(Listing::page_size),
        past: last
            .and_then(|last| last.asked)
            .filter(|_| is_whole)
            .map(|page| Page {
                number: page.number.saturating_add(1),
                ..page
            }),
        rows,
        status_forms: status_forms(exchanges),
        started: exchanges.iter().find_map(clock),
        shared_ids: shared.into_iter().flatten().collect(),
    }
}

/// True if page 0 has the first rows, and page 1 others.
fn is_first(zero: &Listing<'_>, one: &Listing<'_>) -> bool {
    let size = one.asked.map_or(0, |asked| asked.size);
    let due = one.rows_due(1, size);
    let (ids, others) = (zero.ids(), one.ids());
    !ids.is_empty()
        && due.is_none_or(|due| due == zero.rows.len() as i64)
        && ids.is_disjoint(&others)
}

/// The time of a response by the server's clock: in HTTP, or in the body.
fn clock(exchange: &Exchange) -> Option<Time> {
    let date = exchange.header("date");
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    date.or_else(|| time(exchange.body()?.get("timestamp")?.as_str()?))
}

fn status_forms(exchanges: &[Exchange]) -> StatusForms {
    let is_taken = |is_label: bool| {
        let looks_at = LooksAt::StatusForm { is_label };
        let is_of = |one: &Exchange| match &one.purpose {
            Purpose::Filter { looks_at: of, .. } => *of == looks_at,
            _ => false,
        };
        let asked = exchanges.iter().filter(|one| is_of(one));
        let mut found = asked.filter_map(|one| Listing::of(0, one, "id"));
        found.any(|found| !found.rows.is_empty())
    };
    StatusForms {
        names: is_taken(false),
        labels: is_taken(true),
    }
}

/// Ids of rows that differ in what never changes, although one walk has listed them.
fn shared_ids(listings: &[Listing<'_>], identity: &[String]) -> BTreeSet<i64> {
    let rows: Vec<Row<'_>> = listings.iter().flat_map(|one| one.rows.clone()).collect();
    let mut seen = std::collections::BTreeMap::new();
    let mut shared = BTreeSet::new();
    for row in rows {
        if let Some(id) = row.id()
            && !is_same(*seen.entry(id).or_insert(row), row, identity)
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

impl Known<'_> {
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
