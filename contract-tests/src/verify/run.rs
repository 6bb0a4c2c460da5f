//! The run on one operation: the provider, what is known of its rows, and what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ocp_contract::strict::{Severity, Strict};

use super::answer::Answer;
use super::check::{self, CheckId};
use super::finding::{self, CheckReport, Finding, NO_OCP, Outcome, Standing};
use super::listing::Listing;
use super::operations::{self, RowKind};
use super::provider::{Provider, Query, RawRequest, Request, Stop};
use super::row::Row;
use super::secrets::Secrets;
use super::{Subject, Target};
use super::{judge, record::Recorder};

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

    pub(super) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    pub(super) fn drift(mut self) -> Self {
        self.severity = Severity::Drift;
        self
    }
}

/// So many times a throttled request is sent again.
const THROTTLED: usize = 2;

/// State of a run.
pub(super) struct Run {
    pub(super) provider: Provider,
    pub(super) strict: Arc<Strict>,
    pub(super) kind: &'static dyn RowKind,
    checks: Vec<CheckReport>,
    pub(super) findings: Vec<Finding>,
    recorder: Option<Recorder>,
    /// Rows that were listed, as they were seen first.
    pub(super) known: BTreeMap<i64, Row>,
    /// The rows, unfiltered.
    pub(super) rows: Vec<Row>,
    /// Whether these are all there are.
    pub(super) complete: bool,
    /// How many there are, as the list says.
    pub(super) total: Option<i64>,
    /// Requests with credentials, and those of them that were answered like paths
    /// that nobody knows.
    asked: usize,
    unknown_paths: usize,
    /// What must not be repeated of what the provider sends.
    pub(super) secrets: Arc<Secrets>,
    /// Checks that send requests and are still to be made, or to be ended.
    pending: Vec<CheckId>,
    started: DateTime<Utc>,
}

impl Run {
    pub(super) fn new(
        mut provider: Provider,
        subject: &Subject,
        target: &Target<'_>,
        recorder: Option<Recorder>,
    ) -> Self {
        let operation = &subject.operation;
        provider.turn_to(operation, &target.arguments);
        let of_kind = operations::checks(operation);
        let checks = check::CHECKS.iter().chain(&of_kind);
        let checks = checks.map(|check| CheckReport {
            operation: Some(operation.id.clone()),
            id: check.as_str().to_owned(),
            meaning: check.meaning().to_owned(),
            evidence: check.evidence().to_owned(),
            outcome: Outcome::NotExercised,
            judged: 0,
            reason: None,
            answers: Vec::new(),
        });
        Self {
            secrets: provider.secrets(),
            pending: Vec::new(),
            provider,
            strict: Arc::clone(&subject.strict),
            kind: operations::kind(operation),
            checks: checks.collect(),
            findings: Vec::new(),
            recorder,
            known: BTreeMap::new(),
            rows: Vec::new(),
            complete: false,
            total: None,
            asked: 0,
            unknown_paths: 0,
            started: Utc::now(),
        }
    }

    /// Whether a row may have been created while this run was going on.
    pub(super) fn is_new(&self, row: &Row) -> bool {
        let created = self.kind.created(row);
        created.is_some_and(|created| created > self.started - TimeDelta::minutes(2))
    }

    /// `None` if the operation is not put to it.
    fn check(&mut self, id: CheckId) -> Option<&mut CheckReport> {
        self.checks.iter_mut().find(|one| one.id == id.as_str())
    }

    /// These checks will send requests.
    pub(super) fn expect(&mut self, checks: Vec<CheckId>) {
        self.pending = checks;
    }

    /// Whether this check has requests to send.
    pub(super) fn is_pending(&self, check: CheckId) -> bool {
        self.pending.contains(&check)
    }

    /// This check has sent all its requests.
    pub(super) fn ended(&mut self, check: CheckId) {
        self.pending.retain(|one| *one != check);
    }

    /// A check was applied; `fault` says what it found.
    pub(super) fn judge(&mut self, check: CheckId, answer: &Answer, fault: Option<Fault>) {
        self.judge_all(check, answer, fault);
    }

    /// A check was applied once; `faults` says what it found.
    pub(super) fn judge_all(
        &mut self,
        check: CheckId,
        answer: &Answer,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        let Some(report) = self.check(check) else {
            return;
        };
        report.judged += 1;
        let mut faults = faults.into_iter().peekable();
        if faults.peek().is_none() {
            return;
        }
        let evidence = report.evidence.clone();
        for fault in faults {
            let evidence = match fault.evidence.as_str() {
                "" => evidence.clone(),
                own => own.to_owned(),
            };
            self.add(check, fault, evidence, Some(answer));
        }
    }

    /// An open question is answered, or one more time in the same way.
    pub(super) fn tell(&mut self, check: CheckId, answer: impl Into<String>) {
        let answer = answer.into();
        let Some(check) = self.check(check) else {
            return;
        };
        check.judged += 1;
        if !check.answers.contains(&answer) {
            check.answers.push(answer);
        }
    }

    /// A check has nothing to be applied to.
    pub(super) fn skip(&mut self, check: CheckId, reason: impl Into<String>) {
        if let Some(check) = self.check(check) {
            check.reason.get_or_insert(reason.into());
        }
    }

    /// Sends a call of the client, and judges whatever comes back.
    pub(super) async fn call(&mut self, query: &Query) -> Result<Answer, Stop> {
        let answer = self.settled(&Request::Call(query)).await?;
        if let Some(recorder) = &mut self.recorder {
            recorder.keep(&answer);
        }
        Ok(answer)
    }

    /// Sends what the client cannot express, and judges whatever comes back.
    pub(super) async fn raw(&mut self, request: RawRequest) -> Result<Answer, Stop> {
        self.settled(&Request::Raw(request)).await
    }

    /// The answer to a request, after the waits that OCP asks for.
    async fn settled(&mut self, request: &Request<'_>) -> Result<Answer, Stop> {
        for _ in 0..=THROTTLED {
            let (answer, stop) = self.provider.send(request).await?;
            if let Some(stop) = stop {
                return Err(stop);
            }
            judge::answer(self, &answer);
            if answer.status() == 429 {
                continue;
            }
            if !answer.is_anonymous {
                self.asked += 1;
                self.unknown_paths += usize::from(answer.is_of_unknown_path());
            }
            return Ok(answer);
        }
        Err(Stop::Throttled(
            "OCP still throttles after the waits that it asked for; try again later".into(),
        ))
    }

    /// Asks for a page of rows and expects one; `None` is a finding of the check.
    pub(super) async fn list(
        &mut self,
        check: CheckId,
        query: &Query,
    ) -> Result<Option<Listing>, Stop> {
        let answer = self.call(query).await?;
        let listing = Listing::read(answer, query);
        match listing {
            Ok(listing) => {
                judge::listing(self, &listing);
                Ok(Some(listing))
            }
            Err(answer) => {
                self.no_list(check, &answer);
                Ok(None)
            }
        }
    }

    /// There is an answer, but no page of rows.
    pub(super) fn no_list(&mut self, check: CheckId, answer: &Answer) {
        let expected = "HTTP 200 with a page of rows";
        let fault = Fault::new("no page of rows", expected, answer.brief());
        self.judge(check, answer, Some(fault));
    }

    /// What became of the operation. `is_named` says that it must be offered.
    ///
    /// # Errors
    ///
    /// When the exchanges cannot be kept.
    pub(super) fn finish(mut self, stop: Option<&Stop>, is_named: bool) -> anyhow::Result<Ended> {
        if let Some(recorder) = &self.recorder {
            recorder.write()?;
        }
        let standing = self.standing(stop);
        match (&standing, stop) {
            (Standing::Verified, Some(Stop::NoAnswer(why) | Stop::Refused(why))) => {
                let got = format!("after {} requests: {why}", self.provider.sent - 1);
                let fault = Fault::new("breaks off", "an answer to each request", got);
                self.conclude(check::TRANSPORT, fault, "it answered requests before");
            }
            (Standing::NotOffered, _) => {
                // All that the checks have found is this one thing.
                self.findings.clear();
                self.checks
                    .retain(|one| is_named && one.id == check::DOCUMENTED_REQUEST.as_str());
                if is_named {
                    let got = "every request is answered like a path that is not known";
                    let fault =
                        Fault::new("not offered", "the operation, as --operation names it", got);
                    self.conclude(check::DOCUMENTED_REQUEST, fault, "the command line");
                }
            }
            _ => {}
        }
        for check in &mut self.checks {
            if check.judged == 0 && check.reason.is_none() {
                check.reason = Some(match stop {
                    Some(_) => "the run ended before it".to_owned(),
                    None => "nothing came that it could be applied to".to_owned(),
                });
            }
        }
        let is_cut = matches!(stop, Some(Stop::Throttled(_) | Stop::Cap(_)));
        let unchecked = self.pending.iter().filter(|_| is_cut);
        Ok(Ended {
            unchecked: unchecked.map(ToString::to_string).collect(),
            standing,
            checks: self.checks,
            findings: self.findings,
            provider: self.provider,
        })
    }

    fn standing(&self, stop: Option<&Stop>) -> Standing {
        match stop {
            None if self.unknown_paths == self.asked => Standing::NotOffered,
            Some(Stop::Inaccessible(why)) => Standing::Unjudged(why.clone()),
            // Whoever is never let in has not been judged, envelope or not.
            Some(Stop::Refused(why)) if !self.provider.is_let_in => Standing::Unjudged(why.clone()),
            _ if self.provider.envelopes > 0 => Standing::Verified,
            Some(why) => Standing::Unjudged(why.to_string()),
            None => Standing::Unjudged(NO_OCP.to_owned()),
        }
    }

    fn add(&mut self, check: CheckId, fault: Fault, evidence: String, answer: Option<&Answer>) {
        let operation = &self.provider.operation.id;
        let finding = Finding {
            operation: Some(operation.clone()),
            check: check.to_string(),
            severity: fault.severity,
            fingerprint: format!("{operation}/{check}: {}", fault.kind),
            expected: fault.expected,
            evidence,
            got: fault.got,
            request: answer.map(|answer| format!("GET {}", answer.target)),
            pointer: fault.pointer,
            curl: answer.map(|answer| answer.curl.clone()),
            times: 1,
            waived: None,
        };
        finding::add(&mut self.findings, finding);
    }

    /// Adds what no single answer shows.
    fn conclude(&mut self, check: CheckId, fault: Fault, evidence: &str) {
        self.add(check, fault, evidence.to_owned(), None);
        if let Some(report) = self.check(check) {
            report.judged += 1;
        }
    }
}

/// What became of the run on an operation.
pub(super) struct Ended {
    pub(super) provider: Provider,
    pub(super) standing: Standing,
    pub(super) unchecked: Vec<String>,
    pub(super) checks: Vec<CheckReport>,
    pub(super) findings: Vec<Finding>,
}
