//! Verifies any OCP: sends requests, judges the answers by the contract, and
//! reports. The embedded OCP and a real one are put to the same checks.
//!
//! [`check::CheckId`] names the checks; `judge` applies those that hold for every
//! answer, `checks` those that send requests of their own, `operations` what is
//! known of one kind of row.

mod answer;
mod arguments;
pub mod check;
mod checks;
pub mod finding;
mod identity;
mod judge;
mod listing;
mod operations;
mod provider;
mod record;
mod row;
mod run;
mod secrets;
pub mod waivers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ocp_contract::evidence::Evidence;
use ocp_contract::strict::Strict;
use ocp_contract::{Location, Operation, Provenance};
use serde::Serialize;

use crate::spec;
pub use arguments::{Arguments, argument, flag, verifiable};
use finding::{OperationReport, Report, Standing};
pub use identity::Identity;
use provider::{Query, Request, Stop};
use secrets::Secrets;

/// What the client made of an answer, beside what the answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// It has every value that the answer has, as far as it is described.
    Right,
    /// It fails, and says why.
    Error(String),
    /// It has another value than the answer. Never acceptable.
    Wrong(String),
}

/// The OCP to verify, and how.
#[derive(Clone)]
pub struct Target<'a> {
    /// What it is called in reports.
    pub name: String,
    /// Base URL.
    pub url: &'a str,
    /// Base URL in the command lines of findings.
    pub shown_url: &'a str,
    /// Who asks.
    pub identity: Identity,
    /// More certificate authorities, in PEM form.
    pub certificates: Option<Vec<u8>>,
    /// How long a request may take.
    pub timeout: Duration,
    /// What to ask for. Operations whose arguments are not all there are left out.
    pub arguments: Arguments,
    /// Ids of the operations to verify, which must then be offered; all, if empty.
    pub operations: Vec<String>,
    /// At most so many requests.
    pub max_requests: usize,
    /// Whether one request may go out without credentials.
    pub check_authentication: bool,
    /// Where to keep the exchanges.
    pub record: Option<&'a Path>,
}

/// One operation, and what its answers are judged by.
struct Subject {
    operation: Operation,
    strict: Arc<Strict>,
}

/// What every provider is judged by.
pub struct Contract {
    subjects: Vec<Subject>,
    documented: Arguments,
    spec: serde_json::Value,
}

impl Contract {
    /// Reads the contract that this program was built from.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let spec = spec()?;
        let evidence = Evidence::embedded().map_err(anyhow::Error::from_boxed)?;
        let mut subjects = Vec::new();
        let mut documented = Arguments::new();
        for operation in arguments::verifiable(&spec) {
            let strict = Strict::new(&spec, &operation.id, &evidence)
                .with_context(|| format!("the spec of {} cannot be made strict", operation.id))?;
            let samples = evidence.interactions.iter().filter(|one| {
                one.operation_id == operation.id
                    && one.recorded.source.grade == Provenance::Documented
            });
            for mut sent in samples.filter_map(|one| one.arguments(&spec).ok()) {
                for parameter in operation.parameters_in(Location::Path) {
                    if let Some(value) = sent.remove(&parameter.name) {
                        documented
                            .entry(parameter.argument.clone())
                            .or_insert(value);
                    }
                }
            }
            let strict = Arc::new(strict);
            subjects.push(Subject { operation, strict });
        }
        Ok(Self {
            subjects,
            documented,
            spec,
        })
    }

    /// What the documented requests ask for, and the embedded OCP has.
    pub fn documented_arguments(&self) -> Arguments {
        self.documented.clone()
    }

    /// Sends the documented request of an operation only: the checks that find
    /// something in the answer, which should have this status, and what the client
    /// makes of it.
    ///
    /// # Errors
    ///
    /// When there is no such operation, or the target's settings are unusable.
    pub(crate) async fn glance(
        &self,
        operation: &str,
        target: &Target<'_>,
        status: u16,
    ) -> anyhow::Result<(Vec<String>, Reading)> {
        let mut subjects = self.subjects.iter();
        let subject = subjects.find(|one| one.operation.id == operation);
        let subject = subject.context("the spec lacks the operation")?;
        let mut run = run::Run::new(self.provider(target, subject)?, subject, target, None);
        let query = Query::page(1, 10);
        let (answer, _) = run
            .provider
            .send(&Request::Call(&query))
            .await
            .map_err(|stop| anyhow::anyhow!("{stop}"))?;
        judge::answer(&mut run, &answer);
        let reading = judge::reading(&answer, &subject.strict);
        let mut found: Vec<String> = Vec::new();
        if status == 200 {
            match listing::Listing::read(answer, &query) {
                Ok(listing) => judge::listing(&mut run, &listing),
                Err(_) => found.push(check::DOCUMENTED_REQUEST.to_string()),
            }
        }
        found.extend(run.findings.into_iter().map(|one| one.check));
        Ok((found, reading))
    }

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
            recorders.push(self.recorder(target, &subject.operation)?);
        }
        let permissions = checks::Permissions {
            authentication: target.check_authentication
                && !matches!(target.identity, Identity::Nobody),
        };
        let mut provider = self.provider(target, subjects[0])?;
        for (subject, recorder) in subjects.into_iter().zip(recorders) {
            let mut run = run::Run::new(provider, subject, target, recorder);
            let stop = checks::all(&mut run, permissions).await.err();
            let ended = run.finish(stop.as_ref(), !target.operations.is_empty())?;
            provider = ended.provider;
            report.checks.extend(ended.checks);
            report.findings.extend(ended.findings);
            let mut entries = report.operations.iter_mut();
            if let Some(entry) = entries.find(|one| one.id == subject.operation.id) {
                entry.standing = ended.standing;
                entry.unchecked = ended.unchecked;
            }
            if let Some(stop) = stop.filter(Stop::is_final) {
                report.stopped = Some(stop.to_string());
                break;
            }
        }
        provider.finish();
        report.requests = provider.sent;
        report.unjudged = report.nothing_judged(provider.envelopes > 0);
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

    fn provider(&self, target: &Target<'_>, first: &Subject) -> anyhow::Result<provider::Provider> {
        Ok(provider::Provider::new(provider::Settings {
            url: target.url,
            shown: target.shown_url,
            identity: target.identity.clone(),
            secrets: self.secrets(target),
            certificates: target.certificates.as_deref(),
            timeout: target.timeout,
            cap: target.max_requests,
            operation: first.operation.clone(),
        })?)
    }

    fn recorder(
        &self,
        target: &Target<'_>,
        operation: &Operation,
    ) -> anyhow::Result<Option<record::Recorder>> {
        let record = |folder| {
            record::Recorder::new(folder, &operation.id, self.secrets(target), names(target))
        };
        target.record.map(record).transpose()
    }

    fn secrets(&self, target: &Target<'_>) -> Arc<Secrets> {
        Arc::new(Secrets::new(target.identity.secrets(), &self.spec))
    }
}

/// Names that are not kept: of the user and of the host.
fn names(target: &Target<'_>) -> Vec<String> {
    let user = match &target.identity {
        Identity::User(name, _) | Identity::AccessKey(name, _) => Some(name.clone()),
        Identity::Nobody => None,
    };
    let url = reqwest::Url::parse(target.url).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned));
    user.into_iter().chain(host).collect()
}

#[cfg(test)]
mod tests {
    use ocp_contract::escape;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use ocp_mock::{EmbeddedOcp, Settings, tasks};

    /// The checks that find something where a task has this member.
    async fn found(contract: &Contract, name: &str) -> (Vec<String>, Reading) {
        let pointer = format!("/data/contents/1/{}", escape(name));
        let patch = json!({ "op": "add", "path": pointer, "value": { name: 1 } });
        let fault = serde_json::from_value(json!({ "answer": { "patch": [patch] } }));
        let settings = Settings {
            fault: Some(fault.unwrap()),
            ..Settings::new(tasks::documented().unwrap())
        };
        let ocp = EmbeddedOcp::start(settings).await.unwrap();
        let operation = "listTenantRestoreTasks";
        let url = ocp.url();
        contract
            .glance(operation, &target(contract, &url), 200)
            .await
            .unwrap()
    }

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

    #[test]
    fn an_undocumented_member_is_drift_whatever_it_is_called() {
        let contract = Contract::read().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let judge = |name: &str| {
            let (checks, reading) = runtime.block_on(found(&contract, name));
            assert_eq!(checks, ["conformance"], "{name:?}");
            assert_eq!(reading, Reading::Right, "{name:?}");
        };
        for name in ["new", "a b", "a/b", "~", "~1", "", "7", "集群", "\"", "\n"] {
            judge(name);
        }
        let settings = ProptestConfig::with_cases(64);
        proptest!(settings, |(name in "\\PC{0,12}")| judge(&name));
    }
}
