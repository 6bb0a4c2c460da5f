//! What a request filters by, and which tasks it may and must find.

use chrono::{DateTime, FixedOffset, SecondsFormat, Timelike, Utc};
use oceanbase_ocp::types::RestoreTaskStatus;
use serde_json::json;

use super::listing::Listing;
use super::provider::{Query, Stop};
use super::row::Row;
use super::run::{Fault, Run};

/// Page size of whatever shall be found on one page.
pub(super) const SIZE: i64 = 100;

pub(super) type Time = DateTime<FixedOffset>;

/// Names, states and a window; each that is there narrows the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    names: Vec<String>,
    states: Vec<String>,
    start: Option<Time>,
    end: Option<Time>,
}

/// Which words the status filter takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    pub(super) names: bool,
    pub(super) labels: bool,
}

impl Words {
    /// A state in a word that the filter takes.
    pub(super) fn word(self, state: &str) -> Option<String> {
        if self.names {
            return Some(state.to_owned());
        }
        label(state).filter(|_| self.labels)
    }
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

    /// States by their machine names, whatever words the server takes.
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

    fn query(&self, words: Words) -> Query {
        let mut query = Query::default();
        if !self.names.is_empty() {
            query = query.with("restoreClusterName", json!(self.names));
        }
        if !self.states.is_empty() {
            let words: Vec<String> = self
                .states
                .iter()
                .filter_map(|state| words.word(state))
                .collect();
            query = query.with("status", json!(words));
        }
        for (name, time) in [("startTime", self.start), ("endTime", self.end)] {
            if let Some(time) = time {
                query = query.with(name, text(time));
            }
        }
        query
    }

    pub(super) fn on_one_page(&self, words: Words) -> Query {
        self.query(words).with("page", 1).with("size", SIZE)
    }

    /// Whether a task may be found. Where the documentation leaves open which
    /// time is compared, any of them will do.
    fn allows(&self, row: &Row) -> bool {
        let is_named = |names: &[String], name| {
            let name = row.text(name);
            names.is_empty() || name.is_none_or(|name| names.iter().any(|one| one == name))
        };
        let (first, last) = match times(row) {
            Some((first, last)) if row.is_finished() => (first, last),
            // What runs may count as running on.
            Some((first, _)) => (first, DateTime::<Utc>::MAX_UTC.fixed_offset()),
            None => return true,
        };
        is_named(&self.names, "restoreClusterName")
            && (is_named(&self.states, "status") || !is_known(row))
            && self.start.is_none_or(|start| last >= start)
            && self.end.is_none_or(|end| first <= end)
    }

    /// Whether a task must be found. What runs may have changed its state, and
    /// has no time that it finished at.
    fn demands(&self, row: &Row) -> bool {
        let is_inside = |(first, last): (Time, Time)| {
            self.start.is_none_or(|start| first > start) && self.end.is_none_or(|end| last < end)
        };
        let is_timeless = self.start.is_none() && self.end.is_none();
        self.allows(row)
            && (is_known(row) || self.states.is_empty())
            && match times(row) {
                Some(times) if row.is_finished() => is_inside(times),
                _ => is_timeless && self.states.is_empty(),
            }
    }
}

/// Whether the word of a row's state is known; what a filter makes of others is not.
pub(super) fn is_known(row: &Row) -> bool {
    let state = row.text("status").map(RestoreTaskStatus::from);
    !matches!(state, Some(RestoreTaskStatus::Other(_)))
}

/// The first and the last of all times that a window could be meant to compare.
pub(super) fn times(row: &Row) -> Option<(Time, Time)> {
    let created = row.time("createTime")?;
    let first = row.time("restoreEndTime");
    let last = row.time("finishTime");
    Some((
        first.map_or(created, |first| first.min(created)),
        last.map_or(created, |last| last.max(created)),
    ))
}

/// A time as the documentation wants it in queries.
fn text(time: Time) -> String {
    let whole = time.with_nanosecond(0).unwrap_or(time);
    whole.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Run {
    /// Asks for what a filter finds, on one page, and judges it.
    pub(super) async fn find(
        &mut self,
        check: &str,
        what: &str,
        filter: &Filter,
    ) -> Result<Option<Listing>, Stop> {
        let query = filter.on_one_page(self.words);
        let found = self.list(check, &query).await?;
        if let Some(found) = &found {
            self.compare(check, what, found, filter);
        }
        Ok(found)
    }

    /// Judges what a filter has found.
    pub(super) fn compare(&mut self, check: &str, what: &str, found: &Listing, filter: &Filter) {
        let stranger = found
            .rows
            .iter()
            .find(|row| !filter.allows(row) && !self.is_new(row));
        let demanded = self.tasks.iter().filter(|row| filter.demands(row)).count();
        let extra = stranger.map(|row| {
            Fault::new(
                format!("{what} finds others"),
                format!("only tasks that the filter asks for, {demanded} of them"),
                format!("{} as well; {} tasks in all", name(row), found.rows.len()),
            )
            .at("/data/contents")
        });
        let ids = found.ids();
        let total = found.told("totalElements");
        let is_whole = self.complete && total.is_none_or(|total| total <= SIZE);
        let lost = self
            .tasks
            .iter()
            .filter(|row| is_whole && filter.demands(row))
            .find(|row| row.id().is_some_and(|id| !ids.contains_key(&id)))
            .map(|row| {
                Fault::new(
                    format!("{what} loses tasks"),
                    format!("the {demanded} tasks that the filter asks for"),
                    format!("{} tasks, without {}", found.rows.len(), name(row)),
                )
                .at("/data/contents")
            });
        self.judge_all(check, &found.answer, extra.into_iter().chain(lost));
    }

    /// Asks for what a filter finds in two pages, so that the second one has a row.
    pub(super) async fn find_in_pages(
        &mut self,
        check: &str,
        what: &str,
        filter: &Filter,
    ) -> Result<(), Stop> {
        let demanded: Vec<i64> = self
            .tasks
            .iter()
            .filter(|row| filter.demands(row))
            .filter_map(Row::id)
            .collect();
        let count = demanded.len() as i64;
        if !self.complete || count < 2 {
            return Ok(());
        }
        let size = (count - 1).min(SIZE);
        let query = filter.query(self.words);
        // Tasks that the filter merely may find can fill another page.
        let Some(walk) = self.walk(check, &query, size, 4).await? else {
            return Ok(());
        };
        let missing = demanded
            .iter()
            .find(|id| !walk.rows.iter().any(|row| row.id() == Some(**id)));
        let fault = missing.filter(|_| walk.complete).map(|id| {
            Fault::new(
                format!("pages of {what} lose tasks"),
                format!("{count} tasks in pages of {size}"),
                format!("{}, without task {id}", walk.rows.len()),
            )
        });
        self.judge(check, &walk.last.answer, fault);
        Ok(())
    }
}

fn name(row: &Row) -> String {
    let told = |name| row.text(name).unwrap_or("?").to_owned();
    format!(
        "task {} (target {}, state {}, created {})",
        row.id().unwrap_or_default(),
        told("restoreClusterName"),
        told("status"),
        told("createTime")
    )
}
