//! Verifies any OCP: sends requests, judges the answers by the contract, and
//! reports. The embedded OCP and a real one are put to the same checks.
//!
//! [`check::CheckId`] names the checks; `judge` applies those that hold for every
//! answer, `checks` those that send requests of their own.

mod answer;
pub mod check;
mod checks;
mod filter;
pub mod finding;
mod identity;
mod judge;
mod listing;
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
use ocp_contract::{Interaction, Operation};
use serde::Serialize;

use crate::{OPERATION, spec};
use finding::Report;
pub use identity::Identity;
use provider::{Query, Request};
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
    /// The cluster to ask for.
    pub cluster: i64,
    /// The tenant to ask for.
    pub tenant: i64,
    /// At most so many requests.
    pub max_requests: usize,
    /// Whether one request may go out without credentials.
    pub check_authentication: bool,
    /// Where to keep the exchanges.
    pub record: Option<&'a Path>,
}

/// What every provider is judged by.
pub struct Contract {
    strict: Arc<Strict>,
    operation: Operation,
    spec: serde_json::Value,
}

impl Contract {
    /// Reads the contract of this checkout.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let spec = spec()?;
        let folder = Interaction::folder()
            .parent()
            .context("the interactions have no folder")?;
        let evidence = Evidence::read(folder).map_err(anyhow::Error::from_boxed)?;
        let strict =
            Strict::new(&spec, OPERATION, &evidence).context("the spec cannot be made strict")?;
        let operation =
            Operation::find(&spec, OPERATION).context("the spec lacks the operation")?;
        Ok(Self {
            strict: Arc::new(strict),
            operation,
            spec,
        })
    }

    /// Sends the documented request only: the checks that find something in the
    /// answer, which should have this status, and what the client makes of it.
    ///
    /// # Errors
    ///
    /// When the target's settings are unusable.
    pub(crate) async fn glance(
        &self,
        target: &Target<'_>,
        status: u16,
    ) -> anyhow::Result<(Vec<String>, Reading)> {
        let mut run = self.run(target)?;
        let query = Query::page(1, 10);
        let (answer, _) = run
            .provider
            .send(&Request::Call(&query))
            .await
            .map_err(|stop| anyhow::anyhow!("{stop}"))?;
        judge::answer(&mut run, &answer);
        let reading = judge::reading(&answer, &self.strict);
        let mut found: Vec<String> = Vec::new();
        if status == 200 {
            match listing::Listing::read(answer, &query) {
                Ok(listing) => judge::listing(&mut run, &listing),
                Err(_) => found.push(check::CheckId::DocumentedRequest.to_string()),
            }
        }
        found.extend(run.report.findings.into_iter().map(|one| one.check));
        Ok((found, reading))
    }

    /// Puts an OCP to every check.
    ///
    /// # Errors
    ///
    /// When the target's settings are unusable, or the exchanges cannot be
    /// kept; what the OCP does is in the report.
    pub async fn verify(&self, target: &Target<'_>) -> anyhow::Result<Report> {
        let mut run = self.run(target)?;
        let permissions = checks::Permissions {
            authentication: target.check_authentication
                && !matches!(target.identity, Identity::Nobody),
        };
        let stop = checks::all(&mut run, permissions).await.err();
        if let Some(recorder) = &run.recorder {
            recorder.write()?;
        }
        Ok(run.finish(stop.as_ref()))
    }

    fn run(&self, target: &Target<'_>) -> anyhow::Result<run::Run> {
        let secrets = Arc::new(Secrets::new(target.identity.secrets(), &self.spec));
        let recorder = target
            .record
            .map(|folder| {
                let secrets = Arc::clone(&secrets);
                record::Recorder::new(folder, OPERATION, secrets, names(target))
            })
            .transpose()?;
        let provider = provider::Provider::new(provider::Settings {
            url: target.url,
            shown: target.shown_url,
            identity: target.identity.clone(),
            secrets,
            certificates: target.certificates.as_deref(),
            timeout: target.timeout,
            cluster: target.cluster,
            tenant: target.tenant,
            cap: target.max_requests,
            operation: self.operation.clone(),
        })?;
        let strict = Arc::clone(&self.strict);
        Ok(run::Run::new(
            provider,
            strict,
            target.name.clone(),
            recorder,
        ))
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
        let (cluster, tenant) = (settings.cluster, settings.tenant);
        let ocp = EmbeddedOcp::start(settings).await;
        let url = ocp.url();
        let target = Target {
            name: "OCP".into(),
            url: &url,
            shown_url: &url,
            identity: Identity::Nobody,
            certificates: None,
            timeout: Duration::from_secs(5),
            cluster,
            tenant,
            max_requests: 9,
            check_authentication: false,
            record: None,
        };
        contract.glance(&target, 200).await.unwrap()
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
