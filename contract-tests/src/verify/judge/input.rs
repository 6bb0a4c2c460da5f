//! What all checks read, and what earlier ones have found a violation of.

use std::collections::BTreeSet;

use crate::verify::contract::Subject;
use crate::verify::known::{Known, known};
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::transcript::{Exchange, Purpose, Stop, Transcript};

/// The things of which a violation was found.
#[derive(Default)]
pub(super) struct Violated {
    /// Responses with any violation in them, by their places in the transcript.
    pub(super) responses: BTreeSet<usize>,
    /// Responses that are of no use for what was asked.
    pub(super) bodies: BTreeSet<usize>,
    /// Responses under a wrong HTTP status.
    pub(super) statuses: BTreeSet<usize>,
    /// Members of rows, by the rows' ids.
    pub(super) members: BTreeSet<(i64, String)>,
    /// Whether rows cannot be told apart by their ids.
    pub(super) ids: bool,
    /// Pages with more rows than were asked for.
    pub(super) sizes: BTreeSet<usize>,
    /// Pages with wrong totals.
    pub(super) totals: BTreeSet<usize>,
    /// Pages that say another number than was asked for.
    pub(super) numbers: BTreeSet<usize>,
    /// Whether pages do not have the rows that belong on them.
    pub(super) pages: bool,
    /// Query parameters that do not filter.
    pub(super) parameters: BTreeSet<&'static str>,
    /// Rows that are found, but not listed.
    pub(super) unlisted: BTreeSet<i64>,
}

impl Violated {
    /// Whether one of these members of a row is wrong.
    pub(super) fn has_member<'a>(
        &self,
        row: Row<'_>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        let Some(id) = row.id() else { return false };
        let mut names = names.into_iter();
        names.any(|name| self.members.contains(&(id, name.to_owned())))
    }

    /// Whether one of these pages is of no use to compare rows by.
    pub(super) fn has_page<'a>(&self, pages: impl IntoIterator<Item = &'a Listing<'a>>) -> bool {
        let is_wrong = |index: usize| {
            let mut sets = [&self.bodies, &self.sizes, &self.totals, &self.numbers].into_iter();
            sets.any(|set| set.contains(&index))
        };
        self.ids || self.pages || pages.into_iter().any(|page| is_wrong(page.index))
    }

    /// Whether any page is.
    pub(super) fn has_any_page(&self) -> bool {
        let mut sets = [&self.sizes, &self.totals, &self.numbers].into_iter();
        self.ids || self.pages || sets.any(|set| !set.is_empty())
    }
}

/// What all checks read.
pub(super) struct Input<'a> {
    pub(super) subject: &'a Subject,
    pub(super) transcript: &'a Transcript,
    pub(super) exchanges: &'a [Exchange],
    pub(super) known: Known<'a>,
    /// Pages of rows, in the order in which they came.
    pub(super) listings: Vec<Listing<'a>>,
}

impl<'a> Input<'a> {
    pub(super) fn new(subject: &'a Subject, transcript: &'a Transcript) -> Self {
        let all = transcript.exchanges.as_slice();
        let exchanges = match (&transcript.stop, all) {
            // The last one is what ended the run.
            (Some(Stop::NoResponse(_) | Stop::Refused(_)), [rest @ .., _]) => rest,
            _ => all,
        };
        let listings = exchanges.iter().enumerate();
        let listings = listings.filter(|(_, one)| has_page(&one.purpose) && !one.is_repeated);
        Self {
            subject,
            transcript,
            exchanges,
            known: known(exchanges, &subject.identity),
            listings: listings
                .filter_map(|(index, one)| Listing::of(index, one))
                .collect(),
        }
    }

    /// Exchanges that are answered for good, with their places.
    pub(super) fn answers(&self) -> impl Iterator<Item = (usize, &'a Exchange)> + use<'a> {
        let exchanges = self.exchanges.iter().enumerate();
        exchanges.filter(|(_, one)| !one.is_repeated && one.status() != 429 && !one.is_of_gateway())
    }

    pub(super) fn exchange(&self, listing: &Listing<'_>) -> &'a Exchange {
        &self.exchanges[listing.index]
    }

    /// The pages of one purpose.
    pub(super) fn pages_of<'b>(
        &'b self,
        purpose: &'b Purpose,
    ) -> impl Iterator<Item = &'b Listing<'a>> {
        let listings = self.listings.iter();
        listings.filter(move |one| self.exchange(one).purpose == *purpose)
    }
}

/// Whether a response to a request of this purpose is judged as a page of rows.
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
