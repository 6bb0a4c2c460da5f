//! Verifies the contract itself: the spec against its evidence, the Rust types
//! against the spec, every interaction replayed through the client.

use ocp_contract::evidence::claims::claims;
use ocp_contract::strict::{Severity, Strict};
use ocp_contract::{Interaction, Provenance};

use crate::verify::Contract;
use crate::verify::finding::{CheckReport, Finding, OperationReport, Standing};
use crate::verify::report::Report;
use crate::{derived_schema, replay};

/// Adds what there is to say about the contract to a report, before the rest.
pub async fn verify(contract: &Contract, report: &mut Report) {
    let (spec, evidence) = (contract.spec, contract.evidence);
    let interactions = &evidence.interactions;
    let mut rest = std::mem::take(&mut report.checks);

    let claims = claims(spec);
    let gaps = evidence.gaps(&claims).map(|gap| gap.to_string());
    for (id, meaning, source, faults) in [
        (
            "evidence",
            "every claim of the spec has its evidence, and all evidence its claim",
            "openapi/documentation.yaml, openapi/discrepancies.yaml, openapi/interactions",
            gaps.collect(),
        ),
        (
            "types",
            "the Rust types say what the spec says",
            "openapi/ocp.yaml",
            derived_schema::departures(spec),
        ),
    ] {
        add(report, CheckReport::new(id, meaning, source), faults);
    }
    for interaction in interactions {
        let id = &interaction.operation_id;
        let is_named = |one: &OperationReport| one.id == *id && one.standing != Standing::NotNamed;
        if !report.operations.iter().any(is_named) {
            continue;
        }
        let mut subjects = contract.subjects.iter();
        let Some(subject) = subjects.find(|one| one.operation.id == *id) else {
            continue;
        };
        let source = &interaction.recorded.source;
        let mut faults = match replay::replay(interaction, spec).await {
            Ok(replay) => replay.faults,
            Err(failure) => vec![format!("the spec and the interaction disagree: {failure}")],
        };
        if source.grade == Provenance::Documented {
            faults.extend(conformance(&subject.strict, interaction));
        }
        let check = CheckReport {
            operation: Some(id.clone()),
            ..CheckReport::new(
                &format!("replay/{}", interaction.case),
                "the client sends the request and reads the response, losing nothing",
                &format!("{}: {}", source.grade, source.document),
            )
        };
        add(report, check, faults);
    }
    report.checks.append(&mut rest);
    report.settle();
}

fn add(report: &mut Report, mut check: CheckReport, faults: Vec<String>) {
    check.judged = 1;
    for (index, fault) in faults.into_iter().enumerate() {
        let fingerprint = format!("{}: {}", check.key(), index + 1);
        report.findings.push(Finding {
            operation: check.operation.clone(),
            expected: check.meaning.clone(),
            evidence: check.evidence.clone(),
            got: fault,
            ..Finding::new(&check.id, Severity::Violation, fingerprint)
        });
    }
    report.checks.push(check);
}

/// Departures of a recorded body from the strict view, as sentences.
fn conformance(strict: &Strict, interaction: &Interaction) -> Vec<String> {
    match serde_json::from_str(&interaction.body) {
        Ok(body) => {
            let departures = strict.departures(interaction.recorded.response.status, &body);
            departures
                .iter()
                .map(|one| format!("strict: {one}"))
                .collect()
        }
        Err(error) => vec![format!("strict: the recorded body is not JSON: {error}")],
    }
}
