//! Verifies any OCP: sends requests, judges the responses by the contract, and
//! reports. The embedded OCP and a real one are put to the same checks.
//!
//! One direction: a `session` sends a request and gives back a response;
//! `passive` checks are functions of the contract and the response; what they say is
//! entered in a `ledger`, from which the report is made. A `run` is where they
//! meet, and `active` checks, and those of one kind of row in `operations`, ask
//! through it. No module imports one that imports it.

mod active;
mod arguments;
pub mod baseline;
mod broken;
pub mod check;
mod contract;
pub mod finding;
mod history;
mod identity;
mod judgement;
mod kind;
#[cfg(test)]
mod leaves;
mod ledger;
mod listing;
mod operations;
mod passive;
mod provider;
mod record;
mod request;
mod response;
mod row;
mod run;
mod secrets;
mod session;
mod target;
mod topic;
mod verdict;
pub mod waivers;

pub use arguments::{Arguments, argument, flag, verifiable};
pub use contract::Contract;
use contract::Subject;
use finding::{OperationReport, Report, Standing};
pub use identity::Identity;
pub use operations::all_checks;
pub use passive::Reading;
use record::Recorder;
use session::{Session, Stop};
pub use target::Target;

impl Contract {
    /// Puts an OCP to every check of every operation that it is given arguments for.
    ///
    /// # Errors
    ///
    /// When there are arguments for no operation, or not for one that is named; when
    /// the target's settings are unusable, or the exchanges cannot be kept. What the
    /// OCP does is in the report.
    pub async fn verify(&self, target: &Target<'_>) -> anyhow::Result<Report> {
        let (mut report, subjects) = self.plan(target)?;
        let mut recorders = Vec::new();
        for subject in &subjects {
            recorders.push(self.recorder(target, subject)?);
        }
        let permissions = active::Permissions {
            authentication: target.check_authentication
                && !matches!(target.identity, Identity::Nobody),
        };
        let secrets = self.secrets(target);
        let mut session = Session::new(target, &subjects[0].operation, secrets)?;
        for (subject, recorder) in subjects.into_iter().zip(recorders) {
            let operation = &subject.operation;
            session.turn_to(operation, &target.arguments, recorder);
            let kind = operations::kind(operation);
            let of_kind = operations::checks(operation);
            let mut run = run::Run::new(session, subject, kind, &of_kind);
            let of_kind = operations::requesting(operation);
            let stop = active::all(&mut run, permissions, kind, of_kind)
                .await
                .err();
            let ended = run.finish(stop.as_ref(), !target.operations.is_empty())?;
            session = ended.session;
            report.checks.extend(ended.checks);
            report.findings.extend(ended.findings);
            let mut entries = report.operations.iter_mut();
            if let Some(entry) = entries.find(|one| one.id == operation.id) {
                entry.standing = ended.standing;
                entry.unchecked = ended.unchecked;
            }
            if let Some(stop) = stop.filter(Stop::is_final) {
                report.stopped = Some(stop.to_string());
                break;
            }
        }
        session.finish();
        report.contract = self.hash();
        let envelopes = session.envelopes;
        report.requests = session.sent;
        report.ocp = session.version;
        report.unjudged = report.nothing_judged(envelopes > 0);
        report.settle();
        Ok(report)
    }

    /// The report before anything is sent, and the operations to verify.
    fn plan(&self, target: &Target<'_>) -> anyhow::Result<(Report, Vec<&Subject>)> {
        let is_named = |id: &String| target.operations.contains(id);
        let mut report = Report::new(target.name.clone());
        let mut subjects = Vec::new();
        let mut lacking = Vec::new();
        for subject in &self.subjects {
            let operation = &subject.operation;
            if !target.operations.is_empty() && !is_named(&operation.id) {
                let entry = OperationReport::new(operation, Standing::NotNamed);
                report.operations.push(entry);
                continue;
            }
            let flags = arguments::missing(operation, &target.arguments);
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
        let is_short = !target.operations.is_empty() && !lacking.is_empty();
        anyhow::ensure!(
            !subjects.is_empty() && !is_short,
            "arguments are missing: {}",
            lacking.join("; ")
        );
        Ok((report, subjects))
    }

    fn recorder(&self, target: &Target<'_>, subject: &Subject) -> anyhow::Result<Option<Recorder>> {
        let record = |folder| {
            let operation = &subject.operation.id;
            Recorder::new(folder, operation, self.secrets(target), target.names())
        };
        target.record.map(record).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oceanbase_ocp::http;
    use ocp_contract::Interaction;
    use serde_json::{Value, json};

    use super::*;
    use ocp_mock::{EmbeddedOcp, Settings, tasks};

    fn target<'a>(contract: &Contract, url: &'a str) -> Target<'a> {
        Target {
            name: "OCP".into(),
            url,
            shown_url: url,
            identity: Identity::Nobody,
            certificates: None,
            timeout: Duration::from_secs(5),
            arguments: contract.documented_arguments(),
            operations: Vec::new(),
            max_requests: 160,
            check_authentication: false,
            record: None,
        }
    }

    /// What passive checks find in the documented response under a status and a media
    /// type, patched; nothing is sent.
    fn judged(contract: &Contract, status: u16, media_type: &str, patch: Value) -> Vec<String> {
        let evidence = ocp_contract_embedded::evidence().unwrap();
        let is_sample = |one: &&Interaction| {
            one.operation_id == "listTenantRestoreTasks" && one.case == "documented-sample"
        };
        let sample = evidence.interactions.iter().find(is_sample).unwrap();
        let mut body: Value = serde_json::from_str(&sample.body).unwrap();
        let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
        json_patch::patch(&mut body, &patch).unwrap();
        let response = http::Response::builder()
            .status(status)
            .header("content-type", media_type);
        let response = response.body(body.to_string().into_bytes()).unwrap();
        let operation = "listTenantRestoreTasks";
        let (found, _) = contract.judge(operation, 200, response, None).unwrap();
        found
    }

    #[test]
    fn passive_checks_need_no_socket() {
        let contract = Contract::read().unwrap();
        let json = "application/json";
        let task = "/data/contents/0";
        for (status, media_type, patch, due) in [
            (200, json, json!([]), &[][..]),
            (200, "text/html", json!([]), &["transport"]),
            (
                201,
                json,
                json!([]),
                &["documented-request", "transport", "envelope"],
            ),
            (
                200,
                json,
                json!([{ "op": "remove", "path": "/traceId" }]),
                &["envelope"],
            ),
            (
                200,
                json,
                json!([{ "op": "remove", "path": format!("{task}/id") }]),
                &["conformance"],
            ),
            (
                200,
                json,
                json!([{ "op": "replace", "path": "/data/page/number", "value": 7 }]),
                &["page-members"],
            ),
            (
                200,
                json,
                json!([{ "op": "replace", "path": format!("{task}/successful"), "value": false }]),
                &["task-state"],
            ),
            (
                200,
                json,
                json!([{ "op": "copy", "from": task, "path": "/data/contents/1" },
                       { "op": "remove", "path": "/data/contents/2" }]),
                &["task-identity"],
            ),
        ] {
            assert_eq!(
                judged(&contract, status, media_type, patch.clone()),
                due,
                "{patch}"
            );
        }
    }

    #[tokio::test]
    async fn the_version_is_asked_once_for_all_operations() {
        let contract = Contract::read().unwrap();
        let ocp = EmbeddedOcp::start(Settings::new(tasks::documented().unwrap()));
        let ocp = ocp.await.unwrap();
        let url = ocp.url();
        let mut requests = Vec::new();
        for operations in [
            &["listTenantRestoreTasks"][..],
            &["listClusterRestoreTasks"],
            &[],
        ] {
            let target = Target {
                operations: operations.iter().map(|&one| one.to_owned()).collect(),
                ..target(&contract, &url)
            };
            requests.push(contract.verify(&target).await.unwrap().requests);
        }
        assert_eq!(requests[0] + requests[1], requests[2] + 1, "{requests:?}");
    }

    #[tokio::test]
    async fn rows_of_which_nothing_is_known_are_verified_by_the_description() {
        let mut contract = Contract::read().unwrap();
        for subject in &mut contract.subjects {
            subject.operation.row_kind = None;
        }
        let ocp = EmbeddedOcp::start(Settings::new(tasks::made(40)))
            .await
            .unwrap();
        let report = contract
            .verify(&target(&contract, &ocp.url()))
            .await
            .unwrap();
        assert_eq!(report.exit_code(), 0, "{}", report.verdict());
        let of_a_tenant = Some("listTenantRestoreTasks".to_owned());
        let checks = report
            .checks
            .iter()
            .filter(|one| one.operation == of_a_tenant);
        let judged = checks
            .filter(|one| one.judged > 0)
            .map(|one| one.id.as_str());
        assert_eq!(
            judged.collect::<Vec<_>>(),
            [
                "documented-request",
                "transport",
                "envelope",
                "conformance",
                "client",
                "page-members",
                "paging",
                "repeat",
                "error-envelope"
            ]
        );
        let mut checks = report.checks.iter();
        assert!(checks.all(|one| check::CHECKS.iter().any(|known| known.as_str() == one.id)));
    }
}
