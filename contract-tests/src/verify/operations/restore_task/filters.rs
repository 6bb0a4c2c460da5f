//! Filters by target cluster and by state.

use std::collections::{BTreeMap, BTreeSet};

use oceanbase_ocp::types::RestoreTaskStatus;
use ocp_contract::Operation;
use serde_json::json;

use super::asking::{compare, find};
use super::checks::{ARRAY_STYLE, FILTER_CLUSTER_NAME, FILTER_VALUES};
use super::filter::{Filter, StatusValues, label};
use super::judge::STATE;
use super::task::{is_finished, is_known, members};
use crate::verify::finding::Observation;
use crate::verify::judgement::Fault;
use crate::verify::listing::Listing;
use crate::verify::request::{Query, RawRequest};
use crate::verify::row::Row;
use crate::verify::run::{Run, SIZE};
use crate::verify::session::Stop;
use crate::verify::topic::Topic;

/// States that are asked for, at most.
const STATES: usize = 3;
/// Names that no cluster has.
pub(super) const NOBODY: [&str; 3] = ["no_such_cluster", "no_such_cluster_2", "no_such_cluster_3"];
const NO_NAME: &str =
    "no task has the name of a target cluster, or only names with a comma or a secret";

pub(super) fn has_filter(operation: &Operation, name: &str) -> bool {
    operation.filters().any(|filter| filter.name == name)
}

pub(super) fn target(row: &Row) -> Option<&str> {
    row.text("restoreClusterName")
}

/// Names of target clusters, those that fewest tasks have first.
pub(super) fn names(run: &Run<'_>) -> Vec<String> {
    if !has_filter(&run.session.operation, "restoreClusterName") {
        return Vec::new();
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in run.history.rows.iter().filter_map(target) {
        *count.entry(name).or_default() += 1;
    }
    let mut names: Vec<_> = count
        .into_iter()
        // One value with a comma may be taken for two; and a request is shown
        // as it was sent.
        .filter(|(name, _)| {
            !name.is_empty() && !name.contains(',') && run.session.secrets.spare(name)
        })
        .collect();
    names.sort_by_key(|(_, count)| *count);
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// States that finished tasks are in: what runs may be elsewhere by the time it
/// is asked for.
pub(super) fn states(run: &Run<'_>) -> Vec<String> {
    let finished = run
        .history
        .rows
        .iter()
        .filter(|row| is_finished(row) && is_known(row));
    let states: BTreeSet<&str> = finished.filter_map(|row| row.text("status")).collect();
    states.into_iter().take(STATES).map(str::to_owned).collect()
}

/// States that no task is in.
pub(super) fn absent(run: &Run<'_>) -> Vec<String> {
    let all: BTreeSet<&str> = run
        .history
        .rows
        .iter()
        .filter_map(|row| row.text("status"))
        .collect();
    RestoreTaskStatus::KNOWN
        .iter()
        .map(ToString::to_string)
        .filter(|state| !all.contains(state.as_str()))
        .collect()
}

/// Those that are there, between some that are not: neither the first nor the
/// last value alone is enough, nor the first two.
fn among<'a>(there: &'a [String], not_there: [&'a str; 3]) -> Vec<&'a str> {
    let [one, two, three] = not_there;
    match there {
        [] => Vec::new(),
        [only] => vec![one, two, only, three],
        [first, second, ..] => vec![one, first, two, second, three],
    }
}

pub(super) async fn cluster_names(run: &mut Run<'_>) -> Result<(), Stop> {
    let check = FILTER_CLUSTER_NAME;
    let names = names(run);
    let Some(name) = names.first() else {
        run.skip(check, NO_NAME);
        run.skip(ARRAY_STYLE, NO_NAME);
        return Ok(());
    };
    for name in names.iter().take(2) {
        let filter = Filter::default().names([name.as_str()]);
        find(run, check, "a name", &filter).await?;
    }
    // A part of a name is no name, and neither is more than one.
    let letters = || name.chars();
    for stranger in [
        letters().take(letters().count() - 1).collect(),
        letters().skip(1).collect(),
        format!("{name}_x"),
    ] {
        if !stranger.is_empty() && !names.contains(&stranger) {
            let filter = Filter::default().names([stranger.as_str()]);
            find(run, check, "a name that is none", &filter).await?;
        }
    }
    // How databases compare texts is theirs to say.
    let other = name.to_uppercase();
    if !names.contains(&other) {
        let query = Query::page(1, SIZE).with("restoreClusterName", json!([other]));
        if let Some(found) = run.list(check, &query).await? {
            let counts = if found.rows.is_empty() {
                "counts"
            } else {
                "does not count"
            };
            let question = "the case of a name";
            let text = format!("{question} {counts}");
            run.observe(check, Observation::new(question, counts, text));
        }
    }
    let filter = Filter::default().names(among(&names, NOBODY));
    find(run, ARRAY_STYLE, "several names", &filter).await?;
    Ok(())
}

/// Finds out which values the filter takes.
pub(super) async fn values(run: &mut Run<'_>) -> Result<StatusValues, Stop> {
    let mut values = StatusValues::default();
    let check = FILTER_VALUES;
    let states = states(run);
    if states.is_empty() {
        run.skip(
            check,
            "the tenant has no finished restore task in a state that is known",
        );
        return Ok(values);
    }
    for state in &states {
        let mut is_found = false;
        let mut last = None;
        for (value, is_label) in [(Some(state.clone()), false), (label(state), true)] {
            let Some(value) = value else { continue };
            let query = Query::page(1, SIZE).with("status", json!([value]));
            match run.page(&query).await? {
                Ok(found) => {
                    if !found.rows.is_empty() {
                        let filter = Filter::default().states(values, [state.as_str()]);
                        compare(run, check, "a state", &found, &filter);
                        is_found = true;
                        *(if is_label {
                            &mut values.labels
                        } else {
                            &mut values.names
                        }) = true;
                    }
                    last = Some(found.response);
                }
                Err(response) => {
                    let expected = "tasks, or HTTP 400 for a value that it does not know";
                    let fault = Fault::new("refused", expected, response.summary())
                        .rests_on([Topic::Body(response.number)]);
                    // A value that it does not know may be refused, or find nothing.
                    let is_refused = response.status() == 400;
                    run.judge(check, &response, (!is_refused).then_some(fault));
                    last = Some(*response);
                }
            }
        }
        if let (false, Some(response)) = (is_found, last) {
            let fault = Fault::new(
                "finds nothing",
                format!("the tasks in state {state}, by its machine name or by its label"),
                "no task by either",
            )
            .rests_on([Topic::Body(response.number)])
            .rests_on(damage(run, state))
            .breaks([Topic::Filter("status".to_owned())]);
            run.judge(check, &response, Some(fault));
        }
    }
    let taken = match (values.names, values.labels) {
        (true, true) => "machine names and labels",
        (true, false) => "machine names, not labels",
        (false, true) => "labels, not machine names",
        (false, false) => return Ok(values),
    };
    let text = format!("this OCP takes {taken}");
    run.observe(check, Observation::new("values of status", taken, text));
    let absent = absent(run);
    if let [one, two, three, ..] = absent.as_slice() {
        let nobody = [one.as_str(), two, three];
        let filter = Filter::default().states(values, [one.as_str()]);
        find(run, check, "a state that no task is in", &filter).await?;
        let filter = Filter::default().states(values, among(&states, nobody));
        find(run, ARRAY_STYLE, "several states", &filter).await?;
    }
    running(run, values).await?;
    Ok(values)
}

/// What is wrong with the tasks in a state, if something is with each.
fn damage(run: &Run<'_>, state: &str) -> Vec<Topic> {
    let rows = run.history.rows.iter();
    let rows = rows.filter(|row| row.text("status") == Some(state));
    let damage = |row: &Row| {
        let mut members = members(row, &STATE).into_iter();
        members.find(|one| run.broken().has(one))
    };
    rows.map(damage).collect::<Option<_>>().unwrap_or_default()
}

/// What runs is found by its state, too, unless it has another one by now.
async fn running(run: &mut Run<'_>, values: StatusValues) -> Result<(), Stop> {
    let is_running = |row: &&Row| row.flag("finished") == Some(false) && is_known(row);
    let Some(row) = run.history.rows.iter().find(is_running).cloned() else {
        return Ok(());
    };
    let (Some(id), Some(state)) = (row.id(), row.text("status")) else {
        return Ok(());
    };
    let filter = Filter::default().states(values, [state]);
    let Some(found) = find(run, FILTER_VALUES, "a state", &filter).await? else {
        return Ok(());
    };
    if found.ids().contains_key(&id) {
        return Ok(());
    }
    let Some(now) = run.list(FILTER_VALUES, &Query::page(1, SIZE)).await? else {
        return Ok(());
    };
    let still = now
        .ids()
        .get(&id)
        .is_some_and(|row| row.text("status") == Some(state));
    let fault = still.then(|| {
        Fault::new(
            "a state loses what runs",
            format!("task {id}, which is in state {state}"),
            format!("{} tasks without it", found.rows.len()),
        )
        .rests_on([Topic::Filter("status".to_owned())])
    });
    run.judge(FILTER_VALUES, &found.response, fault);
    Ok(())
}

/// Whether values joined by a comma mean what repeated ones do.
pub(super) async fn styles(run: &mut Run<'_>) -> Result<(), Stop> {
    let Some(name) = names(run).into_iter().next() else {
        return Ok(());
    };
    let value = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    let query = format!(
        "page={}&restoreClusterName={}%2C{value}&size={SIZE}",
        run.first_page(),
        NOBODY[0]
    );
    let response = run.raw(RawRequest::new(query)).await?;
    let question = "values joined by a comma";
    let observed = match Listing::read(response, &Query::page(1, SIZE)) {
        Ok(found) => {
            let value = match found.rows.iter().any(|row| target(row) == Some(&name)) {
                true => "count, too",
                false => "are taken for one",
            };
            Observation::new(question, value, format!("{question} {value}"))
        }
        Err(response) => response.observation(question),
    };
    run.observe(ARRAY_STYLE, observed);
    Ok(())
}
