//! What a page says of itself.

use crate::verify::check;
use crate::verify::listing::Listing;
use crate::verify::run::{Fault, Run};

pub(super) fn page(run: &mut Run, listing: &Listing) {
    let rows = listing.rows.len() as i64;
    let mut faults = Vec::new();
    let mut wrong = |name: &str, expected: String| {
        let page = listing.answer.secrets.quote(&listing.page);
        let got = format!("{page}, {rows} rows");
        faults.push(Fault::new(name, expected, got).at("/data/page"));
    };
    for name in ["number", "size", "totalElements", "totalPages", "totalPage"] {
        if listing.told(name).is_some_and(|value| value < 0) {
            wrong(&format!("{name} negative"), "no negative number".into());
        }
    }
    let (Some(number), Some(size)) = (listing.number, listing.size) else {
        run.judge_all(check::PAGE_MEMBERS, &listing.answer, faults);
        return;
    };
    let told = |name| listing.told(name);
    let pages = listing.pages();
    // Past the end a server may name the page that it has instead.
    let is_past = rows == 0 && number > 1;
    let is_other = |told| told != number && !(is_past && (told == 1 || Some(told) == pages));
    if told("number").is_some_and(is_other) {
        wrong("number", format!("number {number}, as asked for"));
    }
    if rows > size {
        wrong(
            "too many rows",
            format!("at most {size} rows, as asked for"),
        );
    }
    let asked = size;
    let size = listing.page_size().unwrap_or(asked);
    if told("size").is_some_and(|told| told != size && told != rows) {
        wrong(
            "size",
            format!("size {asked}, as asked for, or the number of rows"),
        );
    }
    if let Some(total) = told("totalElements").filter(|_| size > 0) {
        let skipped = number.saturating_sub(1).saturating_mul(size);
        let due = total.saturating_sub(skipped).clamp(0, size);
        if rows != due {
            wrong(
                "rows against totals",
                format!("{due} rows on page {number} of {total} by {size}"),
            );
        }
        let due = total.saturating_add(size - 1) / size;
        if pages.is_some_and(|told| told != due && !(total == 0 && told == 1)) {
            wrong("totalPages", format!("{due} pages for {total} by {size}"));
        }
    }
    if let (Some(one), Some(other)) = (told("totalPages"), told("totalPage"))
        && one != other
    {
        wrong("totalPage", format!("totalPage {one}, like totalPages"));
    }
    let name = ["totalPages", "totalPage"].map(|name| told(name).map(|_| name));
    let names: Vec<&str> = name.into_iter().flatten().collect();
    run.judge_all(check::PAGE_MEMBERS, &listing.answer, faults);
    if size < asked {
        let limit = format!("pages have at most {size} rows, also where {asked} are asked for");
        run.tell(check::PAGE_MEMBERS, limit);
    }
    if let (Some(told), true) = (told("size"), rows > 0 && rows < size) {
        let meaning = if told == size {
            "the size asked for"
        } else {
            "the rows that came"
        };
        run.tell(check::PAGE_MEMBERS, format!("page.size tells {meaning}"));
    }
    if !names.is_empty() {
        run.tell(
            check::PAGE_MEMBERS,
            format!("the number of pages is called {}", names.join(" and ")),
        );
    }
}
