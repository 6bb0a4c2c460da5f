//! The report for the test views of CI servers.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use ocp_contract::strict::Severity;

use crate::verify::finding::{CheckReport, Finding, Outcome, Report, Standing};

/// A suite for each operation and one for what is about none; one case for each
/// check. What is no failure stands in the output of its case.
pub(super) fn junit(report: &Report) -> anyhow::Result<String> {
    let mut junit = Junit::new("cargo xtask verify");
    let provider = report.provider.as_str();
    let mut whole = suite(provider.to_owned(), None, report);
    if let Some(why) = &report.unjudged {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(why.as_str());
        whole.add_test_case(TestCase::new("judged", status));
    }
    if !whole.test_cases.is_empty() {
        junit.add_test_suite(whole);
    }
    let operations = report.operations.iter();
    for operation in operations.filter(|one| one.standing != Standing::NotNamed) {
        let mut suite = suite(
            format!("{provider}: {}", operation.id),
            Some(&operation.id),
            report,
        );
        if let Some(why) = operation.remark() {
            let mut status = match operation.standing {
                Standing::Verified | Standing::Unjudged(_) => {
                    TestCaseStatus::non_success(NonSuccessKind::Error)
                }
                _ => TestCaseStatus::skipped(),
            };
            status.set_message(why);
            suite.add_test_case(TestCase::new("judged", status));
        }
        junit.add_test_suite(suite);
    }
    // Characters that a server may send and that XML cannot hold, even escaped.
    Ok(junit
        .to_string()?
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
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
    let is_failure = match check.outcome {
        Outcome::Violation => true,
        Outcome::Drift => report.fail_on == Severity::Drift,
        Outcome::Passed | Outcome::NotExercised => false,
    };
    let mut status = match check.outcome {
        _ if is_failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::NotExercised => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    let mut output = vec![format!("{} (known by: {})", check.meaning, check.evidence)];
    output.extend(check.observations.iter().map(|one| one.text.clone()));
    let left_out = check.left_out.iter();
    output.extend(left_out.map(|(what, times)| format!("left out: {what} ({times})")));
    match check.outcome {
        _ if is_failure => {
            let first = findings().find(|one| one.waived.is_none());
            status.set_type(if check.outcome == Outcome::Drift {
                "drift"
            } else {
                "violation"
            });
            status.set_message(first.map_or("", |one| one.fingerprint.as_str()));
            let described: Vec<String> = findings().map(described).collect();
            status.set_description(described.join("\n\n"));
        }
        Outcome::NotExercised => {
            status.set_message(check.reason.as_deref().unwrap_or_default());
        }
        Outcome::Passed | Outcome::Drift | Outcome::Violation => {
            output.extend(findings().map(described));
        }
    }
    let mut case = TestCase::new(check.id.as_str(), status);
    case.set_classname(check.operation.as_deref().unwrap_or("ocp"));
    case.set_system_out(output.join("\n\n"));
    case
}

fn described(finding: &Finding) -> String {
    let mut text = format!(
        "{} {}\nexpected: {}\nknown by: {}\ngot: {}",
        finding.severity, finding.fingerprint, finding.expected, finding.evidence, finding.got
    );
    if !finding.pointer.is_empty() {
        text.push_str(&format!("\nat: {}", finding.pointer));
    }
    if let Some(client) = finding.client {
        text.push_str(&format!("\nclient: {}", client.sentence()));
    }
    for (name, part) in [
        ("waived", &finding.waived),
        ("where", &finding.request),
        ("try", &finding.curl),
    ] {
        if let Some(part) = part {
            text.push_str(&format!("\n{name}: {part}"));
        }
    }
    text
}
