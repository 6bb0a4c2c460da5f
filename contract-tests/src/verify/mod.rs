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
mod names;
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

use std::collections::BTreeSet;
use std::path::Path;

pub use arguments::{Arguments, flag, verifiable};
pub use checks::{CheckId, all_checks};
use collect::collect;
use collect::session::Session;
pub use contract::Contract;
use contract::Subject;
use finding::{Context, OperationReport, Standing};
pub use identity::Identity;
use judge::judge;
use recording::Recording;
use report::Report;
use secrets::Secrets;
pub use target::Target;
use transcript::{Exchange, Stop};

impl Contract {
    /// Puts an OCP to every check of every operation that it is given arguments for.
    ///
    /// # Errors
    ///
    /// When there are arguments for no operation, or not for one that is named; when
    /// the target's settings are unusable, or the transcript cannot be kept. What the
    /// OCP does is in the report.
    pub async fn verify(&self, target: &Target<'_>) -> anyhow::Result<Report> {
        let operations = self.standings(&target.arguments, &target.operations)?;
        let is_asked = |(_, standing): &&(&Subject, Standing)| is_left(standing);
        let subjects = operations.iter().filter(is_asked);
        let subjects: Vec<&Subject> = subjects.map(|(subject, _)| *subject).collect();
        if let Some(folder) = target.record {
            recording::is_free(folder, &subjects)?;
        }
        let secrets = self.secrets(target.identity.secrets());
        let most = target.max_requests.saturating_mul(subjects.len());
        let session = Session::new(target, most, &secrets);
        let mut session =
            session.map_err(|error| anyhow::anyhow!(target.in_options(&error.to_string())))?;
        let mut recording = Recording::new(target, self.hash.clone());
        for subject in subjects {
            let transcript = collect(&mut session, subject).await;
            let is_final = transcript.stop.as_ref().is_some_and(Stop::is_final);
            recording.transcripts.push(transcript);
            if is_final {
                break;
            }
        }
        recording.requests = session.sent();
        recording.ocp = session.version.take();
        // The progress ends with it.
        drop(session);
        let (report, violating) = self.judge(&recording, operations, &secrets);
        if let Some(folder) = target.record {
            let names = target.names();
            recording::write(folder, &recording, &violating, &secrets, &names)?;
        }
        Ok(report)
    }

    /// Judges a recording, without an OCP.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is of another format, or of an operation that the contract
    /// does not have.
    pub async fn judge_recording(&self, folder: &Path) -> anyhow::Result<Report> {
        let recording = recording::read(folder, &self.subjects).await?;
        let operations = self.standings(&recording.arguments, &recording.operations)?;
        let (report, _) = self.judge(&recording, operations, &self.secrets(Vec::new()));
        Ok(report)
    }

    /// Judges what was collected. Beside the report, the exchanges of each transcript in which
    /// there is a violation.
    fn judge(
        &self,
        recording: &Recording,
        operations: Vec<(&Subject, Standing)>,
        secrets: &Secrets,
    ) -> (Report, Vec<BTreeSet<usize>>) {
        let context = Context {
            secrets,
            base_url: &recording.base_url,
            caller: recording.caller,
            is_named: !recording.operations.is_empty(),
        };
        let mut report = Report::new(recording.provider.clone());
        let mut violating = vec![BTreeSet::new(); recording.transcripts.len()];
        for (subject, standing) in operations {
            let operation = &subject.operation;
            let mut entry = OperationReport::new(operation, standing);
            let mut transcripts = recording.transcripts.iter().enumerate();
            let found = transcripts.find(|(_, one)| one.operation == operation.id);
            if let Some((place, transcript)) = found.filter(|_| is_left(&entry.standing)) {
                let judged = judge(subject, transcript, &context);
                report.checks.extend(judged.checks);
                report.findings.extend(judged.findings);
                violating[place] = judged.violating;
                entry = judged.operation;
            }
            report.operations.push(entry);
        }
        let mut stops = recording
            .transcripts
            .iter()
            .filter_map(|one| one.stop.as_ref());
        let stop = stops.rfind(|stop| stop.is_final());
        report.stopped = stop.map(ToString::to_string);
        report.contract.clone_from(&self.hash);
        report.date.clone_from(&recording.date);
        report.requests = recording.requests;
        report.ocp.clone_from(&recording.ocp);
        report.unjudged = nothing_judged(&report, recording, secrets);
        report.settle();
        (report, violating)
    }

    /// The operations, and how each stands before anything is judged.
    fn standings(
        &self,
        arguments: &Arguments,
        named: &[String],
    ) -> anyhow::Result<Vec<(&Subject, Standing)>> {
        let (mut standings, mut lacking) = (Vec::new(), Vec::new());
        for subject in &self.subjects {
            let id = &subject.operation.id;
            let flags = arguments::missing(&subject.operation, arguments);
            let standing = if !named.is_empty() && !named.contains(id) {
                Standing::NotNamed
            } else if flags.is_empty() {
                Standing::Unjudged("the run ended before it".to_owned())
            } else {
                lacking.push(format!("{id} needs {}", flags.join(" and ")));
                Standing::NotGiven(flags)
            };
            standings.push((subject, standing));
        }
        let is_any = standings.iter().any(|(_, standing)| is_left(standing));
        let is_short = !named.is_empty() && !lacking.is_empty();
        let lacking = lacking.join("; ");
        anyhow::ensure!(is_any && !is_short, "arguments are missing: {lacking}");
        Ok(standings)
    }
}

/// True if an operation is still to be judged.
fn is_left(standing: &Standing) -> bool {
    matches!(standing, Standing::Unjudged(_))
}

/// The reason why no operation could be judged, if so. If nothing has an envelope and
/// no operation is offered, it is no OCP that answers.
fn nothing_judged(report: &Report, recording: &Recording, secrets: &Secrets) -> Option<String> {
    let standings = || report.operations.iter().map(|one| &one.standing);
    if standings().any(|one| *one == Standing::Verified) {
        return None;
    }
    let mut reasons = standings().filter_map(|one| match one {
        Standing::Unjudged(why) => Some(why.clone()),
        _ => None,
    });
    // An operation that is not offered but was named is a finding.
    let is_judged = recording.exchanges().any(Exchange::is_from_ocp) || !report.findings.is_empty();
    let no_ocp = || (!is_judged).then(|| judge::no_ocp(recording.exchanges(), secrets));
    reasons.next().or_else(no_ocp)
}
