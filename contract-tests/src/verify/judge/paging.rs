//! Rows on several pages: the same rows whatever the size, each on one page, none past the end.

use std::collections::BTreeSet;

use super::book::{Book, Fault, Thing};
use super::page::past_totals;
use crate::verify::checks::{CheckId, PAGING, REPEAT};
use crate::verify::known::{Known, Listing};
use crate::verify::transcript::{LooksAt, Purpose};

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    origin(known, book);
    let is_walk = |purpose: &Purpose| match purpose {
        Purpose::List | Purpose::Resized => true,
        Purpose::Filter(query) => query.looks_at == LooksAt::Pages,
        _ => false,
    };
    let walks = known.listings.chunk_by(|one, other| {
        let (one, other) = (&one.exchange.purpose, &other.exchange.purpose);
        is_walk(one) && one == other
    });
    for walk in walks.filter(|walk| is_walk(&walk[0].exchange.purpose)) {
        twice(known, walk, book);
    }
    past(known, book);
    past_totals(known, book);
    another_size(known, book);
    large(known, book);
    repeat(known, book);
}

/// Adds a fault of several pages, unless one of them is known to be wrong.
fn add(check: CheckId, fault: Option<Fault>, pages: &[&Listing<'_>], book: &mut Book<'_>) {
    if let (Some(fault), Some(last)) = (fault, pages.last()) {
        let fault = fault.at("/data/contents").spoils([Thing::Pages]);
        let fault = fault.reads(Thing::pages(pages.iter().copied()));
        book.add(check, fault, last.index);
    }
}

/// True if rows have come since the list was read.
fn has_grown(known: &Known<'_>, listing: &Listing<'_>) -> bool {
    listing.total() > known.total || listing.rows.iter().any(|row| known.is_new(*row))
}

fn origin(known: &Known<'_>, book: &mut Book<'_>) {
    let mut exchanges = known.exchanges.iter();
    let documented = exchanges.position(|one| one.purpose == Purpose::Documented);
    if let Some(index) = documented.filter(|_| known.first_page == 0) {
        let expected = "page 1 with the first rows";
        let got = "page 0 with the first rows, and page 1 with others; the run goes on with page 0";
        let fault = Fault::new("pages are counted from 0", expected, got);
        book.add(PAGING, fault.at("/data/contents"), index);
    }
}

/// A row that comes twice in a walk over pages.
fn twice(known: &Known<'_>, walk: &[Listing<'_>], book: &mut Book<'_>) {
    let mut before = BTreeSet::new();
    for (place, listing) in walk.iter().enumerate() {
        let ids = listing.rows.iter();
        let ids: BTreeSet<i64> = ids.filter_map(|row| known.key(*row)).collect();
        // A row that moved because another one is new has not come twice.
        let is_steady = listing.total() <= walk[0].total() && !has_grown(known, listing);
        let twice = ids.intersection(&before).next().filter(|_| is_steady);
        let fault = twice.map(|id| {
            let number = listing.asked.number;
            let got = format!("row {id} on page {number} and on one before");
            Fault::new("a row on two pages", "each row on one page", got)
        });
        let pages: Vec<_> = walk[..=place].iter().collect();
        add(PAGING, fault, &pages, book);
        before.extend(ids);
    }
}

fn past(known: &Known<'_>, book: &mut Book<'_>) {
    for listing in known.pages_of(&Purpose::Past) {
        let (count, number) = (listing.count(), listing.asked.number);
        let got = format!("{count} rows on page {number}");
        let fault = Fault::new("rows past the end", "no rows past the last page", got);
        let has_rows = !listing.rows.is_empty() && !has_grown(known, listing);
        add(PAGING, has_rows.then_some(fault), &[listing], book);
    }
}

/// The list in pages of another size.
fn another_size(known: &Known<'_>, book: &mut Book<'_>) {
    let resized: Vec<&Listing<'_>> = known.pages_of(&Purpose::Resized).collect();
    let answers = known.answers();
    let asked = answers.filter(|(_, one)| one.purpose == Purpose::Resized);
    let Some(last) = resized.last().filter(|_| resized.len() == asked.count()) else {
        return;
    };
    let has_grown = resized.iter().any(|page| has_grown(known, page));
    let rows: Vec<_> = resized.iter().flat_map(|page| page.rows.clone()).collect();
    // Neither a walk that the run has cut nor one that rows have outrun is compared.
    let is_read = rows.len() >= known.rows.len() && !has_grown;
    if !last.is_last() && !is_read {
        return;
    }
    let one = known.settled(&known.rows);
    let other = known.settled(&rows);
    let size = last.asked.size;
    let missing = one.difference(&other).next();
    let extra = other.difference(&one).next().filter(|_| known.is_whole);
    let got = match (missing, extra) {
        (Some(id), _) => format!("row {id} is missing in pages of {size}"),
        (_, Some(id)) => format!("row {id} is only in pages of {size}"),
        _ => return,
    };
    let count = known.rows.len();
    let expected = format!("the same {count} rows in longer pages and in pages of {size}");
    let fault = Fault::new("page sizes disagree", expected, got);
    let list = known.pages_of(&Purpose::List);
    let pages: Vec<_> = list.chain(resized.iter().copied()).collect();
    add(PAGING, Some(fault), &pages, book);
    // As many rows, and others: it is the ids that say nothing.
    if missing.is_some() && one.len() == other.len() {
        book.spoil(Thing::Ids);
    }
}

/// A size beyond all documented limits. It may be refused, or cut to a limit;
/// then the other pages must have the rest, and the totals must stay true.
fn large(known: &Known<'_>, book: &mut Book<'_>) {
    let listed = known.settled(&known.rows);
    let mut ids = BTreeSet::new();
    for (place, page) in known.pages_of(&Purpose::Large).enumerate() {
        let before = ids.len();
        ids.extend(page.ids());
        let lacks_rows = known.is_whole && !listed.is_subset(&ids);
        let got = match (page.total(), known.total) {
            (Some(total), Some(stated)) if total < stated => format!("totalElements {total}"),
            _ if place > 0 && lacks_rows && ids.len() == before && !has_grown(known, page) => {
                format!("{} rows on {} pages", ids.len(), place + 1)
            }
            _ => continue,
        };
        let count = known.total.unwrap_or(listed.len() as i64);
        let expected = format!("the {count} rows that smaller pages have");
        let fault = Fault::new("a large size hides rows", expected, got).at("/data");
        let fault = fault
            .reads(Thing::pages([page]))
            .reads([Thing::Totals(None)]);
        book.add(PAGING, fault, page.index);
    }
}

/// The documented request once more: the rows that came first before.
fn repeat(known: &Known<'_>, book: &mut Book<'_>) {
    let pages: Vec<&Listing<'_>> = known.pages_of(&Purpose::Repeat).collect();
    let [one, other] = pages.as_slice() else {
        return;
    };
    let settled = |page: &Listing<'_>| known.settled(&page.rows);
    let first = |count: usize| -> BTreeSet<i64> {
        let keys = known.rows.iter().filter_map(|row| known.key(*row));
        keys.take(count).collect()
    };
    let differs = |page: &Listing<'_>| {
        let rows = settled(page);
        let was_read = known.is_whole || !known.rows.is_empty();
        let is_steady = known.has_clock() || !has_grown(known, page);
        was_read && is_steady && rows != first(rows.len())
    };
    let differs = differs(one)
        || differs(other)
        || one.total() == other.total() && settled(one) != settled(other);
    let fault = differs.then(|| {
        let list = |ids: &BTreeSet<i64>| {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.join(", ")
        };
        let rows = settled(one);
        let expected = list(&first(rows.len()));
        Fault::new(
            "other rows",
            format!("the rows that came first before: {expected}"),
            format!("{}; and once more: {}", list(&rows), list(&settled(other))),
        )
    });
    let list = known.pages_of(&Purpose::List);
    let pages: Vec<_> = list.chain(pages.iter().copied()).collect();
    add(REPEAT, fault, &pages, book);
}
