//! Whether all rows of a list have come.

use std::collections::HashSet;

use crate::error::{Error, ErrorKind};
use crate::types::PageInfo;

/// What is known, at the end of a stream, about rows that it may have missed;
/// see [`Rows::completeness`](crate::Rows::completeness).
///
/// The rows that came are counted, each once, and compared with `totalElements`
/// of the pages. Where fewer came and that number was the same on all pages, the
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

/// A page that was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) page: i64,
    pub(crate) size: i64,
}

/// Counts the rows of a list while it is read, and lets none come twice.
#[derive(Default)]
pub(crate) struct Tally {
    /// The identities of the rows that have come.
    known: HashSet<u64>,
    has_anonymous: bool,
    rows: i64,
    first: Option<FirstPage>,
    totals: Option<Totals>,
    last: Option<LastPage>,
}

#[derive(Clone, Copy)]
struct FirstPage {
    asked: Asked,
    rows: i64,
}

#[derive(Clone, Copy)]
struct LastPage {
    asked: Asked,
    number: Option<i64>,
    rows: i64,
}

/// `totalElements` of the pages that have it.
#[derive(Clone, Copy)]
struct Totals {
    first: i64,
    last: i64,
    has_changed: bool,
}

impl Tally {
    /// Counts a page, and leaves the rows on it that have not come before.
    pub(crate) fn count<R>(
        &mut self,
        asked: Asked,
        page: Option<&PageInfo>,
        contents: &mut Vec<R>,
        identity: fn(&R) -> Option<u64>,
    ) {
        let rows = length(contents.len());
        let first = *self.first.get_or_insert(FirstPage { asked, rows });
        let total = page.and_then(|page| page.total_elements);
        // Beyond the end of a list, Spring's `PageImpl` reports the offset of the
        // page as the total: an empty page may lower the total, and no more.
        let is_known = rows > 0 || self.totals.is_none();
        let is_told = |total: &i64| {
            *total >= 0 && (is_known || *total < (asked.page - 1).saturating_mul(first.rows))
        };
        if let Some(total) = total.filter(is_told) {
            let before = self.totals;
            self.totals = Some(Totals {
                first: before.map_or(total, |totals| totals.first),
                last: total,
                has_changed: before
                    .is_some_and(|totals| totals.has_changed || totals.last != total),
            });
        }
        self.last = Some(LastPage {
            asked,
            number: page.and_then(|page| page.number),
            rows,
        });
        contents.retain(|row| match identity(row) {
            Some(identity) => self.known.insert(identity),
            None => {
                self.has_anonymous = true;
                true
            }
        });
        self.rows += length(contents.len());
    }

    /// What is known once there are no more pages.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Incomplete`], where the number of rows is known and more than came.
    pub(crate) fn completeness(&self) -> Result<Completeness, Error> {
        let Some(totals) = self.totals else {
            return Ok(Completeness::Unknown);
        };
        if totals.has_changed {
            return Ok(Completeness::Changed {
                first: totals.first,
                last: totals.last,
            });
        }
        let skipped = self.first.map_or(0, |first| {
            (first.asked.page - 1).saturating_mul(first.asked.size)
        });
        let expected = totals.last.saturating_sub(skipped).max(0);
        if self.rows < expected {
            return Err(self.incomplete(expected));
        }
        Ok(if self.rows == expected && !self.has_anonymous {
            Completeness::Complete
        } else {
            Completeness::Unknown
        })
    }

    fn incomplete(&self, expected: i64) -> Error {
        let mut what = format!("the list is incomplete: {} of {expected} rows", self.rows);
        if let Some(first) = self.first.filter(|first| first.asked.page > 1) {
            what += &format!(" from page {} on", first.asked.page);
        }
        what += " came";
        let mut hint = "rows may have moved between the pages; read the list again";
        if let Some(LastPage {
            asked,
            number,
            rows,
        }) = self.last
        {
            let came = number.map_or("it".to_owned(), |number| format!("page {number}"));
            what += &format!(
                "; page {} of {} rows each was asked for, and {came} came with {rows} rows",
                asked.page, asked.size
            );
            if rows == 0 {
                hint = "the server may count its pages from 0, or end its list too early";
            }
        }
        Error::new(ErrorKind::Incomplete, what).with_hint(hint)
    }
}

fn length(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
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
            let info = serde_json::json!({"number": page, "totalElements": total});
            let info: PageInfo = serde_json::from_value(info).unwrap();
            let asked = Asked {
                page: *page,
                size: 10,
            };
            let mut rows: Vec<i64> = ids.clone().collect();
            tally.count(asked, Some(&info), &mut rows, identity);
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
