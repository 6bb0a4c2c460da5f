//! A page of rows, and a walk over all of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::Answer;
use super::check::CheckId;
use super::provider::{Query, Stop};
use super::row::{Row, long};
use super::run::{Fault, Run};

/// One page.
pub(super) struct Listing {
    pub(super) answer: Answer,
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
    pub(super) fn read(answer: Answer, query: &Query) -> Result<Self, Box<Answer>> {
        let data = match (&answer.body, answer.status()) {
            (Ok(body), 200) => body.get("data").cloned().unwrap_or_default(),
            _ => return Err(answer.into()),
        };
        let Some(rows) = data.get("contents").and_then(Value::as_array) else {
            return Err(answer.into());
        };
        Ok(Self {
            rows: rows.iter().cloned().map(Row).collect(),
            page: data.get("page").cloned().unwrap_or_default(),
            number: query.number("page"),
            size: query.number("size"),
            answer,
        })
    }

    pub(super) fn told(&self, name: &str) -> Option<i64> {
        long(self.page.get(name)?)
    }

    /// How many pages there are, by either name.
    pub(super) fn pages(&self) -> Option<i64> {
        self.told("totalPages").or_else(|| self.told("totalPage"))
    }

    /// The size of pages: as asked for, or a limit of the server below it that
    /// it tells. A `size` that is the number of rows is such a limit only where
    /// rows and totals agree with it, and not with what was asked for.
    pub(super) fn page_size(&self) -> Option<i64> {
        let asked = self.size?;
        let rows = self.rows.len() as i64;
        let told = self.told("size").filter(|told| *told > 0 && *told < asked);
        let agrees = |size: i64| {
            let (Some(total), Some(number)) = (self.told("totalElements"), self.number) else {
                return false;
            };
            let skipped = number.saturating_sub(1).saturating_mul(size);
            let pages = total.saturating_add(size - 1) / size;
            rows == total.saturating_sub(skipped).clamp(0, size)
                && self.pages().is_none_or(|told| told == pages)
        };
        let is_limit =
            |told: &i64| *told > rows || *told == rows && agrees(*told) && !agrees(asked);
        told.filter(is_limit).or(Some(asked))
    }

    /// Whether these are all rows that there are.
    pub(super) fn is_whole(&self) -> bool {
        let rows = self.rows.len() as i64;
        match (self.told("totalElements"), self.page_size()) {
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

/// What a walk over pages has found.
pub(super) struct Walk {
    pub(super) rows: Vec<Row>,
    /// Whether the end was reached.
    pub(super) complete: bool,
    /// The last page that came.
    pub(super) last: Listing,
    /// The page to ask for if one wants to look past the end.
    pub(super) past: i64,
}

impl Run {
    /// Walks over pages of a size, as far as OCP says that there are any. A
    /// row that comes twice is a finding of the check.
    pub(super) async fn walk(
        &mut self,
        check: CheckId,
        filter: &Query,
        size: i64,
        pages: i64,
    ) -> Result<Option<Walk>, Stop> {
        let mut rows: Vec<Row> = Vec::new();
        let mut page: i64 = 1;
        loop {
            let query = filter.clone().with("page", page).with("size", size);
            let Some(listing) = self.list(check, &query).await? else {
                return Ok(None);
            };
            let known: BTreeMap<i64, Row> = rows
                .iter()
                .filter_map(|row| Some((row.id()?, row.clone())))
                .collect();
            let twice = listing.ids().into_keys().find(|id| known.contains_key(id));
            let fault = twice.map(|id| {
                Fault::new(
                    "a row on two pages",
                    "each row on one page",
                    format!("row {id} on page {page} and on one before"),
                )
                .at("/data/contents")
            });
            let is_empty = listing.rows.is_empty();
            // A row that moved because another one is new has not come twice.
            let is_moved = listing.rows.iter().chain(&rows).any(|row| self.is_new(row));
            self.judge(check, &listing.answer, fault.filter(|_| !is_moved));
            rows.extend(listing.rows.iter().cloned());
            let at_end = is_empty
                || match listing.told("totalElements") {
                    Some(total) => {
                        page.saturating_mul(listing.page_size().unwrap_or(size)) >= total
                    }
                    None => (listing.rows.len() as i64) < size,
                };
            if at_end || page >= pages {
                return Ok(Some(Walk {
                    rows,
                    complete: at_end,
                    last: listing,
                    past: page + 1,
                }));
            }
            page += 1;
        }
    }
}
