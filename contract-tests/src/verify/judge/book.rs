//! The book on one operation: how often each check was applied, the faults that it found, and what
//! those are about.

use std::collections::BTreeMap;

use ocp_contract::strict::Severity;
use serde_json::Value;

use crate::verify::checks::{CheckId, all_checks};
use crate::verify::finding::{CheckReport, Context, Finding, Meaning, Observation};
use crate::verify::known::{Known, Listing};
use crate::verify::row::Row;
use crate::verify::secrets::Secrets;

/// Something that a violation may be about. Responses and pages are named by the places of
/// their exchanges; `None` is any of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A response, as far as the client reads it.
    Response(usize),
    /// A response that is of no use for what was asked.
    Body(usize),
    /// A response under a wrong HTTP status.
    Status(Option<usize>),
    /// The member of the row with an id.
    Member(i64, String),
    /// Ids, by which rows cannot be told apart.
    Ids,
    /// A row that is found, but not listed.
    Unlisted(i64),
    /// A page with more rows than were asked for, or with a wrong size.
    Size(Option<usize>),
    /// A page with wrong totals.
    Totals(Option<usize>),
    /// A page that says another number than was asked for.
    Number(Option<usize>),
    /// Pages, which do not have the rows that belong on them.
    Pages,
    /// A query parameter that does not filter.
    Parameter(String),
}

impl Thing {
    /// The members of a row.
    pub(super) fn members<'a>(row: Row<'_>, names: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let names = names.into_iter().map(str::to_owned);
        let member = |name| Some(Self::Member(row.id()?, name));
        names.filter_map(member).collect()
    }

    /// All that makes pages of no use to compare rows by.
    pub(super) fn pages<'a>(pages: impl IntoIterator<Item = &'a Listing<'a>>) -> Vec<Self> {
        let of = |page: &Listing<'_>| {
            let index = Some(page.index);
            let own = [Self::Size(index), Self::Totals(index), Self::Number(index)];
            own.into_iter().chain([Self::Body(page.index)])
        };
        let all = [Self::Ids, Self::Pages].into_iter();
        all.chain(pages.into_iter().flat_map(of)).collect()
    }

    /// The same thing of any exchange.
    pub(super) fn of_any(&self) -> Option<Self> {
        match self {
            Self::Status(_) => Some(Self::Status(None)),
            Self::Size(_) => Some(Self::Size(None)),
            Self::Totals(_) => Some(Self::Totals(None)),
            Self::Number(_) => Some(Self::Number(None)),
            _ => None,
        }
    }

    /// The reason to leave out what reads it.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Response(_) | Self::Body(_) => "a response that a finding is about",
            Self::Status(_) => "a response under a wrong HTTP status",
            Self::Member(..) | Self::Ids | Self::Unlisted(_) => "a row with a wrong member",
            Self::Size(_) | Self::Totals(_) | Self::Number(_) | Self::Pages => {
                "rows of pages that a finding is about"
            }
            Self::Parameter(_) => "a filter that a finding is about",
        }
    }
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
    /// Things that must be right for this to be a fault.
    pub(super) reads: Vec<Thing>,
    /// Things that later checks cannot read.
    pub(super) spoils: Vec<Thing>,
    /// Another check tells of it.
    pub(super) is_told: bool,
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
            reads: Vec::new(),
            spoils: Vec::new(),
            is_told: false,
        }
    }

    /// An empty text, which no source shows at this place.
    pub(super) fn empty(body: &Value, pointer: &str, place: &str) -> Option<Self> {
        let is_empty = body.pointer(pointer)?.as_str()?.is_empty();
        let kind = format!("{place} empty");
        let fault = Self::new(kind, "a text, as in the samples", "an empty text");
        is_empty.then(|| fault.at(pointer))
    }

    pub(super) fn at(self, pointer: impl Into<String>) -> Self {
        let pointer = pointer.into();
        Self { pointer, ..self }
    }

    /// Sets how the contract knows, if not as its check does.
    pub(super) fn known_by(self, evidence: &str) -> Self {
        let evidence = evidence.to_owned();
        Self { evidence, ..self }
    }

    pub(super) fn drift(self) -> Self {
        Self {
            severity: Severity::Drift,
            ..self
        }
    }

    pub(super) fn reads(mut self, things: impl IntoIterator<Item = Thing>) -> Self {
        self.reads.extend(things);
        self
    }

    pub(super) fn spoils(mut self, things: impl IntoIterator<Item = Thing>) -> Self {
        self.spoils.extend(things);
        self
    }

    pub(super) fn told(self, is_told: bool) -> Self {
        Self { is_told, ..self }
    }
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
    /// The things that violations are about, each with the fingerprint of the first of those.
    violated: BTreeMap<Thing, String>,
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
                .map(|check| CheckReport {
                    operation: Some(operation.id.clone()),
                    ..CheckReport::new(check.as_str(), check.meaning, check.evidence)
                })
                .collect(),
            findings: Vec::new(),
            violated: BTreeMap::new(),
        }
    }

    pub(super) fn secrets(&self) -> &'a Secrets {
        self.known.secrets
    }

    /// Nothing reads a thing any more.
    pub(super) fn spoil(&mut self, thing: Thing) {
        self.spoil_by(thing, "");
    }

    /// Nothing reads a thing any more but further cases of one finding.
    fn spoil_by(&mut self, thing: Thing, fingerprint: &str) {
        for thing in thing.of_any().into_iter().chain([thing]) {
            let by = self.violated.entry(thing);
            by.or_insert_with(|| fingerprint.to_owned());
        }
    }

    pub(super) fn is_violated(&self, thing: &Thing) -> bool {
        self.violated.contains_key(thing)
    }

    /// The things that violations are about.
    pub(super) fn violated(&self) -> impl Iterator<Item = &Thing> {
        self.violated.keys()
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
        if fault.is_none_or(|fault| self.add(check, fault, index)) {
            self.judged(check);
        }
    }

    /// A check does not look at a thing, if there is a violation of it.
    pub(super) fn leaves_out(&mut self, check: CheckId, thing: &Thing) -> bool {
        let is_violated = self.violated.contains_key(thing);
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

    /// A fault of a response as a whole, unless another check has found it to be of no use.
    pub(super) fn whole(
        &self,
        index: usize,
        kind: impl Into<String>,
        expected: impl Into<String>,
    ) -> Fault {
        let got = self.known.exchanges[index].summary(self.known.secrets);
        Fault::new(kind, expected, got).reads([Thing::Body(index)])
    }

    /// A check has found something in the response to an exchange. It is left out, and false
    /// comes back, if it reads a thing that another finding is about.
    pub(super) fn add(&mut self, check: CheckId, mut fault: Fault, index: usize) -> bool {
        let operation = &self.known.subject.operation.id;
        let fingerprint = format!("{operation}/{check}: {}", fault.kind);
        let mut reads = std::mem::take(&mut fault.reads).into_iter();
        let is_of_another = |thing: &Thing| {
            let by = self.violated.get(thing);
            by.is_some_and(|by| *by != fingerprint)
        };
        if let Some(thing) = reads.find(is_of_another) {
            self.leaves_out(check, &thing);
            return false;
        }
        if fault.severity == Severity::Violation {
            for thing in std::mem::take(&mut fault.spoils) {
                self.spoil_by(thing, &fingerprint);
            }
        }
        if !fault.is_told {
            self.enter(check, fault, index, fingerprint);
        }
        true
    }

    fn enter(&mut self, check: CheckId, fault: Fault, index: usize, fingerprint: String) {
        let mut finding = Finding {
            operation: Some(self.known.subject.operation.id.clone()),
            expected: fault.expected,
            evidence: match fault.evidence.as_str() {
                "" => check.evidence.to_owned(),
                _ => fault.evidence,
            },
            got: fault.got,
            ..Finding::new(check.as_str(), fault.severity, fingerprint)
        };
        if let Some(exchange) = self.known.exchanges.get(index) {
            finding.show(exchange, fault.pointer, self.context);
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
                false => CheckId::named(&check.id).map_or("", |check| check.idle),
            };
            check.reason.get_or_insert(reason.to_owned());
        }
        self.findings.sort_by_key(|(first, _)| *first);
        let findings = self.findings.into_iter().map(|(_, finding)| finding);
        (self.checks, findings.collect())
    }
}
