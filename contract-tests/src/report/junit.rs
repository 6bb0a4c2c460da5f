//! The report for the test views of CI servers.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use ocp_contract::strict::Severity;

use super::parts::parts;
use crate::verify::finding::{CheckReport, Finding, Outcome, Standing};
use crate::verify::report::Report;

/// A suite for each operation and one for what is about none; one case for each
/// check. What is no failure stands in the output of its case.
pub(super) fn junit(report: &Report) -> anyhow::Result<String> {
    let mut junit = Junit::new("cargo xtask verify");
    let provider = report.provider.as_str();
    let mut whole = suite(provider.to_owned(), None, report);
    if let Some(why) = &report.unjudged {
        whole.add_test_case(TestCase::new("judged", error(why)));
    }
    if !whole.test_cases.is_empty() {
        junit.add_test_suite(whole);
    }
    let operations = report.operations.iter();
    for operation in operations.filter(|one| one.standing != Standing::NotNamed) {
        let name = format!("{provider}: {}", operation.id);
        let mut suite = suite(name, Some(&operation.id), report);
        if let Some(why) = operation.remark() {
            let status = match operation.standing {
                Standing::Verified | Standing::Unjudged(_) => error(&why),
                _ => skipped(&why),
            };
            suite.add_test_case(TestCase::new("judged", status));
        }
        junit.add_test_suite(suite);
    }
    // Characters that a server may send and that XML cannot hold, even escaped.
    Ok(junit
        .to_string()?
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}

fn error(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(why);
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn suite(name: String, operation: Option<&String>, report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(name);
    let checks = report.checks.iter();
    for check in checks.filter(|check| check.operation.as_ref() == operation) {
        suite.add_test_case(case(check, report));
    }
    suite
}

fn case(check: &CheckReport, report: &Report) -> TestCase {
    let findings = || report.findings.iter().filter(|one| check.has_found(one));
    let described = || findings().map(described);
    let mut output = vec![format!("{} (known by: {})", check.meaning, check.evidence)];
    output.extend(check.observations.iter().map(|one| one.text.clone()));
    let left_out = check.left_out.iter();
    output.extend(left_out.map(|(what, times)| format!("left out: {what} ({times})")));
    let severity = match check.outcome {
        Outcome::Violation => Some(Severity::Violation),
        Outcome::Drift => Some(Severity::Drift),
        Outcome::Passed | Outcome::NotExercised => None,
    };
    let status = if severity >= Some(report.fail_on) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let first = findings().find(|one| one.waived.is_none());
        status.set_type(severity.map_or(String::new(), |one| one.to_string()));
        status.set_message(first.map_or("", |one| one.fingerprint.as_str()));
        status.set_description(described().collect::<Vec<_>>().join("\n\n"));
        status
    } else {
        output.extend(described());
        match check.outcome {
            Outcome::NotExercised => skipped(check.reason.as_deref().unwrap_or_default()),
            _ => TestCaseStatus::success(),
        }
    };
    let mut case = TestCase::new(check.id.as_str(), status);
    case.set_classname(check.operation.as_deref().unwrap_or("ocp"));
    case.set_system_out(output.join("\n\n"));
    case
}

fn described(finding: &Finding) -> String {
    let mut text = format!("{} {}", finding.severity, finding.fingerprint);
    for (name, part, _) in parts(finding) {
        text.push_str(&format!("\n{name}: {part}"));
    }
    text
}
