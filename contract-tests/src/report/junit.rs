//! The report for the test views of CI servers.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::verify::finding::{Finding, Outcome, Report};

/// One suite, one case for each check. Drift is no failure: it is told in the
/// output of its case.
pub(super) fn junit(report: &Report) -> anyhow::Result<String> {
    let mut suite = TestSuite::new(report.provider.as_str());
    for check in &report.checks {
        let findings = || report.findings.iter().filter(|one| one.check == check.id);
        let mut status = match check.outcome {
            Outcome::Passed | Outcome::Drift => TestCaseStatus::success(),
            Outcome::Violation => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Outcome::NotExercised => TestCaseStatus::skipped(),
        };
        let told: Vec<String> = findings().map(told).collect();
        match check.outcome {
            Outcome::Violation => {
                let first = findings().find(|one| one.waived.is_none());
                status.set_type("violation");
                status.set_message(first.map_or("", |one| one.fingerprint.as_str()));
                status.set_description(told.join("\n\n"));
            }
            Outcome::NotExercised => {
                status.set_message(check.reason.as_deref().unwrap_or_default());
            }
            Outcome::Passed | Outcome::Drift => {}
        }
        let mut case = TestCase::new(check.id.as_str(), status);
        case.set_classname("ocp");
        let mut output = vec![format!("{} (known by: {})", check.meaning, check.evidence)];
        output.extend(check.answers.clone());
        output.extend(told);
        case.set_system_out(output.join("\n\n"));
        suite.add_test_case(case);
    }
    if let Some(why) = &report.unjudged {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(why.as_str());
        suite.add_test_case(TestCase::new("judged", status));
    }
    let mut junit = Junit::new("cargo xtask verify");
    junit.add_test_suite(suite);
    Ok(junit.to_string()?)
}

fn told(finding: &Finding) -> String {
    let mut text = format!(
        "{} {}\nexpected: {}\nknown by: {}\ngot: {}",
        finding.severity, finding.fingerprint, finding.expected, finding.evidence, finding.got
    );
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
