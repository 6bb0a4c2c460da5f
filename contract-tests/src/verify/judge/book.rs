//! The book on one operation: how often each check was applied, and what it found.

use ocp_contract::strict::Severity;
use serde_json::Value;

use crate::verify::checks::{
    ARRAY_STYLE, CheckId, DOCUMENTED_REQUEST, FILTER_CLUSTER_NAME, FILTER_VALUES, FILTERS_TOGETHER,
    NEW_VALUES, ORDER, PAGING, REPEAT, RUNNING_TASK, SCOPE, TASK_IDENTITY, TASK_STATE, TASK_TIMES,
    THROTTLING, TIME_WINDOW, all_checks,
};
use crate::verify::contract::Subject;
use crate::verify::finding::{CheckReport, Finding, Line, Meaning, Observation};
use crate::verify::identity::Caller;
use crate::verify::secrets::Secrets;

use crate::verify::transcript::{Exchange, LooksAt, Purpose};

/// Why something is left out: the violation that it reads is known.
pub(super) const RESPONSE: &str = "a response that a finding is about";
pub(super) const ROW: &str = "a row with a wrong member";
pub(super) const PAGES: &str = "rows of pages that a finding is about";
pub(super) const PARAMETER: &str = "a filter that a finding is about";

/// What findings are told with.
pub(crate) struct Context<'a> {
    pub(crate) secrets: &'a Secrets,
    /// The base URL that people are shown.
    pub(crate) base_url: &'a str,
    pub(crate) caller: Caller,
    /// Whether the command line names the operation, so that it must be offered.
    pub(crate) is_named: bool,
}

/// Something that is wrong, as a check puts it.
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

    pub(super) fn at(self, pointer: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            ..self
        }
    }

    pub(super) fn drift(self) -> Self {
        Self {
            severity: Severity::Drift,
            ..self
        }
    }
}

/// Checks and findings of one operation.
pub(super) struct Book<'a> {
    operation: &'a str,
    context: &'a Context<'a>,
    exchanges: &'a [Exchange],
    /// What users of the client get of each response, if it asked.
    pub(super) meanings: Vec<Option<Meaning>>,
    checks: Vec<CheckReport>,
    /// Each with the place of the first exchange that shows it.
    findings: Vec<(usize, Finding)>,
}

impl<'a> Book<'a> {
    /// With the checks that apply to the operation; what others say is not kept.
    pub(super) fn new(
        subject: &'a Subject,
        context: &'a Context<'a>,
        exchanges: &'a [Exchange],
    ) -> Self {
        let operation = &subject.operation;
        let checks = all_checks().filter(|check| check.applies_to(operation));
        Self {
            operation: &operation.id,
            context,
            exchanges,
            meanings: Vec::new(),
            checks: checks
                .map(|check| CheckReport::new(Some(&operation.id), check))
                .collect(),
            findings: Vec::new(),
        }
    }

    pub(super) fn secrets(&self) -> &'a Secrets {
        self.context.secrets
    }

    pub(super) fn is_named(&self) -> bool {
        self.context.is_named
    }

    fn check(&mut self, check: CheckId) -> Option<&mut CheckReport> {
        self.checks.iter_mut().find(|one| one.id == check.as_str())
    }

    /// A check was applied once.
    pub(super) fn judged(&mut self, check: CheckId) {
        if let Some(check) = self.check(check) {
            check.judged += 1;
        }
    }

    /// A check did not look at something, because a violation of it is known.
    pub(super) fn leave_out(&mut self, check: CheckId, what: &str) {
        if let Some(check) = self.check(check) {
            *check.left_out.entry(what.to_owned()).or_default() += 1;
        }
    }

    /// An open question is answered, or one more time in the same way.
    pub(super) fn observe(&mut self, check: CheckId, observed: Observation) {
        if let Some(check) = self.check(check) {
            check.judged += 1;
            if !check.observations.contains(&observed) {
                check.observations.push(observed);
            }
        }
    }

    /// The response to a request that nobody says how to answer.
    pub(super) fn observe_response(&mut self, check: CheckId, question: &str, index: usize) {
        let exchange = &self.exchanges[index];
        let text = format!("{question}: {}", exchange.summary(self.secrets()));
        let value = match exchange.status() {
            0 => "no response".to_owned(),
            status => format!("HTTP {status}"),
        };
        self.observe(check, Observation::new(question, value, text));
    }

    pub(super) fn skip(&mut self, check: CheckId, reason: &str) {
        if let Some(check) = self.check(check) {
            check.reason.get_or_insert(reason.to_owned());
        }
    }

    /// A check has found something in the response to an exchange.
    pub(super) fn add(&mut self, check: CheckId, fault: Fault, index: usize) {
        let exchange = &self.exchanges[index];
        let pointer = fault.pointer.clone();
        let finding = Finding {
            request: Some(format!("GET {}", exchange.request)),
            excerpt: excerpt(exchange, &pointer, self.secrets()),
            pointer,
            curl: Some(self.curl(exchange)),
            client: self.meanings.get(index).copied().flatten(),
            ..self.finding(check, fault)
        };
        self.enter(index, finding);
    }

    /// A check has found something that no single exchange shows.
    pub(super) fn conclude(&mut self, check: CheckId, fault: Fault, evidence: &str) {
        self.judged(check);
        let evidence = evidence.to_owned();
        let finding = self.finding(check, Fault { evidence, ..fault });
        self.enter(self.exchanges.len(), finding);
    }

    fn finding(&self, check: CheckId, fault: Fault) -> Finding {
        let operation = self.operation;
        let fingerprint = format!("{operation}/{check}: {}", fault.kind);
        Finding {
            operation: Some(operation.to_owned()),
            expected: fault.expected,
            evidence: match fault.evidence.as_str() {
                "" => check.evidence().to_owned(),
                _ => fault.evidence,
            },
            got: fault.got,
            ..Finding::new(check.as_str(), fault.severity, fingerprint)
        }
    }

    fn enter(&mut self, index: usize, finding: Finding) {
        let is_kept = self.checks.iter().any(|one| one.id == finding.check);
        let mut known = self.findings.iter_mut();
        match known.find(|(_, one)| one.fingerprint == finding.fingerprint) {
            Some((first, known)) => {
                known.count(finding);
                *first = index.min(*first);
            }
            None if is_kept => self.findings.push((index, finding)),
            None => {}
        }
    }

    /// A command line that sends the request again. The secret is taken from
    /// the environment; a signature cannot be repeated, so it is masked.
    fn curl(&self, exchange: &Exchange) -> String {
        let who = match self.context.caller {
            _ if exchange.purpose == Purpose::Anonymous => "",
            Caller::User => r#" -u "$OCP_USER:$OCP_PASSWORD""#,
            Caller::AccessKey => " -H 'Authorization: OCP-ACCESS-KEY-HMACSHA1 ***'",
            Caller::Nobody => "",
        };
        let url = format!("{}{}", self.context.base_url, exchange.request);
        let url = url.replace('\'', "%27");
        format!("curl -sS -H 'Content-Type: application/json'{who} '{url}'")
    }

    /// Nothing but these checks stays, and no finding.
    pub(super) fn forget(&mut self, keeps: bool, check: CheckId) {
        self.findings.clear();
        self.checks.retain(|one| keeps && one.id == check.as_str());
    }

    /// Checks, and findings in the order in which the exchanges show them.
    pub(super) fn close(mut self, is_stopped: bool) -> (Vec<CheckReport>, Vec<Finding>) {
        for check in self.checks.iter_mut().filter(|check| check.judged == 0) {
            let reason = match is_stopped {
                true => "the run ended before it",
                false if !check.left_out.is_empty() => "there is a finding about all that it reads",
                false => idle(&check.id),
            };
            check.reason.get_or_insert(reason.to_owned());
        }
        self.findings.sort_by_key(|(first, _)| *first);
        let findings = self.findings.into_iter().map(|(_, finding)| finding);
        (self.checks, findings.collect())
    }
}

/// Why a check had nothing to be applied to.
fn idle(check: &str) -> &'static str {
    let of = |checks: &[CheckId]| checks.iter().any(|one| one.as_str() == check);
    if of(&[FILTER_CLUSTER_NAME, ARRAY_STYLE]) {
        "no task has the name of a target cluster, or only names with a comma or a secret"
    } else if of(&[FILTER_VALUES]) {
        "there is no finished restore task in a state that is known"
    } else if of(&[TIME_WINDOW, FILTERS_TOGETHER]) {
        "no task has its times"
    } else if of(&[TASK_STATE, TASK_TIMES, TASK_IDENTITY, SCOPE, ORDER]) {
        "there are no restore tasks"
    } else if of(&[RUNNING_TASK]) {
        "no task is running"
    } else if of(&[THROTTLING]) {
        "no response had a RateLimit header: throttling is off, or not announced"
    } else if of(&[NEW_VALUES]) {
        "every enum value is one that the contract lists"
    } else {
        "nothing came that it could be applied to"
    }
}

/// The check that expects a page of rows of a request.
pub(super) fn lists_for(purpose: &Purpose) -> Option<CheckId> {
    Some(match purpose {
        Purpose::Documented => DOCUMENTED_REQUEST,
        Purpose::List | Purpose::Sized | Purpose::Resized | Purpose::Past => PAGING,
        Purpose::Repeat => REPEAT,
        Purpose::Again { .. } => FILTER_VALUES,
        Purpose::Filter {
            looks_at: LooksAt::OneBound | LooksAt::StatusForm { .. },
            ..
        } => return None,
        Purpose::Filter { check, .. } => return CheckId::named(check),
        _ => return None,
    })
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
