//! The report, and the verdict on what it holds.

use std::collections::BTreeMap;

use ocp_contract::strict::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{CheckReport, Finding, OperationReport, Outcome, SeverityName, Standing};

/// The version of the report's format. Version 1 had no such member; version 2 had
/// findings that followed from others.
pub(super) const FORMAT: u32 = 3;

/// Everything that a run found. Every form of a report is rendered from it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// This program, and its version.
    pub tool: String,
    /// A hash of the contract.
    pub contract: String,
    /// The day on which OCP was asked, such as `2026-11-28`.
    pub date: String,
    /// The version of OCP, if it gives it.
    pub ocp: Option<String>,
    /// The OCP that was verified.
    pub provider: String,
    /// Requests that were sent to it.
    pub requests: usize,
    /// The outcome of each operation, in the order of the description.
    pub operations: Vec<OperationReport>,
    /// Every check by operation, also those that had nothing to judge.
    pub checks: Vec<CheckReport>,
    /// Findings by operation, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// The least severity that makes the exit code 1.
    #[schemars(with = "SeverityName")]
    pub fail_on: Severity,
    /// Why the run ended before its end.
    pub stopped: Option<String>,
    /// Why nothing could be judged; then findings say nothing about OCP.
    pub unjudged: Option<String>,
    /// Knowledge of an earlier report that this run has not judged.
    pub earlier: Memory,
}

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

impl Report {
    pub(crate) fn new(provider: String) -> Self {
        Self {
            format: FORMAT,
            tool: concat!("ocp-verify ", env!("CARGO_PKG_VERSION")).to_owned(),
            provider,
            ..Self::default()
        }
    }

    /// The versions of OCP and of this program, and the contract.
    pub fn made_by(&self) -> String {
        let ocp = self.ocp.as_deref().unwrap_or("of an unknown version");
        let contract = self.contract.get(..12).unwrap_or("unknown");
        format!("OCP {ocp}; {}; contract {contract}", self.tool)
    }

    /// Severities of the findings that are not waived.
    fn severities(&self) -> impl Iterator<Item = Severity> {
        let counting = self.findings.iter().filter(|one| one.waived.is_none());
        counting.map(|one| one.severity)
    }

    /// The severity of the worst finding that is not waived.
    pub fn worst(&self) -> Option<Severity> {
        self.severities().max()
    }

    /// Findings of a severity that are not waived.
    pub fn count(&self, severity: Severity) -> usize {
        self.severities().filter(|one| *one == severity).count()
    }

    /// The exit code: 0 conforms, 1 does not, 2 could not be judged.
    pub fn exit_code(&self) -> u8 {
        self.outcome().1
    }

    /// The beginning of the verdict, and the exit code.
    fn outcome(&self) -> (&'static str, u8) {
        use Severity::{Drift, Violation};
        let worst = self.worst();
        let fails = worst >= Some(self.fail_on);
        let is_cut = self
            .operations
            .iter()
            .any(|one| !one.unchecked.is_empty() || matches!(one.standing, Standing::Unjudged(_)));
        match worst {
            _ if self.unjudged.is_some() => ("Nothing could be judged", 2),
            Some(Violation) => ("Does not conform", 1),
            // A run that did not look at everything must not look like success.
            _ if is_cut => ("Incomplete", if fails { 1 } else { 2 }),
            Some(Drift) => ("Conforms, but drifts", u8::from(fails)),
            None => ("Conforms", 0),
        }
    }

    /// The verdict in one sentence.
    pub fn verdict(&self) -> String {
        let (headline, _) = self.outcome();
        if let Some(why) = &self.unjudged {
            return format!("{headline}: {why}");
        }
        let checks = |outcome| {
            let checks = self.checks.iter();
            checks.filter(|one| one.outcome == outcome).count()
        };
        let waived = match self.findings.len() - self.severities().count() {
            0 => String::new(),
            waived => format!(", {} waived", counted(waived, "finding")),
        };
        let mut text = format!(
            "{headline}: {}, {}; {} passed, {} not exercised{waived}; {}.",
            counted(self.count(Severity::Violation), "violation"),
            counted(self.count(Severity::Drift), "drift"),
            counted(checks(Outcome::Passed), "check"),
            checks(Outcome::NotExercised),
            counted(self.requests, "request"),
        );
        let mut unjudged = BTreeMap::<&str, Vec<&str>>::new();
        let mut left_out = BTreeMap::<String, Vec<&str>>::new();
        for operation in &self.operations {
            if let Standing::Unjudged(why) = &operation.standing {
                unjudged.entry(why).or_default().push(&operation.id);
            } else if let Some(why) = operation.standing.left_out() {
                left_out.entry(why).or_default().push(&operation.id);
            } else if let Some(remark) = operation.remark() {
                text.push_str(&format!(" {remark}."));
            }
        }
        for (why, ids) in unjudged {
            let end = if why.ends_with('?') { "" } else { "." };
            text.push_str(&format!(" {} not judged: {why}{end}", ids.join(", ")));
        }
        for (why, ids) in left_out {
            text.push_str(&format!(" Not verified {why}: {}.", ids.join(", ")));
        }
        text
    }

    /// Puts checks and findings in the order of the operations, and sets the outcome
    /// of each check from what was found.
    pub(crate) fn settle(&mut self) {
        let operations = &self.operations;
        // Checks of no operation come first.
        let place = |id: &Option<String>| {
            let mut ids = operations.iter().map(|one| &one.id);
            ids.position(|one| Some(one) == id.as_ref())
        };
        self.checks.sort_by_key(|check| place(&check.operation));
        self.findings
            .sort_by_key(|finding| place(&finding.operation));
        for check in &mut self.checks {
            let found = self.findings.iter().filter(|one| check.has_found(one));
            let found = found.filter(|one| one.waived.is_none());
            check.outcome = match found.map(|one| one.severity).max() {
                Some(Severity::Violation) => Outcome::Violation,
                Some(Severity::Drift) => Outcome::Drift,
                None if check.judged > 0 => Outcome::Passed,
                None => Outcome::NotExercised,
            };
            if check.outcome != Outcome::NotExercised {
                check.reason = None;
            }
        }
    }
}

/// A number of things, in words.
fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_and_every_finding_has_its_headline_and_its_exit_code() {
        use Severity::{Drift, Violation};
        let unjudged = Some("no connection".to_owned());
        let (complete, cut) = (Standing::Verified, Standing::Unjudged(String::new()));
        for (standing, unjudged, worst, fail_on, headline, exit_code) in [
            (&complete, &None, None, Violation, "Conforms", 0),
            (&complete, &None, None, Drift, "Conforms", 0),
            (
                &complete,
                &None,
                Some(Drift),
                Violation,
                "Conforms, but drifts",
                0,
            ),
            (
                &complete,
                &None,
                Some(Drift),
                Drift,
                "Conforms, but drifts",
                1,
            ),
            (
                &complete,
                &None,
                Some(Violation),
                Violation,
                "Does not conform",
                1,
            ),
            (
                &complete,
                &None,
                Some(Violation),
                Drift,
                "Does not conform",
                1,
            ),
            (&cut, &None, None, Violation, "Incomplete", 2),
            (&cut, &None, None, Drift, "Incomplete", 2),
            (&cut, &None, Some(Drift), Violation, "Incomplete", 2),
            (&cut, &None, Some(Drift), Drift, "Incomplete", 1),
            (
                &cut,
                &None,
                Some(Violation),
                Violation,
                "Does not conform",
                1,
            ),
            (&cut, &None, Some(Violation), Drift, "Does not conform", 1),
            (
                &cut,
                &unjudged,
                None,
                Violation,
                "Nothing could be judged",
                2,
            ),
            (
                &cut,
                &unjudged,
                Some(Drift),
                Drift,
                "Nothing could be judged",
                2,
            ),
            (
                &cut,
                &unjudged,
                Some(Violation),
                Violation,
                "Nothing could be judged",
                2,
            ),
        ] {
            let mut report = Report::new("OCP".to_owned());
            report.operations.push(OperationReport {
                id: "list".to_owned(),
                versions: None,
                standing: standing.clone(),
                unchecked: Vec::new(),
                is_stopped: false,
            });
            let found = worst.map(|worst| Finding::new("check", worst, String::new()));
            report.findings.extend(found);
            report.unjudged.clone_from(unjudged);
            report.fail_on = fail_on;
            let case = format!("{standing:?} {unjudged:?} {worst:?} {fail_on:?}");
            assert_eq!(report.outcome(), (headline, exit_code), "{case}");
        }
    }
}
