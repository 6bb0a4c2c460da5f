//! Checks, findings and observations: what a report is made of.

use std::collections::BTreeMap;

use ocp_contract::Operation;
use ocp_contract::strict::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identity::Caller;
use super::secrets::Secrets;
use super::transcript::{Exchange, Purpose};

/// The outcome of one operation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OperationReport {
    /// The `operationId`.
    pub id: String,
    /// The versions of OCP whose documentation has it.
    pub versions: Option<String>,
    /// The standing of the operation.
    pub standing: Standing,
    /// Checks that were not made, or not to their end, because the run was cut
    /// short: by throttling, or by the limit of requests.
    pub unchecked: Vec<String>,
    /// True if its run ended before all requests were sent.
    pub is_stopped: bool,
}

/// The standing of an operation.
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

impl Standing {
    /// The reason why an operation was not asked for, after "not verified".
    pub fn left_out(&self) -> Option<String> {
        match self {
            Self::NotNamed => Some("since --operation names others".to_owned()),
            Self::NotGiven(flags) => Some(format!("without {}", flags.join(" and "))),
            _ => None,
        }
    }
}

/// The outcome of one check, and what it rests on.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CheckReport {
    /// The operation that it was applied to, if any.
    pub operation: Option<String>,
    /// Stable id.
    pub id: String,
    /// The statement that it checks, in a line.
    pub meaning: String,
    /// How the contract knows.
    pub evidence: String,
    /// The outcome.
    pub outcome: Outcome,
    /// How often it was applied.
    pub judged: usize,
    /// Why it was not exercised.
    pub reason: Option<String>,
    /// Answers to questions that the documentation leaves open.
    pub observations: Vec<Observation>,
    /// Things that it left out because there is a finding about them, and how often.
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
    /// The subject of the answer.
    #[serde(default)]
    pub about: About,
}

/// The subject of an answer.
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
pub(super) enum SeverityName {
    Drift,
    Violation,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was applied and found nothing, or only what is waived.
    Passed,
    /// It found drift and nothing worse.
    Drift,
    /// It found a violation.
    Violation,
    /// There was nothing to apply it to.
    #[default]
    NotExercised,
}

/// The effect of a response on users of the client.
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
    /// True if the finding is about it.
    pub is_wrong: bool,
}

/// One departure from the contract. The same departure of many rows or responses
/// is one finding.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
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
    /// The expectation of the contract.
    pub expected: String,
    /// How it knows.
    pub evidence: String,
    /// The thing that came instead.
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
    /// The effect on users of the client, if the client sent the request.
    pub client: Option<Meaning>,
    /// True if an earlier report had its check and not the finding.
    pub is_new: bool,
}

impl Finding {
    /// A finding of a check, about no operation and no response yet.
    pub(crate) fn new(check: &str, severity: Severity, fingerprint: String) -> Self {
        Self {
            check: check.to_owned(),
            severity,
            fingerprint,
            times: 1,
            ..Self::default()
        }
    }

    /// Adds the exchange that shows it, and the place in its body.
    pub(super) fn show(&mut self, exchange: &Exchange, pointer: String, context: &Context<'_>) {
        self.request = Some(format!("GET {}", exchange.request));
        self.excerpt = excerpt(exchange, &pointer, context.secrets);
        self.pointer = pointer;
        self.curl = Some(context.curl(exchange));
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

/// The settings that findings are told with.
pub(super) struct Context<'a> {
    pub(super) secrets: &'a Secrets,
    /// The base URL that people are shown.
    pub(super) base_url: &'a str,
    pub(super) caller: Caller,
    /// The command line names the operation, so that it must be offered.
    pub(super) is_named: bool,
}

impl Context<'_> {
    /// A command line that sends the request again. The secret is taken from
    /// the environment; a signature cannot be repeated, so it is masked.
    fn curl(&self, exchange: &Exchange) -> String {
        let who = match self.caller {
            _ if exchange.purpose == Purpose::Anonymous => "",
            Caller::User => r#" -u "$OCP_USER:$OCP_PASSWORD""#,
            Caller::AccessKey => " -H 'Authorization: OCP-ACCESS-KEY-HMACSHA1 ***'",
            Caller::Nobody => "",
        };
        let url = format!("{}{}", self.base_url, exchange.request).replace('\'', "%27");
        format!("curl -sS -H 'Content-Type: application/json'{who} '{url}'")
    }
}

/// The members of the object around a place in a body, the one at the place marked.
fn excerpt(exchange: &Exchange, pointer: &str, secrets: &Secrets) -> Vec<Line> {
    let (Some(body), Some((parent, name))) = (exchange.body(), pointer.rsplit_once('/')) else {
        return Vec::new();
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let object = |pointer: &str| body.pointer(pointer).and_then(Value::as_object);
    // Of a row that is wrong as a whole, all members.
    let Some(members) = object(parent).or_else(|| object(pointer)) else {
        return Vec::new();
    };
    let line = |(key, value): (&String, &Value)| {
        let is_wrong = *key == name;
        let key = secrets.shortened(key);
        // Other values are nobody's business, and none of the finding's.
        let value = match is_wrong {
            true => secrets.quote(value),
            false => "…".to_owned(),
        };
        Line {
            text: format!("{}: {value}", Value::from(key)),
            is_wrong,
        }
    };
    members.iter().map(line).collect()
}

impl CheckReport {
    /// A check that was not applied yet, of no operation.
    pub(crate) fn new(id: &str, meaning: &str, evidence: &str) -> Self {
        Self {
            id: id.to_owned(),
            meaning: meaning.to_owned(),
            evidence: evidence.to_owned(),
            ..Self::default()
        }
    }

    /// True if this check has made a finding.
    pub fn has_found(&self, finding: &Finding) -> bool {
        finding.check == self.id && finding.operation == self.operation
    }

    /// The beginning of the fingerprints of its findings.
    pub fn key(&self) -> String {
        match &self.operation {
            Some(operation) => format!("{operation}/{}", self.id),
            None => self.id.clone(),
        }
    }
}

impl OperationReport {
    pub(crate) fn new(operation: &Operation, standing: Standing) -> Self {
        Self {
            id: operation.id.clone(),
            versions: operation.versions.as_ref().map(ToString::to_string),
            standing,
            unchecked: Vec::new(),
            is_stopped: false,
        }
    }

    /// Why it was not verified, or not to its end.
    pub fn remark(&self) -> Option<String> {
        let id = &self.id;
        Some(match &self.standing {
            Standing::NotNamed | Standing::NotGiven(_) => {
                let why = self.standing.left_out()?;
                format!("{id} not verified {why}")
            }
            Standing::Verified if self.unchecked.is_empty() => return None,
            Standing::Verified => {
                let unchecked = self.unchecked.join(", ");
                format!("Not checked, or not to the end, of {id}: {unchecked}")
            }
            Standing::NotOffered => {
                let versions = self.versions.as_ref();
                let versions = versions.map(|one| format!("; it is documented for {one}"));
                format!(
                    "{id} is not offered by this OCP{}",
                    versions.unwrap_or_default()
                )
            }
            Standing::Unjudged(why) => format!("{id} not judged: {why}"),
        })
    }
}

/// Operation and check, which a fingerprint begins with.
pub(super) fn check_of(fingerprint: &str) -> &str {
    fingerprint.split(':').next().unwrap_or_default()
}
