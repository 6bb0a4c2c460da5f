//! Findings that are known and put up with, each with its reason.

use std::path::Path;

use anyhow::{Context, bail};
use ocp_contract::strict::Severity;
use ocp_contract::{Document, read_text};
use serde::Deserialize;

use super::checks::all_checks;
use super::finding::{CheckReport, Finding, Report, Standing};

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
/// When it cannot be read, is malformed, or waives something twice or without
/// a reason.
pub fn read(file: &Path) -> anyhow::Result<Vec<Waiver>> {
    let name = file.display().to_string();
    let text = read_text(file, &name).map_err(|error| anyhow::anyhow!("{error}"))?;
    let document = Document::parse(&name, &text).map_err(|error| anyhow::anyhow!("{error}"))?;
    // A file of comments only, once the last waiver is gone.
    if document.value().is_null() {
        return Ok(Vec::new());
    }
    let waivers: Vec<Waiver> =
        serde_json::from_value(document.value().clone()).with_context(|| {
            format!("{name} is not a list of waivers, each with `fingerprint` and `reason`")
        })?;
    for (index, waiver) in waivers.iter().enumerate() {
        if waiver.reason.trim().is_empty() {
            bail!(
                "{name}: the waiver of `{}` has no reason",
                waiver.fingerprint
            );
        }
        if waivers[..index]
            .iter()
            .any(|one| one.fingerprint == waiver.fingerprint)
        {
            bail!("{name}: `{}` is waived twice", waiver.fingerprint);
        }
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
        let mut matched = false;
        for finding in &mut report.findings {
            if finding.fingerprint == waiver.fingerprint {
                finding.waived = Some(waiver.reason.clone());
                matched = true;
            }
        }
        let key = check_of(waiver);
        let is_left_out = report.operations.iter().any(|one| {
            key.starts_with(&format!("{}/", one.id)) && one.standing != Standing::Verified
        });
        let mut checks = report.checks.iter();
        let idle = is_left_out || checks.any(|one| one.key() == key && one.judged == 0);
        // What a run that was cut short has not seen may still be there.
        if !matched && !idle && report.stopped.is_none() {
            stale.push(waiver);
        }
    }
    report.checks.push(CheckReport {
        judged: waivers.len(),
        ..CheckReport::applied(CHECK, "every waiver still matches a finding", EVIDENCE)
    });
    for waiver in stale {
        let is_old = all_checks().any(|check| check.as_str() == check_of(waiver));
        let mut verified = report.operations.iter();
        let verified = verified.find(|one| one.standing == Standing::Verified);
        let got = match (is_old, verified) {
            (true, Some(operation)) => format!(
                "a fingerprint without its operation; write it as the report does, such as `{}/{}`",
                operation.id, waiver.fingerprint
            ),
            _ => "no such finding; remove the waiver".to_owned(),
        };
        report.findings.push(Finding {
            expected: format!(
                "the finding `{}`, which is waived: {}",
                waiver.fingerprint, waiver.reason
            ),
            evidence: EVIDENCE.to_owned(),
            got,
            ..Finding::new(
                CHECK,
                Severity::Violation,
                format!("{CHECK}: {}", waiver.fingerprint),
            )
        });
    }
    report.settle();
}

/// Operation and check, which a fingerprint begins with.
fn check_of(waiver: &Waiver) -> &str {
    waiver.fingerprint.split(':').next().unwrap_or_default()
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
