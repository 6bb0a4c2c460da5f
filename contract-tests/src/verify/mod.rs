//! Verifies any OCP. The embedded OCP and a real one are put to the same checks.
//!
//! Three values, one direction: `collect` asks an OCP and writes a transcript; `judge` is a
//! pure function of the contract and the transcript; of what it finds the report is made.

mod arguments;
pub mod baseline;
mod checks;
mod collect;
mod contract;
mod filter;
pub mod finding;
mod identity;
mod judge;
mod known;
mod listing;
mod memory;
mod recording;
mod redact;
pub mod report;
mod row;
mod secrets;
mod target;
#[cfg(test)]
mod tests;
mod transcript;
pub mod waivers;

use std::path::Path;

use anyhow::Context as _;

pub use arguments::{Arguments, flag, verifiable};
pub use checks::{CheckId, all_checks};
use collect::collect;
use collect::session::Session;
pub use contract::Contract;
use contract::Subject;
use finding::{OperationReport, Standing};
pub use identity::Identity;
use judge::{Context, judge};
use recording::Recording;
use report::Report;
use secrets::Secrets;
pub use target::Target;
use transcript::Stop;

impl Contract {
    /// Puts an OCP to every check of every operation that it is given arguments for.
    ///
    /// # Errors
    ///
    /// When there are arguments for no operation, or not for one that is named; when
    /// the target's settings are unusable, or the transcript cannot be kept. What the
    /// OCP does is in the report.
    pub async fn verify(&self, target: &Target<'_>) -> anyhow::Result<Report> {
        let (_, subjects) = self.plan(&target.arguments, &target.operations, &target.name)?;
        if let Some(folder) = target.record {
            recording::is_free(folder, &subjects)?;
        }
        let secrets = self.secrets(target.identity.secrets());
        let session = Session::new(target, secrets.clone());
        let mut session =
            session.map_err(|error| anyhow::anyhow!(target.in_options(&error.to_string())))?;
        let mut recording = Recording::new(target, self.hash());
        for subject in subjects {
            let transcript = collect(&mut session, subject).await;
            let is_final = transcript.stop.as_ref().is_some_and(Stop::is_final);
            recording.transcripts.push(transcript);
            if is_final {
                break;
            }
        }
        session.finish();
        recording.requests = session.sent;
        recording.ocp = session.version.clone();
        self.report(&recording, &secrets, target.record, &target.names())
    }

    /// Judges a recording, without an OCP.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is of another format, or of an operation that the contract
    /// does not have.
    pub async fn judge_recording(&self, folder: &Path) -> anyhow::Result<Report> {
        let recording = recording::read(folder, &self.subjects).await?;
        self.report(&recording, &self.secrets(Vec::new()), None, &[])
    }

    /// Judges what was collected, and keeps it, if in a folder.
    fn report(
        &self,
        recording: &Recording,
        secrets: &Secrets,
        folder: Option<&Path>,
        names: &[String],
    ) -> anyhow::Result<Report> {
        let named = &recording.operations;
        let (mut report, subjects) = self.plan(&recording.arguments, named, &recording.provider)?;
        let context = Context {
            secrets,
            base_url: &recording.base_url,
            caller: recording.caller,
            is_named: !named.is_empty(),
        };
        let mut violating = Vec::new();
        for transcript in &recording.transcripts {
            let mut subjects = subjects.iter();
            let subject = subjects.find(|one| one.operation.id == transcript.operation);
            let subject = subject.context("the arguments of a transcript are missing")?;
            let judged = judge(subject, transcript, &context);
            report.checks.extend(judged.checks);
            report.findings.extend(judged.findings);
            let mut entries = report.operations.iter_mut();
            if let Some(entry) = entries.find(|one| one.id == subject.operation.id) {
                entry.standing = judged.standing;
                entry.unchecked = judged.unchecked;
                entry.is_stopped = transcript.stop.is_some();
            }
            if let Some(stop) = transcript.stop.as_ref().filter(|stop| stop.is_final()) {
                report.stopped = Some(stop.to_string());
            }
            violating.push(judged.violating);
        }
        report.contract = self.hash();
        report.date.clone_from(&recording.date);
        report.requests = recording.requests;
        report.ocp.clone_from(&recording.ocp);
        report.unjudged = nothing_judged(&report, recording);
        report.settle();
        if let Some(folder) = folder {
            recording::write(folder, recording, &violating, secrets, names)?;
        }
        Ok(report)
    }

    /// The report before anything is judged, and the operations to verify.
    fn plan(
        &self,
        arguments: &Arguments,
        named: &[String],
        provider: &str,
    ) -> anyhow::Result<(Report, Vec<&Subject>)> {
        let mut report = Report::new(provider.to_owned());
        let mut subjects = Vec::new();
        let mut lacking = Vec::new();
        for subject in &self.subjects {
            let operation = &subject.operation;
            if !named.is_empty() && !named.contains(&operation.id) {
                let entry = OperationReport::new(operation, Standing::NotNamed);
                report.operations.push(entry);
                continue;
            }
            let flags = arguments::missing(operation, arguments);
            if !flags.is_empty() {
                lacking.push(format!("{} needs {}", operation.id, flags.join(" and ")));
            }
            let standing = match flags.is_empty() {
                true => Standing::Unjudged("the run ended before it".to_owned()),
                false => Standing::NotGiven(flags),
            };
            if matches!(standing, Standing::Unjudged(_)) {
                subjects.push(subject);
            }
            report
                .operations
                .push(OperationReport::new(operation, standing));
        }
        let is_short = !named.is_empty() && !lacking.is_empty();
        anyhow::ensure!(
            !subjects.is_empty() && !is_short,
            "arguments are missing: {}",
            lacking.join("; ")
        );
        Ok((report, subjects))
    }
}

/// Why no operation could be judged, if so. Where nothing has an envelope and
/// no operation is offered, it is no OCP that answers.
fn nothing_judged(report: &Report, recording: &Recording) -> Option<String> {
    let standings = || report.operations.iter().map(|one| &one.standing);
    if standings().any(|one| *one == Standing::Verified) {
        return None;
    }
    let mut reasons = standings().filter_map(|one| match one {
        Standing::Unjudged(why) => Some(why.clone()),
        _ => None,
    });
    let exchanges = || recording.transcripts.iter().flat_map(|one| &one.exchanges);
    // That one is not offered which was named is a finding.
    let is_judged = exchanges().any(|one| one.is_from_ocp()) || !report.findings.is_empty();
    let no_ocp = || (!is_judged).then(|| judge::no_ocp(exchanges()));
    reasons.next().or_else(no_ocp)
}
