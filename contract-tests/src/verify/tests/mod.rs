//! Judging without an OCP, and what the embedded one shows of a run.

mod leaves;

use std::time::Duration;

use oceanbase_ocp::http;
use ocp_contract::Interaction;
use serde_json::{Value, json};

use super::finding::{Context, Meaning};
use super::identity::Caller;
use super::judge::judge;
use super::transcript::{Body, Exchange, Page, Purpose, Reading, Response, Transcript};
use super::{Contract, Identity, Target, all_checks};
use ocp_mock::{EmbeddedOcp, Settings, tasks};

fn target<'a>(contract: &Contract, url: &'a str) -> Target<'a> {
    Target {
        name: "OCP".into(),
        url,
        url_from: "--base-url",
        shown_url: url,
        identity: Identity::Nobody,
        certificates: None,
        timeout: Duration::from_secs(5),
        arguments: contract.documented_arguments(),
        operations: Vec::new(),
        max_requests: 100,
        check_authentication: false,
        record: None,
    }
}

/// The checks that find something in the response to the documented request of an operation,
/// or in a refusal if `expected` is not 200, and the worst that the client makes of it.
pub(super) fn judged(
    contract: &Contract,
    operation: &str,
    expected: u16,
    response: http::Response<Vec<u8>>,
    reading: Option<Reading>,
) -> (Vec<String>, Option<Meaning>) {
    let mut subjects = contract.subjects.iter();
    let subject = subjects.find(|one| one.operation.id == operation).unwrap();
    let (head, body) = response.into_parts();
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let page = Page {
        number: 1,
        size: 10,
    };
    let exchange = Exchange {
        purpose: match expected {
            200 => Purpose::Documented,
            _ => Purpose::Question {
                check: "paging".to_owned(),
                question: "a refusal".to_owned(),
            },
        },
        page: Some(page).filter(|_| expected == 200),
        request: String::new(),
        response: Some(Response {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: Body::Body(serde_json::from_slice(&body).unwrap()),
        }),
        trouble: None,
        is_repeated: false,
        by_client: reading.is_some(),
        at: chrono::Utc::now(),
        reading,
    };
    let transcript = Transcript {
        operation: operation.to_owned(),
        path: serde_json::Map::new(),
        exchanges: vec![exchange],
        stop: None,
        unfinished: Vec::new(),
        checks_authentication: true,
    };
    let context = Context {
        secrets: &contract.secrets(Vec::new()),
        base_url: "",
        caller: Caller::Nobody,
        is_named: false,
    };
    let judged = judge(subject, &transcript, &context);
    let findings = || judged.findings.iter();
    let wrong = findings().find(|one| one.client == Some(Meaning::ReadWrong));
    let meaning = wrong.or(findings().next()).and_then(|one| one.client);
    let mut checks: Vec<String> = findings().map(|one| one.check.clone()).collect();
    checks.dedup();
    (checks, meaning)
}

/// The checks that find something in the documented response under a status and a media type,
/// patched; nothing is sent.
fn patched(contract: &Contract, status: u16, media_type: &str, patch: Value) -> Vec<String> {
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
    judged(contract, "listTenantRestoreTasks", 200, response, None).0
}

#[test]
fn judging_needs_no_socket() {
    let contract = Contract::read().unwrap();
    let json = "application/json";
    let task = "/data/contents/0";
    for (status, media_type, patch, expected) in [
        (200, json, json!([]), &[][..]),
        (200, "text/html", json!([]), &["transport"]),
        (201, json, json!([]), &["transport"]),
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
            patched(&contract, status, media_type, patch.clone()),
            expected,
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
        &["listTenantRestoreTasks", "listClusterRestoreTasks"],
    ] {
        let target = Target {
            operations: operations.iter().map(|&one| one.to_owned()).collect(),
            ..target(&contract, &url)
        };
        requests.push(contract.verify(&target).await.unwrap().requests);
    }
    assert_eq!(requests[0] + requests[1], requests[2] + 1, "{requests:?}");
}

/// So that some may be sent again, before the limit of 60 ends the run.
#[tokio::test]
async fn restore_tasks_take_at_most_58_requests() {
    let contract = Contract::read().unwrap();
    let documented = tasks::documented().unwrap();
    let with_one_that_runs = [documented.clone(), tasks::made(1)].concat();
    for rows in [documented, with_one_that_runs, tasks::made(40)] {
        let ocp = EmbeddedOcp::start(Settings {
            basic: Some(("admin".into(), "aaAA11__".into())),
            ..Settings::new(rows)
        });
        let ocp = ocp.await.unwrap();
        let url = ocp.url();
        let target = Target {
            identity: Identity::User("admin".into(), "aaAA11__".into()),
            operations: vec!["listTenantRestoreTasks".to_owned()],
            check_authentication: true,
            ..target(&contract, &url)
        };
        let report = contract.verify(&target).await.unwrap();
        assert!(report.requests <= 58, "{}", report.verdict());
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
            "error-envelope",
            "filter-values"
        ]
    );
    let mut checks = report.checks.iter();
    assert!(checks.all(|one| all_checks().any(|known| known.as_str() == one.id)));
}
