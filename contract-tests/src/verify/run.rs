//! One run: the provider, what is known of its tasks, and what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ocp_contract::strict::{Severity, Strict};

use super::answer::Answer;
use super::check::CheckId;
use super::filter::Words;
use super::finding::{CheckReport, Finding, Outcome, Report};
use super::listing::Listing;
use super::provider::{Provider, Query, RawRequest, Request, Stop};
use super::row::Row;
use super::secrets::Secrets;
use super::{judge, record::Recorder};

/// What is wrong, as a check puts it.
#[derive(Debug)]
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
    pub(super) report: Report,
    pub(super) recorder: Option<Recorder>,
    /// Every task that was listed, as it was seen first.
    pub(super) known: BTreeMap<i64, Row>,
    /// The tasks of the tenant, unfiltered.
    pub(super) tasks: Vec<Row>,
    /// Whether these are all there are.
    pub(super) complete: bool,
    /// How many there are, as the list says.
    pub(super) total: Option<i64>,
    /// Words that the status filter takes, as far as is known.
    pub(super) words: Words,
    /// Answers that had an envelope.
    pub(super) envelopes: usize,
    /// What must not be repeated of what the provider sends.
    pub(super) secrets: Arc<Secrets>,
    /// Checks that send requests and are still to be made, or to be ended.
    pending: Vec<CheckId>,
    started: DateTime<Utc>,
}

impl Run {
    pub(super) fn new(
        provider: Provider,
        strict: Arc<Strict>,
        name: String,
        recorder: Option<Recorder>,
    ) -> Self {
        let checks = CheckId::ALL.iter().map(|check| CheckReport {
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
            strict,
            report: Report {
                provider: name,
                requests: 0,
                checks: checks.collect(),
                findings: Vec::new(),
                fail_on: Severity::Violation,
                unchecked: Vec::new(),
                stopped: None,
                unjudged: None,
            },
            recorder,
            known: BTreeMap::new(),
            tasks: Vec::new(),
            complete: false,
            total: None,
            words: Words::default(),
            envelopes: 0,
            started: Utc::now(),
        }
    }

    /// Whether a task may have been created while this run was going on.
    pub(super) fn is_new(&self, row: &Row) -> bool {
        let created = row.time("createTime");
        created.is_some_and(|created| created > self.started - TimeDelta::minutes(2))
    }

    /// The report has one for each id, in the same order.
    fn check(&mut self, id: CheckId) -> &mut CheckReport {
        &mut self.report.checks[id as usize]
    }

    /// These checks will send requests.
    pub(super) fn expect(&mut self, checks: Vec<CheckId>) {
        self.pending = checks;
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
        let report = self.check(check);
        report.judged += 1;
        let mut faults = faults.into_iter().peekable();
        if faults.peek().is_none() {
            return;
        }
        let evidence = report.evidence.clone();
        for fault in faults {
            self.report.add(Finding {
                check: check.to_string(),
                severity: fault.severity,
                fingerprint: format!("{check}: {}", fault.kind),
                expected: fault.expected,
                evidence: if fault.evidence.is_empty() {
                    evidence.clone()
                } else {
                    fault.evidence
                },
                got: fault.got,
                request: Some(format!("GET {}", answer.target)),
                pointer: fault.pointer,
                curl: Some(answer.curl.clone()),
                times: 1,
                waived: None,
            });
        }
    }

    /// An open question is answered, or one more time in the same way.
    pub(super) fn tell(&mut self, check: CheckId, answer: impl Into<String>) {
        let answer = answer.into();
        let check = self.check(check);
        check.judged += 1;
        if !check.answers.contains(&answer) {
            check.answers.push(answer);
        }
    }

    /// A check has nothing to be applied to.
    pub(super) fn skip(&mut self, check: CheckId, reason: impl Into<String>) {
        self.check(check).reason.get_or_insert(reason.into());
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
            if answer.status() != 429 {
                return Ok(answer);
            }
        }
        Err(Stop::Throttled(
            "OCP still throttles after the waits that it asked for; try again later".into(),
        ))
    }

    /// Asks for a page of tasks and expects one; `None` is a finding of the check.
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

    /// There is an answer, but no page of tasks.
    pub(super) fn no_list(&mut self, check: CheckId, answer: &Answer) {
        let expected = "HTTP 200 with a page of tasks";
        let fault = Fault::new("no page of tasks", expected, answer.brief());
        self.judge(check, answer, Some(fault));
    }

    pub(super) fn finish(mut self, stop: Option<&Stop>) -> Report {
        self.provider.finish();
        self.report.requests = self.provider.sent;
        let stopped = stop.map(ToString::to_string);
        if matches!(stop, Some(Stop::Throttled(_) | Stop::Cap(_))) {
            let unchecked = self.pending.iter().map(ToString::to_string);
            self.report.unchecked = unchecked.collect();
        }
        self.report.unjudged = match stop {
            // Whoever is never let in has not been judged, envelope or not.
            Some(Stop::Refused(why)) if self.known.is_empty() && !self.complete => {
                Some(why.clone())
            }
            _ if self.envelopes > 0 => None,
            Some(why) => Some(why.to_string()),
            None => Some("no answer has OCP's envelope; is this the address of an OCP?".to_owned()),
        };
        if let (None, Some(Stop::NoAnswer(why) | Stop::Refused(why))) =
            (&self.report.unjudged, stop)
        {
            let why = format!("after {} requests: {why}", self.provider.sent - 1);
            self.break_off(&why);
        }
        for check in &mut self.report.checks {
            if check.judged == 0 && check.reason.is_none() {
                check.reason = Some(match &stopped {
                    Some(_) => "the run ended before it".to_owned(),
                    None => "nothing came that it could be applied to".to_owned(),
                });
            }
        }
        self.report.stopped = stopped;
        self.report.settle();
        self.report
    }

    /// An OCP that stops answering, or lets nobody in any more, is a finding.
    fn break_off(&mut self, why: &str) {
        let evidence = "it answered requests before".to_owned();
        self.report.add(Finding {
            check: CheckId::Transport.to_string(),
            severity: Severity::Violation,
            fingerprint: "transport: breaks off".into(),
            expected: "an answer to each request".into(),
            evidence,
            got: why.to_owned(),
            request: None,
            pointer: String::new(),
            curl: None,
            times: 1,
            waived: None,
        });
        self.check(CheckId::Transport).judged += 1;
    }
}
