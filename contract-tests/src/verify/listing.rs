//! A page of rows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::request::Query;
use super::response::Response;
use super::row::{Row, long};

/// One page.
pub(super) struct Listing {
    pub(super) response: Response,
    pub(super) rows: Vec<Row>,
    /// `data.page`.
    pub(super) page: Value,
    /// Page number asked for.
    pub(super) number: Option<i64>,
    /// Page size asked for.
    pub(super) size: Option<i64>,
}

impl Listing {
    /// A success with a list; anything else is given back.
    pub(super) fn read(response: Response, query: &Query) -> Result<Self, Box<Response>> {
        let data = match (&response.body, response.status()) {
            (Ok(body), 200) => body.get("data").cloned().unwrap_or_default(),
            _ => return Err(response.into()),
        };
        let Some(rows) = data.get("contents").and_then(Value::as_array) else {
            return Err(response.into());
        };
        Ok(Self {
            rows: rows.iter().cloned().map(Row).collect(),
            page: data.get("page").cloned().unwrap_or_default(),
            number: query.number("page"),
            size: query.number("size"),
            response,
        })
    }

    pub(super) fn number_of(&self, name: &str) -> Option<i64> {
        long(self.page.get(name)?)
    }

    /// How many pages there are, by either name.
    pub(super) fn pages(&self) -> Option<i64> {
        self.number_of("totalPages")
            .or_else(|| self.number_of("totalPage"))
    }

    /// The size of pages: as asked for, or a limit of the server below it that
    /// it states. A `size` that is the number of rows is such a limit only where
    /// rows and totals agree with it, and not with what was asked for.
    pub(super) fn page_size(&self) -> Option<i64> {
        let asked = self.size?;
        let rows = self.rows.len() as i64;
        let stated = self
            .number_of("size")
            .filter(|stated| *stated > 0 && *stated < asked);
        let agrees = |size: i64| {
            let (Some(total), Some(number)) = (self.number_of("totalElements"), self.number) else {
                return false;
            };
            let skipped = number.saturating_sub(1).saturating_mul(size);
            let pages = total.saturating_add(size - 1) / size;
            rows == total.saturating_sub(skipped).clamp(0, size)
                && self.pages().is_none_or(|stated| stated == pages)
        };
        let is_limit =
            |stated: &i64| *stated > rows || *stated == rows && agrees(*stated) && !agrees(asked);
        stated.filter(is_limit).or(Some(asked))
    }

    /// Whether these are all rows that there are.
    pub(super) fn is_whole(&self) -> bool {
        let rows = self.rows.len() as i64;
        match (self.number_of("totalElements"), self.page_size()) {
            (Some(total), _) => total <= rows,
            (None, Some(size)) => rows < size,
            (None, None) => false,
        }
    }

    pub(super) fn ids(&self) -> BTreeMap<i64, Row> {
        let rows = self.rows.iter();
        rows.filter_map(|row| Some((row.id()?, row.clone())))
            .collect()
    }
}
