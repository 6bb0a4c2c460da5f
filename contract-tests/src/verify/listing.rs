//! One page of rows as it came.

use std::collections::BTreeSet;

use serde_json::Value;

use super::row::{Row, long};
use super::transcript::{Exchange, Page};

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
        let rows = self.rows.len() as i64;
        let stated = self
            .number_of("size")
            .filter(|stated| *stated > 0 && *stated < size);
        let agrees = |size: i64| {
            self.rows_due(number, size) == Some(rows)
                && self
                    .pages()
                    .is_none_or(|stated| Some(stated) == self.pages_due(size))
        };
        let is_limit =
            |stated: &i64| *stated > rows || *stated == rows && agrees(*stated) && !agrees(size);
        stated.filter(is_limit).unwrap_or(size)
    }

    /// The rows that a page has by the totals; `None` without totals, or a size.
    pub(super) fn rows_due(&self, number: i64, size: i64) -> Option<i64> {
        let total = self.total().filter(|_| size > 0)?;
        let skipped = number.saturating_sub(1).saturating_mul(size);
        Some(total.saturating_sub(skipped).clamp(0, size))
    }

    /// The pages that there are by the totals.
    pub(super) fn pages_due(&self, size: i64) -> Option<i64> {
        let total = self.total().filter(|_| size > 0)?;
        Some(total.saturating_add(size - 1) / size)
    }

    /// True if these are all rows that there are.
    pub(super) fn is_whole(&self) -> bool {
        let rows = self.rows.len() as i64;
        match self.total() {
            Some(total) => total <= rows,
            None => rows < self.page_size(),
        }
    }

    /// True if no page comes after it, as far as it says.
    pub(super) fn is_last(&self) -> bool {
        let size = self.page_size();
        self.rows.is_empty()
            || match self.total() {
                Some(total) => self.asked.number.saturating_mul(size) >= total,
                None => (self.rows.len() as i64) < size,
            }
    }

    /// The row with an id.
    pub(super) fn row(&self, id: i64) -> Option<Row<'a>> {
        let mut rows = self.rows.iter().copied();
        rows.find(|row| row.id() == Some(id))
    }

    pub(super) fn ids(&self) -> BTreeSet<i64> {
        self.rows.iter().filter_map(|row| row.id()).collect()
    }
}
