//! What has changed since an earlier report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use ocp_contract::strict::Severity;
use serde::Deserialize;

use super::finding::{CheckReport, FORMAT, Finding, Observation, Report};

/// The name of this check, which is about no operation.
const CHECK: &str = "baseline";
/// How it is known what was before.
const EVIDENCE: &str = "the earlier report";

/// An earlier report, as far as it is compared.
#[derive(Debug, Deserialize)]
pub struct Baseline {
    /// The first reports did not say.
    #[serde(default)]
    format: u32,
    #[serde(default)]
    contract: String,
    ocp: Option<String>,
    unjudged: Option<String>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    findings: Vec<Found>,
}

#[derive(Debug, Deserialize)]
struct Check {
    operation: Option<String>,
    id: String,
    judged: usize,
    #[serde(default)]
    observations: Vec<Observation>,
}

#[derive(Debug, Deserialize)]
struct Found {
    operation: Option<String>,
    check: String,
    fingerprint: String,
    #[serde(default)]
    consequences: Vec<Self>,
}

impl Found {
    fn with_consequences(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.consequences)
    }
}

/// Reads an earlier report in JSON.
///
/// # Errors
///
/// When it cannot be read, or is none.
pub fn read(file: &Path) -> anyhow::Result<Baseline> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let baseline: Baseline = serde_json::from_str(&text)
        .with_context(|| format!("{name} is not a report that `--report json=FILE` wrote"))?;
    if baseline.checks.is_empty() {
        bail!("{name} is a report without checks; there is nothing to compare");
    }
    if let Some(why) = &baseline.unjudged {
        bail!("{name} is a report of a run that judged nothing ({why}); give an earlier one");
    }
    Ok(baseline)
}

/// Compares a report with an earlier one; what has changed is drift.
///
/// What was not exercised on either side has not changed.
pub fn apply(report: &mut Report, baseline: &Baseline) {
    if report.unjudged.is_some() {
        return;
    }
    let meaning = "nothing has changed since the earlier report";
    let mut check = CheckReport {
        observations: notes(report, baseline),
        ..CheckReport::applied(CHECK, meaning, EVIDENCE)
    };
    if baseline.format == FORMAT {
        let changes = changes(report, baseline);
        appeared(report, baseline);
        report.findings.splice(0..0, changes);
    } else {
        check.judged = 0;
        check.reason = Some(format!(
            "the earlier report has format version {}, this one {FORMAT}; write a new one",
            baseline.format
        ));
    }
    report.checks.insert(0, check);
    report.settle();
}

/// What is to be known before anything else.
fn notes(report: &Report, baseline: &Baseline) -> Vec<Observation> {
    let mut notes = Vec::new();
    let mut note = |question: &str, text: String| {
        notes.push(Observation::new(question, "differs", text));
    };
    if baseline.format != FORMAT {
        let text = format!(
            "the earlier report has format version {}, this one {FORMAT}",
            baseline.format
        );
        note("format", text);
    }
    if baseline.contract != report.contract {
        let text = format!(
            "the contract is another one: {} before, {} now; changes may be those of the contract",
            known(Some(&baseline.contract)),
            known(Some(&report.contract))
        );
        note("contract", text);
    }
    if baseline.ocp != report.ocp {
        let (before, now) = (baseline.ocp.as_ref(), report.ocp.as_ref());
        let text = format!("OCP: {} before, {} now", known(before), known(now));
        note("OCP", text);
    }
    notes
}

fn known(text: Option<&String>) -> &str {
    match text.map(String::as_str) {
        None | Some("") => "unknown",
        Some(text) => text,
    }
}

/// Answers to questions, and findings that are gone.
fn changes(report: &Report, baseline: &Baseline) -> Vec<Finding> {
    let mut changes = Vec::new();
    let found: BTreeSet<&str> = all(report).map(|one| one.fingerprint.as_str()).collect();
    for now in report.checks.iter().filter(|one| one.judged > 0) {
        let mut earlier = baseline.checks.iter().filter(|one| one.judged > 0);
        let before = earlier.find(|one| one.operation == now.operation && one.id == now.id);
        let Some(before) = before else { continue };
        let (was, is) = (values(&before.observations), values(&now.observations));
        for (question, is) in is {
            if let Some(was) = was.get(question).filter(|was| **was != is) {
                let key = format!("{}: {question}", now.key());
                changes.push(change(&key, &joined(was), &joined(&is)));
            }
        }
        let findings = baseline.findings.iter().flat_map(Found::with_consequences);
        let is_gone = |one: &&Found| {
            one.operation == now.operation
                && one.check == now.id
                && !found.contains(one.fingerprint.as_str())
        };
        for gone in findings.filter(is_gone) {
            changes.push(change(&gone.fingerprint, "a finding", "no such finding"));
        }
    }
    changes
}

/// Findings that were not there before: the change stands under the finding.
fn appeared(report: &mut Report, baseline: &Baseline) {
    let earlier = baseline.findings.iter().flat_map(Found::with_consequences);
    let earlier: BTreeSet<&str> = earlier.map(|one| one.fingerprint.as_str()).collect();
    for finding in &mut report.findings {
        let was_judged = baseline.checks.iter().any(|one| {
            one.judged > 0 && one.operation == finding.operation && one.id == finding.check
        });
        if was_judged && !earlier.contains(finding.fingerprint.as_str()) {
            let change = change(&finding.fingerprint, "no such finding", "a finding");
            let rule = Some("appeared".to_owned());
            finding.consequences.push(Finding { rule, ..change });
        }
    }
}

fn all(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().flat_map(Finding::with_consequences)
}

fn values(observations: &[Observation]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in observations {
        values.entry(&one.question).or_default().insert(&one.value);
    }
    values
}

fn joined(values: &BTreeSet<&str>) -> String {
    let values: Vec<&str> = values.iter().copied().collect();
    values.join("; ")
}

fn change(key: &str, before: &str, now: &str) -> Finding {
    Finding {
        expected: format!("as before: {before}"),
        evidence: EVIDENCE.to_owned(),
        got: now.to_owned(),
        ..Finding::new(CHECK, Severity::Drift, format!("{CHECK}: {key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: &str = "conformance: data.contents[].id missing";
    const UNREAD: &str = "client: cannot read";

    fn finding(check: &str, fingerprint: &str) -> Finding {
        Finding::new(check, Severity::Violation, fingerprint.to_owned())
    }

    /// One open question, and one finding with what follows from it.
    fn report() -> Report {
        let mut report = Report::new("OCP".to_owned());
        report.contract = "a".repeat(64);
        report.ocp = Some("4.3.0".to_owned());
        let checks = ["order", "conformance", "client"];
        report.checks = checks.map(|id| CheckReport::applied(id, "", "")).into();
        let order = Observation::new("order", "newest first", "40 rows, newest first");
        report.checks[0].observations.push(order);
        let mut missing = finding("conformance", MISSING);
        missing.consequences.push(finding("client", UNREAD));
        report.findings.push(missing);
        report
    }

    fn observe(report: &mut Report, question: &str, value: &str) {
        let one = Observation::new(question, value, "two rows");
        report.checks[0].observations = vec![one];
    }

    /// Questions of notes, and fingerprints of what is drift.
    fn compared(before: &Report, now: &Report) -> Vec<String> {
        let before = serde_json::to_string(before).unwrap();
        let mut now = now.clone();
        apply(&mut now, &serde_json::from_str(&before).unwrap());
        let baseline = now.checks.iter().filter(|one| one.id == CHECK);
        let notes = baseline.flat_map(|one| one.observations.iter());
        let notes = notes.map(|one| format!("note: {}", one.question));
        let drift = all(&now).filter(|one| one.check == CHECK);
        notes
            .chain(drift.map(|one| one.fingerprint.clone()))
            .collect()
    }

    #[test]
    fn what_was_judged_both_times_and_differs_is_drift() {
        type Edit = fn(&mut Report);
        let cases: [(&str, Edit, Edit, &[&str]); 15] = [
            ("nothing", |_| {}, |_| {}, &[]),
            (
                "counts",
                |_| {},
                |now| observe(now, "order", "newest first"),
                &[],
            ),
            (
                "another value",
                |_| {},
                |now| observe(now, "order", "oldest first"),
                &["baseline: order: order"],
            ),
            (
                "another value, not exercised before",
                |before| before.checks[0].judged = 0,
                |now| observe(now, "order", "oldest first"),
                &[],
            ),
            (
                "another value, not exercised now",
                |_| {},
                |now| {
                    observe(now, "order", "oldest first");
                    now.checks[0].judged = 0;
                },
                &[],
            ),
            (
                "another question",
                |_| {},
                |now| observe(now, "ties", "by id"),
                &[],
            ),
            (
                "a finding is gone, with what follows",
                |_| {},
                |now| now.findings.clear(),
                &[
                    "baseline: conformance: data.contents[].id missing",
                    "baseline: client: cannot read",
                ],
            ),
            (
                "a finding is gone, but nothing was judged",
                |_| {},
                |now| {
                    now.findings.clear();
                    now.checks.iter_mut().for_each(|one| one.judged = 0);
                },
                &[],
            ),
            (
                "what followed stands alone",
                |_| {},
                |now| {
                    let unread = now.findings[0].consequences.remove(0);
                    now.findings.push(unread);
                },
                &[],
            ),
            (
                "a finding appears",
                |before| before.findings.clear(),
                |_| {},
                &["baseline: conformance: data.contents[].id missing"],
            ),
            (
                "a finding appears, but nothing was judged",
                |before| {
                    before.findings.clear();
                    before.checks.iter_mut().for_each(|one| one.judged = 0);
                },
                |_| {},
                &[],
            ),
            (
                "another format",
                |before| before.format = 1,
                |now| now.findings.clear(),
                &["note: format"],
            ),
            (
                "another contract",
                |before| before.contract = "b".repeat(64),
                |_| {},
                &["note: contract"],
            ),
            (
                "another OCP",
                |before| before.ocp = None,
                |_| {},
                &["note: OCP"],
            ),
            (
                "nothing could be judged",
                |before| before.ocp = None,
                |now| {
                    now.findings.clear();
                    now.unjudged = Some("no connection".to_owned());
                },
                &[],
            ),
        ];
        for (name, edit_before, edit_now, due) in cases {
            let (mut before, mut now) = (report(), report());
            edit_before(&mut before);
            edit_now(&mut now);
            assert_eq!(compared(&before, &now), due, "{name}");
        }
    }
}
