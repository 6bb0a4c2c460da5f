//! The documented request, and pages.

use std::collections::{BTreeMap, BTreeSet};

use ocp_contract::Location;

use crate::verify::arguments::flag;
use crate::verify::check;
use crate::verify::finding::Observation;
use crate::verify::judgement::Fault;
use crate::verify::listing::Listing;
use crate::verify::request::Query;
use crate::verify::row::Row;
use crate::verify::run::{Run, SIZE};
use crate::verify::session::Stop;
use crate::verify::topic::Topic;

/// Page size of the documented request.
const DOCUMENTED_SIZE: i64 = 10;
/// A page size beyond every limit that OCP documents.
const LARGE_SIZE: i64 = 5000;
/// Pages of the walk that everything else is compared with.
const PAGES: i64 = 5;

/// What rows on several pages rest on.
const PAGES_OF_ROWS: [Topic; 4] = [Topic::Ids, Topic::Sizes, Topic::Totals, Topic::Pages];

pub(super) async fn documented(run: &mut Run<'_>) -> Result<(), Stop> {
    let query = Query::page(1, DOCUMENTED_SIZE);
    let response = match Listing::read(run.call(&query).await?, &query) {
        Ok(listing) => {
            let listing = origin(run, listing).await?;
            run.judge_page(&listing);
            run.judge(check::DOCUMENTED_REQUEST, &listing.response, None);
            return Ok(());
        }
        Err(response) => response,
    };
    if matches!(response.status(), 400 | 403 | 404) && response.has_envelope() {
        let operation = &run.session.operation;
        let flags: Vec<String> = operation
            .parameters_in(Location::Path)
            .map(|one| flag(&one.argument))
            .collect();
        return Err(Stop::Inaccessible(format!(
            "OCP refuses the documented request ({}); are the ids right ({}), and may this user see what they name?",
            response.summary(),
            flags.join(", ")
        )));
    }
    run.no_list(check::DOCUMENTED_REQUEST, &response);
    Ok(())
}

/// Where page 1 is not the first one, page 0 may be; then the run goes on with that.
async fn origin(run: &mut Run<'_>, listing: Listing) -> Result<Listing, Stop> {
    let rows = listing.rows.len() as i64;
    let due = listing
        .number_of("totalElements")
        .map(|total| total.min(DOCUMENTED_SIZE));
    if listing.number_of("number").is_none_or(|stated| stated == 1)
        && due.is_none_or(|due| due == rows)
    {
        return Ok(listing);
    }
    let query = Query::page(0, DOCUMENTED_SIZE).probe();
    let Ok(first) = Listing::read(run.call(&query).await?, &query) else {
        return Ok(listing);
    };
    let (ids, others) = (first.ids(), listing.ids());
    let is_first = !ids.is_empty()
        && due.is_none_or(|due| due == first.rows.len() as i64)
        && ids.keys().all(|id| !others.contains_key(id));
    if is_first {
        let fault = Fault::new(
            "pages are counted from 0",
            "page 1 with the first rows",
            format!(
                "page 0 with the first {} rows, and page 1 with {rows} others; the run goes on with page 0",
                first.rows.len()
            ),
        );
        let fault = fault.at("/data/contents").breaks([Topic::Origin]);
        run.judge(check::PAGING, &listing.response, Some(fault));
        run.count_from_zero();
    }
    Ok(listing)
}

/// Walks over all rows twice, with different page sizes, and past the end.
pub(super) async fn all(run: &mut Run<'_>) -> Result<(), Stop> {
    let Some(walk) = run
        .walk(check::PAGING, &Query::default(), SIZE, PAGES)
        .await?
    else {
        return Ok(());
    };
    run.history.complete = walk.complete;
    run.history.total = walk.last.number_of("totalElements");
    run.history.rows = walk.rows;
    run.overview();
    if run.history.rows.is_empty() {
        run.skip(check::PAGING, "there are no rows");
    } else {
        another_size(run, walk.last.page_size().unwrap_or(SIZE)).await?;
    }
    if walk.complete {
        let query = Query::page(walk.past, SIZE);
        if let Some(past) = run.list(check::PAGING, &query).await? {
            let fault = (!past.rows.is_empty()).then(|| {
                Fault::new(
                    "rows past the end",
                    "no rows past the last page",
                    format!("{} rows on page {}", past.rows.len(), walk.past),
                )
                .rests_on(PAGES_OF_ROWS)
                .breaks([Topic::Pages])
            });
            run.judge(check::PAGING, &past.response, fault);
        }
    }
    run.skip(
        check::NEW_VALUES,
        "every enum value is one that the contract lists",
    );
    Ok(())
}

async fn another_size(run: &mut Run<'_>, limit: i64) -> Result<(), Stop> {
    let count = run.history.rows.len() as i64;
    run.list(check::PAGING, &Query::page(1, 1)).await?;
    // A page that is exactly full.
    if count <= SIZE && run.history.complete {
        run.list(check::PAGING, &Query::page(1, count)).await?;
    }
    // Below a limit that the server may have, too.
    let size = ((count + 2) / 3).min(limit - 1).max(1);
    let pages = (count + size - 1) / size;
    let Some(walk) = run
        .walk(check::PAGING, &Query::default(), size, pages)
        .await?
    else {
        return Ok(());
    };
    let by_id = |rows: &[Row]| -> BTreeMap<i64, Row> {
        rows.iter()
            .filter_map(|row| Some((row.id()?, row.clone())))
            .collect()
    };
    let (one, other) = (by_id(&run.history.rows), by_id(&walk.rows));
    let missing = one.keys().find(|id| !other.contains_key(id));
    let extra = other.iter().find(|(id, row)| {
        run.history.complete && !one.contains_key(id) && !run.history.is_new(row)
    });
    let fault = match (missing, extra) {
        (Some(id), _) => Some(format!("row {id} is missing in pages of {size}")),
        (_, Some((id, _))) => Some(format!("row {id} is only in pages of {size}")),
        _ => None,
    };
    let fault = fault.map(|got| {
        Fault::new(
            "page sizes disagree",
            format!("the same {count} rows in pages of {SIZE} and of {size}"),
            got,
        )
        .rests_on(PAGES_OF_ROWS)
        .breaks([Topic::Pages])
    });
    run.judge(check::PAGING, &walk.last.response, fault);
    Ok(())
}

/// What OCP does without page and size, and with those out of bounds.
pub(super) async fn questions(run: &mut Run<'_>) -> Result<(), Stop> {
    let operation = &run.session.operation;
    let may_lack_both = !operation
        .parameters_in(Location::Query)
        .any(|one| one.required);
    let without = ("without page and size", Query::default());
    let page_0 = ("page 0", Query::page(0, DOCUMENTED_SIZE).probe());
    let questions = [
        may_lack_both.then_some(without),
        (run.first_page() == 1).then_some(page_0),
        Some(("size 0", Query::page(1, 0).probe())),
    ];
    for (what, query) in questions.into_iter().flatten() {
        let response = run.call(&query).await?;
        let observed = match Listing::read(response, &query) {
            Ok(listing) => {
                let text = format!("{what}: {}", size_of(&listing));
                Observation::new(what, "a page", text)
            }
            Err(response) => response.observation(what),
        };
        run.observe(check::PAGING, observed);
    }
    large(run).await
}

fn size_of(listing: &Listing) -> String {
    let stated = |name| {
        let stated = listing.number_of(name);
        stated.map_or("nothing".to_owned(), |stated| stated.to_string())
    };
    format!("page {} of size {}", stated("number"), stated("size"))
}

/// A size beyond all documented limits. It may be refused, or cut to a limit;
/// then the other pages must have the rest, and the totals must stay true.
async fn large(run: &mut Run<'_>) -> Result<(), Stop> {
    let check = check::PAGING;
    let listed: BTreeSet<i64> = run.history.rows.iter().filter_map(Row::id).collect();
    let mut ids = BTreeSet::new();
    for number in [1, 2] {
        let query = Query::page(number, LARGE_SIZE).probe();
        let listing = match run.page(&query).await? {
            Ok(listing) => listing,
            Err(response) => {
                run.observe(check, response.observation(&format!("size {LARGE_SIZE}")));
                return Ok(());
            }
        };
        if number == 1 {
            let question = format!("size {LARGE_SIZE}");
            let value = match listing.number_of("size") == Some(LARGE_SIZE) {
                true => "as asked for",
                false => "limited",
            };
            let text = format!("{question}: {}", size_of(&listing));
            run.observe(check, Observation::new(question, value, text));
        }
        let before = ids.len();
        ids.extend(listing.ids().into_keys());
        let is_steady = !listing.rows.iter().any(|row| run.history.is_new(row));
        let total = listing.number_of("totalElements");
        let got = match (total, run.history.total) {
            _ if !is_steady => None,
            (Some(total), Some(stated)) if total != stated => {
                Some(format!("totalElements {total}"))
            }
            _ if run.history.complete && !listed.is_subset(&ids) && ids.len() == before => {
                Some(format!("{} rows on {number} pages", ids.len()))
            }
            _ => None,
        };
        let is_wrong = got.is_some();
        let fault = got.map(|got| {
            let expected = run.history.total.unwrap_or(listed.len() as i64);
            let expected = format!("the {expected} rows that smaller pages have");
            let fault = Fault::new("a large size hides rows", expected, got).at("/data");
            fault.rests_on([Topic::Ids, Topic::Totals])
        });
        run.judge(check, &listing.response, fault);
        if is_wrong || listed.is_subset(&ids) {
            break;
        }
    }
    Ok(())
}

/// The documented request once more, at the end.
pub(super) async fn repeat(run: &mut Run<'_>) -> Result<(), Stop> {
    let query = Query::page(1, DOCUMENTED_SIZE);
    let (Some(one), Some(other)) = (
        run.list(check::REPEAT, &query).await?,
        run.list(check::REPEAT, &query).await?,
    ) else {
        return Ok(());
    };
    let ids = |rows: &[Row]| -> BTreeSet<i64> {
        let old = rows.iter().filter(|row| !run.history.is_new(row));
        old.filter_map(Row::id).collect()
    };
    let (one, other_ids) = (ids(&one.rows), ids(&other.rows));
    // New rows push old ones onto the next page.
    let was_read = run.history.complete || !run.history.rows.is_empty();
    let known: BTreeSet<i64> = run
        .history
        .rows
        .iter()
        .filter(|row| !run.history.is_new(row))
        .filter_map(Row::id)
        .take(one.len())
        .collect();
    let differs = one != other_ids || was_read && one != known;
    let fault = differs.then(|| {
        let list = |ids: &BTreeSet<i64>| {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.join(", ")
        };
        Fault::new(
            "other rows",
            format!("the rows that came first before: {}", list(&known)),
            format!("{}; and once more: {}", list(&one), list(&other_ids)),
        )
        .rests_on(PAGES_OF_ROWS)
    });
    run.judge(check::REPEAT, &other.response, fault);
    Ok(())
}
