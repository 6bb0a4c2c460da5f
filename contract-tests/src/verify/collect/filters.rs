//! The filters that are worth asking for, by the rows that are known: those of the description,
//! and the states and windows of restore tasks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use oceanbase_ocp::types::RestoreTaskStatus;
use ocp_contract::Comparison;
use serde_json::{Map, Value, json};

use super::plan::{Plan, Request, SIZE, question};
use crate::verify::checks::{
    ARRAY_STYLE, CheckId, FILTER_CLUSTER_NAME, FILTER_VALUES, FILTERS, FILTERS_TOGETHER,
    TIME_FORMS, TIME_WINDOW,
};
use crate::verify::filter::{
    Filter, TARGETS, compares_one_time, is_finished, is_known, label, span, times,
};
use crate::verify::row::{Row, Time};
use crate::verify::transcript::{LooksAt, Purpose};

/// States that are asked for, at most.
const STATES: usize = 3;
/// Names that nothing has.
const NOBODY: [&str; 3] = ["no_such_cluster", "no_such_cluster_2", "no_such_cluster_3"];
/// Members of the schema of a vocabulary.
const VOCABULARY: [&str; 3] = ["$ref", "enum", "x-extensible-enum"];
/// Windows begin and end on whole seconds, rows do not.
const MARGIN: TimeDelta = TimeDelta::seconds(2);
/// Pages of what a filter finds, at most: rows that it merely may find can fill another one.
const PAGES: i64 = 4;

impl<'a> Plan<'a> {
    /// A request for the rows that a filter finds.
    fn find(&self, check: CheckId, name: &str, filter: Filter, looks_at: LooksAt) -> Request {
        let mut arguments = filter.arguments(&self.subject.filters, self.known.status_forms);
        for (name, value) in &mut arguments {
            if let (false, Value::Array(values)) = (self.takes_several(name), &value) {
                *value = values.first().cloned().unwrap_or_default();
            }
        }
        let purpose = Purpose::Filter {
            check: check.to_string(),
            name: name.to_owned(),
            filter,
            looks_at,
        };
        Request::new(purpose, arguments).page(1, SIZE)
    }

    /// The same in two pages, so that the second one has a row; nothing if the filter finds
    /// too few.
    fn find_in_pages(&self, name: &str, filter: Filter) -> Option<Request> {
        let rows = self.known.rows.iter();
        let expected = rows.filter(|row| filter.must_find(**row, &self.subject.filters));
        let count = expected.count() as i64;
        let request = self.find(FILTERS_TOGETHER, name, filter, LooksAt::Pages);
        (self.known.is_whole && count > 1)
            .then(|| request.page(1, (count - 1).min(SIZE)).pages(PAGES))
    }

    fn parameter(&self, name: &str) -> Option<&'a Value> {
        let mut filters = self.subject.operation.filters();
        Some(&filters.find(|one| one.name == name)?.schema)
    }

    fn takes_several(&self, name: &str) -> bool {
        self.parameter(name)
            .is_some_and(|schema| schema["type"] == "array")
    }

    /// Texts of a member that can be asked for, those that fewest rows have first.
    fn texts(&self, member: &str) -> Vec<&'a str> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for text in self.known.rows.iter().filter_map(|row| row.text(member)) {
            *count.entry(text).or_default() += 1;
        }
        // One value with a comma may be taken for two; and a request is shown as it was sent.
        count.retain(|text, _| !text.is_empty() && !text.contains(',') && self.secrets.spare(text));
        let mut texts: Vec<_> = count.into_iter().collect();
        texts.sort_by_key(|(_, count)| *count);
        texts.into_iter().map(|(text, _)| text).collect()
    }

    /// Names of target clusters.
    fn names(&self) -> Vec<&'a str> {
        let filter = self.subject.filters.get(TARGETS);
        filter
            .map(|filter| self.texts(&filter.member))
            .unwrap_or_default()
    }

    /// States that finished tasks are in: a task that runs may be elsewhere by the time it is
    /// asked for.
    fn states(&self) -> Vec<&'a str> {
        let rows = self.known.rows.iter();
        let finished = rows.filter(|row| is_finished(**row) && is_known(**row));
        let states: BTreeSet<&str> = finished.filter_map(|row| row.text("status")).collect();
        states.into_iter().take(STATES).collect()
    }

    /// States that no task is in.
    fn absent_states(&self) -> Vec<String> {
        let rows = self.known.rows.iter();
        let all: BTreeSet<&str> = rows.filter_map(|row| row.text("status")).collect();
        let known = RestoreTaskStatus::KNOWN.iter().map(ToString::to_string);
        known
            .filter(|state| !all.contains(state.as_str()))
            .collect()
    }

    /// A task that runs.
    fn running(&self) -> Option<Row<'a>> {
        let mut rows = self.known.rows.iter().copied();
        rows.find(|row| row.flag("finished") == Some(false))
    }
}

/// Some values that are there, between some that are not: neither the first nor the
/// last value alone is enough, nor the first two.
fn among<'a>(there: &[&'a str], not_there: [&'a str; 3]) -> Vec<&'a str> {
    let [one, two, three] = not_there;
    match there {
        [] => Vec::new(),
        [only] => vec![one, two, only, three],
        [first, second, ..] => vec![one, first, two, second, three],
    }
}

/// Every filter of the description.
pub(super) fn described(plan: &Plan<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for (parameter, filter) in &plan.subject.filters {
        match filter.comparison {
            Comparison::Equals | Comparison::ContainsIgnoreCase => {
                requests.extend(by_text(plan, [FILTERS; 2], parameter, parameter));
            }
            Comparison::From => requests.extend(bounds(plan, FILTERS)),
            Comparison::To => {}
        }
    }
    requests
}

pub(super) fn cluster_names(plan: &Plan<'_>) -> Vec<Request> {
    by_text(plan, [FILTER_CLUSTER_NAME, ARRAY_STYLE], TARGETS, "name")
}

/// Values that rows have, parts of one, more than one, the same in other letters, and several.
/// The checks are for one value and for several of them.
fn by_text(plan: &Plan<'_>, checks: [CheckId; 2], parameter: &str, noun: &str) -> Vec<Request> {
    let Some(filter) = plan.subject.filters.get(parameter) else {
        return Vec::new();
    };
    let texts = plan.texts(&filter.member);
    let Some(&text) = texts.first() else {
        return Vec::new();
    };
    let ask = |what: &str, texts: &[&str], looks_at| {
        let check = checks[usize::from(texts.len() > 1)];
        plan.find(check, what, Filter::of(parameter, texts), looks_at)
    };
    let own = texts.iter().take(2);
    let mut requests: Vec<Request> = own
        .map(|text| ask(&format!("a {noun}"), &[text], LooksAt::Rows))
        .collect();
    let schema = plan.parameter(parameter).unwrap_or(&Value::Null);
    let item = schema.get("items").unwrap_or(schema);
    let is_vocabulary = |name: &str| item.get(name).is_some();
    if VOCABULARY.into_iter().any(is_vocabulary) {
        // Other values are refused, or not known to be of it.
        return requests;
    }
    // A part of a name is no name, unless parts are compared, and neither is more than one.
    let letters = || text.chars();
    let others: [String; 3] = [
        letters().take(letters().count() - 1).collect(),
        letters().skip(1).collect(),
        format!("{text}_x"),
    ];
    let is_part = filter.comparison == Comparison::ContainsIgnoreCase;
    for other in others.iter().map(String::as_str) {
        if !other.is_empty() && !texts.contains(&other) {
            let what = match is_part && text.contains(other) {
                true => format!("a part of a {noun}"),
                false => format!("a {noun} that is none"),
            };
            requests.push(ask(&what, &[other], LooksAt::Rows));
        }
    }
    let other = text.to_uppercase();
    if !texts.contains(&other.as_str()) {
        // How databases compare whole texts is theirs to say.
        let looks_at = if is_part {
            LooksAt::Rows
        } else {
            LooksAt::Case
        };
        requests.push(ask(&format!("the case of a {noun}"), &[&other], looks_at));
    }
    if plan.takes_several(parameter) {
        let several = among(&texts, NOBODY);
        requests.push(ask(&format!("several {noun}s"), &several, LooksAt::Rows));
    }
    requests
}

/// Values joined by a comma, which may mean what repeated ones do.
pub(super) fn styles(plan: &Plan<'_>) -> Vec<Request> {
    let ask = |name: &str| {
        let value = format!("{},{name}", NOBODY[0]);
        let purpose = question(ARRAY_STYLE, "values joined by a comma", false);
        raw(purpose, [(TARGETS, value.as_str())])
    };
    plan.names()
        .first()
        .map(|name| ask(name))
        .into_iter()
        .collect()
}

/// A request in a way of writing that the client does not have.
fn raw<'a>(purpose: Purpose, arguments: impl IntoIterator<Item = (&'a str, &'a str)>) -> Request {
    let arguments = arguments.into_iter();
    let arguments = arguments.map(|(name, value)| (name.to_owned(), value.into()));
    Request::new(purpose, arguments.collect())
        .page(1, SIZE)
        .raw()
}

/// Each state by its machine name, and by its label.
pub(super) fn status_forms(plan: &Plan<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for state in plan.states() {
        for (value, is_label) in [(Some(state.to_owned()), false), (label(state), true)] {
            let Some(value) = value else { continue };
            let filter = Filter::default().states([state]);
            let looks_at = LooksAt::StatusForm { is_label };
            let mut request = plan.find(FILTER_VALUES, "a state", filter, looks_at);
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
    if !plan.known.status_forms.are_known() {
        return Vec::new();
    }
    let of = |check, name: &str, states: &[&str], looks_at| {
        let filter = Filter::default().states(states.iter().copied());
        plan.find(check, name, filter, looks_at)
    };
    let mut requests = Vec::new();
    if let [one, two, three, ..] = plan.absent_states().as_slice() {
        let name = "a state that no task is in";
        requests.push(of(FILTER_VALUES, name, &[one], LooksAt::Rows));
        let several = among(&plan.states(), [one, two, three]);
        requests.push(of(ARRAY_STYLE, "several states", &several, LooksAt::Rows));
    }
    let running = plan.running().filter(|row| is_known(*row));
    if let Some((id, state)) = running.and_then(|row| Some((row.id()?, row.text("status")?))) {
        let looks_at = LooksAt::Running { id };
        requests.push(of(FILTER_VALUES, "a state", &[state], looks_at));
    }
    requests
}

/// The list again, if a task that runs was not found by its state: it may have another
/// one by now.
pub(super) fn again(plan: &Plan<'_>) -> Vec<Request> {
    let mut listings = plan.listings();
    let lost = listings.find_map(|(exchange, found)| match &exchange.purpose {
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

/// A request for the rows in a window.
fn window(
    plan: &Plan<'_>,
    check: CheckId,
    (start, end): (impl Into<Option<Time>>, impl Into<Option<Time>>),
    looks_at: LooksAt,
) -> Request {
    let name = match looks_at {
        LooksAt::OneBound => "one bound",
        _ => "a window",
    };
    plan.find(check, name, Filter::default().window(start, end), looks_at)
}

/// Windows of restore tasks, also around each time of one task.
pub(super) fn windows(plan: &Plan<'_>) -> Vec<Request> {
    let near = near(plan).unwrap_or_default().into_iter();
    bounds(plan, TIME_WINDOW).into_iter().chain(near).collect()
}

/// Windows around all rows, before and after all, and around some; one bound alone.
fn bounds(plan: &Plan<'_>, check: CheckId) -> Vec<Request> {
    let described = &plan.subject.filters;
    let Some((first, last)) = span(&plan.known.rows, described) else {
        return Vec::new();
    };
    let (first, last) = (first - MARGIN, last + MARGIN);
    let year = TimeDelta::days(366);
    let mut windows = vec![
        (first, last),
        (first - year, first),
        (last, last + MARGIN * 2),
        (first - year, last - year),
    ];
    let rows = plan.known.rows.iter().copied();
    let settled = rows.filter(|row| is_finished(*row) || compares_one_time(described));
    let settled: Vec<Row<'_>> = settled.collect();
    let picked = [
        settled.first(),
        settled.get(settled.len() / 2),
        settled.last(),
    ];
    let picked = picked.into_iter().flatten();
    let mut picked: Vec<_> = picked.filter_map(|row| times(*row, described)).collect();
    picked.dedup();
    windows.extend(picked.iter().map(|span| (span.0 - MARGIN, span.1 + MARGIN)));
    let windows = windows.into_iter();
    let windows = windows.map(|bounds| window(plan, check, bounds, LooksAt::Rows));
    let alone = [
        (Some(last), None),
        (Some(first), None),
        (None, Some(first)),
        (None, Some(last)),
    ];
    let alone = alone.map(|bounds| window(plan, check, bounds, LooksAt::OneBound));
    windows.chain(alone).collect()
}

/// Windows around each time of a task that no other task has one near.
fn near(plan: &Plan<'_>) -> Option<Vec<Request>> {
    let all = plan.known.rows.iter();
    let all = all.flat_map(|row| ["createTime", "finishTime"].map(|name| row.time(name)));
    let all: Vec<Time> = all.flatten().collect();
    let gap = TimeDelta::seconds(30);
    let is_alone = |time: Time| {
        let near = all.iter().filter(|other| (**other - time).abs() < gap);
        near.count() == 1
    };
    let (id, created, finished) = plan.known.rows.iter().find_map(|row| {
        let (created, finished) = (row.time("createTime")?, row.time("finishTime")?);
        let id = plan.known.key(*row)?;
        (is_alone(created) && is_alone(finished)).then_some((id, created, finished))
    })?;
    let around = |(member, time): (&str, Time)| {
        let member = member.to_owned();
        let looks_at = LooksAt::Near { id, member };
        window(plan, TIME_WINDOW, (time - MARGIN, time + MARGIN), looks_at)
    };
    Some(
        [("createTime", created), ("finishTime", finished)]
            .map(around)
            .into(),
    )
}

/// Windows just before and just behind each time that is compared: a few seconds are enough
/// to tell. If the time of creation is compared, a task that runs has one.
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
        let row = found.row(*id);
        let Some(time) = row.and_then(|row| row.time(member)) else {
            continue;
        };
        for bounds in [
            (time - MARGIN * 4, time - MARGIN),
            (time + MARGIN, time + MARGIN * 4),
        ] {
            let (id, member) = (*id, member.clone());
            let looks_at = LooksAt::Beside { id, member };
            requests.push(window(plan, TIME_WINDOW, bounds, looks_at));
        }
        let running = plan.running().filter(|_| member == "createTime");
        if let Some((id, time)) = running.and_then(|row| Some((row.id()?, row.time("createTime")?)))
        {
            let bounds = (time - MARGIN, time + MARGIN);
            requests.push(window(plan, TIME_WINDOW, bounds, LooksAt::Running { id }));
        }
    }
    requests
}

/// Times in other forms than the documented one, which every request above has.
pub(super) fn time_forms(_: &Plan<'_>) -> Vec<Request> {
    let forms = [
        (
            "an offset",
            "2000-01-01T08:00:00+08:00",
            "2000-01-01T08:00:01+08:00",
        ),
        (
            "a fraction",
            "2000-01-01T00:00:00.000Z",
            "2000-01-01T00:00:01.000Z",
        ),
    ];
    let ask = |(what, start, end)| {
        let purpose = question(TIME_FORMS, what, false);
        raw(purpose, [("startTime", start), ("endTime", end)])
    };
    forms.map(ask).into()
}

/// Filters that narrow each other, and pages of what they find.
pub(super) fn together(plan: &Plan<'_>) -> Vec<Request> {
    let Some((first, last)) = span(&plan.known.rows, &plan.subject.filters) else {
        return Vec::new();
    };
    let day = TimeDelta::days(1);
    let all = |filter: Filter| filter.window(first - day, last + day);
    let nothing = |filter: Filter| filter.window(first - day * 2, first - day);
    let mut alone = Vec::new();
    if let Some(name) = plan.names().first() {
        alone.push(("a name", Filter::of(TARGETS, &[name])));
    }
    let has_forms = plan.known.status_forms.are_known();
    if let Some(state) = plan.states().last().filter(|_| has_forms) {
        alone.push(("a state", Filter::default().states([*state])));
    }
    let mut requests: Vec<Request> = [("a window", all(Filter::default()))]
        .into_iter()
        .chain(alone.clone())
        .filter_map(|(name, filter)| plan.find_in_pages(name, filter))
        .collect();
    let rows = |name: &str, filter| plan.find(FILTERS_TOGETHER, name, filter, LooksAt::Rows);
    for (name, filter) in alone {
        let within = format!("{name} in the window of all");
        requests.push(rows(&within, all(filter.clone())));
        requests.push(rows(&format!("{name} in an empty window"), nothing(filter)));
    }
    if has_forms {
        let pairs = pairs(plan, &all(Filter::default())).into_iter();
        requests.extend(pairs.map(|(name, filter)| rows(name, filter)));
    }
    requests
}

/// Names and states together: of tasks, of none, and each with what is nowhere.
fn pairs(plan: &Plan<'_>, everything: &Filter) -> Vec<(&'static str, Filter)> {
    let (names, states) = (plan.names(), plan.states());
    let is_of_task = |name: &str, state: &str| {
        let mut rows = plan.known.rows.iter();
        rows.any(|row| row.text(TARGETS) == Some(name) && row.text("status") == Some(state))
    };
    let all = names.iter();
    let all = all.flat_map(|name| states.iter().map(move |state| (*name, *state)));
    let (some, none): (Vec<_>, Vec<_>) = all.partition(|(name, state)| is_of_task(name, state));
    let of = |name: &str, state: &str| Filter::of(TARGETS, &[name]).states([state]);
    let mut pairs = Vec::new();
    for (what, pair) in [
        ("a name and a state", some.first()),
        ("a name and a state that exclude each other", none.first()),
    ] {
        pairs.extend(pair.map(|(name, state)| (what, of(name, state))));
    }
    if let (Some(name), Some(absent)) = (names.first(), plan.absent_states().first()) {
        pairs.push(("a name and a state that no task is in", of(name, absent)));
        let filter = everything.clone().states([absent.as_str()]);
        pairs.push(("a window and a state that no task is in", filter));
    }
    if plan.subject.filters.contains_key(TARGETS) {
        let filter = everything.clone().names([NOBODY[0]]);
        pairs.push(("a window and a name that is none", filter));
        if let Some(state) = states.first() {
            let filter = of(NOBODY[0], state);
            pairs.push(("a name that is none and a state", filter));
        }
    }
    pairs
}
