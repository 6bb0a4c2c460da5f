//! The filters of restore tasks that are worth asking for, by the tasks that are known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use oceanbase_ocp::types::RestoreTaskStatus;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, json};

use super::plan::{Plan, Request, SIZE};
use crate::verify::checks::{
    ARRAY_STYLE, CheckId, FILTER_CLUSTER_NAME, FILTER_VALUES, FILTERS_TOGETHER, TIME_FORMS,
    TIME_WINDOW,
};
use crate::verify::filter::{Filter, is_finished, is_known, label, span, times};
use crate::verify::row::{Row, Time};
use crate::verify::transcript::{LooksAt, Purpose};

/// States that are asked for, at most.
const STATES: usize = 3;
/// Names that no cluster has.
const NOBODY: [&str; 3] = ["no_such_cluster", "no_such_cluster_2", "no_such_cluster_3"];
/// Windows begin and end on whole seconds, tasks do not.
const MARGIN: TimeDelta = TimeDelta::seconds(2);
/// Pages of what a filter finds, at most: tasks that it merely may find can fill another one.
const PAGES: i64 = 4;

/// A request for the rows that a filter finds.
fn find(plan: &Plan<'_>, check: CheckId, name: &str, filter: Filter, looks_at: LooksAt) -> Request {
    let arguments = filter.arguments(plan.known.status_forms);
    let purpose = Purpose::Filter {
        check: check.to_string(),
        name: name.to_owned(),
        filter,
        looks_at,
    };
    Request::new(purpose, arguments).page(1, SIZE)
}

/// The same in two pages, so that the second one has a row; nothing where a filter finds too
/// few.
fn find_in_pages(plan: &Plan<'_>, name: &str, filter: Filter) -> Option<Request> {
    let rows = plan.known.rows.iter();
    let count = rows.filter(|row| filter.must_find(**row)).count() as i64;
    let request = || find(plan, FILTERS_TOGETHER, name, filter, LooksAt::Pages);
    (plan.known.is_whole && count > 1)
        .then(|| request().page(1, (count - 1).min(SIZE)).pages(PAGES))
}

/// A question that is asked in a way of writing that the client does not have.
fn question(check: CheckId, question: &str, query: String) -> Request {
    let purpose = Purpose::Question {
        check: check.to_string(),
        question: question.to_owned(),
        leaves_contract: false,
    };
    Request::raw(purpose, SIZE, query)
}

fn has_filter(plan: &Plan<'_>, name: &str) -> bool {
    plan.operation.filters().any(|filter| filter.name == name)
}

/// Names of target clusters, those that fewest tasks have first.
fn names<'a>(plan: &Plan<'a>) -> Vec<&'a str> {
    if !has_filter(plan, "restoreClusterName") {
        return Vec::new();
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in plan.known.rows.iter().filter_map(target) {
        *count.entry(name).or_default() += 1;
    }
    // One value with a comma may be taken for two; and a request is shown as it was sent.
    let is_plain = |name: &str| !name.is_empty() && !name.contains(',') && plan.secrets.spare(name);
    let mut names: Vec<_> = count
        .into_iter()
        .filter(|(name, _)| is_plain(name))
        .collect();
    names.sort_by_key(|(_, count)| *count);
    names.into_iter().map(|(name, _)| name).collect()
}

fn target<'a>(row: &Row<'a>) -> Option<&'a str> {
    row.text("restoreClusterName")
}

/// States that finished tasks are in: a task that runs may be elsewhere by the time it is
/// asked for.
fn states<'a>(plan: &Plan<'a>) -> Vec<&'a str> {
    let rows = plan.known.rows.iter();
    let finished = rows.filter(|row| is_finished(**row) && is_known(**row));
    let states: BTreeSet<&str> = finished.filter_map(|row| row.text("status")).collect();
    states.into_iter().take(STATES).collect()
}

/// States that no task is in.
fn absent(plan: &Plan<'_>) -> Vec<String> {
    let rows = plan.known.rows.iter();
    let all: BTreeSet<&str> = rows.filter_map(|row| row.text("status")).collect();
    let known = RestoreTaskStatus::KNOWN.iter().map(ToString::to_string);
    known
        .filter(|state| !all.contains(state.as_str()))
        .collect()
}

/// Those that are there, between some that are not: neither the first nor the
/// last value alone is enough, nor the first two.
fn among<'a>(there: &[&'a str], not_there: [&'a str; 3]) -> Vec<&'a str> {
    let [one, two, three] = not_there;
    match there {
        [] => Vec::new(),
        [only] => vec![one, two, only, three],
        [first, second, ..] => vec![one, first, two, second, three],
    }
}

pub(super) fn cluster_names(plan: &Plan<'_>) -> Vec<Request> {
    let names = names(plan);
    let Some(&name) = names.first() else {
        return Vec::new();
    };
    let of = |check, what: &str, names: &[&str], looks_at| {
        let filter = Filter::default().names(names.iter().copied());
        find(plan, check, what, filter, looks_at)
    };
    let check = FILTER_CLUSTER_NAME;
    let own = names.iter().take(2);
    let mut requests: Vec<Request> = own
        .map(|name| of(check, "a name", &[name], LooksAt::Rows))
        .collect();
    // A part of a name is no name, and neither is more than one.
    let letters = || name.chars();
    let strangers: [String; 3] = [
        letters().take(letters().count() - 1).collect(),
        letters().skip(1).collect(),
        format!("{name}_x"),
    ];
    for stranger in strangers.iter().map(String::as_str) {
        if !stranger.is_empty() && !names.contains(&stranger) {
            requests.push(of(check, "a name that is none", &[stranger], LooksAt::Rows));
        }
    }
    // How databases compare texts is theirs to say.
    let other = name.to_uppercase();
    if !names.contains(&other.as_str()) {
        requests.push(of(check, "the case of a name", &[&other], LooksAt::Case));
    }
    let several = among(&names, NOBODY);
    requests.push(of(ARRAY_STYLE, "several names", &several, LooksAt::Rows));
    requests
}

/// Whether values joined by a comma mean what repeated ones do.
pub(super) fn styles(plan: &Plan<'_>) -> Vec<Request> {
    let name = names(plan).into_iter().next();
    let ask = |name: &str| {
        let value = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let query = format!("&restoreClusterName={}%2C{value}", NOBODY[0]);
        question(ARRAY_STYLE, "values joined by a comma", query)
    };
    name.map(ask).into_iter().collect()
}

/// Each state by its machine name, and by its label.
pub(super) fn status_forms(plan: &Plan<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for state in states(plan) {
        for (value, is_label) in [(Some(state.to_owned()), false), (label(state), true)] {
            let Some(value) = value else { continue };
            let filter = Filter::default().states([state]);
            let looks_at = LooksAt::StatusForm { is_label };
            let mut request = find(plan, FILTER_VALUES, "a state", filter, looks_at);
            request
                .arguments
                .insert("status".to_owned(), json!([value]));
            requests.push(request);
        }
    }
    requests
}

/// States that no task is in, several at once, and that of a task that runs.
pub(super) fn other_states(plan: &Plan<'_>) -> Vec<Request> {
    let forms = plan.known.status_forms;
    if !forms.names && !forms.labels {
        return Vec::new();
    }
    let of = |check, name: &str, states: &[&str], looks_at| {
        let filter = Filter::default().states(states.iter().copied());
        find(plan, check, name, filter, looks_at)
    };
    let mut requests = Vec::new();
    let absent = absent(plan);
    if let [one, two, three, ..] = absent.as_slice() {
        let name = "a state that no task is in";
        requests.push(of(FILTER_VALUES, name, &[one], LooksAt::Rows));
        let several = among(&states(plan), [one, two, three]);
        requests.push(of(ARRAY_STYLE, "several states", &several, LooksAt::Rows));
    }
    let mut rows = plan.known.rows.iter();
    let running = rows.find(|row| row.flag("finished") == Some(false) && is_known(**row));
    if let Some((id, state)) = running.and_then(|row| Some((row.id()?, row.text("status")?))) {
        let looks_at = LooksAt::Running { id };
        requests.push(of(FILTER_VALUES, "a state", &[state], looks_at));
    }
    requests
}

/// The list again, where a task that runs was not found by its state: it may have another
/// one by now.
pub(super) fn again(plan: &Plan<'_>) -> Vec<Request> {
    let lost = plan
        .listings()
        .find_map(|(exchange, found)| match &exchange.purpose {
            Purpose::Filter {
                check,
                looks_at: LooksAt::Running { id },
                ..
            } if *check == FILTER_VALUES.as_str() && !found.ids().contains(id) => Some(*id),
            _ => None,
        });
    let again = |id| Request::new(Purpose::Again { id }, Map::new()).page(1, SIZE);
    lost.map(again).into_iter().collect()
}

/// Windows around all tasks, before and after all, and around some; one bound alone; a task
/// whose times are alone.
pub(super) fn windows(plan: &Plan<'_>) -> Vec<Request> {
    let Some((first, last)) = span(&plan.known.rows) else {
        return Vec::new();
    };
    let year = TimeDelta::days(366);
    let mut windows = vec![
        (first - MARGIN, last + MARGIN),
        (first - MARGIN - year, first - MARGIN),
        (last + MARGIN, last + MARGIN * 3),
        (first - MARGIN - year, last + MARGIN - year),
    ];
    let rows = plan.known.rows.iter().copied();
    let finished: Vec<Row<'_>> = rows.filter(|row| is_finished(*row)).collect();
    let picked = [
        finished.first(),
        finished.get(finished.len() / 2),
        finished.last(),
    ];
    let picked = picked.into_iter().flatten();
    let mut picked: Vec<_> = picked.filter_map(|row| times(*row)).collect();
    picked.dedup();
    windows.extend(picked.iter().map(|span| (span.0 - MARGIN, span.1 + MARGIN)));
    let windows = windows.into_iter().map(|(start, end)| {
        let filter = Filter::default().window(start, end);
        find(plan, TIME_WINDOW, "a window", filter, LooksAt::Rows)
    });
    let bounds = [
        (Some(last + MARGIN), None),
        (Some(first - MARGIN), None),
        (None, Some(first - MARGIN)),
        (None, Some(last + MARGIN)),
    ];
    let bounds = bounds.into_iter().map(|(start, end)| {
        let filter = Filter::default().window(start, end);
        find(plan, TIME_WINDOW, "one bound", filter, LooksAt::OneBound)
    });
    windows.chain(bounds).chain(near(plan)).collect()
}

/// Windows around each time of a task that no other task has one near.
fn near(plan: &Plan<'_>) -> Vec<Request> {
    let all = plan.known.rows.iter();
    let all = all.flat_map(|row| ["createTime", "finishTime"].map(|name| row.time(name)));
    let all: Vec<Time> = all.flatten().collect();
    let gap = TimeDelta::seconds(30);
    let is_alone = |time: Time| {
        let near = all.iter().filter(|other| (**other - time).abs() < gap);
        near.count() == 1
    };
    let picked = plan.known.rows.iter().find_map(|row| {
        let (created, finished) = (row.time("createTime")?, row.time("finishTime")?);
        let id = plan.known.key(*row)?;
        (is_alone(created) && is_alone(finished)).then_some((id, created, finished))
    });
    let Some((id, created, finished)) = picked else {
        return Vec::new();
    };
    let around = |(member, time): (&str, Time)| {
        let filter = Filter::default().window(time - MARGIN, time + MARGIN);
        let member = member.to_owned();
        let looks_at = LooksAt::Near { id, member };
        find(plan, TIME_WINDOW, "a window", filter, looks_at)
    };
    [("createTime", created), ("finishTime", finished)]
        .map(around)
        .into()
}

/// Windows just before and just behind each time that is compared: a few seconds are enough
/// to tell. Where the time of creation is compared, a task that runs has one.
pub(super) fn beside(plan: &Plan<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for (exchange, found) in plan.listings() {
        let Purpose::Filter {
            looks_at: LooksAt::Near { id, member },
            ..
        } = &exchange.purpose
        else {
            continue;
        };
        let mut rows = found.rows.iter();
        let row = rows.find(|row| row.id() == Some(*id));
        let Some(time) = row.and_then(|row| row.time(member)) else {
            continue;
        };
        for (start, end) in [
            (time - MARGIN * 4, time - MARGIN),
            (time + MARGIN, time + MARGIN * 4),
        ] {
            let filter = Filter::default().window(start, end);
            let (id, member) = (*id, member.clone());
            let looks_at = LooksAt::Beside { id, member };
            requests.push(find(plan, TIME_WINDOW, "a window", filter, looks_at));
        }
        let mut rows = plan.known.rows.iter();
        let running = rows.find(|row| row.flag("finished") == Some(false));
        let running = running.filter(|_| member == "createTime");
        if let Some((id, time)) = running.and_then(|row| Some((row.id()?, row.time("createTime")?)))
        {
            let filter = Filter::default().window(time - MARGIN, time + MARGIN);
            let looks_at = LooksAt::Running { id };
            requests.push(find(plan, TIME_WINDOW, "a window", filter, looks_at));
        }
    }
    requests
}

/// The documented form of a time is taken in every request above; others are a question.
pub(super) fn time_forms(_: &Plan<'_>) -> Vec<Request> {
    let forms = [
        (
            "an offset",
            "&endTime=2000-01-01T08:00:01%2B08:00&startTime=2000-01-01T08:00:00%2B08:00",
        ),
        (
            "a fraction",
            "&endTime=2000-01-01T00:00:01.000Z&startTime=2000-01-01T00:00:00.000Z",
        ),
    ];
    forms
        .map(|(what, query)| question(TIME_FORMS, what, query.to_owned()))
        .into()
}

/// Filters narrow each other, and pages are those of what they find.
pub(super) fn together(plan: &Plan<'_>) -> Vec<Request> {
    let Some((first, last)) = span(&plan.known.rows) else {
        return Vec::new();
    };
    let day = TimeDelta::days(1);
    let everything = Filter::default().window(first - day, last + day);
    let nothing = |filter: Filter| filter.window(first - day * 2, first - day);
    let all = |filter: Filter| filter.window(first - day, last + day);
    let forms = plan.known.status_forms;
    let has_forms = forms.names || forms.labels;
    let mut alone = Vec::new();
    if let Some(name) = names(plan).first() {
        alone.push(("a name", Filter::default().names([*name])));
    }
    if let Some(state) = states(plan).last().filter(|_| has_forms) {
        alone.push(("a state", Filter::default().states([*state])));
    }
    let pages = [("a window", everything.clone())]
        .into_iter()
        .chain(alone.clone());
    let mut requests: Vec<Request> = pages
        .filter_map(|(name, filter)| find_in_pages(plan, name, filter))
        .collect();
    let rows = |name: &str, filter| find(plan, FILTERS_TOGETHER, name, filter, LooksAt::Rows);
    for (name, filter) in alone {
        let within = format!("{name} in the window of all");
        requests.push(rows(&within, all(filter.clone())));
        requests.push(rows(&format!("{name} in an empty window"), nothing(filter)));
    }
    if has_forms {
        let pairs = pairs(plan, &everything).into_iter();
        requests.extend(pairs.map(|(name, filter)| rows(name, filter)));
    }
    requests
}

/// Names and states together: of tasks, of none, and each with what is nowhere.
fn pairs(plan: &Plan<'_>, everything: &Filter) -> Vec<(&'static str, Filter)> {
    let (names, states) = (names(plan), states(plan));
    let is_of_task = |name: &str, state: &str| {
        let mut rows = plan.known.rows.iter();
        rows.any(|row| target(row) == Some(name) && row.text("status") == Some(state))
    };
    let all = names.iter();
    let all = all.flat_map(|name| states.iter().map(move |state| (*name, *state)));
    let (some, none): (Vec<_>, Vec<_>) = all.partition(|(name, state)| is_of_task(name, state));
    let of = |name: &str, state: &str| Filter::default().names([name]).states([state]);
    let mut pairs = Vec::new();
    for (what, pair) in [
        ("a name and a state", some.first()),
        ("a name and a state that exclude each other", none.first()),
    ] {
        pairs.extend(pair.map(|(name, state)| (what, of(name, state))));
    }
    if let (Some(name), Some(absent)) = (names.first(), absent(plan).first()) {
        pairs.push(("a name and a state that no task is in", of(name, absent)));
        let filter = everything.clone().states([absent.as_str()]);
        pairs.push(("a window and a state that no task is in", filter));
    }
    if has_filter(plan, "restoreClusterName") {
        let filter = everything.clone().names([NOBODY[0]]);
        pairs.push(("a window and a name that is none", filter));
        if let Some(state) = states.first() {
            let filter = of(NOBODY[0], state);
            pairs.push(("a name that is none and a state", filter));
        }
    }
    pairs
}
