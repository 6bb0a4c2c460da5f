//! The transcript, as all checks read it.

use crate::verify::contract::Subject;
use crate::verify::known::{Known, known};
use crate::verify::listing::Listing;
use crate::verify::transcript::{Exchange, Page, Purpose, Stop, Transcript};

/// The transcript, as all checks read it.
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
            known: known(exchanges, subject),
            listings: listings
                .filter_map(|(index, one)| Listing::of(index, one, subject.id()))
                .collect(),
        }
    }

    /// Exchanges that are answered for good, with their places.
    pub(super) fn answers(&self) -> impl Iterator<Item = (usize, &'a Exchange)> + use<'a> {
        let exchanges = self.exchanges.iter().enumerate();
        exchanges.filter(|(_, one)| !one.is_repeated && one.status() != 429 && !one.is_of_gateway())
    }

    /// The page of rows in a response.
    pub(super) fn page(&self, index: usize, exchange: &'a Exchange) -> Option<Listing<'a>> {
        Listing::of(index, exchange, self.subject.id())
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

    /// The pages that were asked for by number and size.
    pub(super) fn asked(&self) -> impl Iterator<Item = (&Listing<'a>, Page)> {
        let listings = self.listings.iter();
        listings.filter_map(|one| Some((one, one.asked?)))
    }
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
