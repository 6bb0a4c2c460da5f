//! Every check there is, and a report for people.

use std::io::Write;

use anyhow::Context;
use ocp_contract::evidence::Evidence;
use ocp_contract::strict::Strict;
use ocp_contract::{Grade, Interaction, coverage};

use crate::{derived_schema, replay, spec};

/// Whether the contract holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check passed.
    Holds,
    /// At least one did not.
    Broken,
}

/// Verifies the contract against an embedded OCP, one line for each check.
///
/// # Errors
///
/// When the interactions cannot be read, or the report cannot be written.
pub async fn embedded(out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let spec = spec()?;
    let folder = Interaction::folder()
        .parent()
        .context("the interactions have no folder")?;
    let evidence = Evidence::read(folder).map_err(anyhow::Error::from_boxed)?;
    let interactions = &evidence.interactions;
    writeln!(
        out,
        "Verifying the contract against an embedded OCP, with the generated client."
    )?;
    let (mut passed, mut failed) = (0, 0);
    let mut report = |out: &mut dyn Write, id: &str, verdict: Result<String, String>| {
        let (mark, text) = match verdict {
            Ok(text) => {
                passed += 1;
                ("ok  ", text)
            }
            Err(text) => {
                failed += 1;
                ("FAIL", text)
            }
        };
        writeln!(
            out,
            "  {mark}  {id:<10} {}",
            text.trim_end().replace('\n', "\n                   ")
        )
    };

    writeln!(out, "\nThe spec")?;
    let sentence = |faults: Vec<String>, holds: &str| match faults.as_slice() {
        [] => Ok(holds.to_owned()),
        faults => Err(faults.join("\n")),
    };
    let unsent = coverage::unsent_parameters(&spec, interactions);
    report(
        out,
        "coverage",
        sentence(unsent, "every parameter is sent by some interaction"),
    )?;
    let gaps = evidence
        .gaps(&spec)
        .iter()
        .map(ToString::to_string)
        .collect();
    report(
        out,
        "evidence",
        sentence(
            gaps,
            "every claim has its evidence, and all evidence its claim",
        ),
    )?;
    let strayed = derived_schema::departures(&spec);
    report(
        out,
        "types",
        sentence(strayed, "the Rust types say what the spec says"),
    )?;

    for interaction in interactions {
        let source = &interaction.recorded.source;
        writeln!(
            out,
            "\n{} / {} ({}: {})",
            interaction.operation_id, interaction.case, source.grade, source.document
        )?;
        for check in replay::replay(interaction, &spec).await.checks {
            report(out, check.id, check.verdict)?;
        }
        if source.grade == Grade::Documented {
            let departures = match Strict::new(&spec, &interaction.operation_id, &evidence) {
                Some(strict) => conformance(&strict, interaction),
                None => vec!["the spec cannot be made strict".to_owned()],
            };
            report(
                out,
                "strict",
                sentence(departures, "the recorded body conforms to the strict view"),
            )?;
        }
    }
    let verdict = if failed == 0 {
        Verdict::Holds
    } else {
        Verdict::Broken
    };
    let words = match verdict {
        Verdict::Holds => "The contract holds",
        Verdict::Broken => "The contract is broken",
    };
    writeln!(out, "\n{words}: {passed} passed, {failed} failed.")?;
    Ok(verdict)
}

/// Departures of a recorded body from the strict view, as sentences.
fn conformance(strict: &Strict, interaction: &Interaction) -> Vec<String> {
    match serde_json::from_str(&interaction.body) {
        Ok(body) => {
            let departures = strict.departures(interaction.recorded.response.status, &body);
            departures.iter().map(ToString::to_string).collect()
        }
        Err(error) => vec![format!("the recorded body is not JSON: {error}")],
    }
}
