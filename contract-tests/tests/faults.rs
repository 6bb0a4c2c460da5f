//! Each check of `verify` can fail, and none fails without a reason: providers
//! with a fault, as data, and what must be found of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contract_tests::verify::report::Report;
use contract_tests::verify::{Contract, Identity, Target, all_checks};
use contract_tests::{files, report};
use ocp_contract::strict::Severity;
use ocp_contract::{Document, read_text};
use ocp_mock::{EmbeddedOcp, Fault, Settings, Variant, tasks};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Clone, Deserialize)]
struct Case {
    name: String,
    /// The operation to verify; without one, all that the OCP offers.
    #[serde(default = "of_a_tenant")]
    operation: Option<String>,
    #[serde(default = "both")]
    tasks: Vec<i64>,
    #[serde(default)]
    variants: Vec<Variant>,
    /// Fingerprints; the first one is the cause, and stands first in the report.
    #[serde(default)]
    finds: Vec<String>,
    /// The causes, where it depends on the tasks which of them stands first.
    #[serde(default)]
    first: Vec<String>,
    #[serde(default)]
    says: String,
    verdict: String,
    #[serde(flatten)]
    fault: Value,
}

impl Case {
    /// The fingerprints of which one stands first; for forty tasks, the first of them.
    fn causes(&self) -> &[String] {
        match self.first.as_slice() {
            [] => self.finds.get(..1).unwrap_or_default(),
            first => first,
        }
    }
}

fn both() -> Vec<i64> {
    vec![0, 40]
}

fn of_a_tenant() -> Option<String> {
    Some("listTenantRestoreTasks".to_owned())
}

fn cases() -> Vec<Case> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults.yaml");
    let text = read_text(&file, "faults.yaml").unwrap();
    let document = Document::parse("faults.yaml", &text).unwrap();
    serde_json::from_value(document.value().clone()).unwrap()
}

async fn run(contract: &Contract, case: &Case, count: i64) -> Report {
    let tasks = match count {
        -1 => Vec::new(),
        0 => tasks::documented().unwrap(),
        count => tasks::made(count as usize),
    };
    let fault: Fault = serde_json::from_value(case.fault.clone()).expect(&case.name);
    let settings = Settings {
        basic: Some(("admin".into(), "aaAA11__".into())),
        variants: case.variants.clone(),
        fault: Some(fault),
        ..Settings::new(tasks)
    };
    let ocp = EmbeddedOcp::start(settings).await.unwrap();
    let target = Target {
        name: "OCP".into(),
        url: &ocp.url(),
        url_from: "--base-url",
        shown_url: "http://ocp.example",
        identity: Identity::User("admin".into(), "aaAA11__".into()),
        certificates: None,
        // No fault is slow, but a busy machine is.
        timeout: Duration::from_secs(60),
        arguments: contract.documented_arguments(),
        operations: case.operation.iter().cloned().collect(),
        max_requests: 200,
        check_authentication: true,
        record: None,
    };
    contract.verify(&target).await.unwrap()
}

/// Every finding of a case, so that one too many is noticed.
fn fingerprints(case: &Case, count: i64, report: &Report) -> (String, Vec<String>) {
    let mut prints = Vec::new();
    for one in &report.findings {
        let severity = one.severity;
        prints.push(format!("{severity} {}", short(case, &one.fingerprint)));
    }
    (format!("{}, {count} tasks", case.name), prints)
}

/// A fingerprint without the operation of the case.
fn short<'a>(case: &Case, fingerprint: &'a str) -> &'a str {
    let operation = case.operation.as_deref().unwrap_or_default();
    let rest = fingerprint.strip_prefix(operation);
    rest.and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(fingerprint)
}

/// The sentence on a report that a case does not expect.
fn complaint(case: &Case, count: i64, report: &Report) -> Option<String> {
    let verdict = match (report.exit_code(), report.count(Severity::Drift)) {
        (0, 0) => "conforms",
        (0, _) => "drift",
        (1, _) => "violation",
        _ => "unjudged",
    };
    let prints = report.findings.iter();
    let prints: Vec<&str> = prints.map(|one| short(case, &one.fingerprint)).collect();
    let missing: Vec<&String> = case
        .finds
        .iter()
        .filter(|one| !prints.contains(&one.as_str()))
        .collect();
    let is_said = report.verdict().contains(&case.says)
        || report
            .findings
            .iter()
            .any(|one| one.got.contains(&case.says));
    let first = report.findings.first();
    let first = first.map(|one| short(case, &one.fingerprint));
    let causes = case.causes();
    let is_cause = match first {
        Some(first) => causes.iter().any(|cause| cause == first) || verdict == "unjudged",
        None => causes.is_empty(),
    };
    (verdict != case.verdict || !missing.is_empty() || !is_said || !is_cause).then(|| {
        format!(
            "{} ({count} tasks): {verdict} instead of {}, without {missing:?}, {first:?} first; found {prints:#?}; {}",
            case.name, case.verdict, report.verdict()
        )
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_found_and_nothing_else_is_one() {
    let contract = Arc::new(Contract::read().unwrap());
    let mut runs = JoinSet::new();
    let limit = Arc::new(Semaphore::new(4));
    for case in cases().into_iter().map(Arc::new) {
        for count in case.tasks.clone() {
            let (contract, case) = (Arc::clone(&contract), Arc::clone(&case));
            let limit = Arc::clone(&limit);
            runs.spawn(async move {
                let _turn = limit.acquire().await;
                let report = run(&contract, &case, count).await;
                (
                    complaint(&case, count, &report),
                    fingerprints(&case, count, &report),
                    report,
                )
            });
        }
    }
    let schema = serde_json::to_value(report::schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut found = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut all = BTreeMap::new();
    for (complaint, (run, fingerprints), report) in runs.join_all().await {
        wrong.extend(complaint);
        let json = serde_json::to_value(&report).unwrap();
        let errors = schema.iter_errors(&json);
        wrong
            .extend(errors.map(|error| format!("{run}: not as the report's schema says: {error}")));
        all.insert(run, fingerprints);
        let violations = report
            .findings
            .iter()
            .filter(|one| one.severity == Severity::Violation);
        found.extend(violations.map(|one| one.check.clone()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_yaml_snapshot!("findings", all);
    let counts = all.values().map(Vec::len);
    let mut counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
    counts.sort_unstable();
    assert_eq!(counts[counts.len() / 2], 1, "median");
    assert!(counts.iter().all(|count| *count <= 3), "{counts:?}");
    // Open questions are answered and never fail.
    let questions = ["order", "scope", "new-values", "running-task", "time-forms"];
    let idle: Vec<&str> = all_checks()
        .map(|check| check.as_str())
        .filter(|id| !found.contains(*id) && !questions.contains(id))
        .collect();
    assert!(
        idle.is_empty(),
        "no fault shows that these can fail: {idle:?}"
    );
}

/// It is a violation, and no new value beside.
#[tokio::test]
async fn a_label_as_a_status_is_told_once() {
    let contract = Contract::read().unwrap();
    let cases = cases();
    let mut cases = cases.iter();
    let case = cases
        .find(|case| case.name == "a label as a status")
        .unwrap();
    let report = run(&contract, case, 0).await;
    let mut checks = report.checks.iter();
    let new_values = checks.find(|check| check.id == "new-values").unwrap();
    assert!(
        new_values.observations.is_empty(),
        "{:?}",
        new_values.observations
    );
}

/// Two cases in one.
fn both_of(one: &Case, other: &Case) -> Case {
    fn merge(one: &mut Value, other: &Value) {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in other {
                    merge(one.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
            (Value::Array(one), Value::Array(other)) => one.extend(other.clone()),
            (one, other) => *one = other.clone(),
        }
    }
    let mut fault = one.fault.clone();
    merge(&mut fault, &other.fault);
    Case {
        name: format!("{} / {}", one.name, other.name),
        operation: one.operation.clone(),
        tasks: Vec::new(),
        variants: Vec::new(),
        finds: Vec::new(),
        first: Vec::new(),
        says: String::new(),
        verdict: String::new(),
        fault,
    }
}

/// Nothing is folded under what it has nothing to do with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_independent_faults_both_stand_at_top_level() {
    let contract = Arc::new(Contract::read().unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pairs.yaml");
    let document = Document::parse("pairs.yaml", &read_text(&file, "pairs.yaml").unwrap()).unwrap();
    let pairs: Vec<[String; 2]> = serde_json::from_value(document.value().clone()).unwrap();
    assert!(pairs.len() >= 30);
    let cases = cases();
    let case = |name: &String| cases.iter().find(|one| one.name == *name).expect(name);
    let mut runs = JoinSet::new();
    for [one, other] in &pairs {
        let (contract, alone) = (Arc::clone(&contract), [case(one), case(other)]);
        let (pair, alone) = (both_of(alone[0], alone[1]), alone.map(Case::clone));
        runs.spawn(async move {
            let report = run(&contract, &pair, 40).await;
            let (_, found) = fingerprints(&pair, 40, &report);
            // The test above has seen what a case causes alone.
            for case in &alone {
                assert!(case.tasks.contains(&40), "{}", case.name);
                let cause = case.causes().first().expect(&case.name);
                let mut findings = report.findings.iter();
                if !findings.any(|one| short(case, &one.fingerprint) == cause) {
                    return Some(format!("{}: {cause} is not among {found:#?}", pair.name));
                }
            }
            None
        });
    }
    let wrong: Vec<String> = runs.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The published schema is that of the report, and knows what it refuses.
#[test]
fn the_published_schema_is_that_of_the_report() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
    let due = format!("{:#}\n", serde_json::to_value(report::schema()).unwrap());
    if std::env::var_os("INSTA_UPDATE").is_some_and(|one| one == "always") {
        files::save(&due, &file, files::Readers::Umask).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == due,
        "INSTA_UPDATE=always writes {}",
        file.display()
    );
    let schema: Value = serde_json::from_str(&published).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let report = |more: Value| {
        let mut finding = json!({
            "check": "c", "severity": "drift", "fingerprint": "f", "expected": "", "evidence": "",
            "got": "", "pointer": "", "excerpt": [], "times": 1, "is_new": false,
        });
        let more = more.as_object().unwrap().clone();
        finding.as_object_mut().unwrap().extend(more);
        json!({
            "format": 3, "tool": "", "contract": "", "date": "", "provider": "", "requests": 0,
            "operations": [], "checks": [], "findings": [finding], "fail_on": "drift",
            "earlier": {},
        })
    };
    assert!(schema.is_valid(&report(json!({}))));
    for wrong in [
        json!({ "severity": "odd" }),
        json!({ "more": 1 }),
        json!({ "times": "1" }),
    ] {
        assert!(!schema.is_valid(&report(wrong.clone())), "{wrong}");
    }
}
