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
    use Topic::{Origin, Pages, Sizes, Totals};
    let rows = listing.rows.len() as i64;
    let mut faults = Vec::new();
    // A row that comes twice is judged with the rows.
    let distinct = listing.ids().len() as i64;
    let ids = |is_twice: bool| (distinct < rows && is_twice).then_some(Topic::Ids);
    let mut wrong = |name: &str, expected: String, rests_on: &[Topic], breaks: &[Topic]| {
        let page = listing.response.secrets.quote(&listing.page);
        let got = format!("{rows} rows in `contents`, page {page}");
        let fault = Fault::new(name, expected, got).at("/data/page");
        let fault = fault.rests_on(rests_on.iter().cloned());
        faults.push(fault.breaks(breaks.iter().cloned()));
    };
    for name in ["number", "size", "totalElements", "totalPages", "totalPage"] {
        if listing.number_of(name).is_some_and(|value| value < 0) {
            wrong(
                &format!("{name} negative"),
                "no negative number".into(),
                &[],
                &[Totals],
            );
        }
    }
    let (Some(number), Some(size)) = (listing.number, listing.size) else {
        return faults;
    };
    let stated = |name| listing.number_of(name);
    let pages = listing.pages();
    // Past the end a server may name the page that it has instead.
    let is_past = rows == 0 && number > 1;
    let is_other =
        |stated| stated != number && !(is_past && (stated == 1 || Some(stated) == pages));
    if stated("number").is_some_and(is_other) {
        wrong(
            "number",
            format!("number {number}, as asked for"),
            &[Origin],
            &[Pages],
        );
    }
    if rows > size {
        wrong(
            "too many rows",
            format!(
                "at most {size} rows, as asked for; the server seems to take {rows} for any size"
            ),
            ids(distinct <= size).as_slice(),
            &[Sizes],
        );
    }
    let asked = size;
    let size = listing.page_size().unwrap_or(asked);
    if stated("size").is_some_and(|stated| stated != size && stated != rows) {
        wrong(
            "size",
            format!("size {asked}, as asked for, or the number of rows"),
            &[Sizes],
            &[Sizes],
        );
    }
    if let Some(total) = stated("totalElements").filter(|_| size > 0) {
        let skipped = number.saturating_sub(1).saturating_mul(size);
        let due = total.saturating_sub(skipped).clamp(0, size);
        if rows != due {
            let mut rests_on = vec![Sizes, Origin];
            rests_on.extend(ids(distinct == due));
            // Rows past the end may be those of another page.
            rests_on.extend((due == 0).then_some(Pages));
            wrong(
                "rows against totals",
                format!("{due} rows on page {number} of {total} by {size}"),
                &rests_on,
                &[Totals],
            );
        }
        let due = total.saturating_add(size - 1) / size;
        if pages.is_some_and(|stated| stated != due && !(total == 0 && stated == 1)) {
            wrong(
                "totalPages",
                format!("{due} pages for {total} by {size}"),
                &[Sizes, Totals],
                &[],
            );
        }
    }
    if let (Some(one), Some(other)) = (stated("totalPages"), stated("totalPage"))
        && one != other
    {
        wrong(
            "totalPage",
            format!("totalPage {one}, like totalPages"),
            &[],
            &[],
        );
    }
    faults
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
