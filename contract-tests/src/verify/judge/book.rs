//! The book on one operation: how often each check was applied, what it found, and what the
//! violations that it found are about.

use std::collections::BTreeSet;

use ocp_contract::strict::Severity;
use serde_json::Value;

use super::fault::{Fault, Thing};
use crate::verify::checks::{CheckId, all_checks};
use crate::verify::finding::{CheckReport, Finding, Line, Meaning, Observation};
use crate::verify::identity::Caller;
use crate::verify::known::Known;
use crate::verify::secrets::Secrets;
use crate::verify::transcript::{Exchange, Purpose};

/// The settings that findings are told with.
pub(crate) struct Context<'a> {
    pub(crate) secrets: &'a Secrets,
    /// The base URL that people are shown.
    pub(crate) base_url: &'a str,
    pub(crate) caller: Caller,
    /// The command line names the operation, so that it must be offered.
    pub(crate) is_named: bool,
}

/// Checks and findings of one operation.
pub(super) struct Book<'a> {
    known: &'a Known<'a>,
    context: &'a Context<'a>,
    /// The reading that users of the client get of each response, if it asked.
    meanings: Vec<Option<Meaning>>,
    checks: Vec<CheckReport>,
    /// Each with the place of the first exchange that shows it.
    findings: Vec<(usize, Finding)>,
    violated: BTreeSet<Thing>,
}

impl<'a> Book<'a> {
    /// A book with the checks that apply to the operation; what others say is not kept.
    pub(super) fn new(
        known: &'a Known<'a>,
        context: &'a Context<'a>,
        meanings: Vec<Option<Meaning>>,
    ) -> Self {
        let operation = &known.subject.operation;
        let checks = all_checks().filter(|check| check.applies_to(operation));
        Self {
            known,
            context,
            meanings,
            checks: checks
                .map(|check| CheckReport::new(Some(&operation.id), check))
                .collect(),
            findings: Vec::new(),
            violated: BTreeSet::new(),
        }
    }

    pub(super) fn secrets(&self) -> &'a Secrets {
        self.known.secrets
    }

    pub(super) fn is_named(&self) -> bool {
        self.context.is_named
    }

    pub(super) fn spoil(&mut self, thing: Thing) {
        self.violated.extend(thing.of_any());
        self.violated.insert(thing);
    }

    pub(super) fn is_violated(&self, thing: &Thing) -> bool {
        self.violated.contains(thing)
    }

    /// The things that violations are about.
    pub(super) fn violated(&self) -> impl Iterator<Item = &Thing> {
        self.violated.iter()
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

    /// A check was applied once, and may have found something.
    pub(super) fn judge(&mut self, check: CheckId, fault: Option<Fault>, index: usize) {
        self.judge_all(check, vec![(fault, index)]);
    }

    /// A check was applied to several things at once.
    pub(super) fn judge_all(&mut self, check: CheckId, faults: Vec<(Option<Fault>, usize)>) {
        let sound = faults.iter().filter(|(fault, _)| fault.is_none()).count();
        let faults = faults.into_iter();
        let faults = faults.filter_map(|(fault, index)| Some((fault?, index)));
        let judged = sound + self.add_all(check, faults);
        if let Some(check) = self.check(check) {
            check.judged += judged;
        }
    }

    /// A check does not look at a thing, if there is a violation of it.
    pub(super) fn leaves_out(&mut self, check: CheckId, thing: &Thing) -> bool {
        let is_violated = self.violated.contains(thing);
        if let (true, Some(check)) = (is_violated, self.check(check)) {
            *check.left_out.entry(thing.reason().to_owned()).or_default() += 1;
        }
        is_violated
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

    /// The response to a request of which the contract does not say how it is answered.
    pub(super) fn observe_response(&mut self, check: CheckId, question: &str, index: usize) {
        let exchange = &self.known.exchanges[index];
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
        self.add_all(check, [(fault, index)]);
    }

    /// A check has found the same in several responses, and none of them hides another. What
    /// reads a thing that another violation is about is left out; the others are counted.
    pub(super) fn add_all(
        &mut self,
        check: CheckId,
        faults: impl IntoIterator<Item = (Fault, usize)>,
    ) -> usize {
        let mut sound = Vec::new();
        for (fault, index) in faults {
            let mut reads = fault.reads.iter();
            if !reads.any(|thing| self.leaves_out(check, thing)) {
                sound.push((fault, index));
            }
        }
        let count = sound.len();
        for (mut fault, index) in sound {
            if fault.severity == Severity::Violation {
                let spoils = std::mem::take(&mut fault.spoils).into_iter();
                spoils.for_each(|thing| self.spoil(thing));
            }
            if !fault.is_told {
                self.enter(check, fault, index);
            }
        }
        count
    }

    /// A check has found something that no single exchange shows.
    pub(super) fn conclude(&mut self, check: CheckId, fault: Fault, evidence: &str) {
        self.judged(check);
        let evidence = evidence.to_owned();
        self.enter(
            check,
            Fault { evidence, ..fault },
            self.known.exchanges.len(),
        );
    }

    fn enter(&mut self, check: CheckId, fault: Fault, index: usize) {
        let operation = &self.known.subject.operation.id;
        let fingerprint = format!("{operation}/{check}: {}", fault.kind);
        let mut finding = Finding {
            operation: Some(operation.to_owned()),
            expected: fault.expected,
            evidence: match fault.evidence.as_str() {
                "" => check.evidence().to_owned(),
                _ => fault.evidence,
            },
            got: fault.got,
            ..Finding::new(check.as_str(), fault.severity, fingerprint)
        };
        if let Some(exchange) = self.known.exchanges.get(index) {
            finding.request = Some(format!("GET {}", exchange.request));
            finding.excerpt = excerpt(exchange, &fault.pointer, self.secrets());
            finding.pointer = fault.pointer;
            finding.curl = Some(self.curl(exchange));
            finding.client = self.meanings.get(index).copied().flatten();
        }
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

    /// Forgets all findings, and all checks but one, if that is kept.
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
                false => CheckId::named(&check.id).map_or("", CheckId::idle),
            };
            check.reason.get_or_insert(reason.to_owned());
        }
        self.findings.sort_by_key(|(first, _)| *first);
        let findings = self.findings.into_iter().map(|(_, finding)| finding);
        (self.checks, findings.collect())
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
