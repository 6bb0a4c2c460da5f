//! Filters: what a request asks for, and which rows it may and must find. What a filter compares
//! is in the description (`x-filter`), but for the states and the windows of restore tasks.

use std::collections::BTreeMap;

use chrono::{SecondsFormat, Timelike};
use oceanbase_ocp::types::RestoreTaskStatus;
use ocp_contract::Comparison;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::row::{Row, Time};

/// The rows that each filter of an operation keeps, as the description says.
pub(super) type Described = BTreeMap<String, ocp_contract::Filter>;

/// The filter of restore tasks by the names of their targets.
pub(super) const TARGETS: &str = "restoreClusterName";

/// Names, states and a window; each that is there narrows the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    /// The parameter that takes the names; that of target clusters, if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    /// Machine names of states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Time>,
}

/// The value or the time that a parameter compares.
enum Part<'a> {
    Names(&'a ocp_contract::Filter),
    States,
    Start(Time),
    End(Time),
}

/// The forms in which the status filter takes a state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StatusForms {
    pub(super) names: bool,
    pub(super) labels: bool,
}

impl StatusForms {
    pub(super) fn are_known(self) -> bool {
        self.names || self.labels
    }

    /// A state in a form that the filter takes.
    fn value(self, state: &str) -> Option<String> {
        match self.names {
            true => Some(state.to_owned()),
            false => label(state).filter(|_| self.labels),
        }
    }
}

/// The state whose documented filter value this is, in letters of any case.
pub(super) fn state_of_label(text: &str) -> Option<RestoreTaskStatus> {
    let mut states = RestoreTaskStatus::KNOWN.iter();
    let has_label = |state: &&RestoreTaskStatus| {
        let label = state.filter_label().map(|label| label.to_string());
        label.is_some_and(|label| label.eq_ignore_ascii_case(text))
    };
    states.find(has_label).cloned()
}

/// The documented filter value for a state.
pub(super) fn label(state: &str) -> Option<String> {
    let label = RestoreTaskStatus::from(state).filter_label()?;
    Some(label.to_string())
}

impl Filter {
    /// Values of a parameter that compares texts.
    pub(super) fn of(parameter: &str, values: &[&str]) -> Self {
        Self {
            parameter: (parameter != TARGETS).then(|| parameter.to_owned()),
            names: values.iter().map(|one| (*one).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Changes each name.
    pub(super) fn each_name(&mut self, change: impl Fn(&str) -> String) {
        self.names.iter_mut().for_each(|name| *name = change(name));
    }

    /// States by their machine names.
    pub(super) fn states<'a>(self, states: impl IntoIterator<Item = &'a str>) -> Self {
        let states = states.into_iter().map(str::to_owned).collect();
        Self { states, ..self }
    }

    /// The same, narrowed by the states of another one.
    pub(super) fn and_states_of(self, other: &Self) -> Self {
        let states = other.states.clone();
        Self { states, ..self }
    }

    pub(super) fn window(
        self,
        start: impl Into<Option<Time>>,
        end: impl Into<Option<Time>>,
    ) -> Self {
        let (start, end) = (start.into(), end.into());
        Self { start, end, ..self }
    }

    /// The parameters that are set, and what each compares.
    fn parts<'a>(&'a self, described: &'a Described) -> Vec<(&'a str, Part<'a>)> {
        let names = self.parameter.as_deref().unwrap_or(TARGETS);
        let start = bound(described, Comparison::From).map_or("startTime", |(name, _)| name);
        let end = bound(described, Comparison::To).map_or("endTime", |(name, _)| name);
        let names = described.get_key_value(names);
        let names = names.filter(|_| !self.names.is_empty());
        let parts = [
            names.map(|(name, filter)| (name.as_str(), Part::Names(filter))),
            (!self.states.is_empty()).then_some(("status", Part::States)),
            self.start.map(|time| (start, Part::Start(time))),
            self.end.map(|time| (end, Part::End(time))),
        ];
        parts.into_iter().flatten().collect()
    }

    /// The parameters that are set.
    pub(super) fn parameters<'a>(&'a self, described: &'a Described) -> Vec<&'a str> {
        let parts = self.parts(described).into_iter();
        parts.map(|(name, _)| name).collect()
    }

    /// The values of its parameters, states in the forms that the server takes.
    pub(super) fn arguments(
        &self,
        described: &Described,
        forms: StatusForms,
    ) -> Map<String, Value> {
        let value = |part| match part {
            Part::Names(_) => json!(self.names),
            Part::States => {
                let states = self.states.iter();
                states.filter_map(|state| forms.value(state)).collect()
            }
            Part::Start(time) | Part::End(time) => text(time),
        };
        let parts = self.parts(described).into_iter();
        parts
            .map(|(name, part)| (name.to_owned(), value(part)))
            .collect()
    }

    /// The members of rows that it goes by.
    pub(super) fn members<'a>(&'a self, described: &'a Described) -> Vec<&'a str> {
        let parts = self.parts(described).into_iter();
        let of = |(_, part)| match (part, bound_member(described)) {
            (Part::Names(filter), _) => vec![filter.member.as_str()],
            (Part::States, _) => vec!["status", "finished", "successful"],
            (_, Some(member)) => vec![member],
            _ => vec!["createTime", "finishTime", "restoreEndTime", "finished"],
        };
        parts.flat_map(of).collect()
    }

    /// True if a row may be found.
    pub(super) fn may_find(&self, row: Row<'_>, described: &Described) -> bool {
        self.excluding(row, described).is_empty()
    }

    /// The parameters that exclude a row. If the documentation leaves open which time is
    /// compared, all times must be outside; those that cannot be read say nothing.
    pub(super) fn excluding<'a>(&'a self, row: Row<'_>, described: &'a Described) -> Vec<&'a str> {
        let (first, last) = times(row, described).unzip();
        let may_run_on = !is_finished(row) && !compares_one_time(described);
        let is_kept = |part: &Part<'_>| match part {
            Part::Names(filter) => self.matches(row, filter),
            Part::States => {
                let state = row.text("status").filter(|_| is_known(row));
                state.is_none_or(|state| self.states.iter().any(|one| one == state))
            }
            Part::Start(start) => may_run_on || last.is_none_or(|last| last >= *start),
            Part::End(end) => first.is_none_or(|first| first <= *end),
        };
        let parts = self.parts(described).into_iter();
        let excluding = parts.filter(|(_, part)| !is_kept(part));
        excluding.map(|(name, _)| name).collect()
    }

    /// True if a row has one of the names, or nothing to compare.
    fn matches(&self, row: Row<'_>, filter: &ocp_contract::Filter) -> bool {
        let is_of = |value: &str| {
            self.names.iter().any(|name| match filter.comparison {
                Comparison::ContainsIgnoreCase => {
                    value.to_lowercase().contains(&name.to_lowercase())
                }
                _ => value == name,
            })
        };
        row.plain(&filter.member).is_none_or(|value| is_of(&value))
    }

    /// True if a row must be found. A task that runs may have changed its state, and has no
    /// time that it finished at.
    pub(super) fn must_find(&self, row: Row<'_>, described: &Described) -> bool {
        let is_inside = |(first, last): (Time, Time)| {
            self.start.is_none_or(|start| first > start) && self.end.is_none_or(|end| last < end)
        };
        let is_told = |part: &Part<'_>| match part {
            Part::Names(filter) => row.plain(&filter.member).is_some(),
            Part::States => is_finished(row) && is_known(row),
            Part::Start(_) | Part::End(_) => {
                (is_finished(row) || compares_one_time(described))
                    && times(row, described).is_some_and(is_inside)
            }
        };
        let mut parts = self.parts(described).into_iter();
        self.may_find(row, described) && parts.all(|(_, part)| is_told(&part))
    }

    /// True if a span of time reaches beyond the window on both sides.
    pub(super) fn is_within(&self, first: Time, last: Time) -> bool {
        self.start.is_some_and(|start| first < start) && self.end.is_some_and(|end| last > end)
    }
}

/// The described filter that bounds a time from one side.
fn bound(described: &Described, side: Comparison) -> Option<(&str, &ocp_contract::Filter)> {
    let mut bounds = described.iter();
    let found = bounds.find(|(_, filter)| filter.comparison == side);
    found.map(|(name, filter)| (name.as_str(), filter))
}

/// The member that described bounds compare.
fn bound_member(described: &Described) -> Option<&str> {
    let bounds = [Comparison::From, Comparison::To].into_iter();
    let (_, filter) = bounds.filter_map(|side| bound(described, side)).next()?;
    Some(&filter.member)
}

/// True if the description says which time a window compares; of restore tasks it does not.
pub(super) fn compares_one_time(described: &Described) -> bool {
    bound_member(described).is_some()
}

/// A time as the documentation wants it in queries.
fn text(time: Time) -> Value {
    let whole = time.with_nanosecond(0).unwrap_or(time);
    let text = whole.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    text.into()
}

pub(super) fn is_finished(row: Row<'_>) -> bool {
    row.flag("finished") == Some(true)
}

/// True if a task's state is a known one; nobody knows how a filter takes others.
pub(super) fn is_known(row: Row<'_>) -> bool {
    let state = row.text("status").map(RestoreTaskStatus::from);
    !matches!(state, Some(RestoreTaskStatus::Other(_)))
}

/// The first and the last of all times of a row that a window could be meant to compare; `None`
/// if one of them cannot be read. A task that runs has not finished at any.
pub(super) fn times(row: Row<'_>, described: &Described) -> Option<(Time, Time)> {
    if let Some(member) = bound_member(described) {
        let time = row.time(member)?;
        return Some((time, time));
    }
    let created = row.time("createTime")?;
    let restored = row.time("restoreEndTime")?;
    let finished = match row.0.get("finishTime") {
        None | Some(Value::Null) if !is_finished(row) => created,
        _ => row.time("finishTime")?,
    };
    Some((restored.min(created), finished.max(created)))
}

/// The first and the last time of all rows; `None` if no row has any.
pub(super) fn span(rows: &[Row<'_>], described: &Described) -> Option<(Time, Time)> {
    let times = rows.iter().filter_map(|row| times(*row, described));
    times.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::row::time;

    /// Filters of a list of which nothing is known but its description.
    #[test]
    fn rows_are_found_as_the_description_says() {
        let described: Described = serde_json::from_value(json!({
            "mode": { "member": "mode", "match": "equals" },
            "name": { "member": "name", "match": "contains-ignore-case" },
            "since": { "member": "at", "match": "from" },
            "until": { "member": "at", "match": "to" },
        }))
        .unwrap();
        let bound = |text: &str| time(text).unwrap();
        let (start, end) = (bound("2024-01-01T00:00:00Z"), bound("2024-01-02T00:00:00Z"));
        let day = Filter::default().window(start, end);
        for (filter, row, may, must) in [
            (
                Filter::of("mode", &["A", "B"]),
                json!({ "mode": "B" }),
                true,
                true,
            ),
            (
                Filter::of("mode", &["A"]),
                json!({ "mode": "a" }),
                false,
                false,
            ),
            (Filter::of("mode", &["7"]), json!({ "mode": 7 }), true, true),
            (
                Filter::of("mode", &["A"]),
                json!({ "mode": null }),
                true,
                false,
            ),
            (
                Filter::of("name", &["OB"]),
                json!({ "name": "my_ob_1" }),
                true,
                true,
            ),
            (
                Filter::of("name", &["obx"]),
                json!({ "name": "my_ob_1" }),
                false,
                false,
            ),
            (
                day.clone(),
                json!({ "at": "2024-01-01T12:00:00Z" }),
                true,
                true,
            ),
            (
                day.clone(),
                json!({ "at": "2024-01-02T00:00:00Z" }),
                true,
                false,
            ),
            (
                day.clone(),
                json!({ "at": "2024-01-02T00:00:01Z" }),
                false,
                false,
            ),
            (day.clone(), json!({ "at": "yesterday" }), true, false),
        ] {
            let found = Row(&row, "id");
            let is = (
                filter.may_find(found, &described),
                filter.must_find(found, &described),
            );
            assert_eq!(is, (may, must), "{filter:?} {row}");
        }
        let arguments = day.arguments(&described, StatusForms::default());
        let expected = json!({ "since": "2024-01-01T00:00:00Z", "until": "2024-01-02T00:00:00Z" });
        assert_eq!(Value::Object(arguments), expected);
        assert_eq!(day.members(&described), ["at", "at"]);
    }
}
