//! What a check says of a response.

use ocp_contract::strict::Severity;
use serde_json::Value;

use super::check::CheckId;
use super::finding::Observation;
use super::topic::Topic;

/// One result of a check.
#[derive(Debug, Clone)]
pub(super) enum Judgement {
    /// The check was applied once, and found this.
    Applied(CheckId, Vec<Fault>),
    /// An open question has this answer.
    Observed(CheckId, Observation),
    /// The check has nothing to be applied to.
    Skipped(CheckId, String),
}

/// What is wrong, as a check puts it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) severity: Severity,
    /// Place and kind, the same in every run.
    pub(super) kind: String,
    pub(super) expected: String,
    pub(super) got: String,
    /// JSON pointer into the body.
    pub(super) pointer: String,
    /// The check's own, if empty.
    pub(super) evidence: String,
    /// Where one of these is broken, the fault follows from that.
    pub(super) rests_on: Vec<Topic>,
    /// What cannot be relied on any more.
    pub(super) breaks: Vec<Topic>,
}

impl Fault {
    pub(super) fn new(
        kind: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Violation,
            kind: kind.into(),
            expected: expected.into(),
            got: got.into(),
            pointer: String::new(),
            evidence: String::new(),
            rests_on: Vec::new(),
            breaks: Vec::new(),
        }
    }

    /// No source shows an empty text at this place.
    pub(super) fn empty(body: &Value, pointer: &str, place: &str) -> Option<Self> {
        let is_empty = body.pointer(pointer)?.as_str()?.is_empty();
        let fault = Self::new(
            format!("{place} empty"),
            "a text, as in the samples",
            "an empty text",
        );
        is_empty.then(|| fault.at(pointer))
    }

    pub(super) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    pub(super) fn rests_on(mut self, topics: impl IntoIterator<Item = Topic>) -> Self {
        self.rests_on.extend(topics);
        self
    }

    pub(super) fn breaks(mut self, topics: impl IntoIterator<Item = Topic>) -> Self {
        self.breaks.extend(topics);
        self
    }

    pub(super) fn drift(mut self) -> Self {
        self.severity = Severity::Drift;
        self
    }
}
