//! The report: checks, findings, observations, and the verdict on them.

use std::collections::BTreeMap;

use ocp_contract::Operation;
use ocp_contract::strict::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checks::CheckId;
use super::verdict::{End, Verdict};

/// The version of the report's format. Version 1 had no such member; version 2 had
/// findings that followed from others.
pub(super) const FORMAT: u32 = 3;

/// Everything that a run found. Every report is rendered from it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// What was verified.
    pub provider: String,
    /// Requests that were sent to it.
    pub requests: usize,
    /// What became of each operation, in the order of the description.
    pub operations: Vec<OperationReport>,
    /// Every check by operation, also those that had nothing to judge.
    pub checks: Vec<CheckReport>,
    /// Findings by operation, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// What makes the exit code 1.
    #[schemars(with = "SeverityName")]
    pub fail_on: Severity,
    /// Why the run ended before its end.
    pub stopped: Option<String>,
    /// Why nothing could be judged; then findings say nothing about OCP.
    pub unjudged: Option<String>,
    /// What an earlier report knew and this run has not judged.
    pub earlier: Memory,
}

/// What is known of an OCP from one report to the next, each with the day on which it was found
/// out.
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

/// What became of one operation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OperationReport {
    /// The `operationId`.
    pub id: String,
    /// The versions of OCP whose documentation has it.
    pub versions: Option<String>,
    /// Whether it could be judged.
    pub standing: Standing,
    /// Checks that were not made, or not to their end, because the run was cut
    /// short: by throttling, or by the limit of requests.
    pub unchecked: Vec<String>,
    /// Whether its run ended before all requests were sent.
    pub is_stopped: bool,
}

/// Whether an operation could be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was put to the checks.
    Verified,
    /// It was left out, because others were named.
    NotNamed,
    /// It was left out for want of these arguments, by the names of their flags.
    NotGiven(Vec<String>),
    /// Every request is answered like a path that is not known.
    NotOffered,
    /// Nothing could be judged, and why.
    Unjudged(String),
}

/// What became of one check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CheckReport {
    /// The operation that it was applied to; `None` for what is about no operation.
    pub operation: Option<String>,
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
    pub observations: Vec<Observation>,
    /// What it did not look at, because there is a finding about that, and how often.
    pub left_out: BTreeMap<String, usize>,
}

/// One answer to a question that the documentation leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// The question, the same in every run.
    pub question: String,
    /// The answer without counts, ids and times, to be compared between runs.
    pub value: String,
    /// The whole of it, for people.
    pub text: String,
    /// What it is about.
    #[serde(default)]
    pub about: About,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The server: another answer is a change of it.
    #[default]
    Server,
    /// The data that the server happens to have, or whatever stands before it.
    Data,
}

impl Observation {
    pub(crate) fn new(
        question: impl Into<String>,
        value: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            question: question.into(),
            value: value.into(),
            text: text.into(),
            about: About::Server,
        }
    }

    pub(crate) fn about(self, about: About) -> Self {
        Self { about, ..self }
    }
}

/// A severity, as the schema of the report has it.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is made")]
enum SeverityName {
    Drift,
    Violation,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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

/// What users of the client get of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The values that the response has.
    ReadRight,
    /// An error.
    Refused,
    /// A value that the response does not have.
    ReadWrong,
}

impl Meaning {
    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::ReadRight => "reads this response as it is",
            Self::Refused => "fails with an error on this response",
            Self::ReadWrong => "reads this response wrong",
        }
    }
}

/// A member of the object in which something is wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Line {
    /// The member as JSON, shortened.
    pub text: String,
    /// Whether it is what is wrong.
    pub is_wrong: bool,
}

/// One departure from the contract. The same departure of many rows or responses
/// is one finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Finding {
    /// The operation that it is about, if any.
    pub operation: Option<String>,
    /// The check that found it.
    pub check: String,
    /// How bad it is.
    #[schemars(with = "SeverityName")]
    pub severity: Severity,
    /// The same in every run that finds it: operation, check, place, kind.
    pub fingerprint: String,
    /// What the contract says.
    pub expected: String,
    /// How it knows.
    pub evidence: String,
    /// What came.
    pub got: String,
    /// The request, as sent, of the first response that had it.
    pub request: Option<String>,
    /// JSON pointer into the body of that response.
    pub pointer: String,
    /// The body around that place, member by member.
    pub excerpt: Vec<Line>,
    /// A command line that repeats the request.
    pub curl: Option<String>,
    /// How often it was found.
    pub times: usize,
    /// The reason for which it is waived.
    pub waived: Option<String>,
    /// What it means for users of the client, where the client sent the request.
    pub client: Option<Meaning>,
    /// Whether an earlier report, which had its check, did not have it.
    pub is_new: bool,
}

impl Report {
    pub(crate) fn new(provider: String) -> Self {
        Self {
            format: FORMAT,
            tool: concat!("ocp-verify ", env!("CARGO_PKG_VERSION")).to_owned(),
            contract: String::new(),
            date: String::new(),
            ocp: None,
            provider,
            requests: 0,
            operations: Vec::new(),
            checks: Vec::new(),
            findings: Vec::new(),
            fail_on: Severity::Violation,
            stopped: None,
            unjudged: None,
            earlier: Memory::default(),
        }
    }

    /// What was verified by what: versions of OCP and of this program, and the contract.
    pub fn made_by(&self) -> String {
        let ocp = self.ocp.as_deref().unwrap_or("of an unknown version");
        let contract = self.contract.get(..12).unwrap_or("unknown");
        format!("OCP {ocp}; {}; contract {contract}", self.tool)
    }

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

    /// How the run ended, and the worst of what it found.
    fn outcome(&self) -> Verdict {
        let end = match &self.unjudged {
            Some(_) => End::Unjudged,
            None if self.is_incomplete() => End::Cut,
            None => End::Complete,
        };
        let found = self.findings.iter().filter(|one| one.waived.is_none());
        Verdict::new(end, found.map(|one| one.severity).max(), self.fail_on)
    }

    /// The exit code: 0 conforms, 1 does not, 2 could not be judged.
    pub fn exit_code(&self) -> u8 {
        self.outcome().exit_code
    }

    /// The verdict in one sentence.
    pub fn verdict(&self) -> String {
        let headline = self.outcome().headline;
        if let Some(why) = &self.unjudged {
            return format!("{headline}: {why}");
        }
        let (violations, drift) = (self.count(Severity::Violation), self.count(Severity::Drift));
        let passed = self.outcomes(Outcome::Passed);
        let waived = self.findings.iter().filter(|one| one.waived.is_some());
        let mut text = format!(
            "{headline}: {violations} violation{}, {drift} drift{}; {passed} check{} passed, {} not exercised",
            plural(violations),
            plural(drift),
            plural(passed),
            self.outcomes(Outcome::NotExercised),
        );
        match waived.count() {
            0 => {}
            waived => text.push_str(&format!(", {waived} finding{} waived", plural(waived))),
        }
        let requests = self.requests;
        text.push_str(&format!("; {requests} request{}.", plural(requests)));
        for remark in self.operations.iter().filter_map(OperationReport::remark) {
            text.push_str(&format!(" {remark}."));
        }
        text
    }

    /// Whether something was to be judged that was not looked at.
    fn is_incomplete(&self) -> bool {
        let is_left = |one: &OperationReport| {
            !one.unchecked.is_empty() || matches!(one.standing, Standing::Unjudged(_))
        };
        self.operations.iter().any(is_left)
    }

    /// Puts checks and findings in the order of the operations, and sets the outcome
    /// of each check from what was found.
    pub(crate) fn settle(&mut self) {
        let operations = &self.operations;
        // What is about no operation comes first.
        let place = |id: &Option<String>| {
            operations
                .iter()
                .position(|one| Some(&one.id) == id.as_ref())
        };
        self.checks.sort_by_key(|check| place(&check.operation));
        self.findings
            .sort_by_key(|finding| place(&finding.operation));
        for check in &mut self.checks {
            let worst = self
                .findings
                .iter()
                .filter(|one| one.waived.is_none())
                .filter(|one| check.has_found(one))
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

impl Finding {
    /// A finding of a check, about no operation and no response yet.
    pub(crate) fn new(check: &str, severity: Severity, fingerprint: String) -> Self {
        Self {
            operation: None,
            check: check.to_owned(),
            severity,
            fingerprint,
            expected: String::new(),
            evidence: String::new(),
            got: String::new(),
            request: None,
            pointer: String::new(),
            excerpt: Vec::new(),
            curl: None,
            times: 1,
            waived: None,
            client: None,
            is_new: false,
        }
    }

    /// Counts one more occurrence. The severity is the worst of all; what is shown is the
    /// first of those.
    pub(crate) fn count(&mut self, occurrence: Self) {
        let times = self.times + occurrence.times;
        if occurrence.severity > self.severity {
            *self = occurrence;
        }
        self.times = times;
    }
}

impl CheckReport {
    /// A check that was not applied yet.
    pub(crate) fn new(operation: Option<&str>, check: CheckId) -> Self {
        Self {
            operation: operation.map(str::to_owned),
            id: check.as_str().to_owned(),
            meaning: check.meaning().to_owned(),
            evidence: check.evidence().to_owned(),
            outcome: Outcome::NotExercised,
            judged: 0,
            reason: None,
            observations: Vec::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// A check that is none of an OCP's responses, and was applied.
    pub(crate) fn applied(id: &str, meaning: &str, evidence: &str) -> Self {
        Self {
            operation: None,
            id: id.to_owned(),
            meaning: meaning.to_owned(),
            evidence: evidence.to_owned(),
            outcome: Outcome::Passed,
            judged: 1,
            reason: None,
            observations: Vec::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// Whether a finding is of this check.
    pub fn has_found(&self, finding: &Finding) -> bool {
        finding.check == self.id && finding.operation == self.operation
    }

    /// What the fingerprints of its findings begin with.
    pub fn key(&self) -> String {
        match &self.operation {
            Some(operation) => format!("{operation}/{}", self.id),
            None => self.id.clone(),
        }
    }
}

impl OperationReport {
    pub(crate) fn new(operation: &Operation, standing: Standing) -> Self {
        let versions = operation
            .versions
            .as_ref()
            .map(|one| match one.first == one.last {
                true => one.first.clone(),
                false => format!("{} to {}", one.first, one.last),
            });
        Self {
            id: operation.id.clone(),
            versions,
            standing,
            unchecked: Vec::new(),
            is_stopped: false,
        }
    }

    /// Why it was not verified, or not to its end.
    pub fn remark(&self) -> Option<String> {
        let id = &self.id;
        Some(match &self.standing {
            Standing::NotNamed => format!("{id} not verified: --operation names others"),
            Standing::Verified if self.unchecked.is_empty() => return None,
            Standing::Verified => {
                let unchecked = self.unchecked.join(", ");
                format!("Not checked, or not to the end, of {id}: {unchecked}")
            }
            Standing::NotGiven(flags) => format!("{id} not given: {}", flags.join(", ")),
            Standing::NotOffered => match &self.versions {
                Some(versions) => {
                    format!("{id} is not offered by this OCP; it is documented for {versions}")
                }
                None => format!("{id} is not offered by this OCP"),
            },
            Standing::Unjudged(why) => format!("{id} not judged: {why}"),
        })
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
