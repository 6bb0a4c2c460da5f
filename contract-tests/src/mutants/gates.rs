//! The gates on the description, which hold it against its evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use indicatif::ProgressBar;
use ocp_contract::evidence::Evidence;
use ocp_contract::lint::lint;
use ocp_contract::strict::Strict;
use ocp_contract::{Document, Interaction, Provenance, read_text};
use serde::Deserialize;
use serde_json::Value;

use super::mutant::Mutant;

/// Component schemas whose Rust type is written by hand, as in client/codegen.rs:
/// the description itself would not pass if the two lists parted.
const HAND_WRITTEN: [&str; 2] = ["ErrorCode", "QueryTime"];

/// A body that the strict view must refuse; `openapi/rejections/bodies.yaml`.
#[derive(Deserialize)]
struct Rejected {
    base: String,
    patch: json_patch::Patch,
    at: String,
}

/// The gates, with everything that they need.
struct Gates<'a> {
    evidence: &'a Evidence,
    samples: Vec<(&'a Interaction, Value)>,
    /// A sample, changed, and the place where it must be refused.
    rejected: Vec<(&'a Interaction, Value, String)>,
}

impl<'a> Gates<'a> {
    fn new(evidence: &'a Evidence, folder: &Path) -> anyhow::Result<Self> {
        let documented = evidence
            .interactions
            .iter()
            .filter(|one| one.recorded.source.grade == Provenance::Documented);
        let samples: Vec<(&Interaction, Value)> = documented
            .filter_map(|one| Some((one, serde_json::from_str(&one.body).ok()?)))
            .collect();
        let name = "rejections/bodies.yaml";
        let text =
            read_text(&folder.join(name), name).map_err(|error| anyhow::anyhow!("{error}"))?;
        let document = Document::parse(name, &text).map_err(|error| anyhow::anyhow!("{error}"))?;
        let cases: Vec<Rejected> = serde_json::from_value(document.value().clone())?;
        let mut rejected = Vec::new();
        for case in cases {
            let name = |one: &Interaction| format!("{}/{}", one.operation_id, one.case);
            let base = samples.iter().find(|(one, _)| name(one) == case.base);
            let (interaction, body) = base.context("a rejected body has no base")?;
            let mut body = body.clone();
            json_patch::patch(&mut body, &case.patch)?;
            rejected.push((*interaction, body, case.at));
        }
        Ok(Self {
            evidence,
            samples,
            rejected,
        })
    }

    /// Names of the gates that do not let a description through.
    fn kill(&self, spec: &Value) -> Vec<&'static str> {
        let mut killers = Vec::new();
        let text = spec.to_string();
        let findings =
            Document::parse("ocp.yaml", &text).and_then(|document| lint(&document, &HAND_WRITTEN));
        if findings.is_ok_and(|findings| !findings.is_empty()) {
            killers.push("lint");
        }
        if !self.evidence.gaps(spec).is_empty() {
            killers.push("evidence");
        }
        if self
            .samples
            .iter()
            .any(|(one, _)| one.arguments(spec).is_err())
        {
            killers.push("requests");
        }
        let operations: BTreeSet<&str> = self
            .samples
            .iter()
            .map(|(one, _)| one.operation_id.as_str())
            .collect();
        let stricts: BTreeMap<&str, Strict> = operations
            .into_iter()
            .filter_map(|id| Some((id, Strict::new(spec, id, self.evidence)?)))
            .collect();
        let departures = |one: &Interaction, body: &Value| {
            let strict = stricts.get(one.operation_id.as_str())?;
            Some(strict.departures(one.recorded.response.status, body))
        };
        let is_refused = |(one, body): &(&Interaction, Value)| {
            departures(one, body).is_none_or(|departures| !departures.is_empty())
        };
        if self.samples.iter().any(is_refused) {
            killers.push("samples");
        }
        let is_missed = |(one, body, at): &(&Interaction, Value, String)| {
            let departures = departures(one, body);
            departures.is_some_and(|departures| !departures.iter().any(|one| &one.body == at))
        };
        if self.rejected.iter().any(is_missed) {
            killers.push("rejections");
        }
        killers
    }
}

/// Lets the gates look at every mutant.
pub(super) fn judge(
    spec: &Value,
    evidence: &Evidence,
    folder: &Path,
    mutants: &mut [Mutant],
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let gates = Gates::new(evidence, folder)?;
    let clean = gates.kill(spec);
    if !clean.is_empty() {
        anyhow::bail!("the description itself does not pass: {}", clean.join(", "));
    }
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let share = mutants.len().div_ceil(threads).max(1);
    let outcomes: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
        let workers: Vec<_> = mutants
            .chunks_mut(share)
            .map(|share| {
                let gates = &gates;
                scope.spawn(move || -> anyhow::Result<()> {
                    for mutant in share {
                        let patch: json_patch::Patch =
                            serde_json::from_value(mutant.change.clone())?;
                        let mut changed = spec.clone();
                        json_patch::patch(&mut changed, &patch)
                            .with_context(|| mutant.id.clone())?;
                        mutant.killed_by = gates
                            .kill(&changed)
                            .into_iter()
                            .map(str::to_owned)
                            .collect();
                        progress.inc(1);
                    }
                    Ok(())
                })
            })
            .collect();
        let failed = || Err(anyhow::anyhow!("a gate has panicked"));
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| failed()))
            .collect()
    });
    outcomes.into_iter().collect()
}
