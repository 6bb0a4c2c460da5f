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
/// Their filter by states.
pub(super) const STATUS: &str = "status";

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

/// A filter as an operation takes it: one condition for each parameter that is set.
pub(super) struct Conditions<'a>(Vec<Condition<'a>>);

/// A query parameter that is set, and the rows that it keeps.
struct Condition<'a> {
    parameter: &'a str,
    value: Value,
    /// The members of rows that it goes by.
    members: Vec<&'a str>,
    keeps: Box<Keeps<'a>>,
}

/// True for a row that is kept, false for one that is not; nothing if the row, or the
/// documentation, does not tell.
type Keeps<'a> = dyn Fn(Row<'_>) -> Option<bool> + 'a;

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
    Some(RestoreTaskStatus::from(state).filter_label()?.to_string())
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
    pub(super) fn states(states: &[&str]) -> Self {
        Self {
            states: states.iter().map(|one| (*one).to_owned()).collect(),
            ..Self::default()
        }
    }

    pub(super) fn window(start: impl Into<Option<Time>>, end: impl Into<Option<Time>>) -> Self {
        Self {
            start: start.into(),
            end: end.into(),
            ..Self::default()
        }
    }

    /// A filter that this one and another one narrow, each by parameters of its own.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            parameter: self.parameter.or(other.parameter),
            names: [self.names, other.names].concat(),
            states: [self.states, other.states].concat(),
            start: self.start.or(other.start),
            end: self.end.or(other.end),
        }
    }

    /// The filter as an operation takes it, states in the forms that the server takes.
    pub(super) fn on<'a>(&'a self, described: &'a Described, forms: StatusForms) -> Conditions<'a> {
        let conditions = [
            self.names_on(described),
            self.states_on(forms),
            bound_on(Comparison::From, self.start, described),
            bound_on(Comparison::To, self.end, described),
        ];
        Conditions(conditions.into_iter().flatten().collect())
    }

    fn names_on<'a>(&'a self, described: &'a Described) -> Option<Condition<'a>> {
        let parameter = self.parameter.as_deref().unwrap_or(TARGETS);
        let (parameter, filter) = described.get_key_value(parameter)?;
        let is_of = |value: &str, name: &str| match filter.comparison {
            Comparison::ContainsIgnoreCase => value.to_lowercase().contains(&name.to_lowercase()),
            _ => value == name,
        };
        let keeps = move |row: Row<'_>| {
            let value = row.plain(&filter.member)?;
            Some(self.names.iter().any(|name| is_of(&value, name)))
        };
        (!self.names.is_empty()).then(|| Condition {
            parameter,
            value: json!(self.names),
            members: vec![&filter.member],
            keeps: Box::new(keeps),
        })
    }

    /// A task that runs may be in another state by now.
    fn states_on(&self, forms: StatusForms) -> Option<Condition<'_>> {
        let values = self.states.iter().filter_map(|state| forms.value(state));
        let keeps = |row: Row<'_>| {
            let state = row.text("status").filter(|_| is_known(row))?;
            let is_asked_for = self.states.iter().any(|one| one == state);
            (is_finished(row) || !is_asked_for).then_some(is_asked_for)
        };
        (!self.states.is_empty()).then(|| Condition {
            parameter: STATUS,
            value: values.collect(),
            members: vec!["status", "finished", "successful"],
            keeps: Box::new(keeps),
        })
    }

    /// True if a span of time reaches beyond the window on both sides.
    pub(super) fn is_within(&self, first: Time, last: Time) -> bool {
        self.start.is_some_and(|start| first < start) && self.end.is_some_and(|end| last > end)
    }
}

/// A bound of a window. If it is left open which time is compared, all of them must be inside, or
/// outside; a task that runs has no time yet that it finished at.
fn bound_on(side: Comparison, time: Option<Time>, described: &Described) -> Option<Condition<'_>> {
    let time = time?;
    let undescribed = match side {
        Comparison::From => "startTime",
        _ => "endTime",
    };
    let mut bounds = described.iter();
    let described_as = bounds.find(|(_, filter)| filter.comparison == side);
    let keeps = move |row: Row<'_>| {
        let (first, last) = times(row, described)?;
        let is_settled = is_settled(row, described);
        let (is_inside, is_outside) = match side {
            Comparison::From => (first > time, is_settled && last < time),
            _ => (last < time, first > time),
        };
        (is_inside && is_settled || is_outside).then_some(!is_outside)
    };
    Some(Condition {
        parameter: described_as.map_or(undescribed, |(name, _)| name),
        value: text(time),
        members: match compared_time(described) {
            Some(member) => vec![member],
            None => vec!["createTime", "finishTime", "restoreEndTime", "finished"],
        },
        keeps: Box::new(keeps),
    })
}

impl<'a> Conditions<'a> {
    /// The parameters that are set.
    pub(super) fn parameters(&self) -> Vec<&'a str> {
        self.0.iter().map(|one| one.parameter).collect()
    }

    /// The values of its parameters.
    pub(super) fn arguments(&self) -> Map<String, Value> {
        let conditions = self.0.iter();
        conditions
            .map(|one| (one.parameter.to_owned(), one.value.clone()))
            .collect()
    }

    /// The members of rows that it goes by.
    pub(super) fn members(&self) -> Vec<&'a str> {
        self.0.iter().flat_map(|one| one.members.clone()).collect()
    }

    /// The parameters that exclude a row.
    pub(super) fn excluding(&self, row: Row<'_>) -> Vec<&'a str> {
        let excluding = self.0.iter().filter(|one| (one.keeps)(row) == Some(false));
        excluding.map(|one| one.parameter).collect()
    }

    /// True if a row may be found.
    pub(super) fn may_find(&self, row: Row<'_>) -> bool {
        self.excluding(row).is_empty()
    }

    /// True if a row must be found.
    pub(super) fn must_find(&self, row: Row<'_>) -> bool {
        self.0.iter().all(|one| (one.keeps)(row) == Some(true))
    }
}

/// The time that windows compare, if the description says which; of restore tasks it does not.
fn compared_time(described: &Described) -> Option<&str> {
    let is_bound =
        |one: &&ocp_contract::Filter| matches!(one.comparison, Comparison::From | Comparison::To);
    let bound = described.values().find(is_bound)?;
    Some(&bound.member)
}

/// True if a row has all times that a window could be meant to compare: a task that runs has not
/// finished yet.
pub(super) fn is_settled(row: Row<'_>, described: &Described) -> bool {
    is_finished(row) || compared_time(described).is_some()
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
    if let Some(member) = compared_time(described) {
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
        let day = Filter::window(start, end);
        let forms = StatusForms::default();
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
                filter.on(&described, forms).may_find(found),
                filter.on(&described, forms).must_find(found),
            );
            assert_eq!(is, (may, must), "{filter:?} {row}");
        }
        let arguments = day.on(&described, forms).arguments();
        let expected = json!({ "since": "2024-01-01T00:00:00Z", "until": "2024-01-02T00:00:00Z" });
        assert_eq!(Value::Object(arguments), expected);
        assert_eq!(day.on(&described, forms).members(), ["at", "at"]);
    }
}
