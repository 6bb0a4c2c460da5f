//! Asks for what a filter finds.

use super::filter::Filter;
use crate::verify::check::CheckId;
use crate::verify::judgement::Fault;
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::run::{Run, SIZE};
use crate::verify::session::Stop;
use crate::verify::topic::Topic;

/// Asks for what a filter finds, on one page, and judges it.
pub(super) async fn find(
    run: &mut Run<'_>,
    check: CheckId,
    what: &str,
    filter: &Filter,
) -> Result<Option<Listing>, Stop> {
    let found = run.list(check, &filter.on_one_page()).await?;
    if let Some(found) = &found {
        compare(run, check, what, found, filter);
    }
    Ok(found)
}

/// Judges what a filter has found.
pub(super) fn compare(
    run: &mut Run<'_>,
    check: CheckId,
    what: &str,
    found: &Listing,
    filter: &Filter,
) {
    let faults = filter.judge(what, found, &run.history, run.broken());
    run.judge(check, &found.response, faults);
}

/// Asks for what a filter finds in two pages, so that the second one has a row.
pub(super) async fn find_in_pages(
    run: &mut Run<'_>,
    check: CheckId,
    what: &str,
    filter: &Filter,
) -> Result<(), Stop> {
    let demanded = filter.demanded(&run.history.rows).filter_map(Row::id);
    let demanded: Vec<i64> = demanded.collect();
    let count = demanded.len() as i64;
    if !run.history.complete || count < 2 {
        return Ok(());
    }
    let size = (count - 1).min(SIZE);
    // Tasks that the filter merely may find can fill another page.
    let Some(walk) = run.walk(check, &filter.query(), size, 4).await? else {
        return Ok(());
    };
    let missing = demanded
        .iter()
        .find(|id| !walk.rows.iter().any(|row| row.id() == Some(**id)));
    let fault = missing.filter(|_| walk.complete).map(|id| {
        Fault::new(
            format!("pages of {what} lose tasks"),
            format!("{count} tasks in pages of {size}"),
            format!("{}, without task {id}", walk.rows.len()),
        )
        .rests_on([Topic::Ids, Topic::Sizes, Topic::Totals, Topic::Pages])
        .rests_on(filter.filters())
        .breaks(filter.filters())
    });
    run.judge(check, &walk.last.response, fault);
    Ok(())
}
