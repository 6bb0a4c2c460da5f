//! One run: the provider, what is known of its tasks, and what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ocp_contract::strict::{Severity, Strict};
use serde_json::Value;

use super::answer::Answer;
use super::check::CHECKS;
use super::filter::Words;
use super::finding::{CheckReport, Finding, Outcome, Report};
use super::listing::Listing;
use super::provider::{Provider, Query, Request, Stop};
use super::row::Row;
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
    /// Words that the status filter takes, as far as is known.
    pub(super) words: Words,
    /// Answers that had an envelope.
    pub(super) envelopes: usize,
    started: DateTime<Utc>,
}

impl Run {
    pub(super) fn new(
        provider: Provider,
        strict: Arc<Strict>,
        name: String,
        recorder: Option<Recorder>,
    ) -> Self {
        let checks = CHECKS.iter().map(|check| CheckReport {
            id: check.id.to_owned(),
            meaning: check.meaning.to_owned(),
            evidence: check.evidence.to_owned(),
            outcome: Outcome::NotExercised,
            judged: 0,
            reason: None,
            answers: Vec::new(),
        });
        Self {
            provider,
            strict,
            report: Report {
                provider: name,
                requests: 0,
                checks: checks.collect(),
                findings: Vec::new(),
                fail_on: Severity::Violation,
                is_incomplete: false,
                stopped: None,
                unjudged: None,
            },
            recorder,
            known: BTreeMap::new(),
            tasks: Vec::new(),
            complete: false,
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

    fn check(&mut self, id: &str) -> Option<&mut CheckReport> {
        self.report.checks.iter_mut().find(|check| check.id == id)
    }

    /// A check was applied; `fault` says what it found.
    pub(super) fn judge(&mut self, check: &str, answer: &Answer, fault: Option<Fault>) {
        self.judge_all(check, answer, fault);
    }

    /// A check was applied once; `faults` says what it found.
    pub(super) fn judge_all(
        &mut self,
        check: &str,
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
            self.report.add(Finding {
                check: check.to_owned(),
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
    pub(super) fn tell(&mut self, check: &str, answer: impl Into<String>) {
        let answer = answer.into();
        if let Some(check) = self.check(check) {
            check.judged += 1;
            if !check.answers.contains(&answer) {
                check.answers.push(answer);
            }
        }
    }

    /// A check has nothing to be applied to.
    pub(super) fn skip(&mut self, check: &str, reason: impl Into<String>) {
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
    pub(super) async fn raw(
        &mut self,
        cluster: &str,
        tenant: &str,
        query: &str,
        with_credentials: bool,
    ) -> Result<Answer, Stop> {
        let request = Request::Raw(cluster, tenant, query, with_credentials);
        self.settled(&request).await
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

    /// The same, for the cluster and the tenant under test.
    pub(super) async fn raw_query(&mut self, query: &str) -> Result<Answer, Stop> {
        let (cluster, tenant) = (self.provider.cluster, self.provider.tenant);
        self.raw(&cluster.to_string(), &tenant.to_string(), query, true)
            .await
    }

    /// Asks for a page of tasks and expects one; `None` is a finding of the check.
    pub(super) async fn list(
        &mut self,
        check: &str,
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
    pub(super) fn no_list(&mut self, check: &str, answer: &Answer) {
        let expected = "HTTP 200 with a page of tasks";
        let fault = Fault::new("no page of tasks", expected, answer.brief());
        self.judge(check, answer, Some(fault));
    }

    pub(super) fn finish(mut self, stop: Option<&Stop>) -> Report {
        self.provider.finish();
        self.report.requests = self.provider.sent;
        let stopped = stop.map(ToString::to_string);
        self.report.is_incomplete = matches!(stop, Some(Stop::Throttled(_)));
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
        // A server, or something before it, may send back what it was sent.
        let secrets = self.provider.secrets();
        self.report.rewrite(|text| {
            let hide = |text: String, secret: &String| masked(&text, secret);
            secrets.iter().fold(text.to_owned(), hide)
        });
        self.report
    }

    /// An OCP that stops answering, or lets nobody in any more, is a finding.
    fn break_off(&mut self, why: &str) {
        let evidence = "it answered requests before".to_owned();
        self.report.add(Finding {
            check: "transport".into(),
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
        if let Some(check) = self.check("transport") {
            check.judged += 1;
        }
    }
}

/// A text without a secret, and without the beginning of one: messages are cut
/// to a length.
fn masked(text: &str, secret: &str) -> String {
    const TELLING: usize = 6;
    let start: String = secret.chars().take(TELLING).collect();
    if start.is_empty() {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&start) {
        out.push_str(&rest[..at]);
        out.push_str("***");
        let same = rest[at..].chars().zip(secret.chars());
        let length: usize = same
            .take_while(|(one, other)| one == other)
            .map(|(c, _)| c.len_utf8())
            .sum();
        rest = &rest[at + length..];
    }
    out + rest
}

/// A value for a message, not too long.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value) => {
            let text = value.to_string();
            match text.char_indices().nth(120) {
                Some((cut, _)) => format!("{}…", &text[..cut]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_and_their_beginnings_are_masked() {
        let secret = "s3cret-Pa55phrase";
        for (text, due) in [
            ("with s3cret-Pa55phrase in it", "with *** in it"),
            ("cut off: s3cret-Pa5", "cut off: ***"),
            ("s3cret-s3cret-Pa55phrases", "******s"),
            ("s3cre", "s3cre"),
            ("\u{6062}s3cret-\u{6062}", "\u{6062}***\u{6062}"),
        ] {
            assert_eq!(masked(text, secret), due);
        }
        assert_eq!(masked("a=ab", "ab"), "a=***");
        assert_eq!(masked("text", ""), "text");
    }
}
