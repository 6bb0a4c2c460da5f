//! The completeness of a list that was read page by page.

use std::collections::HashSet;

use crate::error::{Error, ErrorKind};

/// The knowledge, at the end of a stream, about rows that it may have missed; see [`Rows::completeness`](crate::Rows::completeness).
///
/// The rows that came are counted, each once, and compared with `totalElements`
/// of the pages. If fewer came and that number was the same on all pages, the
/// stream has ended with an error instead, [`ErrorKind::Incomplete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completeness {
    /// As many rows came as the list has, from the first page asked for on.
    Complete,
    /// The list changed while it was read: rows were created or deleted. Those
    /// that were created since are missing, and rows that a deletion has pulled
    /// onto an earlier page may be. Read it again if it must be whole.
    Changed {
        /// `totalElements` of the first page.
        first: i64,
        /// `totalElements` of the last page; the same if it changed and changed back.
        last: i64,
    },
    /// It cannot be known: OCP did not say how many rows there are, or fewer than
    /// came, or rows have nothing by which one that comes twice is known.
    Unknown,
}

/// A page as it was asked for, and as it came.
#[derive(Clone, Copy)]
pub(crate) struct Came {
    pub(crate) page: i64,
    pub(crate) size: i64,
    pub(crate) number: Option<i64>,
    pub(crate) rows: i64,
}

/// Counts the rows of a list while it is read, and lets none come twice.
#[derive(Default)]
pub(crate) struct Tally {
    /// The identities of the rows that have come.
    known: HashSet<u64>,
    has_anonymous: bool,
    rows: i64,
    /// The first and the last page.
    pages: Option<(Came, Came)>,
    /// `totalElements` of the first and the last page that have it.
    totals: Option<(i64, i64)>,
    has_changed: bool,
}

impl Tally {
    /// Counts a page, and leaves the rows on it that have not come before.
    pub(crate) fn count<R>(
        &mut self,
        came: Came,
        total: Option<i64>,
        contents: &mut Vec<R>,
        identity: fn(&R) -> Option<u64>,
    ) {
        let first = self.pages.map_or(came, |(first, _)| first);
        self.pages = Some((first, came));
        // Beyond the end of a list, Spring's `PageImpl` reports the offset of the page as the
        // total: an empty page may lower the total, and no more.
        let offset = (came.page - 1).saturating_mul(first.rows);
        let is_told =
            |total: i64| total >= 0 && (came.rows > 0 || self.totals.is_none() || total < offset);
        if let Some(total) = total.filter(|total| is_told(*total)) {
            let (first, last) = self.totals.unwrap_or((total, total));
            self.has_changed |= last != total;
            self.totals = Some((first, total));
        }
        contents.retain(|row| match identity(row) {
            Some(identity) => self.known.insert(identity),
            None => {
                self.has_anonymous = true;
                true
            }
        });
        self.rows += length(contents);
    }

    /// The completeness once there are no more pages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`], if the number of rows is known and more than came.
    pub(crate) fn completeness(&self) -> Result<Completeness, Error> {
        let (Some((first, last)), Some((first_page, last_page))) = (self.totals, self.pages) else {
            return Ok(Completeness::Unknown);
        };
        if self.has_changed {
            return Ok(Completeness::Changed { first, last });
        }
        let skipped = (first_page.page - 1).saturating_mul(first_page.size);
        let expected = last.saturating_sub(skipped).max(0);
        if self.rows < expected {
            return Err(self.incomplete(expected, first_page, last_page));
        }
        Ok(match self.rows == expected && !self.has_anonymous {
            true => Completeness::Complete,
            false => Completeness::Unknown,
        })
    }

    fn incomplete(&self, expected: i64, first: Came, last: Came) -> Error {
        let from = match first.page {
            2.. => format!(" from page {} on", first.page),
            _ => String::new(),
        };
        let came = last
            .number
            .map_or("it".to_owned(), |number| format!("page {number}"));
        let what = format!(
            "the list is incomplete: {} of {expected} rows{from} came; page {} of {} rows each was asked for, and {came} came with {} rows",
            self.rows, last.page, last.size, last.rows
        );
        Error::new(ErrorKind::Incomplete, what).with_hint(match last.rows {
            0 => "the server may count its pages from 0, or end its list too early",
            _ => "rows may have moved between the pages; read the list again",
        })
    }
}

/// The number of rows on a page.
pub(crate) fn length<R>(rows: &[R]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages as `(page, ids, totalElements)`, asked for with 10 rows each.
    type Pages<'a> = &'a [(i64, std::ops::Range<i64>, Option<i64>)];

    fn tally_of(pages: Pages) -> Tally {
        counted(pages, |id| Some(id.unsigned_abs()))
    }

    fn counted(pages: Pages, identity: fn(&i64) -> Option<u64>) -> Tally {
        let mut tally = Tally::default();
        for (page, ids, total) in pages {
            let mut rows: Vec<i64> = ids.clone().collect();
            let came = Came {
                page: *page,
                size: 10,
                number: Some(*page),
                rows: length(&rows),
            };
            tally.count(came, *total, &mut rows, identity);
        }
        tally
    }

    #[test]
    fn the_rows_that_came_are_held_against_the_total() {
        use Completeness::{Changed, Complete, Unknown};
        let changed = |first, last| Ok(Changed { first, last });
        let cases: &[(&str, Pages, Result<Completeness, &str>)] = &[
            ("an empty list", &[(1, 0..0, Some(0))], Ok(Complete)),
            ("one page", &[(1, 0..3, Some(3))], Ok(Complete)),
            (
                "two",
                &[(1, 0..10, Some(13)), (2, 10..13, Some(13))],
                Ok(Complete),
            ),
            ("no total", &[(1, 0..3, None)], Ok(Unknown)),
            ("a total below zero", &[(1, 0..3, Some(-1))], Ok(Unknown)),
            (
                "a total that is too small",
                &[(1, 0..10, Some(5)), (2, 10..13, Some(5))],
                Ok(Unknown),
            ),
            (
                "a total on the first page alone",
                &[(1, 0..10, Some(13)), (2, 10..13, None)],
                Ok(Complete),
            ),
            (
                "a total on the first page alone, and less",
                &[(1, 0..10, Some(13)), (2, 10..12, None)],
                Err("12 of 13 rows came"),
            ),
            ("nothing", &[(1, 0..0, Some(3))], Err("0 of 3 rows came")),
            (
                "a row twice",
                &[(1, 0..10, Some(13)), (2, 9..12, Some(13))],
                Err("12 of 13 rows came"),
            ),
            (
                "a new row",
                &[(1, 0..10, Some(13)), (2, 9..13, Some(14))],
                changed(13, 14),
            ),
            (
                "there and back",
                &[
                    (1, 0..10, Some(23)),
                    (2, 10..20, Some(22)),
                    (3, 20..22, Some(23)),
                ],
                changed(23, 23),
            ),
            (
                "a last page that corrects the total",
                &[(1, 0..10, Some(15)), (2, 10..13, Some(13))],
                changed(15, 13),
            ),
            // The list ends before the total says, and the page beyond it hides the total.
            (
                "a page beyond the end",
                &[
                    (1, 0..10, Some(25)),
                    (2, 10..20, Some(25)),
                    (3, 0..0, Some(20)),
                ],
                Err("20 of 25 rows came"),
            ),
            (
                "the same, counted from 0",
                &[(1, 0..5, Some(15)), (2, 0..0, Some(20))],
                Err("5 of 15 rows came"),
            ),
            (
                "all that followed was deleted",
                &[(1, 0..10, Some(15)), (2, 0..0, Some(9))],
                changed(15, 9),
            ),
            // From the third page on.
            (
                "later pages",
                &[(3, 20..30, Some(33)), (4, 30..33, Some(33))],
                Ok(Complete),
            ),
            (
                "later pages, a row twice",
                &[(3, 20..30, Some(33)), (4, 29..32, Some(33))],
                Err("12 of 13 rows from page 3 on came"),
            ),
            (
                "beyond the end at once",
                &[(3, 0..0, Some(20))],
                Ok(Complete),
            ),
            (
                "beyond the end at once, true total",
                &[(3, 0..0, Some(7))],
                Ok(Complete),
            ),
            (
                "beyond the end too early",
                &[(3, 0..0, Some(21))],
                Err("0 of 1 rows from page 3 on came"),
            ),
            (
                "a later page of a server with smaller pages",
                &[(3, 6..9, Some(9))],
                Ok(Unknown),
            ),
        ];
        for (name, pages, expected) in cases {
            match (tally_of(pages).completeness(), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, *expected, "{name}"),
                (Err(error), Err(expected)) => {
                    assert!(error.is_incomplete(), "{name}: {error}");
                    assert!(error.to_string().contains(expected), "{name}: {error}");
                }
                (found, expected) => panic!("{name}: {found:?} and not {expected:?}"),
            }
        }
    }

    /// A row that comes twice cannot be known, so that a full count proves nothing.
    #[test]
    fn rows_without_an_identity_are_counted_and_no_more() {
        let of = |rows| counted(&[(1, 0..10, Some(13)), (2, 9..rows, Some(13))], |_| None);
        let tally = of(12);
        assert_eq!(tally.rows, 13);
        assert_eq!(tally.completeness().unwrap(), Completeness::Unknown);
        assert!(of(11).completeness().unwrap_err().is_incomplete());
    }
}
