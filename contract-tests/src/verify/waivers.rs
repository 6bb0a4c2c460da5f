//! Known findings, each with the reason for which it is put up with.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use ocp_contract::strict::Severity;
use ocp_contract::{Document, read_text};
use serde::Deserialize;

use super::finding::{CheckReport, Finding, Standing, check_of};
use super::report::Report;

/// The name of this check, which is about no operation.
const CHECK: &str = "waivers";
/// How it is known what is waived.
const EVIDENCE: &str = "the waivers' file";

/// One known finding.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The fingerprint of the finding.
    pub fingerprint: String,
    /// Why it is put up with, and until when.
    pub reason: String,
}

/// Reads a file of waivers: a YAML list of `fingerprint` and `reason`.
///
/// # Errors
///
/// If it cannot be read, is malformed, or waives something twice or without
/// a reason.
pub fn read(file: &Path) -> anyhow::Result<Vec<Waiver>> {
    let name = file.display().to_string();
    let text = read_text(file, &name).map_err(|error| anyhow!("{error}"))?;
    let document = Document::parse(&name, &text).map_err(|error| anyhow!("{error}"))?;
    // A file of comments only, once the last waiver is gone.
    if document.value().is_null() {
        return Ok(Vec::new());
    }
    let waivers: Vec<Waiver> =
        serde_json::from_value(document.value().clone()).with_context(|| {
            format!("{name} is not a list of waivers, each with `fingerprint` and `reason`")
        })?;
    let mut known = BTreeSet::new();
    for Waiver {
        fingerprint,
        reason,
    } in &waivers
    {
        ensure!(
            !reason.trim().is_empty(),
            "{name}: the waiver of `{fingerprint}` has no reason"
        );
        ensure!(
            known.insert(fingerprint),
            "{name}: `{fingerprint}` is waived twice"
        );
    }
    Ok(waivers)
}

/// Waives findings. A waiver without a finding is a finding, unless its check
/// was not exercised.
pub fn apply(report: &mut Report, waivers: &[Waiver]) {
    if waivers.is_empty() || report.unjudged.is_some() {
        return;
    }
    let mut stale = Vec::new();
    for waiver in waivers {
        let findings = report.findings.iter_mut();
        let mut findings = findings.filter(|one| one.fingerprint == waiver.fingerprint);
        if let Some(finding) = findings.next() {
            finding.waived = Some(waiver.reason.clone());
        } else if is_exercised(report, check_of(&waiver.fingerprint)) {
            stale.push(Finding {
                expected: format!(
                    "the finding `{}`, which is waived: {}",
                    waiver.fingerprint, waiver.reason
                ),
                evidence: EVIDENCE.to_owned(),
                got: "no such finding; remove the waiver".to_owned(),
                ..Finding::new(
                    CHECK,
                    Severity::Violation,
                    format!("{CHECK}: {}", waiver.fingerprint),
                )
            });
        }
    }
    report.checks.push(CheckReport {
        judged: waivers.len(),
        ..CheckReport::new(CHECK, "every waiver still matches a finding", EVIDENCE)
    });
    report.findings.extend(stale);
    report.settle();
}

/// True if a check, with its operation, would have found everything that is still there. A run that was cut
/// short has not seen everything.
fn is_exercised(report: &Report, key: &str) -> bool {
    let (operation, _) = key.split_once('/').unwrap_or_default();
    let mut operations = report.operations.iter().filter(|one| one.id == operation);
    let mut checks = report.checks.iter().filter(|one| one.key() == key);
    report.stopped.is_none()
        && operations.all(|one| one.standing == Standing::Verified)
        && checks.all(|one| one.judged > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_covers_its_finding_and_one_without_a_finding_is_one() {
        for (waived, exit_code) in [
            (&[][..], 1),
            (&["list/check: kind"], 0),
            (&["list/check: kind", "list/nothing: kind"], 1),
        ] {
            let mut report = Report::new("OCP".to_owned());
            report.findings = vec![Finding {
                operation: Some("list".to_owned()),
                ..Finding::new("check", Severity::Violation, "list/check: kind".to_owned())
            }];
            let waiver = |fingerprint: &&str| Waiver {
                fingerprint: (*fingerprint).to_owned(),
                reason: "known".to_owned(),
            };
            let waivers: Vec<Waiver> = waived.iter().map(waiver).collect();
            apply(&mut report, &waivers);
            let stale = report.findings.iter().filter(|one| one.check == "waivers");
            assert_eq!(stale.count(), waived.len().saturating_sub(1), "{waived:?}");
            assert_eq!(report.exit_code(), exit_code, "{waived:?}");
        }
    }
}
