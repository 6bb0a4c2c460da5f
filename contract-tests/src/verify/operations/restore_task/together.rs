//! Filters together.

use super::asking::{find, find_in_pages};
use super::checks::FILTERS_TOGETHER;
use super::filter::{Filter, StatusValues};
use super::filters::{NOBODY, absent, has_filter, names, states, target};
use super::task::{Time, span};
use crate::verify::run::Run;
use crate::verify::session::Stop;

/// Filters narrow each other, and pages are those of what they find.
pub(super) async fn together(run: &mut Run<'_>, values: StatusValues) -> Result<(), Stop> {
    let Some((first, last)) = span(run) else {
        run.skip(FILTERS_TOGETHER, "no task has its times");
        return Ok(());
    };
    let day = chrono::TimeDelta::days(1);
    let (all, none) = ([first - day, last + day], [first - day * 2, first - day]);
    let [from, to] = all;
    let everything = Filter::default().window(from, to);
    find_in_pages(run, FILTERS_TOGETHER, "a window", &everything).await?;
    within_windows(run, values, all, none).await?;
    if values.names || values.labels {
        in_pairs(run, values, &everything).await?;
    }
    Ok(())
}

/// A name, and a state, alone and in a window of all tasks and of none.
async fn within_windows(
    run: &mut Run<'_>,
    values: StatusValues,
    all: [Time; 2],
    none: [Time; 2],
) -> Result<(), Stop> {
    let check = FILTERS_TOGETHER;
    let mut filters = Vec::new();
    if let Some(name) = names(run).first() {
        filters.push(("a name", Filter::default().names([name.as_str()])));
    }
    let states = states(run);
    if let Some(state) = states.last().filter(|_| values.names || values.labels) {
        let filter = Filter::default().states(values, [state.as_str()]);
        filters.push(("a state", filter));
    }
    for (what, filter) in &filters {
        find_in_pages(run, check, what, filter).await?;
    }
    for (what, filter) in filters {
        for (window, [from, to]) in [("the window of all", all), ("an empty window", none)] {
            let filter = filter.clone().window(from, to);
            find(run, check, &format!("{what} in {window}"), &filter).await?;
        }
    }
    Ok(())
}

/// Names and states together: of tasks, of none, and each with what is nowhere.
async fn in_pairs(
    run: &mut Run<'_>,
    values: StatusValues,
    everything: &Filter,
) -> Result<(), Stop> {
    let check = FILTERS_TOGETHER;
    let (names, states) = (names(run), states(run));
    let is_of_task = |name: &str, state: &str| {
        let mut rows = run.history.rows.iter();
        rows.any(|row| target(row) == Some(name) && row.text("status") == Some(state))
    };
    let pairs = names
        .iter()
        .flat_map(|name| states.iter().map(move |state| (name, state)));
    let (some, none): (Vec<_>, Vec<_>) = pairs.partition(|(name, state)| is_of_task(name, state));
    let of = |name: &str, state: &str| Filter::default().names([name]).states(values, [state]);
    for (what, pair) in [
        ("a name and a state", some.first()),
        ("a name and a state that exclude each other", none.first()),
    ] {
        if let Some((name, state)) = pair {
            find(run, check, what, &of(name, state)).await?;
        }
    }
    if let (Some(name), Some(absent)) = (names.first(), absent(run).first()) {
        let what = "a name and a state that no task is in";
        find(run, check, what, &of(name, absent)).await?;
        let filter = everything.clone().states(values, [absent.as_str()]);
        let what = "a window and a state that no task is in";
        find(run, check, what, &filter).await?;
    }
    if !has_filter(&run.session.operation, "restoreClusterName") {
        return Ok(());
    }
    let filter = everything.clone().names([NOBODY[0]]);
    find(run, check, "a window and a name that is none", &filter).await?;
    if let Some(state) = states.first() {
        let filter = of(NOBODY[0], state);
        find(run, check, "a name that is none and a state", &filter).await?;
    }
    Ok(())
}
