//! The filters of restore tasks: a time window, names of clusters, states.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::states::States;
use crate::Variant;
use crate::query::{first, values};
use crate::refusal::Refusal;

/// What a task must be to be listed.
pub(super) struct Filter<'a> {
    start: Option<DateTime<FixedOffset>>,
    end: Option<DateTime<FixedOffset>>,
    clusters: Vec<&'a str>,
    states: Vec<&'a str>,
    known: &'a States,
    variants: &'a [Variant],
}

impl<'a> Filter<'a> {
    pub(super) fn read(
        known: &'a States,
        query: &'a [(String, String)],
        variants: &'a [Variant],
    ) -> Result<Self, Refusal> {
        let is = |variant| variants.contains(&variant);
        let time = |name| match first(query, name) {
            None => Ok(None),
            Some(text) => instant(text, is(Variant::UtcOnly))
                .map(Some)
                .ok_or_else(|| Refusal::of_type(name, text, "OffsetDateTime")),
        };
        let (start, end) = (time("startTime")?, time("endTime")?);
        let is_half = start.is_some() != end.is_some();
        let is_reversed = start.zip(end).is_some_and(|(start, end)| start > end);
        if is_half && is(Variant::BothBounds) || is_reversed {
            let sent = first(query, "startTime").unwrap_or_default();
            let message = "The start or end time is invalid.";
            return Err(Refusal::of_value("startTime", sent, "COM10010", message));
        }
        let clusters = values(query, "restoreClusterName", is(Variant::RepeatOnly));
        let states = values(query, "status", is(Variant::RepeatOnly));
        if is(Variant::UnknownValueIsRefused) {
            let is_unknown = |value: &&&str| !variants.iter().any(|one| known.has(*one, value));
            if let Some(value) = states.iter().find(is_unknown) {
                return Err(Refusal::of_type("status", value, "List"));
            }
        }
        Ok(Self {
            start,
            end,
            clusters,
            states,
            known,
            variants,
        })
    }

    pub(super) fn keeps(&self, task: &Value) -> bool {
        let compared = if self.variants.contains(&Variant::WindowOfFinish) {
            "finishTime"
        } else {
            "createTime"
        };
        let is_inside = match time_of_row(&task[compared]) {
            Some(at) => {
                self.start.is_none_or(|start| at >= start) && self.end.is_none_or(|end| at <= end)
            }
            None => self.start.is_none() && self.end.is_none(),
        };
        let of_cluster = |name: &&str| task["restoreClusterName"] == **name;
        let in_state = |value: &&str| self.is_called(task, value);
        is_inside
            && (self.clusters.is_empty() || self.clusters.iter().any(of_cluster))
            && (self.states.is_empty() || self.states.iter().any(in_state))
    }

    /// Whether a filter value means the state of a task.
    fn is_called(&self, task: &Value, value: &str) -> bool {
        let Some(name) = task["status"].as_str() else {
            return false;
        };
        let is = |variant| self.variants.contains(&variant);
        let label = self.known.labels.get(name);
        name == value && !is(Variant::LabelsOnly)
            || label.is_some_and(|label| label == value) && !is(Variant::MachineNamesOnly)
    }
}

/// What Java's ISO parser takes: seconds or none, a fraction of up to nine digits, an
/// offset with a colon; chrono demands seconds, and takes leap seconds and more digits.
fn instant(text: &str, utc_only: bool) -> Option<DateTime<FixedOffset>> {
    let mut text = text.to_ascii_uppercase();
    if !text.get(16..)?.starts_with(':') {
        text.insert_str(16, ":00");
    }
    let digits = text.bytes().skip(20).take_while(u8::is_ascii_digit);
    let is_java = text.get(10..11) == Some("T")
        && text.get(17..19) != Some("60")
        && digits.count() <= 9
        && (text.ends_with('Z') || !utc_only);
    let parsed = is_java.then(|| DateTime::parse_from_rfc3339(&text));
    parsed?.ok()
}

/// A time of a row, with an offset in either form.
pub(super) fn time_of_row(value: &Value) -> Option<DateTime<FixedOffset>> {
    let text = value.as_str()?;
    let compact = |_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    DateTime::parse_from_rfc3339(text).or_else(compact).ok()
}
