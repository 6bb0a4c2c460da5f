//! The filters of restore tasks that are worth asking for: names, states, and windows of time.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::json;

use super::filters::{MARGIN, NOBODY, among, bounds, window};
use super::plan::question;
use super::session::{Request, SIZE};
use crate::verify::checks::{
    ARRAY_STYLE, FILTER_VALUES, FILTERS_TOGETHER, TIME_FORMS, TIME_WINDOW,
};
use crate::verify::filter::{Filter, STATUS, TARGETS, is_finished, is_known, label, span};
use crate::verify::known::Known;
use crate::verify::row::{Row, Time};
use crate::verify::transcript::{LooksAt, Purpose};

/// States that are asked for, at most.
const STATES: usize = 3;

impl<'a> Known<'a> {
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
        let rows = self.rows.iter();
        let rows = rows.filter(|_| self.subject.lists_restore_tasks());
        let finished = rows.filter(|row| is_finished(**row) && is_known(**row));
        let states: BTreeSet<&str> = finished.filter_map(|row| row.text("status")).collect();
        states.into_iter().take(STATES).collect()
    }

    /// States that no task is in.
    fn absent_states(&self) -> Vec<String> {
        let rows = self.rows.iter();
        let all: BTreeSet<&str> = rows.filter_map(|row| row.text("status")).collect();
        let known = RestoreTaskStatus::KNOWN.iter().map(ToString::to_string);
        known
            .filter(|state| !all.contains(state.as_str()))
            .collect()
    }

    /// A task that runs, and its id.
    fn running(&self) -> Option<(i64, Row<'a>)> {
        let mut rows = self.rows.iter().copied();
        let row = rows.find(|row| row.flag("finished") == Some(false))?;
        Some((row.id()?, row))
    }
}

/// Values joined by a comma, which may mean what repeated ones do.
pub(super) fn styles(known: &Known<'_>) -> Vec<Request> {
    let ask = |name: &&str| {
        let value = format!("{},{name}", NOBODY[0]);
        let purpose = question(ARRAY_STYLE, "values joined by a comma");
        raw(purpose, [(TARGETS, value.as_str())])
    };
    known.names().first().map(ask).into_iter().collect()
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
pub(super) fn status_forms(known: &Known<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for state in known.states() {
        for (value, is_label) in [(Some(state.to_owned()), false), (label(state), true)] {
            let Some(value) = value else { continue };
            let filter = Filter::states(&[state]);
            let looks_at = LooksAt::StatusForm { is_label };
            let mut request = known.find(FILTER_VALUES, "a state", filter, looks_at);
            request.arguments.insert(STATUS.to_owned(), json!([value]));
            requests.push(request);
        }
    }
    requests
}

/// A state that no task is in, unless another one shows as much; several states at once, and that
/// of a task that runs.
pub(super) fn other_states(known: &Known<'_>) -> Vec<Request> {
    if !known.status_forms.are_known() {
        return Vec::new();
    }
    let of = |check, name: &str, states: &[&str], looks_at| {
        known.find(check, name, Filter::states(states), looks_at)
    };
    let mut requests = Vec::new();
    let states = known.states();
    let mut filters = states.iter().map(|state| Filter::states(&[state]));
    let is_shown = filters.any(|state| known.would_show(&state, STATUS));
    if let [one, two, three, ..] = known.absent_states().as_slice() {
        if !is_shown {
            let name = "a state that no task is in";
            requests.push(of(FILTER_VALUES, name, &[one], LooksAt::Rows));
        }
        let several = among(&states, [one, two, three]);
        requests.push(of(ARRAY_STYLE, "several states", &several, LooksAt::Rows));
    }
    if let Some((id, row)) = known.running()
        && let Some(state) = row.text("status").filter(|_| is_known(row))
    {
        let looks_at = LooksAt::Running { id };
        requests.push(of(FILTER_VALUES, "a state", &[state], looks_at));
    }
    requests
}

/// The list again, if a task that runs was not found by its state: it may have another
/// one by now.
pub(super) fn again(known: &Known<'_>) -> Vec<Request> {
    let lost = known.listings.iter().find_map(|found| {
        let query = found.exchange.purpose.query()?;
        let is_lost = |id: &i64| query.check == FILTER_VALUES.as_str() && found.row(*id).is_none();
        match query.looks_at {
            LooksAt::Running { id } => Some(id).filter(is_lost),
            _ => None,
        }
    });
    let again = |id| Request::plain(Purpose::Again { id }, 1, SIZE);
    lost.map(again).into_iter().collect()
}

/// Windows of restore tasks, also around each time of one task that no other task has one near.
pub(super) fn windows(known: &Known<'_>) -> Vec<Request> {
    let members = ["createTime", "finishTime"];
    let times = |row: &Row<'_>| members.map(|name| row.time(name));
    let all: Vec<Time> = known.rows.iter().flat_map(times).flatten().collect();
    let gap = TimeDelta::seconds(30);
    let is_alone = |time: Time| {
        let near = all.iter().filter(|other| (**other - time).abs() < gap);
        near.count() == 1
    };
    let alone = known.rows.iter().find(|row| {
        let mut times = times(row).into_iter();
        known.key(**row).is_some() && times.all(|time| time.is_some_and(is_alone))
    });
    let mut requests = bounds(known, TIME_WINDOW);
    for member in members {
        if let Some((id, time)) = alone.and_then(|row| Some((row.id()?, row.time(member)?))) {
            let member = member.to_owned();
            let looks_at = LooksAt::Near { id, member };
            let near = Filter::window(time - MARGIN, time + MARGIN);
            requests.push(window(known, TIME_WINDOW, near, looks_at));
        }
    }
    requests
}

/// Windows just before and just behind each time that is compared: a few seconds are enough
/// to tell. If the time of creation is compared, a task that runs has one.
pub(super) fn beside(known: &Known<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    for found in &known.listings {
        let query = found.exchange.purpose.query();
        let Some(LooksAt::Near { id, member }) = query.map(|query| &query.looks_at) else {
            continue;
        };
        let Some(time) = found.row(*id).and_then(|row| row.time(member)) else {
            continue;
        };
        for beside in [
            Filter::window(time - MARGIN * 4, time - MARGIN),
            Filter::window(time + MARGIN, time + MARGIN * 4),
        ] {
            let (id, member) = (*id, member.clone());
            let looks_at = LooksAt::Beside { id, member };
            requests.push(window(known, TIME_WINDOW, beside, looks_at));
        }
        if let Some((id, row)) = known.running()
            && let Some(time) = row.time("createTime").filter(|_| member == "createTime")
        {
            let near = Filter::window(time - MARGIN, time + MARGIN);
            requests.push(window(known, TIME_WINDOW, near, LooksAt::Running { id }));
        }
    }
    requests
}

/// Times in other forms than the documented one, which every request above has.
pub(super) fn time_forms(_: &Known<'_>) -> Vec<Request> {
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
        let purpose = question(TIME_FORMS, what);
        raw(purpose, [("startTime", start), ("endTime", end)])
    };
    forms.map(ask).into()
}

/// Filters that narrow each other, and pages of what they find. A filter that must find nothing
/// is sent unless what another one finds shows the same.
pub(super) fn together(known: &Known<'_>) -> Vec<Request> {
    let Some((first, last)) = span(&known.rows, &known.subject.filters) else {
        return Vec::new();
    };
    let day = TimeDelta::days(1);
    let all = Some(Filter::window(first - day, last + day));
    let nothing = Some(Filter::window(first - day * 2, first - day));
    let (names, mut states, mut absent) = (known.names(), known.states(), known.absent_states());
    if !known.status_forms.are_known() {
        states.clear();
        absent.clear();
    }
    let has_names = known.subject.filters.contains_key(TARGETS);
    let name = names.first().map(|name| Filter::of(TARGETS, &[name]));
    let nobody = has_names.then(|| Filter::of(TARGETS, &NOBODY[..1]));
    let state = states.last().map(|state| Filter::states(&[state]));
    let absent = absent.first().map(|state| Filter::states(&[state]));
    let both =
        |one: &Option<Filter>, other: &Option<Filter>| Some(one.clone()?.and(other.clone()?));
    let unless_shown = |filter: Option<Filter>, by: &Option<Filter>, parameter: &str| {
        let is_shown = |by| known.would_show(by, parameter);
        filter.filter(|_| !by.as_ref().is_some_and(is_shown))
    };
    let named = both(&name, &all);
    let in_state = both(&state, &all);
    let of_a_task = name_and_state(known, &names, &states);
    let rows = [
        ("a name in an empty window", both(&name, &nothing)),
        ("a state in an empty window", both(&state, &nothing)),
        (
            "a name and a state that no task is in",
            unless_shown(both(&name, &absent), &of_a_task, STATUS),
        ),
        (
            "a name that is none and a state",
            unless_shown(both(&nobody, &state), &of_a_task, TARGETS),
        ),
        (
            "a window and a state that no task is in",
            unless_shown(both(&absent, &all), &in_state, STATUS),
        ),
        (
            "a window and a name that is none",
            unless_shown(both(&nobody, &all), &named, TARGETS),
        ),
        ("a name and a state", of_a_task),
    ];
    let is_only_window = named.is_none() && in_state.is_none();
    let pages = [
        ("a window", all.filter(|_| is_only_window)),
        ("a name in the window of all", named),
        ("a state in the window of all", in_state),
    ];
    let pages = pages.into_iter();
    let pages = pages.filter_map(|(name, filter)| Some(known.find_in_pages(name, filter?)));
    let rows = rows.into_iter().filter_map(|(name, filter)| {
        Some(known.find(FILTERS_TOGETHER, name, filter?, LooksAt::Rows))
    });
    pages.chain(rows).collect()
}

/// A name and a state of one task.
fn name_and_state(known: &Known<'_>, names: &[&str], states: &[&str]) -> Option<Filter> {
    let mut pairs = names.iter().flat_map(|name| {
        let states = states.iter();
        states.map(|state| Filter::of(TARGETS, &[name]).and(Filter::states(&[state])))
    });
    pairs.find(|pair| !known.expected(pair).is_empty())
}
