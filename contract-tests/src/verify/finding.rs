//! What a run found: checks, findings, answers, and the verdict on them.

use ocp_contract::strict::Severity;
use serde::Serialize;

/// Everything that a run found. Every report is rendered from it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was verified.
    pub provider: String,
    /// Requests that were sent to it.
    pub requests: usize,
    /// Every check, also those that had nothing to judge.
    pub checks: Vec<CheckReport>,
    /// Findings in the order in which they were made.
    pub findings: Vec<Finding>,
    /// What makes the exit code 1.
    pub fail_on: Severity,
    /// Checks that were not made, or not to their end, because the run was cut
    /// short: by throttling, or by the limit of requests.
    pub unchecked: Vec<String>,
    /// Why the run ended before its end.
    pub stopped: Option<String>,
    /// Why nothing could be judged; then findings say nothing about OCP.
    pub unjudged: Option<String>,
}

/// What became of one check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// Stable id.
    pub id: String,
    /// What it checks, in a line.
    pub meaning: String,
    /// How the contract knows.
    pub evidence: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How often it was applied.
    pub judged: usize,
    /// Why it was not exercised.
    pub reason: Option<String>,
    /// Answers to questions that the documentation leaves open.
    pub answers: Vec<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was applied and found nothing, or only what is waived.
    Passed,
    /// It found drift and nothing worse.
    Drift,
    /// It found a violation.
    Violation,
    /// There was nothing to apply it to.
    NotExercised,
}

/// One departure from the contract. The same departure of many rows or answers
/// is one finding.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The check that found it.
    pub check: String,
    /// How bad it is.
    pub severity: Severity,
    /// The same in every run that finds it: check, place, kind.
    pub fingerprint: String,
    /// What the contract says.
    pub expected: String,
    /// How it knows.
    pub evidence: String,
    /// What came.
    pub got: String,
    /// The request, as sent, of the first answer that had it.
    pub request: Option<String>,
    /// JSON pointer into the body of that answer.
    pub pointer: String,
    /// A command line that repeats the request.
    pub curl: Option<String>,
    /// How often it was found.
    pub times: usize,
    /// The reason for which it is waived.
    pub waived: Option<String>,
}

impl Report {
    /// Findings of a severity that are not waived.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|one| one.severity == severity && one.waived.is_none())
            .count()
    }

    /// Checks with an outcome.
    pub fn outcomes(&self, outcome: Outcome) -> usize {
        self.checks
            .iter()
            .filter(|check| check.outcome == outcome)
            .count()
    }

    /// Whether there is a finding, not waived, that makes the run fail.
    pub fn fails(&self) -> bool {
        let fails = |one: &Finding| one.severity >= self.fail_on && one.waived.is_none();
        self.findings.iter().any(fails)
    }

    /// The exit code: 0 conforms, 1 does not, 2 could not be judged.
    pub fn exit_code(&self) -> u8 {
        if self.unjudged.is_some() || self.checks.iter().all(|check| check.judged == 0) {
            return 2;
        }
        match self.fails() {
            true => 1,
            // What was never looked at must not look like success.
            false if !self.unchecked.is_empty() => 2,
            false => 0,
        }
    }

    /// The verdict in one sentence.
    pub fn verdict(&self) -> String {
        if let Some(why) = &self.unjudged {
            return format!("Nothing could be judged: {why}");
        }
        let (violations, drift) = (self.count(Severity::Violation), self.count(Severity::Drift));
        let word = match (violations, drift) {
            (0, _) if !self.unchecked.is_empty() => "Incomplete",
            (0, 0) => "Conforms",
            (0, _) => "Conforms, but drifts",
            _ => "Does not conform",
        };
        let waived = self.findings.iter().filter(|one| one.waived.is_some());
        let mut text = format!(
            "{word}: {violations} violation{}, {drift} drift{}; {} checks passed, {} not exercised",
            plural(violations),
            plural(drift),
            self.outcomes(Outcome::Passed),
            self.outcomes(Outcome::NotExercised),
        );
        match waived.count() {
            0 => {}
            waived => text.push_str(&format!(", {waived} finding{} waived", plural(waived))),
        }
        let requests = self.requests;
        text.push_str(&format!("; {requests} request{}.", plural(requests)));
        if !self.unchecked.is_empty() {
            let unchecked = self.unchecked.join(", ");
            text.push_str(&format!(" Not checked, or not to the end: {unchecked}."));
        }
        text
    }

    /// Counts a finding, with others of its fingerprint.
    pub(crate) fn add(&mut self, finding: Finding) {
        let known = self
            .findings
            .iter_mut()
            .find(|one| one.fingerprint == finding.fingerprint);
        match known {
            Some(known) => known.times += 1,
            None => self.findings.push(finding),
        }
    }

    /// Sets the outcome of each check from what was found.
    pub(crate) fn settle(&mut self) {
        for check in &mut self.checks {
            let worst = self
                .findings
                .iter()
                .filter(|one| one.check == check.id && one.waived.is_none())
                .map(|one| one.severity)
                .max();
            check.outcome = match worst {
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

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
