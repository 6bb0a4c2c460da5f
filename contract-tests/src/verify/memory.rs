//! The memory of an OCP from one report to the next.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{About, Observation};

/// The knowledge of an OCP from one report to the next, each piece with the day on which it was
/// found out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Memory {
    /// Checks that were made, by operation and check.
    pub checks: BTreeMap<String, String>,
    /// Answers to questions about the server, by operation, check and question.
    pub answers: BTreeMap<String, Answer>,
    /// Findings, by their fingerprints.
    pub findings: BTreeMap<String, String>,
}

/// Answers to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The day on which it was given.
    pub date: String,
    /// The answers, in order.
    pub values: Vec<String>,
}

impl Memory {
    /// Adds the checks that a report has made, each with its observations, and the fingerprints
    /// of its findings.
    pub(super) fn add<'a>(
        &mut self,
        date: &str,
        checks: impl Iterator<Item = (String, &'a [Observation])>,
        findings: impl Iterator<Item = String>,
    ) {
        for (key, observations) in checks {
            let mut answers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
            for one in observations.iter().filter(|one| one.about == About::Server) {
                let question = format!("{key}: {}", one.question);
                answers.entry(question).or_default().insert(&one.value);
            }
            for (question, values) in answers {
                let values = values.into_iter().map(str::to_owned).collect();
                let date = date.to_owned();
                self.answers.insert(question, Answer { date, values });
            }
            self.checks.insert(key, date.to_owned());
        }
        self.findings
            .extend(findings.map(|one| (one, date.to_owned())));
    }
}
