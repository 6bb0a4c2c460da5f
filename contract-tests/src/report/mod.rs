//! The forms of a report. Each is rendered from [`Report`] alone.

mod html;
mod junit;
mod markdown;
mod prose;
mod text;
mod values;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;

use crate::verify::finding::Report;

pub use text::text;

/// A form that a report can be written in, beside the text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// All there is, for programs.
    Json,
    /// For people, one file that needs nothing else.
    Html,
    /// For the test views of CI servers.
    Junit,
    /// For the summary of a CI job.
    Markdown,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "html" => Ok(Self::Html),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            "markdown" => Ok(Self::Markdown),
            _ => Err("expected html, json, junit or markdown".into()),
        }
    }
}

/// The JSON Schema of the report in JSON, published as `report.schema.json`.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}

/// Renders a report.
///
/// # Errors
///
/// When a text of the report does not fit the form.
pub fn render(report: &Report, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Html => html::html(report)?,
        Format::Junit => junit::junit(report)?,
        Format::Markdown => markdown::markdown(report)?,
    })
}

/// Replaces a file by a report, whole.
///
/// # Errors
///
/// When it cannot be rendered or written.
pub fn write(report: &Report, format: Format, file: &Path) -> anyhow::Result<()> {
    save(&render(report, format)?, file)
}

/// Replaces a regular file by a text, whole, also behind a symbolic link. What exists and is
/// no regular file, such as a pipe or `/dev/null`, is written into.
///
/// # Errors
///
/// When it cannot be written.
pub fn save(text: &str, file: &Path) -> anyhow::Result<()> {
    let save = || -> std::io::Result<()> {
        let Some((mut draft, file)) = draft(file)? else {
            let mut open = std::fs::OpenOptions::new().write(true).open(file)?;
            return std::io::Write::write_all(&mut open, text.as_bytes());
        };
        std::io::Write::write_all(&mut draft, text.as_bytes())?;
        draft.persist(file)?;
        Ok(())
    };
    save().with_context(|| format!("cannot write {}", file.display()))
}

/// Finds out whether a report can be written, before the run that it is about.
///
/// # Errors
///
/// When it cannot.
pub fn is_writable(file: &Path) -> anyhow::Result<()> {
    draft(file)
        .map(|_| ())
        .with_context(|| format!("cannot write the report {}", file.display()))
}

/// A temporary file beside the file that it is to replace; `None` if that is no regular file.
fn draft(file: &Path) -> std::io::Result<Option<(tempfile::NamedTempFile, PathBuf)>> {
    let file = match file.canonicalize() {
        Ok(file) => file,
        Err(_) => file.to_owned(),
    };
    if file.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    if file.exists() && !file.is_file() {
        return Ok(None);
    }
    let folder = file.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // Temporary files are private; this one is to become an ordinary file, as the umask
    // wants it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let draft = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    Ok(Some((draft, file)))
}

#[cfg(test)]
mod tests {
    use ocp_contract::strict::Severity;

    use super::*;
    use crate::verify::finding::{
        CheckReport, Finding, Line, Meaning, Observation, OperationReport, Outcome, Standing,
    };

    /// A report with one of everything.
    fn sample() -> Report {
        let operation = || Some("listRegions".to_owned());
        let mut report = Report::new("OCP at http://ocp.example:8080".to_owned());
        report.tool = "ocp-verify 1.2.3".to_owned();
        report.contract = "0123456789abcdef".repeat(4);
        report.ocp = Some("4.3.1".to_owned());
        report.requests = 12;
        report.stopped = Some("OCP allows no more requests for 60 seconds".to_owned());
        let standings = [Standing::Verified, Standing::NotGiven(vec!["--id".into()])];
        report.operations = standings
            .into_iter()
            .zip(["listRegions", "listZones"])
            .map(|(standing, id)| OperationReport {
                id: id.to_owned(),
                versions: None,
                standing,
                unchecked: Vec::new(),
                is_stopped: false,
            })
            .collect();
        report.operations[0].unchecked.push("paging".to_owned());
        let mut check = |id: &str, meaning: &str, judged| {
            report.checks.push(CheckReport {
                operation: operation(),
                judged,
                ..CheckReport::applied(id, meaning, "rows; discrepancy 7")
            });
        };
        check("conformance", "bodies have the members of `Region`", 3);
        check("client", "the client reads <every> response", 3);
        check("paging", "pages show the same rows", 0);
        check("order", "how rows are ordered", 3);
        report.checks[2].reason = Some("there are fewer than two rows".to_owned());
        let order = Observation::new("order", "newest first", "3 rows, newest first, by `id`");
        report.checks[3].observations.push(order);
        let mut missing = Finding {
            operation: operation(),
            expected: "`id`, always".to_owned(),
            evidence: "row; samples".to_owned(),
            got: "{\"name\":\"a|b\"}".to_owned(),
            request: Some("GET /regions?page=1".to_owned()),
            pointer: "/data/contents/0".to_owned(),
            curl: Some("curl -sS 'http://ocp.example:8080/regions?page=1'".to_owned()),
            times: 2,
            client: Some(Meaning::Refused),
            ..Finding::new(
                "conformance",
                Severity::Violation,
                "listRegions/conformance: id".into(),
            )
        };
        for (text, is_wrong) in [("\"name\": \"a|b\"", false), ("\"id\": null", true)] {
            let text = text.to_owned();
            missing.excerpt.push(Line { text, is_wrong });
        }
        missing.is_new = true;
        report.checks[1]
            .left_out
            .insert("a response that a finding is about".to_owned(), 2);
        let waived = Finding {
            operation: operation(),
            expected: "no other member".to_owned(),
            evidence: "rows".to_owned(),
            got: "`zone`".to_owned(),
            waived: Some("known since <May>".to_owned()),
            ..Finding::new(
                "conformance",
                Severity::Drift,
                "listRegions/conformance: zone".into(),
            )
        };
        let elsewhere = Finding {
            check: "order".to_owned(),
            fingerprint: "listRegions/order: ties".to_owned(),
            ..waived.clone()
        };
        report.findings = vec![missing, waived, elsewhere];
        report.settle();
        report
    }

    #[test]
    fn every_form_has_everything_that_a_report_has() {
        let report = sample();
        let outcomes = report.checks.iter().map(|one| one.outcome);
        assert_eq!(
            outcomes.collect::<Vec<_>>(),
            [
                Outcome::Violation,
                Outcome::Passed,
                Outcome::NotExercised,
                Outcome::Passed
            ]
        );
        let text = text(&report);
        insta::assert_snapshot!("text", anstream::adapter::strip_str(&text));
        for format in ["markdown", "junit", "html"] {
            let rendered = render(&report, format.parse().unwrap()).unwrap();
            // How it looks is not what it says.
            let (_, body) = rendered.split_once("</style>").unwrap_or(("", &rendered));
            insta::assert_snapshot!(format, body);
        }
    }

    #[test]
    fn junit_is_xml_whatever_a_server_sends() {
        let mut report = sample();
        let odd: String = (0..=0x20_u8).map(char::from).collect();
        let odd = odd + "\u{7f}\u{85}\u{fffe}\u{ffff}\u{1fffe}<&>]]>\"'";
        for finding in &mut report.findings {
            finding.got.clone_from(&odd);
            finding.fingerprint.push_str(&odd);
        }
        let xml = render(&report, Format::Junit).unwrap();
        let is_refused = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!xml.contains(is_refused));
        assert!(!xml.contains(|c: char| c < ' ' && !"\t\n\r".contains(c)));
        quick_junit::Report::deserialize_from_str(&xml).unwrap();
    }
}
