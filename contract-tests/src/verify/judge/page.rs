//! The members of a page that describe it.

use super::book::{Book, Fault, Thing};
use crate::verify::checks::PAGE_MEMBERS;
use crate::verify::finding::Observation;
use crate::verify::known::{Known, Listing};

/// Something that is judged of each page.
type Step<'a> = fn(&OfPage<'a>) -> Option<Fault>;

/// Judges the pages step by step, because each step reads what the one before has judged.
pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    let steps: [Step<'_>; 8] = [
        OfPage::sign,
        OfPage::number,
        OfPage::rows,
        OfPage::names,
        OfPage::limit,
        OfPage::size,
        OfPage::totals,
        OfPage::total_pages,
    ];
    for judge in steps {
        for listing in &known.listings {
            if let Some(fault) = judge(&OfPage { known, listing }) {
                book.add(PAGE_MEMBERS, fault, listing.index);
            }
        }
    }
    for listing in &known.listings {
        book.judged(PAGE_MEMBERS);
        for observed in observations(listing) {
            book.observe(PAGE_MEMBERS, observed);
        }
    }
}

/// Judges the rows on pages that the totals say are past the end, after the pages beside each
/// other: the rows may be those of another page.
pub(super) fn past_totals(known: &Known<'_>, book: &mut Book<'_>) {
    for listing in &known.listings {
        if let Some((0, fault)) = (OfPage { known, listing }).against_totals() {
            let fault = fault.reads(Thing::pages([listing]));
            book.add(PAGE_MEMBERS, fault, listing.index);
        }
    }
}

/// A page that is compared with its rows, and with what was asked for.
struct OfPage<'a> {
    known: &'a Known<'a>,
    listing: &'a Listing<'a>,
}

impl OfPage<'_> {
    fn wrong(&self, kind: &str, expected: String) -> Fault {
        let page = self.known.secrets.quote(self.listing.page);
        let got = format!("{} rows in `contents`, page {page}", self.listing.count());
        Fault::new(kind, expected, got).at("/data/page")
    }

    fn index(&self) -> Option<usize> {
        Some(self.listing.index)
    }

    /// The number that a member has, if documented samples confirm it; others are not compared.
    fn stated(&self, name: &str) -> Option<i64> {
        let stated = self.listing.number_of(name)?;
        self.known.subject.page.contains(&name).then_some(stated)
    }

    /// True if the number of rows would be right with each row counted once: a row that
    /// comes twice is judged with the rows.
    fn is_doubled(&self, is_right: impl Fn(i64) -> bool) -> bool {
        let distinct = self.listing.ids().len() as i64;
        distinct > 0 && distinct < self.listing.count() && is_right(distinct)
    }

    fn sign(&self) -> Option<Fault> {
        let mut names = ["number", "size", "totalElements", "totalPages", "totalPage"].into_iter();
        let is_negative = |name: &&str| self.listing.number_of(name).is_some_and(|one| one < 0);
        let name = names.find(is_negative)?;
        let fault = self.wrong(&format!("{name} negative"), "no negative number".into());
        Some(fault.spoils([Thing::Totals(self.index())]))
    }

    fn number(&self) -> Option<Fault> {
        let asked = self.listing.asked.number;
        let stated = self.stated("number")?;
        // Past the end a server may name the page that it has instead.
        let is_past = self.listing.rows.is_empty() && asked > 1;
        let is_excused = is_past && (stated == 1 || Some(stated) == self.listing.pages());
        let fault = self.wrong("number", format!("number {asked}, as asked for"));
        let is_wrong = stated != asked && !is_excused && self.known.first_page != 0;
        is_wrong.then(|| fault.spoils([Thing::Number(self.index())]))
    }

    fn rows(&self) -> Option<Fault> {
        let (asked, rows) = (self.listing.asked.size, self.listing.count());
        let expected = format!(
            "at most {asked} rows, as asked for; the server seems to take {rows} for any size"
        );
        let fault = self.wrong("too many rows", expected);
        let fault = fault.told(self.is_doubled(|distinct| distinct <= asked));
        (rows > asked).then(|| fault.spoils([Thing::Size(self.index())]))
    }

    /// Both names that the number of pages has in the documentation mean the same.
    fn names(&self) -> Option<Fault> {
        let one = self.listing.number_of("totalPages")?;
        let other = self.listing.number_of("totalPage")?;
        let expected = format!("totalPage {one}, like totalPages");
        (one != other).then(|| self.wrong("totalPage", expected))
    }

    /// A page is as long as was asked for, unless no page is longer than that.
    fn limit(&self) -> Option<Fault> {
        let rows = self.known.listings.iter().map(Listing::count);
        let (asked, longest) = (self.listing.asked.size, rows.max().unwrap_or_default());
        let limit = self.listing.page_size();
        let expected = format!("size {asked}, as asked for: a page of {longest} rows came, too");
        let fault = self.wrong("size", expected);
        (limit < asked.min(longest) && limit == self.listing.count())
            .then(|| self.about_size(fault))
    }

    fn about_size(&self, fault: Fault) -> Fault {
        let reads = [Thing::Size(None)];
        fault.reads(reads).spoils([Thing::Size(self.index())])
    }

    fn size(&self) -> Option<Fault> {
        let asked = self.listing.asked.size;
        let size = self.listing.page_size();
        let stated = self.stated("size")?;
        let expected = format!("size {asked}, as asked for, or the number of rows");
        let is_wrong = stated != size && stated != self.listing.count();
        is_wrong.then(|| self.about_size(self.wrong("size", expected)))
    }

    fn totals(&self) -> Option<Fault> {
        let (expected, fault) = self
            .against_totals()
            .filter(|(expected, _)| *expected > 0)?;
        // A page that says it is another one, and is.
        let size = self.listing.page_size();
        let stated = self.listing.number_of("number");
        let stated = stated.filter(|stated| *stated != self.listing.asked.number);
        let rows = |number| self.listing.expected_rows(number, size);
        let is_another = stated.is_some_and(|one| rows(one) == Some(self.listing.count()));
        let reads = is_another.then_some(Thing::Number(self.index()));
        let is_told = self.is_doubled(|distinct| distinct == expected);
        Some(fault.told(is_told).reads(reads))
    }

    /// Other rows than by the totals, and how many those say.
    fn against_totals(&self) -> Option<(i64, Fault)> {
        let (number, size) = (self.listing.asked.number, self.listing.page_size());
        let total = self.stated("totalElements")?;
        let expected = self.listing.expected_rows(number, size)?;
        let rows = format!("{expected} rows on page {number} of {total} by {size}");
        let fault = self.wrong("rows against totals", rows);
        let fault = fault.reads([Thing::Size(None)]);
        let fault = fault.spoils([Thing::Totals(self.index())]);
        let is_wrong = self.listing.count() != expected && self.known.first_page == 1;
        is_wrong.then_some((expected, fault))
    }

    fn total_pages(&self) -> Option<Fault> {
        if self.known.first_page == 0 {
            return None;
        }
        let size = self.listing.page_size();
        let total = self.listing.total()?;
        let expected = self.listing.expected_pages(size)?;
        let is_compared = self.known.subject.page.contains(&"totalPages");
        let stated = self.listing.pages().filter(|_| is_compared)?;
        let fault = self.wrong(
            "totalPages",
            format!("{expected} pages for {total} by {size}"),
        );
        let is_wrong = stated != expected && !(total == 0 && stated == 1);
        is_wrong.then(|| fault.reads([Thing::Size(None), Thing::Totals(None)]))
    }
}

fn observations(listing: &Listing<'_>) -> Vec<Observation> {
    let mut observed = Vec::new();
    let (size, asked) = (listing.page_size(), listing.asked.size);
    if size < asked {
        let text = format!("pages have at most {size} rows, also where {asked} are asked for");
        observed.push(Observation::new("long pages", "limited", text));
    }
    let rows = listing.count();
    if let (Some(stated), true) = (listing.number_of("size"), rows > 0 && rows < size) {
        let meaning = match stated == size {
            true => "the size asked for",
            false => "the rows that came",
        };
        let text = format!("page.size is {meaning}");
        observed.push(Observation::new("page.size", meaning, text));
    }
    let mut names = vec!["totalPages", "totalPage"];
    names.retain(|name| listing.number_of(name).is_some());
    if !names.is_empty() {
        let names = names.join(" and ");
        let text = format!("the number of pages is called {names}");
        observed.push(Observation::new("the number of pages", names, text));
    }
    observed
}
