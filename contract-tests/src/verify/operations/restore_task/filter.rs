//! What a request filters by, and which tasks it may and must find.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, Timelike};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::json;

use super::task::{Time, is_finished, is_known, members, times};
use crate::verify::broken::Broken;
use crate::verify::history::History;
use crate::verify::judgement::Fault;
use crate::verify::listing::Listing;
use crate::verify::request::Query;
use crate::verify::row::Row;
use crate::verify::run::SIZE;
use crate::verify::secrets::Secrets;
use crate::verify::topic::Topic;

/// Names, states and a window; each that is there narrows the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    names: Vec<String>,
    states: Vec<String>,
    values: StatusValues,
    start: Option<Time>,
    end: Option<Time>,
}

/// Which values the status filter takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StatusValues {
    pub(super) names: bool,
    pub(super) labels: bool,
}

impl StatusValues {
    /// A state in a value that the filter takes.
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

    /// States by their machine names, to be asked for in values that the server takes.
    pub(super) fn states<'a>(
        mut self,
        values: StatusValues,
        states: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.values = values;
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

    pub(super) fn query(&self) -> Query {
        let mut query = Query::default();
        if !self.names.is_empty() {
            query = query.with("restoreClusterName", json!(self.names));
        }
        if !self.states.is_empty() {
            let values: Vec<String> = self
                .states
                .iter()
                .filter_map(|state| self.values.value(state))
                .collect();
            query = query.with("status", json!(values));
        }
        for (name, time) in [("startTime", self.start), ("endTime", self.end)] {
            if let Some(time) = time {
                query = query.with(name, text(time));
            }
        }
        query
    }

    pub(super) fn on_one_page(&self) -> Query {
        self.query().with("page", 1).with("size", SIZE)
    }

    /// Whether a task may be found. Where the documentation leaves open which
    /// time is compared, any of them will do.
    fn allows(&self, row: &Row) -> bool {
        may_be(&self.names, row.text("restoreClusterName"))
            && (may_be(&self.states, row.text("status")) || !is_known(row))
            && self.window_allows(row)
    }

    /// Tasks that must be found, of these.
    pub(super) fn demanded<'a>(&self, rows: &'a [Row]) -> impl Iterator<Item = &'a Row> {
        rows.iter().filter(|row| self.demands(row))
    }

    /// Judges what it has found; `what` it is called.
    pub(super) fn judge(
        &self,
        what: &str,
        found: &Listing,
        history: &History,
        broken: &Broken,
    ) -> Vec<Fault> {
        let secrets = &*found.response.secrets;
        let old = || found.rows.iter().filter(|row| !history.is_new(row));
        let demanded = self.demanded(&history.rows).count();
        let extra = self.witness(old().filter(|row| !self.allows(row)), broken);
        let extra = extra.map(|row| {
            let filters = self.ruling_out(row);
            Fault::new(
                format!("{what} finds others"),
                format!("only tasks that the filter asks for, {demanded} of them"),
                format!(
                    "{} as well; {} tasks in all",
                    name(row, secrets),
                    found.rows.len()
                ),
            )
            .rests_on(members(row, &self.reads()))
            .rests_on(filters.clone())
            .breaks(filters)
        });
        // Filters narrow the list, they do not add to it.
        let listed: BTreeSet<i64> = history.rows.iter().filter_map(Row::id).collect();
        let is_unlisted = |row: &&Row| row.id().is_some_and(|id| !listed.contains(&id));
        let unlisted = old().find(is_unlisted).filter(|_| history.complete);
        let unlisted = unlisted.map(|row| {
            let of_row = row.id().map(Topic::Row);
            Fault::new(
                "a filter finds tasks that are not listed",
                format!(
                    "the {} tasks that are listed without a filter",
                    listed.len()
                ),
                format!("{} as well, with {what}", name(row, secrets)),
            )
            .rests_on([Topic::Ids])
            .rests_on(of_row.clone())
            .breaks(of_row)
        });
        let ids = found.ids();
        let is_whole = history.complete && found.is_whole();
        let is_lost = |row: &&Row| row.id().is_some_and(|id| !ids.contains_key(&id));
        let lost = self.demanded(&history.rows).filter(|_| is_whole);
        let lost = self.witness(lost.filter(is_lost), broken).map(|row| {
            Fault::new(
                format!("{what} loses tasks"),
                format!("the {demanded} tasks that the filter asks for"),
                format!("{} tasks, without {}", found.rows.len(), name(row, secrets)),
            )
            .rests_on(members(row, &self.reads()))
            .rests_on([Topic::Ids])
            .rests_on(self.filters())
            .breaks(self.filters())
        });
        let faults = extra.into_iter().chain(unlisted).chain(lost);
        faults.map(|fault| fault.at("/data/contents")).collect()
    }

    /// Of several rows the one that shows most: none of which a member is wrong that
    /// the filter reads, if there is one.
    fn witness<'a>(&self, rows: impl Iterator<Item = &'a Row>, broken: &Broken) -> Option<&'a Row> {
        let rows: Vec<&Row> = rows.collect();
        let is_damaged = |row: &Row| {
            let mut members = members(row, &self.reads()).into_iter();
            members.any(|one| broken.has(&one))
        };
        let sound = rows.iter().find(|row| !is_damaged(row));
        sound.or(rows.first()).copied()
    }

    /// Its parameters.
    pub(super) fn filters(&self) -> Vec<Topic> {
        let query = self.query();
        let names = query.arguments.keys();
        names.map(|name| Topic::Filter(name.clone())).collect()
    }

    /// The parameters that a row does not fit.
    fn ruling_out(&self, row: &Row) -> Vec<Topic> {
        let without: [(&str, Self); 4] = [
            (
                "restoreClusterName",
                Self {
                    names: Vec::new(),
                    ..self.clone()
                },
            ),
            (
                "status",
                Self {
                    states: Vec::new(),
                    ..self.clone()
                },
            ),
            (
                "startTime",
                Self {
                    start: None,
                    ..self.clone()
                },
            ),
            (
                "endTime",
                Self {
                    end: None,
                    ..self.clone()
                },
            ),
        ];
        let ruling: Vec<Topic> = without
            .into_iter()
            .filter(|(_, rest)| rest.allows(row))
            .map(|(name, _)| Topic::Filter(name.to_owned()))
            .collect();
        // Several at once: each of them alone would do.
        if ruling.is_empty() {
            self.filters()
        } else {
            ruling
        }
    }

    /// Members of rows that it goes by.
    fn reads(&self) -> Vec<&'static str> {
        let mut reads = Vec::new();
        if !self.names.is_empty() {
            reads.push("restoreClusterName");
        }
        if !self.states.is_empty() {
            reads.extend(["status", "finished", "successful"]);
        }
        if self.start.is_some() || self.end.is_some() {
            reads.extend(["createTime", "finishTime", "restoreEndTime", "finished"]);
        }
        reads
    }

    /// Whether a task must be found. What runs may have changed its state, and
    /// has no time that it finished at.
    fn demands(&self, row: &Row) -> bool {
        let is_settled = is_finished(row) && is_known(row);
        self.allows(row)
            && (self.names.is_empty() || row.text("restoreClusterName").is_some())
            && (self.states.is_empty() || is_settled)
            && self.window_demands(row)
    }

    /// Times that cannot be read say nothing.
    fn window_allows(&self, row: &Row) -> bool {
        let Some((first, last)) = times(row) else {
            return true;
        };
        // What runs may count as running on.
        self.start
            .is_none_or(|start| last >= start || !is_finished(row))
            && self.end.is_none_or(|end| first <= end)
    }

    fn window_demands(&self, row: &Row) -> bool {
        if self.start.is_none() && self.end.is_none() {
            return true;
        }
        let is_inside = |(first, last): (Time, Time)| {
            self.start.is_none_or(|start| first > start) && self.end.is_none_or(|end| last < end)
        };
        is_finished(row) && times(row).is_some_and(is_inside)
    }
}

/// Whether a value may be one of those that are asked for.
fn may_be(asked: &[String], value: Option<&str>) -> bool {
    asked.is_empty() || value.is_none_or(|value| asked.iter().any(|one| one == value))
}

/// A time as the documentation wants it in queries.
fn text(time: Time) -> String {
    let whole = time.with_nanosecond(0).unwrap_or(time);
    whole.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn name(row: &Row, secrets: &Secrets) -> String {
    let text = |name| secrets.shortened(row.text(name).unwrap_or("?"));
    format!(
        "task {} (target {}, state {}, created {})",
        row.id().unwrap_or_default(),
        text("restoreClusterName"),
        text("status"),
        text("createTime")
    )
}
