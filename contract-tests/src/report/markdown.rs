//! The report for the summary of a CI job.

use std::fmt::Write;

use ocp_contract::strict::Severity;

use crate::verify::finding::{Outcome, Report};

pub(super) fn markdown(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    let mark = match report.exit_code() {
        0 if report.count(Severity::Drift) > 0 => "🟡",
        0 => "🟢",
        1 => "🔴",
        _ => "⚪",
    };
    writeln!(out, "## {mark} {}\n", plain(&report.provider))?;
    writeln!(out, "{}\n", plain(&report.verdict()))?;
    writeln!(out, "{}\n", plain(&report.made_by()))?;
    if let (Some(why), None) = (&report.stopped, &report.unjudged) {
        writeln!(out, "The run ended early: {}.\n", plain(why))?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "### Findings\n")?;
    }
    for finding in &report.findings {
        let waived = match &finding.waived {
            Some(reason) => format!(" (waived: {})", plain(reason)),
            None => String::new(),
        };
        writeln!(
            out,
            "- **{}** {}{waived}",
            finding.severity,
            code(&finding.fingerprint)
        )?;
        writeln!(out, "  - expected: {}", plain(&finding.expected))?;
        writeln!(out, "  - known by: {}", plain(&finding.evidence))?;
        writeln!(out, "  - got: {}", code(&finding.got))?;
        if let Some(request) = &finding.request {
            let at = if finding.pointer.is_empty() {
                ""
            } else {
                " at "
            };
            writeln!(
                out,
                "  - where: {}",
                code(&format!("{request}{at}{}", finding.pointer))
            )?;
        }
        if let Some(curl) = &finding.curl {
            writeln!(out, "  - try: {}", code(curl))?;
        }
        if let Some(client) = finding.client {
            writeln!(out, "  - client: {}", client.sentence())?;
        }
        if let Some(follow) = finding.follow() {
            writeln!(out, "  - follow: {}", plain(&follow))?;
        }
        if finding.times > 1 {
            writeln!(out, "  - found {} times", finding.times)?;
        }
    }
    writeln!(out, "\n### Checks")?;
    let mut operation = None;
    for check in &report.checks {
        if operation != Some(&check.operation) {
            operation = Some(&check.operation);
            if let Some(id) = &check.operation {
                writeln!(out, "\n#### {}", plain(id))?;
            }
            writeln!(out, "\n| | check | what | known by |\n|---|---|---|---|")?;
        }
        let mark = match check.outcome {
            Outcome::Passed => "✅",
            Outcome::Drift => "🟡",
            Outcome::Violation => "❌",
            Outcome::NotExercised => "➖",
        };
        let mut what = plain(&check.meaning);
        if let Some(reason) = &check.reason {
            what.push_str(&format!("<br>*not exercised: {}*", plain(reason)));
        }
        for observed in &check.observations {
            what.push_str(&format!("<br>{}", plain(&observed.text)));
        }
        writeln!(
            out,
            "| {mark} | {} | {what} | {} |",
            code(&check.id),
            plain(&check.evidence)
        )?;
    }
    Ok(())
}

/// A text as it is, in a line or a cell of a table.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text as code, whatever backticks it has.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default() + 1);
    match longest {
        Some(0) | None => format!("{fence}{text}{fence}"),
        Some(_) => format!("{fence} {text} {fence}"),
    }
}
