//! The report for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use ocp_contract::strict::Severity;

use crate::verify::finding::{Finding, Outcome, Report};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();

/// A line for each check, then the findings, then the verdict; with colours,
/// which whoever prints it removes where they are not wanted.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    let verdict = line(&report.verdict());
    if report.unjudged.is_some() {
        // What the checks would say is the same, two dozen times.
        return writeln!(out, "{BAD}{verdict}{BAD:#}");
    }
    let width = report.checks.iter().map(|check| check.id.len()).max();
    let width = width.unwrap_or_default();
    let mut operation = &None;
    for check in &report.checks {
        if check.operation != *operation {
            operation = &check.operation;
            let gap = if out.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{}", operation.as_deref().unwrap_or_default())?;
        }
        let (style, mark) = match check.outcome {
            Outcome::Passed => (GOOD, "ok   "),
            Outcome::Drift => (ODD, "drift"),
            Outcome::Violation => (BAD, "FAIL "),
            Outcome::NotExercised => (QUIET, "--   "),
        };
        let text = check.reason.as_ref().map_or_else(
            || check.meaning.clone(),
            |reason| format!("not exercised: {reason}"),
        );
        writeln!(
            out,
            "  {style}{mark}{style:#}  {:width$}  {}",
            check.id,
            line(&text)
        )?;
        for observed in &check.observations {
            writeln!(
                out,
                "  {QUIET}{:7}{:width$}  - {}{QUIET:#}",
                "",
                "",
                line(&observed.text)
            )?;
        }
        for (what, times) in &check.left_out {
            let what = line(what);
            writeln!(
                out,
                "  {QUIET}{:7}{:width$}  - left out: {what} ({times}){QUIET:#}",
                "", ""
            )?;
        }
    }
    for (index, finding) in report.findings.iter().enumerate() {
        write_finding(index + 1, finding, out)?;
    }
    let style = match (
        report.count(Severity::Violation),
        report.count(Severity::Drift),
    ) {
        (0, 0) => GOOD,
        (0, _) => ODD,
        _ => BAD,
    };
    writeln!(out, "\n{QUIET}{}{QUIET:#}", line(&report.made_by()))?;
    if let Some(why) = &report.stopped {
        writeln!(out, "\nThe run ended early: {}.", line(why))?;
    }
    writeln!(out, "\n{style}{verdict}{style:#}")
}

fn write_finding(number: usize, finding: &Finding, out: &mut String) -> std::fmt::Result {
    let style = match (finding.severity, &finding.waived) {
        (_, Some(_)) => QUIET,
        (Severity::Violation, _) => BAD,
        (Severity::Drift, _) => ODD,
    };
    let severity = finding.severity;
    let times = match finding.times {
        1 => String::new(),
        times => format!(", {times} times"),
    };
    let fingerprint = line(&finding.fingerprint);
    writeln!(
        out,
        "\n{number:3}. {style}{severity}{style:#}  {fingerprint}{times}"
    )?;
    let mut row = |name: &str, text: &str| {
        let text = text.trim_end().replace('\n', "\n                ");
        writeln!(out, "     {name:9}  {}", printable(&text))
    };
    if let Some(reason) = &finding.waived {
        row("waived", reason)?;
    }
    row("expected", &finding.expected)?;
    row("known by", &finding.evidence)?;
    row("got", &finding.got)?;
    if let Some(request) = &finding.request {
        let at = if finding.pointer.is_empty() {
            ""
        } else {
            "  at "
        };
        row("where", &format!("{request}{at}{}", finding.pointer))?;
    }
    if let Some(curl) = &finding.curl {
        row("try", curl)?;
    }
    if let Some(client) = finding.client {
        row("client", client.sentence())?;
    }
    if finding.is_new {
        row("since", "the earlier report, which did not have it")?;
    }
    Ok(())
}

/// A text of a server on one line.
fn line(text: &str) -> String {
    printable(&text.replace(['\n', '\r'], " "))
}

/// What a server sent must not move the cursor.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
