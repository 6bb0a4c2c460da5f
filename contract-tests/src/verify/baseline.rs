//! The comparison with an earlier report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use ocp_contract::strict::Severity;
use serde::Deserialize;

use super::finding::{About, CheckReport, Finding, Observation, Standing, check_of};
use super::report::{Answer, FORMAT, Memory, Report};

/// The name of this check, which is about no operation.
const CHECK: &str = "baseline";
/// How it is known what was before.
const EVIDENCE: &str = "the earlier report";
/// The first format that has all that is compared; its findings could follow from others.
const OLDEST: u32 = 2;

/// A report, as far as it is compared.
#[derive(Debug, Deserialize)]
pub struct Baseline {
    /// The first reports did not say.
    #[serde(default)]
    format: u32,
    #[serde(default)]
    contract: String,
    #[serde(default)]
    date: String,
    ocp: Option<String>,
    unjudged: Option<String>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    findings: Vec<Found>,
    #[serde(default)]
    earlier: Memory,
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
    fingerprint: String,
    #[serde(default)]
    consequences: Vec<Self>,
}

/// Reads an earlier report in JSON.
///
/// # Errors
///
/// If it cannot be read, or is none.
pub fn read(file: &Path) -> anyhow::Result<Baseline> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let baseline: Baseline = serde_json::from_str(&text)
        .with_context(|| format!("{name} is not a report that `--report json=FILE` wrote"))?;
    let format = baseline.format;
    ensure!(
        (OLDEST..=FORMAT).contains(&format),
        "{name} has format version {format}; this program reads {OLDEST} to {FORMAT}: write a new one"
    );
    ensure!(
        !baseline.checks.is_empty(),
        "{name} is a report without checks; there is nothing to compare"
    );
    if let Some(why) = &baseline.unjudged {
        bail!("{name} is a report of a run that judged nothing ({why}); give an earlier one");
    }
    Ok(baseline)
}

/// Compares a report with an earlier one; each change is drift. Anything that was not judged
/// this time stays as it was known before.
///
/// # Errors
///
/// If the report is not one that could be read again.
pub fn apply(report: &mut Report, before: Baseline) -> anyhow::Result<()> {
    if report.unjudged.is_some() {
        return Ok(());
    }
    // As it will be read by the next run, so that both are compared in one form.
    let now: Baseline = serde_json::from_value(serde_json::to_value(&*report)?)?;
    let mut notes = notes(&before, &now);
    let (mut before, now) = (known(before), known(now));
    for finding in &mut report.findings {
        let was_judged = before.checks.contains_key(check_of(&finding.fingerprint));
        finding.is_new = was_judged && !before.findings.contains_key(&finding.fingerprint);
    }
    let changes = changes(report, &mut before, &now);
    report.earlier = before;
    notes.extend(left(&report.earlier));
    report.findings.splice(0..0, changes);
    let meaning = "nothing has changed since the earlier report";
    let check = CheckReport {
        observations: notes,
        judged: 1,
        ..CheckReport::new(CHECK, meaning, EVIDENCE)
    };
    report.checks.insert(0, check);
    report.settle();
    Ok(())
}

/// Other circumstances than those of the earlier report.
fn notes(before: &Baseline, now: &Baseline) -> Vec<Observation> {
    let contracts = [&before.contract, &now.contract].map(String::as_str);
    let versions = [&before.ocp, &now.ocp].map(|one| one.as_deref().unwrap_or_default());
    let mut notes = Vec::new();
    for (question, what, [before, now]) in [
        ("contract", "the contract is another one", contracts),
        ("OCP", "OCP", versions),
    ] {
        if before != now {
            let [before, now] =
                [before, now].map(|text| if text.is_empty() { "unknown" } else { text });
            let text = format!("{what}: {before} before, {now} now");
            notes.push(Observation::new(question, "differs", text));
        }
    }
    notes
}

/// How much was not judged this time.
fn left(earlier: &Memory) -> Option<Observation> {
    let dates = earlier.checks.values();
    let oldest = dates.filter(|date| !date.is_empty()).min();
    let since = oldest.map_or(String::new(), |date| format!(", the oldest from {date}"));
    let text = format!(
        "{} checks of the earlier report were not made to their end and are not compared; {} answers and {} findings stay as they were known{since}",
        earlier.checks.len(),
        earlier.answers.len(),
        earlier.findings.len()
    );
    let observed = Observation::new("checks that were not made", "some", text);
    (!earlier.checks.is_empty()).then(|| observed.about(About::Data))
}

/// All that a report knows. What is about no operation, such as the comparison itself, is no
/// property of the OCP.
fn known(report: Baseline) -> Memory {
    let mut memory = report.earlier;
    let date = &report.date;
    for check in report.checks.iter().filter(|one| one.judged > 0) {
        let Some(operation) = &check.operation else {
            continue;
        };
        let key = format!("{operation}/{}", check.id);
        let observations = check.observations.iter();
        let mut answers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for one in observations.filter(|one| one.about == About::Server) {
            let question = format!("{key}: {}", one.question);
            answers.entry(question).or_default().insert(&one.value);
        }
        for (question, values) in answers {
            let values = values.into_iter().map(str::to_owned).collect();
            let date = date.clone();
            memory.answers.insert(question, Answer { date, values });
        }
        memory.checks.insert(key, date.clone());
    }
    let findings = report.findings.iter();
    let findings = findings.flat_map(|one| one.consequences.iter().chain([one]));
    let prints = findings.map(|one| one.fingerprint.clone());
    let prints = prints.filter(|one| check_of(one) != CHECK);
    memory
        .findings
        .extend(prints.map(|one| (one, date.clone())));
    memory
}

/// Questions of which no answer is one of those before, and findings that are gone. They leave
/// the memory, as does all that is the same; what was not judged stays.
fn changes(report: &Report, before: &mut Memory, now: &Memory) -> Vec<Finding> {
    let mut changes = Vec::new();
    before.answers.retain(|question, was| {
        let Some(is) = now.answers.get(question) else {
            return true;
        };
        if !was.values.iter().any(|value| is.values.contains(value)) {
            let [was, is] = [&*was, is].map(|answer| answer.values.join("; "));
            changes.push(change(question, &was, &is));
        }
        false
    });
    before
        .findings
        .retain(|finding, _| !now.findings.contains_key(finding));
    before.findings.retain(|gone, _| {
        let is_judged = is_judged(report, check_of(gone));
        if is_judged {
            changes.push(change(gone, "a finding", "no such finding"));
        }
        !is_judged
    });
    before.checks.retain(|check, _| !is_judged(report, check));
    changes
}

/// True if a check was made to its end.
fn is_judged(report: &Report, check: &str) -> bool {
    let (operation, _) = check.split_once('/').unwrap_or_default();
    let mut operations = report.operations.iter().filter(|one| one.id == operation);
    let is_whole = operations.all(|one| !one.is_stopped && one.standing == Standing::Verified);
    let mut checks = report.checks.iter();
    is_whole && checks.any(|one| one.judged > 0 && one.key() == check)
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
    use crate::verify::finding::OperationReport;

    const ID: &str = "list/conformance: data.contents[].id missing";

    /// One operation with an open question about the server, one about its data, and a finding.
    fn report() -> Report {
        let mut report = Report::new("OCP".to_owned());
        report.contract = "a".repeat(64);
        report.date = "2026-11-21".to_owned();
        report.ocp = Some("4.3.0".to_owned());
        report.operations.push(OperationReport {
            id: "list".to_owned(),
            versions: None,
            standing: Standing::Verified,
            unchecked: Vec::new(),
            is_stopped: false,
        });
        report.checks = ["order", "conformance"]
            .map(|id| CheckReport {
                operation: Some("list".to_owned()),
                judged: 1,
                ..CheckReport::new(id, "", "")
            })
            .into();
        observe(&mut report, "order", "newest first", About::Server);
        observe(&mut report, "clusters", "of the path", About::Data);
        report.findings.push(Finding {
            operation: Some("list".to_owned()),
            ..Finding::new("conformance", Severity::Violation, ID.to_owned())
        });
        report
    }

    fn observe(report: &mut Report, question: &str, value: &str, about: About) {
        let observations = &mut report.checks[0].observations;
        observations.retain(|one| one.question != question);
        observations.push(Observation::new(question, value, "two rows").about(about));
    }

    fn stopped(report: &mut Report) {
        report.operations[0].is_stopped = true;
    }

    fn read(report: &Report) -> Baseline {
        serde_json::from_value(serde_json::to_value(report).unwrap()).unwrap()
    }

    /// Questions of notes, and fingerprints of what is drift.
    fn compared(before: &Report, now: &mut Report) -> Vec<String> {
        apply(now, read(before)).unwrap();
        let baseline = now.checks.iter().filter(|one| one.id == CHECK);
        let notes = baseline.flat_map(|one| one.observations.iter());
        let notes = notes.map(|one| format!("note: {}", one.question));
        let drift = now.findings.iter().filter(|one| one.check == CHECK);
        let new = now.findings.iter().filter(|one| one.is_new);
        let new = new.map(|one| format!("new: {}", one.fingerprint));
        notes
            .chain(drift.map(|one| one.fingerprint.clone()))
            .chain(new)
            .collect()
    }

    #[test]
    fn what_was_judged_both_times_and_differs_is_drift() {
        type Edit = fn(&mut Report);
        let same: Edit = |_| {};
        let oldest: Edit = |now| observe(now, "order", "oldest first", About::Server);
        let mended: Edit = |now| now.findings.clear();
        let left = "note: checks that were not made";
        let gone = "baseline: list/conformance: data.contents[].id missing";
        let cases: [(&str, Edit, Edit, &[&str]); 14] = [
            ("nothing", same, same, &[]),
            (
                "another value",
                same,
                oldest,
                &["baseline: list/order: order"],
            ),
            (
                "one more value",
                same,
                |now| {
                    let more = Observation::new("order", "by id", "two rows");
                    now.checks[0].observations.push(more);
                },
                &[],
            ),
            (
                "other data",
                same,
                |now| observe(now, "clusters", "of others, too", About::Data),
                &[],
            ),
            (
                "another value, not exercised before",
                |before| before.checks[0].judged = 0,
                oldest,
                &[],
            ),
            (
                "another value, not exercised now",
                same,
                |now| now.checks[0].judged = 0,
                &[left],
            ),
            ("a finding is gone", same, mended, &[gone]),
            (
                "a finding is gone, but the run was stopped",
                same,
                |now| {
                    now.findings.clear();
                    stopped(now);
                },
                &[left],
            ),
            (
                "a finding is gone, but another operation was named",
                same,
                |now| {
                    now.findings.clear();
                    now.operations[0].standing = Standing::NotNamed;
                },
                &[left],
            ),
            (
                "a finding appears",
                mended,
                same,
                &["new: list/conformance: data.contents[].id missing"],
            ),
            (
                "a finding appears, but nothing was judged",
                |before| {
                    before.findings.clear();
                    before.checks.iter_mut().for_each(|one| one.judged = 0);
                },
                same,
                &[],
            ),
            (
                "another contract",
                |before| before.contract = "b".repeat(64),
                same,
                &["note: contract"],
            ),
            (
                "another OCP",
                |before| before.ocp = None,
                same,
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
        for (name, edit_before, edit_now, expected) in cases {
            let (mut before, mut now) = (report(), report());
            edit_before(&mut before);
            edit_now(&mut now);
            assert_eq!(compared(&before, &mut now), expected, "{name}");
        }
    }

    /// A narrow run in between hides nothing of what the next one brings.
    #[test]
    fn what_a_run_did_not_judge_stays_as_it_was_known_before() {
        let first = report();
        let mut narrow = report();
        narrow.date = "2026-11-28".to_owned();
        narrow.findings.clear();
        stopped(&mut narrow);
        narrow.checks[0].observations.clear();
        narrow.checks[0].judged = 0;
        compared(&first, &mut narrow);
        let answer = &narrow.earlier.answers["list/order: order"];
        assert_eq!(answer.date, "2026-11-21");
        assert_eq!(narrow.earlier.findings[ID], "2026-11-21");
        let mut third = report();
        third.findings.clear();
        observe(&mut third, "order", "oldest first", About::Server);
        let changes = compared(&narrow, &mut third);
        let expected = [
            "baseline: list/order: order",
            "baseline: list/conformance: data.contents[].id missing",
        ];
        assert_eq!(changes, expected);
        assert!(third.earlier.answers.is_empty() && third.earlier.findings.is_empty());
    }

    #[test]
    fn a_report_of_format_2_is_read_and_its_consequences_are_findings() {
        let mut before = serde_json::to_value(report()).unwrap();
        before["format"] = 2.into();
        let members = before.as_object_mut().unwrap();
        members.remove("date");
        members.remove("earlier");
        let consequence = serde_json::json!({ "fingerprint": "list/order: follows" });
        before["findings"][0]["consequences"] = serde_json::json!([consequence]);
        let mut now = report();
        apply(&mut now, serde_json::from_value(before).unwrap()).unwrap();
        let drift = now.findings.iter().filter(|one| one.check == CHECK);
        let drift: Vec<&str> = drift.map(|one| one.fingerprint.as_str()).collect();
        assert_eq!(drift, ["baseline: list/order: follows"]);
    }
}
