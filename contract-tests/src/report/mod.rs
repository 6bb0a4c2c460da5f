//! The forms of a report. Each is rendered from [`Report`] alone.

mod junit;
mod parts;
mod template;

use crate::verify::report::Report;

pub use template::text;

/// Renders a report in one form.
pub type Renderer = fn(&Report) -> anyhow::Result<String>;

/// The form of this name.
///
/// # Errors
///
/// If there is no such form.
pub fn renderer(form: &str) -> Result<Renderer, String> {
    match form {
        "html" => Ok(template::html),
        "json" => Ok(json),
        "junit" => Ok(junit::junit),
        "markdown" => Ok(template::markdown),
        _ => Err("expected html, json, junit or markdown".to_owned()),
    }
}

fn json(report: &Report) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(report)?))
}

/// The JSON Schema of the report in JSON, published as `report.schema.json`.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
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
                ..CheckReport::new(id, meaning, "rows; discrepancy 7")
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
        let text = text(&report).unwrap();
        insta::assert_snapshot!("text", anstream::adapter::strip_str(&text));
        for format in ["markdown", "junit", "html"] {
            let rendered = renderer(format).unwrap()(&report).unwrap();
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
        let xml = junit::junit(&report).unwrap();
        let is_refused = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!xml.contains(is_refused));
        assert!(!xml.contains(|c: char| c < ' ' && !"\t\n\r".contains(c)));
        quick_junit::Report::deserialize_from_str(&xml).unwrap();
    }
}
