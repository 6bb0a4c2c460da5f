//! Filters by target cluster and by state.

use std::collections::{BTreeMap, BTreeSet};

use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::json;

use super::pages::SIZE;
use crate::verify::listing::Listing;
use crate::verify::provider::{Query, Stop};
use crate::verify::row::Row;
use crate::verify::run::{Fault, Run};

/// States that are asked for, at most.
const STATES: usize = 3;
/// A name that no cluster has.
const NOBODY: &str = "no_such_cluster";

fn everything() -> Query {
    Query::page(1, SIZE)
}

fn is_whole(listing: &Listing) -> bool {
    listing
        .told("totalElements")
        .is_none_or(|total| total <= listing.rows.len() as i64)
}

fn target(row: &Row) -> Option<&str> {
    row.text("restoreClusterName")
}

/// Names of target clusters, those that fewest tasks have first.
fn names(run: &Run) -> Vec<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in run.tasks.iter().filter_map(target) {
        *count.entry(name).or_default() += 1;
    }
    let mut names: Vec<_> = count
        .into_iter()
        .filter(|(name, _)| !name.contains(','))
        .collect();
    names.sort_by_key(|(_, count)| *count);
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

pub(super) async fn cluster_names(run: &mut Run) -> Result<(), Stop> {
    let check = "filter-cluster-name";
    let names = names(run);
    let Some(name) = names.first() else {
        run.skip(check, "no task tells the name of its target cluster");
        run.skip(
            "array-style",
            "no task tells the name of its target cluster",
        );
        return Ok(());
    };
    for name in names.iter().take(2) {
        let expected = run.expected(|row| target(row) == Some(name));
        let query = everything().with("restoreClusterName", json!([name]));
        if let Some(found) = run.list(check, &query).await? {
            run.compare(check, "a name", &found, &expected, is_whole(&found));
        }
    }
    // A part of a name is no name, and neither is another case of it.
    let mut part = name.clone();
    part.pop();
    for stranger in [part, name.to_uppercase(), NOBODY.to_owned()] {
        if stranger.is_empty() || names.contains(&stranger) {
            continue;
        }
        let query = everything().with("restoreClusterName", json!([stranger]));
        if let Some(found) = run.list(check, &query).await? {
            run.compare(check, "a name that is none", &found, &BTreeMap::new(), true);
        }
    }
    let mut several = vec![NOBODY, name.as_str()];
    several.extend(names.get(1).map(String::as_str));
    several.push("no_such_cluster_2");
    let expected = run.expected(|row| target(row).is_some_and(|name| several.contains(&name)));
    let query = everything().with("restoreClusterName", json!(several));
    if let Some(found) = run.list("array-style", &query).await? {
        run.compare(
            "array-style",
            "several names",
            &found,
            &expected,
            is_whole(&found),
        );
    }
    Ok(())
}

/// Which words the status filter takes.
#[derive(Default)]
struct Words {
    names: bool,
    labels: bool,
}

impl Words {
    /// A state in a word that the filter takes.
    fn word(&self, state: &str) -> Option<String> {
        if self.names {
            return Some(state.to_owned());
        }
        let label = RestoreTaskStatus::from(state).filter_label()?;
        self.labels.then(|| label.to_string())
    }
}

/// Whether the words of a row's state are known; what becomes of others when
/// one filters is not.
fn is_known(row: &Row) -> bool {
    let state = row.text("status").map(RestoreTaskStatus::from);
    !matches!(state, Some(RestoreTaskStatus::Other(_)))
}

fn is_in(row: &Row, state: &str) -> bool {
    row.text("status") == Some(state)
}

pub(super) async fn words(run: &mut Run) -> Result<(), Stop> {
    let check = "filter-words";
    // What runs may have changed its state by the time it is asked for.
    let finished = run
        .tasks
        .iter()
        .filter(|row| row.is_finished() && is_known(row));
    let states: BTreeSet<String> = finished
        .filter_map(|row| row.text("status").map(str::to_owned))
        .collect();
    if states.is_empty() {
        run.skip(check, "the tenant has no finished restore task");
        return Ok(());
    }
    let mut words = Words::default();
    for state in states.iter().take(STATES) {
        let expected = run.expected(|row| is_in(row, state));
        let label = RestoreTaskStatus::from(state.as_str()).filter_label();
        let label = label.map(|label| label.to_string());
        let mut finds = Vec::new();
        for word in [Some(state.clone()), label].into_iter().flatten() {
            let answer = run
                .call(&everything().with("status", json!([word])))
                .await?;
            // A word that it does not know may be refused, or find nothing.
            let is_refused = answer.status() == 400;
            let mut found = match Listing::read(answer, &everything()) {
                Ok(found) => found,
                Err(answer) => {
                    let fault = Fault::new(
                        "refused",
                        "tasks, or HTTP 400 for a word that it does not know",
                        answer.brief(),
                    );
                    run.judge(check, &answer, (!is_refused).then_some(fault));
                    continue;
                }
            };
            crate::verify::judge::listing(run, &found);
            let whole = is_whole(&found);
            found.rows.retain(is_known);
            if found.rows.is_empty() {
                continue;
            }
            run.compare(check, "a state", &found, &expected, whole);
            finds.push(word.clone());
            if word == *state {
                words.names = true;
            } else {
                words.labels = true;
            }
        }
        if finds.is_empty() {
            let label = RestoreTaskStatus::from(state.as_str()).filter_label();
            if label.is_none() {
                run.skip(check, "no state was seen whose words are known");
                continue;
            }
            let again = run
                .call(&everything().with("status", json!([state])))
                .await?;
            let fault = Fault::new(
                "finds nothing",
                format!(
                    "{} tasks in state {state}, by its machine name or by its label",
                    expected.len()
                ),
                "no task by either",
            );
            run.judge(check, &again, Some(fault));
        }
    }
    match (words.names, words.labels) {
        (true, true) => run.tell(check, "this OCP takes machine names and labels"),
        (true, false) => run.tell(check, "this OCP takes machine names, not labels"),
        (false, true) => run.tell(check, "this OCP takes labels, not machine names"),
        (false, false) => {}
    }
    several_states(run, &words, &states).await
}

async fn several_states(
    run: &mut Run,
    words: &Words,
    states: &BTreeSet<String>,
) -> Result<(), Stop> {
    let all: BTreeSet<&str> = run
        .tasks
        .iter()
        .filter_map(|row| row.text("status"))
        .collect();
    let others = [
        "RESTORE_FAIL",
        "RESTORE_SUCCESS",
        "RESTORE_REBUILD_INDEX",
        "RESTORE_UPGRADE_PRE",
    ];
    let absent: Vec<String> = others
        .iter()
        .filter(|state| !all.contains(**state))
        .filter_map(|state| words.word(state))
        .collect();
    let present: Vec<String> = states
        .iter()
        .take(2)
        .filter_map(|state| words.word(state))
        .collect();
    let [Some(one), Some(other)] = [absent.first(), absent.get(1)] else {
        return Ok(());
    };
    let query = everything().with("status", json!([one]));
    if let Some(mut found) = run.list("filter-words", &query).await? {
        found.rows.retain(is_known);
        run.compare(
            "filter-words",
            "a state that no task is in",
            &found,
            &BTreeMap::new(),
            true,
        );
    }
    if !present.is_empty() {
        let mut several = vec![one.clone()];
        several.extend(present);
        several.push(other.clone());
        let expected = run.expected(|row| {
            let asked = states.iter().take(2);
            asked
                .clone()
                .any(|state| words.word(state).is_some() && is_in(row, state))
        });
        let query = everything().with("status", json!(several));
        if let Some(mut found) = run.list("array-style", &query).await? {
            let whole = is_whole(&found);
            found.rows.retain(is_known);
            run.compare("array-style", "several states", &found, &expected, whole);
        }
    }
    Ok(())
}

/// Filters narrow each other, and pages are those of what they find.
pub(super) async fn together(run: &mut Run) -> Result<(), Stop> {
    let check = "filters-together";
    let names = names(run);
    let Some(name) = names.first() else {
        run.skip(check, "no task tells the name of its target cluster");
        return Ok(());
    };
    let by_name = everything().with("restoreClusterName", json!([name]));
    // Long before there was any OCP.
    let never = by_name
        .clone()
        .with("startTime", "2000-01-01T00:00:00Z")
        .with("endTime", "2000-01-01T00:00:01Z");
    if let Some(found) = run.list(check, &never).await? {
        run.compare(
            check,
            "a name in an empty window",
            &found,
            &BTreeMap::new(),
            true,
        );
    }
    let expected = run.expected(|row| target(row) == Some(name));
    let state = run.tasks.iter().find_map(|row| {
        let state = row.text("status").filter(|_| row.is_finished())?;
        let both = run
            .tasks
            .iter()
            .any(|row| target(row) == Some(name) && is_in(row, state));
        (!both).then(|| state.to_owned())
    });
    if let Some(state) = state {
        let query = by_name.clone().with("status", json!([state]));
        let answer = run.call(&query).await?;
        if let Ok(found) = Listing::read(answer, &query) {
            run.compare(
                check,
                "a name and a state that exclude each other",
                &found,
                &BTreeMap::new(),
                true,
            );
        }
    }
    let count = expected.len() as i64;
    let size = (count - 1).max(1);
    if !run.complete || count > SIZE {
        return Ok(());
    }
    let filter = Query::default().with("restoreClusterName", json!([name]));
    let Some(walk) = run.walk(check, &filter, size, 2).await? else {
        return Ok(());
    };
    let ids: BTreeSet<i64> = walk.rows.iter().filter_map(Row::id).collect();
    let missing = expected.keys().find(|id| !ids.contains(id));
    let fault = missing.map(|id| {
        Fault::new(
            "pages of a filter lose tasks",
            format!("{count} tasks in pages of {size}"),
            format!("{}, without task {id}", ids.len()),
        )
    });
    run.judge(check, &walk.last.answer, fault);
    Ok(())
}

/// Whether values joined by a comma mean what repeated ones do.
pub(super) async fn styles(run: &mut Run) -> Result<(), Stop> {
    let Some(name) = names(run).into_iter().next() else {
        return Ok(());
    };
    let expected = run.expected(|row| target(row) == Some(&name));
    let name = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    let query = format!("page=1&restoreClusterName={NOBODY}%2C{name}&size={SIZE}");
    let answer = run.raw_query(&query).await?;
    let answer = match Listing::read(answer, &everything()) {
        Ok(found) => {
            let ids = found.ids();
            if expected.keys().all(|id| ids.contains_key(id)) {
                "comma and repeat give the same".to_owned()
            } else {
                "values joined by a comma are taken for one".to_owned()
            }
        }
        Err(answer) => format!("values joined by a comma: {}", answer.brief()),
    };
    run.tell("array-style", answer);
    Ok(())
}
