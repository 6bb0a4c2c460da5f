//! What a page says of itself.

use crate::verify::check;
use crate::verify::finding::Observation;
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::listing::Listing;
use crate::verify::topic::Topic;

/// Judges what a page says of itself.
pub(crate) fn page(listing: &Listing) -> Vec<Judgement> {
    let mut judgements = vec![Judgement::Applied(check::PAGE_MEMBERS, faults(listing))];
    let observed = observations(listing).into_iter();
    judgements.extend(observed.map(|one| Judgement::Observed(check::PAGE_MEMBERS, one)));
    judgements
}

fn faults(listing: &Listing) -> Vec<Fault> {
    let mut page = Page {
        listing,
        rows: listing.rows.len() as i64,
        distinct: listing.ids().len() as i64,
        faults: Vec::new(),
    };
    page.signs();
    if let (Some(number), Some(asked)) = (listing.number, listing.size) {
        page.number(number);
        page.size(asked);
        page.totals(number, listing.page_size().unwrap_or(asked));
        page.names();
    }
    page.faults
}

/// A page that is compared with its rows, and with what was asked for.
struct Page<'a> {
    listing: &'a Listing,
    rows: i64,
    /// Rows, each counted once.
    distinct: i64,
    faults: Vec<Fault>,
}

impl Page<'_> {
    fn wrong(&mut self, name: &str, expected: String, rests_on: &[Topic], breaks: &[Topic]) {
        let page = self.listing.response.secrets.quote(&self.listing.page);
        let got = format!("{} rows in `contents`, page {page}", self.rows);
        let fault = Fault::new(name, expected, got).at("/data/page");
        let fault = fault.rests_on(rests_on.iter().cloned());
        self.faults.push(fault.breaks(breaks.iter().cloned()));
    }

    /// What a number of rows rests on that would be right if each row were counted once:
    /// a row that comes twice is judged with the rows.
    fn ids(&self, would_be_right: bool) -> Option<Topic> {
        (self.distinct < self.rows && would_be_right).then_some(Topic::Ids)
    }

    fn signs(&mut self) {
        for name in ["number", "size", "totalElements", "totalPages", "totalPage"] {
            if self.listing.number_of(name).is_some_and(|value| value < 0) {
                let name = format!("{name} negative");
                self.wrong(&name, "no negative number".into(), &[], &[Topic::Totals]);
            }
        }
    }

    fn number(&mut self, asked: i64) {
        let Some(stated) = self.listing.number_of("number") else {
            return;
        };
        // Past the end a server may name the page that it has instead.
        let is_past = self.rows == 0 && asked > 1;
        let is_excused = is_past && (stated == 1 || Some(stated) == self.listing.pages());
        if stated != asked && !is_excused {
            let expected = format!("number {asked}, as asked for");
            self.wrong("number", expected, &[Topic::Origin], &[Topic::Pages]);
        }
    }

    fn size(&mut self, asked: i64) {
        let rows = self.rows;
        if rows > asked {
            let expected = format!(
                "at most {asked} rows, as asked for; the server seems to take {rows} for any size"
            );
            let rests_on = self.ids(self.distinct <= asked);
            self.wrong(
                "too many rows",
                expected,
                rests_on.as_slice(),
                &[Topic::Sizes],
            );
        }
        let size = self.listing.page_size().unwrap_or(asked);
        let stated = self.listing.number_of("size");
        if stated.is_some_and(|stated| stated != size && stated != rows) {
            let expected = format!("size {asked}, as asked for, or the number of rows");
            self.wrong("size", expected, &[Topic::Sizes], &[Topic::Sizes]);
        }
    }

    fn totals(&mut self, number: i64, size: i64) {
        let total = self.listing.number_of("totalElements");
        let Some(total) = total.filter(|_| size > 0) else {
            return;
        };
        let skipped = number.saturating_sub(1).saturating_mul(size);
        let due = total.saturating_sub(skipped).clamp(0, size);
        if self.rows != due {
            let mut rests_on = vec![Topic::Sizes, Topic::Origin];
            rests_on.extend(self.ids(self.distinct == due));
            // Rows past the end may be those of another page.
            rests_on.extend((due == 0).then_some(Topic::Pages));
            let expected = format!("{due} rows on page {number} of {total} by {size}");
            self.wrong("rows against totals", expected, &rests_on, &[Topic::Totals]);
        }
        let due = total.saturating_add(size - 1) / size;
        let pages = self.listing.pages();
        if pages.is_some_and(|stated| stated != due && !(total == 0 && stated == 1)) {
            let expected = format!("{due} pages for {total} by {size}");
            self.wrong("totalPages", expected, &[Topic::Sizes, Topic::Totals], &[]);
        }
    }

    /// Both names that the number of pages has in the documentation mean the same.
    fn names(&mut self) {
        let [one, other] = ["totalPages", "totalPage"].map(|name| self.listing.number_of(name));
        if let (Some(one), Some(other)) = (one, other)
            && one != other
        {
            let expected = format!("totalPage {one}, like totalPages");
            self.wrong("totalPage", expected, &[], &[]);
        }
    }
}

fn observations(listing: &Listing) -> Vec<Observation> {
    let mut observed = Vec::new();
    let (Some(_), Some(asked)) = (listing.number, listing.size) else {
        return observed;
    };
    let size = listing.page_size().unwrap_or(asked);
    if size < asked {
        let text = format!("pages have at most {size} rows, also where {asked} are asked for");
        observed.push(Observation::new("long pages", "limited", text));
    }
    let rows = listing.rows.len() as i64;
    if let (Some(stated), true) = (listing.number_of("size"), rows > 0 && rows < size) {
        let meaning = if stated == size {
            "the size asked for"
        } else {
            "the rows that came"
        };
        let text = format!("page.size is {meaning}");
        observed.push(Observation::new("page.size", meaning, text));
    }
    let names = ["totalPages", "totalPage"];
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| listing.number_of(name).is_some())
        .collect();
    if !names.is_empty() {
        let names = names.join(" and ");
        let text = format!("the number of pages is called {names}");
        observed.push(Observation::new("the number of pages", names, text));
    }
    observed
}
