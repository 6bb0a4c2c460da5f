//! Filters of restore tasks: what a request asks for, and which tasks it may and must find.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, Timelike};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::row::{Row, Time};

/// Names, states and a window; each that is there narrows the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
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

/// The forms in which the status filter takes a state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct StatusForms {
    pub(super) names: bool,
    pub(super) labels: bool,
}

impl StatusForms {
    /// A state in a form that the filter takes.
    pub(super) fn value(self, state: &str) -> Option<String> {
        if self.names {
            return Some(state.to_owned());
        }
        label(state).filter(|_| self.labels)
    }
}

/// The state whose documented filter value this is, in letters of any case.
pub(super) fn state_of_label(text: &str) -> Option<RestoreTaskStatus> {
    let mut states = RestoreTaskStatus::KNOWN.iter();
    let has_label = |state: &RestoreTaskStatus| {
        let label = state.filter_label().map(|label| label.to_string());
        label.is_some_and(|label| label.eq_ignore_ascii_case(text))
    };
    states.find(|state| has_label(state)).cloned()
}

/// The documented filter value for a state.
pub(super) fn label(state: &str) -> Option<String> {
    let label = RestoreTaskStatus::from(state).filter_label()?;
    Some(label.to_string())
}

impl Filter {
    pub(super) fn names<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.names = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Changes each name.
    pub(super) fn each_name(&mut self, change: impl Fn(&str) -> String) {
        self.names.iter_mut().for_each(|name| *name = change(name));
    }

    /// States by their machine names.
    pub(super) fn states<'a>(mut self, states: impl IntoIterator<Item = &'a str>) -> Self {
        self.states = states.into_iter().map(str::to_owned).collect();
        self
    }

    pub(super) fn window(
        mut self,
        start: impl Into<Option<Time>>,
        end: impl Into<Option<Time>>,
    ) -> Self {
        (self.start, self.end) = (start.into(), end.into());
        self
    }

    /// Its parameters, states in the forms that the server takes.
    pub(super) fn arguments(&self, forms: StatusForms) -> Map<String, Value> {
        let mut arguments = Map::new();
        if !self.names.is_empty() {
            arguments.insert("restoreClusterName".to_owned(), json!(self.names));
        }
        if !self.states.is_empty() {
            let states = self.states.iter();
            let values: Vec<String> = states.filter_map(|state| forms.value(state)).collect();
            arguments.insert("status".to_owned(), json!(values));
        }
        for (name, time) in [("startTime", self.start), ("endTime", self.end)] {
            if let Some(time) = time {
                arguments.insert(name.to_owned(), text(time).into());
            }
        }
        arguments
    }

    /// The names of its parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        let is_set = [
            !self.names.is_empty(),
            !self.states.is_empty(),
            self.start.is_some(),
            self.end.is_some(),
        ];
        let parameters = PARAMETERS.into_iter().zip(is_set);
        parameters.filter_map(|(name, is_set)| is_set.then_some(name))
    }

    /// The members of rows that it goes by.
    pub(super) fn members(&self) -> BTreeSet<&'static str> {
        let members = self.parameters().flat_map(|parameter| match parameter {
            "restoreClusterName" => &["restoreClusterName"][..],
            "status" => &["status", "finished", "successful"],
            _ => &["createTime", "finishTime", "restoreEndTime", "finished"],
        });
        members.copied().collect()
    }

    /// Whether a task may be found. Where the documentation leaves open which
    /// time is compared, any of them will do.
    pub(super) fn may_find(&self, row: Row<'_>) -> bool {
        self.excluding(row).next().is_none()
    }

    /// The parameters that exclude a task.
    pub(super) fn excluding(&self, row: Row<'_>) -> impl Iterator<Item = &'static str> {
        // Times that cannot be read say nothing.
        let (first, last) = times(row).unzip();
        let is_one_of = |asked: &[String], value: Option<&str>| {
            value.is_none_or(|value| asked.iter().any(|one| one == value))
        };
        let may = move |parameter: &&str| match *parameter {
            "restoreClusterName" => is_one_of(&self.names, row.text("restoreClusterName")),
            "status" => is_one_of(&self.states, row.text("status")) || !is_known(row),
            // A task that runs may count as running on.
            "startTime" => !is_finished(row) || last.is_none() || last >= self.start,
            _ => first.is_none() || first <= self.end,
        };
        self.parameters().filter(move |parameter| !may(parameter))
    }

    /// Whether a task must be found. A task that runs may have changed its state, and
    /// has no time that it finished at.
    pub(super) fn must_find(&self, row: Row<'_>) -> bool {
        let is_inside = |(first, last): (Time, Time)| {
            self.start.is_none_or(|start| first > start) && self.end.is_none_or(|end| last < end)
        };
        let is_windowed = self.start.is_some() || self.end.is_some();
        self.may_find(row)
            && (self.names.is_empty() || row.text("restoreClusterName").is_some())
            && (self.states.is_empty() || is_finished(row) && is_known(row))
            && (!is_windowed || is_finished(row) && times(row).is_some_and(is_inside))
    }

    /// Whether a span of time reaches beyond the window on both sides.
    pub(super) fn is_within(&self, first: Time, last: Time) -> bool {
        self.start.is_some_and(|start| first < start) && self.end.is_some_and(|end| last > end)
    }
}

/// All parameters, in the order in which a filter has them.
const PARAMETERS: [&str; 4] = ["restoreClusterName", "status", "startTime", "endTime"];

/// A time as the documentation wants it in queries.
fn text(time: Time) -> String {
    let whole = time.with_nanosecond(0).unwrap_or(time);
    whole.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn is_finished(row: Row<'_>) -> bool {
    row.flag("finished") == Some(true)
}

/// Whether the value of a row's state is known; what a filter makes of others is not.
pub(super) fn is_known(row: Row<'_>) -> bool {
    let state = row.text("status").map(RestoreTaskStatus::from);
    !matches!(state, Some(RestoreTaskStatus::Other(_)))
}

/// The first and the last of all times that a window could be meant to compare;
/// `None` if one of them cannot be read. A task that runs has not finished at any.
pub(super) fn times(row: Row<'_>) -> Option<(Time, Time)> {
    let created = row.time("createTime")?;
    let restored = row.time("restoreEndTime")?;
    let finished = match row.0.get("finishTime") {
        None | Some(Value::Null) if !is_finished(row) => created,
        _ => row.time("finishTime")?,
    };
    Some((restored.min(created), finished.max(created)))
}

/// The first and the last time of all tasks; `None` where no task has any.
pub(super) fn span(rows: &[Row<'_>]) -> Option<(Time, Time)> {
    let times = rows.iter().filter_map(|row| times(*row));
    times.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}
