//! What a page says of itself.

use super::book::{Book, Fault};
use super::input::{Input, Violated};
use crate::verify::checks::PAGE_MEMBERS;
use crate::verify::finding::Observation;
use crate::verify::listing::Listing;
use crate::verify::transcript::Page;

/// Something that is judged of each page.
type Step = fn(&Listing<'_>, Page, &mut Book<'_>, &mut Violated);

pub(super) fn judge(input: &Input<'_>, book: &mut Book<'_>, violated: &mut Violated) {
    let asked = || {
        input
            .listings
            .iter()
            .filter_map(|one| Some((one, one.asked?)))
    };
    for listing in &input.listings {
        book.judged(PAGE_MEMBERS);
        OfPage::new(listing, book).signs(violated);
    }
    for (listing, asked) in asked() {
        let mut page = OfPage::new(listing, book);
        if input.known.first_page == 1 {
            page.number(asked.number, violated);
        }
        page.rows(asked.size, violated);
        page.names();
        for observed in observations(listing, asked) {
            book.observe(PAGE_MEMBERS, observed);
        }
    }
    limits(input, book, violated);
    // Each of these reads what the one before has judged.
    let steps: [Step; 3] = [
        |listing, asked, book, violated| OfPage::new(listing, book).size(asked, violated),
        |listing, asked, book, violated| OfPage::new(listing, book).totals(asked, violated),
        |listing, asked, book, _| OfPage::new(listing, book).total_pages(asked),
    ];
    for (step, judge) in steps.into_iter().enumerate() {
        let is_wrong = !violated.sizes.is_empty()
            || step > 0 && input.known.first_page == 0
            || step > 1 && !violated.totals.is_empty();
        for (listing, asked) in asked() {
            match is_wrong {
                true => book.leave_out(PAGE_MEMBERS, "sizes and totals beside wrong ones"),
                false => judge(listing, asked, book, violated),
            }
        }
    }
}

/// A page is as long as was asked for, unless no page is longer than that.
fn limits(input: &Input<'_>, book: &mut Book<'_>, violated: &mut Violated) {
    let asked = || {
        input
            .listings
            .iter()
            .filter_map(|one| Some((one, one.asked?)))
    };
    let longest = asked().map(|(one, _)| one.rows.len() as i64).max();
    for (listing, asked) in asked() {
        let limit = listing.page_size().filter(|size| *size < asked.size);
        if let (Some(limit), Some(longest)) = (limit, longest)
            && limit < longest
            && limit == listing.rows.len() as i64
            && violated.sizes.is_empty()
        {
            let size = asked.size;
            let expected = format!("size {size}, as asked for: a page of {longest} rows came, too");
            OfPage::new(listing, book).wrong("size", expected);
            violated.sizes.insert(listing.index);
        }
    }
}

/// A page that is compared with its rows, and with what was asked for.
struct OfPage<'a, 'b> {
    listing: &'a Listing<'a>,
    rows: i64,
    /// Rows, each counted once.
    distinct: i64,
    book: &'a mut Book<'b>,
}

impl<'a, 'b> OfPage<'a, 'b> {
    fn new(listing: &'a Listing<'a>, book: &'a mut Book<'b>) -> Self {
        Self {
            listing,
            rows: listing.rows.len() as i64,
            distinct: listing.ids().len() as i64,
            book,
        }
    }

    fn wrong(&mut self, kind: &str, expected: String) {
        let page = self.book.secrets().quote(self.listing.page);
        let got = format!("{} rows in `contents`, page {page}", self.rows);
        let fault = Fault::new(kind, expected, got).at("/data/page");
        self.book.add(PAGE_MEMBERS, fault, self.listing.index);
    }

    /// Whether a number of rows would be right if each row were counted once: a row that
    /// comes twice is judged with the rows.
    fn is_doubled(&self, would_be_right: bool) -> bool {
        self.distinct < self.rows && would_be_right
    }

    fn signs(&mut self, violated: &mut Violated) {
        for name in ["number", "size", "totalElements", "totalPages", "totalPage"] {
            if self.listing.number_of(name).is_some_and(|value| value < 0) {
                self.wrong(&format!("{name} negative"), "no negative number".into());
                violated.totals.insert(self.listing.index);
            }
        }
    }

    fn number(&mut self, asked: i64, violated: &mut Violated) {
        let Some(stated) = self.listing.number_of("number") else {
            return;
        };
        // Past the end a server may name the page that it has instead.
        let is_past = self.rows == 0 && asked > 1;
        let is_excused = is_past && (stated == 1 || Some(stated) == self.listing.pages());
        if stated != asked && !is_excused {
            self.wrong("number", format!("number {asked}, as asked for"));
            violated.numbers.insert(self.listing.index);
        }
    }

    fn rows(&mut self, asked: i64, violated: &mut Violated) {
        let rows = self.rows;
        if rows <= asked {
            return;
        }
        violated.sizes.insert(self.listing.index);
        if !self.is_doubled(self.distinct <= asked) {
            let expected = format!(
                "at most {asked} rows, as asked for; the server seems to take {rows} for any size"
            );
            self.wrong("too many rows", expected);
        }
    }

    fn size(&mut self, asked: Page, violated: &mut Violated) {
        let size = self.listing.page_size().unwrap_or(asked.size);
        let stated = self.listing.number_of("size");
        if stated.is_some_and(|stated| stated != size && stated != self.rows) {
            let asked = asked.size;
            let expected = format!("size {asked}, as asked for, or the number of rows");
            self.wrong("size", expected);
            violated.sizes.insert(self.listing.index);
        }
    }

    fn totals(&mut self, asked: Page, violated: &mut Violated) {
        let size = self.listing.page_size().unwrap_or(asked.size);
        let due = |number| self.listing.rows_due(number, size);
        let (Some(total), Some(expected)) = (self.listing.total(), due(asked.number)) else {
            return;
        };
        // Rows past the end may be those of another page; which ones is judged with the pages.
        if self.rows == expected || expected == 0 {
            return;
        }
        let stated = self.listing.number_of("number");
        if stated.is_some_and(|stated| stated != asked.number && due(stated) == Some(self.rows)) {
            let what = "totals of a page that says it is another one";
            return self.book.leave_out(PAGE_MEMBERS, what);
        }
        violated.totals.insert(self.listing.index);
        if !self.is_doubled(self.distinct == expected) {
            let number = asked.number;
            let rows = format!("{expected} rows on page {number} of {total} by {size}");
            self.wrong("rows against totals", rows);
        }
    }

    fn total_pages(&mut self, asked: Page) {
        let size = self.listing.page_size().unwrap_or(asked.size);
        let due = self.listing.pages_due(size);
        let (Some(total), Some(expected)) = (self.listing.total(), due) else {
            return;
        };
        let pages = self.listing.pages();
        if pages.is_some_and(|stated| stated != expected && !(total == 0 && stated == 1)) {
            let expected = format!("{expected} pages for {total} by {size}");
            self.wrong("totalPages", expected);
        }
    }

    /// Both names that the number of pages has in the documentation mean the same.
    fn names(&mut self) {
        let [one, other] = ["totalPages", "totalPage"].map(|name| self.listing.number_of(name));
        if let (Some(one), Some(other)) = (one, other)
            && one != other
        {
            self.wrong("totalPage", format!("totalPage {one}, like totalPages"));
        }
    }
}

fn observations(listing: &Listing<'_>, asked: Page) -> Vec<Observation> {
    let mut observed = Vec::new();
    let size = listing.page_size().unwrap_or(asked.size);
    if size < asked.size {
        let asked = asked.size;
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
