//! Every check there is, and a report for people.

use std::io::Write;

use ocp_contract::{Interaction, coverage};

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
    let interactions = Interaction::read_all(Interaction::folder())?;
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
    let unsent = coverage::unsent_parameters(&spec, &interactions);
    report(
        out,
        "coverage",
        sentence(unsent, "every parameter is sent by some interaction"),
    )?;
    let strayed = derived_schema::departures(&spec);
    report(
        out,
        "types",
        sentence(strayed, "the Rust types say what the spec says"),
    )?;

    for interaction in &interactions {
        let source = &interaction.recorded.source;
        writeln!(
            out,
            "\n{} / {} ({}: {})",
            interaction.operation_id, interaction.case, source.grade, source.document
        )?;
        for check in replay::replay(interaction, &spec).await.checks {
            report(out, check.id, check.verdict)?;
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
