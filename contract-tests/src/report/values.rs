//! What templates render.

use minijinja::value::Serde;
use minijinja::{Value, context};
use ocp_contract::strict::Severity;

use crate::verify::finding::{Meaning, Report};

/// A report, and the sentences on it.
pub(super) fn values(report: &Report) -> Value {
    let exit_code = report.exit_code();
    let mark = match exit_code {
        0 if report.count(Severity::Drift) > 0 => "🟡",
        0 => "🟢",
        1 => "🔴",
        _ => "⚪",
    };
    let findings = report.findings.iter();
    let clients = findings.map(|one| one.client.map(Meaning::sentence));
    context! {
        report => Serde(report),
        exit_code,
        mark,
        verdict => report.verdict(),
        made_by => report.made_by(),
        clients => clients.collect::<Vec<_>>(),
    }
}
