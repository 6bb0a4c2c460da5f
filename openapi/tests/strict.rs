//! The strict view: what it takes, and what it must refuse.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use ocp_contract::evidence::Evidence;
use ocp_contract::strict::{Rule, Strict};
use ocp_contract::{Document, Interaction, Operation, Provenance, read_text};
use serde::Deserialize;
use serde_json::{Value, json};

const TENANT: &str = "listTenantRestoreTasks";
const SAMPLE: &str = "listTenantRestoreTasks/documented-sample";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(name: &str) -> Value {
    let text = read_text(&folder().join(name), name).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

/// The strict view of an operation, made once for all tests.
fn strict(operation: &str) -> &'static Strict {
    static ALL: LazyLock<BTreeMap<String, Strict>> = LazyLock::new(|| {
        let (spec, evidence) = (yaml("ocp.yaml"), Evidence::read(folder()).unwrap());
        let operations = Operation::all(&spec).into_iter();
        let stricts = operations.map(|one| {
            let strict = Strict::new(&spec, &one.id, &evidence).unwrap();
            (one.id, strict)
        });
        stricts.collect()
    });
    &ALL[operation]
}

/// The interaction `operation/case`.
fn interaction(name: &str) -> Interaction {
    let folder = folder().join("interactions").join(name);
    Interaction::read(&folder.join("interaction.yaml")).unwrap()
}

#[test]
fn documented_samples_pass() {
    for interaction in Interaction::read_all(&folder().join("interactions")).unwrap() {
        let strict = strict(&interaction.operation_id);
        if interaction.recorded.source.grade == Provenance::Documented {
            let body = serde_json::from_str(&interaction.body).unwrap();
            let departures = strict.departures(interaction.recorded.response.status, &body);
            assert!(
                departures.is_empty(),
                "{}: {departures:#?}",
                interaction.case
            );
        }
    }
}

#[derive(Deserialize)]
struct RejectedBody {
    severity: String,
    name: String,
    base: String,
    patch: json_patch::Patch,
    at: String,
    says: String,
}

#[test]
fn each_rejected_body_is_refused_for_its_reason() {
    let cases: Vec<RejectedBody> = serde_json::from_value(yaml("rejections/bodies.yaml")).unwrap();
    for case in cases {
        let interaction = interaction(&case.base);
        let strict = strict(&interaction.operation_id);
        let mut body: Value = serde_json::from_str(&interaction.body).unwrap();
        json_patch::patch(&mut body, &case.patch).unwrap();
        let departures = strict.departures(interaction.recorded.response.status, &body);
        assert!(
            departures.iter().any(|one| one.body == case.at
                && one.what.contains(&case.says)
                && one.severity.to_string() == case.severity),
            "{}: expected {} at {:?}, got {departures:#?}",
            case.name,
            case.says,
            case.at
        );
        assert!(
            departures.iter().all(|one| one.spec.starts_with('/')),
            "{}: {departures:#?}",
            case.name
        );
    }
}

#[derive(Deserialize)]
struct AcceptedBody {
    name: String,
    base: String,
    patch: json_patch::Patch,
}

#[test]
fn each_accepted_body_is_neither_a_violation_nor_drift() {
    let cases: Vec<AcceptedBody> = serde_json::from_value(yaml("tests/accepted.yaml")).unwrap();
    for case in cases {
        let interaction = interaction(&case.base);
        let strict = strict(&interaction.operation_id);
        let mut body: Value = serde_json::from_str(&interaction.body).unwrap();
        json_patch::patch(&mut body, &case.patch).unwrap();
        let departures = strict.departures(interaction.recorded.response.status, &body);
        assert!(departures.is_empty(), "{}: {departures:#?}", case.name);
    }
}

#[derive(Deserialize)]
struct RejectedRequest {
    operation: String,
    request: String,
    says: String,
}

#[test]
fn each_rejected_request_is_refused_for_its_reason() {
    let spec = yaml("ocp.yaml");
    let cases: Vec<RejectedRequest> =
        serde_json::from_value(yaml("rejections/requests.yaml")).unwrap();
    for case in cases {
        let mut interaction = interaction(&format!("{}/documented-sample", case.operation));
        interaction.recorded.request = case.request.clone().try_into().unwrap();
        let refusal = interaction.arguments(&spec).expect_err(&case.request);
        assert!(refusal.contains(&case.says), "{}: {refusal}", case.request);
    }
}

/// A departure says where in the body, where in the spec, and how it is known.
#[test]
fn a_departure_can_be_looked_up() {
    let mut body: Value = serde_json::from_str(&interaction(SAMPLE).body).unwrap();
    body["data"]["contents"][1]["backupMode"] = "COLD".into();
    body["data"]["page"]["totalPages"] = Value::Null;
    let departures: Vec<String> = strict(TENANT)
        .departures(200, &body)
        .iter()
        .map(|one| format!("{one}\n    {}", one.spec))
        .collect();
    insta::assert_snapshot!(departures.join("\n"));
}

/// Pointers follow RFC 6901, so that they can be resolved; places name members as
/// they are.
#[test]
fn members_of_any_name_are_pointed_at() {
    let names = ["a/b", "~", "", "集群", "7", "~1"];
    for name in names {
        let mut body: Value = serde_json::from_str(&interaction(SAMPLE).body).unwrap();
        body["data"]["contents"][1][name] = json!({ "b": 1 });
        let departures = strict(TENANT).departures(200, &body);
        let [one] = departures.as_slice() else {
            panic!("{name}: {departures:#?}");
        };
        assert_eq!(
            body.pointer(&one.body),
            Some(&json!({ "b": 1 })),
            "{}",
            one.body
        );
        assert_eq!(one.place().path(), format!("data.contents[].{name}"));
    }
}

#[test]
fn a_departure_names_the_rule_that_is_broken() {
    let cases = [
        (SAMPLE, "/new", json!(1), Rule::Undocumented),
        (SAMPLE, "/error", json!({}), Rule::Null),
        (SAMPLE, "/data", json!([]), Rule::Type),
        (SAMPLE, "/duration", json!("1"), Rule::Wire),
        (SAMPLE, "/status", json!(500), Rule::Const),
        (SAMPLE, "/data", json!({}), Rule::Missing),
        (
            SAMPLE,
            "/data/contents/0/backupMode",
            json!("COLD"),
            Rule::EnumValue,
        ),
        (
            SAMPLE,
            "/data/contents/0/status",
            json!("RESTORE_X"),
            Rule::NewEnumValue,
        ),
        (
            SAMPLE,
            "/data/contents/0/finishTime",
            json!(null),
            Rule::Keyword("not".into()),
        ),
        (
            "listTenantRestoreTasks/documented-throttling",
            "/error/code",
            json!([]),
            Rule::AnyOf,
        ),
    ];
    for (case, at, value, rule) in cases {
        let interaction = interaction(case);
        let mut body: Value = serde_json::from_str(&interaction.body).unwrap();
        let add = json!([{ "op": "add", "path": at, "value": value }]);
        let patch: json_patch::Patch = serde_json::from_value(add).unwrap();
        json_patch::patch(&mut body, &patch).unwrap();
        let departures = strict(&interaction.operation_id)
            .departures(interaction.recorded.response.status, &body);
        assert!(
            departures.iter().any(|one| one.rule == rule),
            "{at}: expected {rule:?}, got {departures:#?}"
        );
    }
    assert_eq!(
        strict(TENANT).departures(302, &json!({}))[0].rule,
        Rule::Status
    );
}
