//! Every leaf of a documented body, changed in one way after the other: each change must be a
//! finding, or stand in the list of exceptions with its reason.

use ocp_contract::{Interaction, Provenance, walk};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::judged;
use crate::replay::{self, Reader};
use crate::verify::contract::Contract;
use crate::verify::finding::Meaning;

/// Changes that are no finding: the end of the pointer, the change, and the reason.
const EXCEPTIONS: [(&str, &[&str], &str); 4] = [
    (
        "/traceId",
        &["emptied"],
        "the documented response to a throttled request has an empty one",
    ),
    (
        "/errorMsg",
        &["removed", "nulled"],
        "OCP leaves out what is null, and a restore that succeeded has no error (entry 59)",
    ),
    (
        "/errorMsg",
        &["emptied"],
        "a failed restore has one; that it is never empty is not known",
    ),
    (
        "/dataSecondaryBackupTaskIds/0",
        &["removed"],
        "a list may be empty",
    ),
];

/// Texts of tenants, clusters and backup tasks, of which none is known never to be empty.
const MAY_BE_EMPTY: [&str; 17] = [
    "/address",
    "/agentServerIp",
    "/backupUri",
    "/clusterName",
    "/creator",
    "/dataBackupTaskType",
    "/idcName",
    "/innerStatus",
    "/locality",
    "/name",
    "/obVersion",
    "/operateStatus",
    "/primaryZone",
    "/regionName",
    "/tenantName",
    "/zoneList",
    "/zones/0/status",
];

struct Judge {
    contract: Contract,
    reader: Reader,
    runtime: Runtime,
    spec: Value,
}

impl Judge {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        Self {
            contract: Contract::read().unwrap(),
            reader: runtime.block_on(Reader::start()).unwrap(),
            runtime,
            spec: crate::spec().unwrap().clone(),
        }
    }

    /// The checks that find something in a body, and the client's reading of it.
    fn judge(&self, interaction: &Interaction, body: &Value) -> (Vec<String>, Option<Meaning>) {
        let recorded = &interaction.recorded.response;
        let response = replay::response(recorded.status, &recorded.headers, body.to_string());
        let response = response.unwrap();
        let operation = &interaction.operation_id;
        let arguments = interaction.arguments(&self.spec).unwrap();
        let read = self.reader.read(operation, arguments, &response);
        let outcome = self.runtime.block_on(read);
        let expected = recorded.status;
        judged(
            &self.contract,
            operation,
            expected,
            response,
            Some(outcome.into()),
        )
    }
}

fn documented() -> Vec<(Interaction, Value)> {
    let interactions = ocp_contract_embedded::interactions().unwrap();
    interactions
        .into_iter()
        .filter(|one| one.recorded.source.grade == Provenance::Documented)
        .map(|one| {
            let body = serde_json::from_str(&one.body).unwrap();
            (one, body)
        })
        .collect()
}

fn leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, &mut |node, pointer| {
        let is_leaf = !node.is_object() && !node.is_array();
        found.extend(is_leaf.then(|| pointer.to_owned()));
        true
    });
    found
}

/// A leaf in other forms, each with its name.
fn changes(pointer: &str, leaf: &Value) -> Vec<(&'static str, Value)> {
    let replace = |value: Value| json!([{ "op": "replace", "path": pointer, "value": value }]);
    let mut changes = vec![
        ("removed", json!([{ "op": "remove", "path": pointer }])),
        ("nulled", replace(Value::Null)),
        ("retyped to an array", replace(json!([leaf]))),
        ("retyped to an object", replace(json!({}))),
    ];
    match leaf {
        Value::String(text) => {
            changes.push(("retyped to a number", replace(json!(7))));
            if !text.is_empty() {
                changes.push(("emptied", replace(json!(""))));
            }
        }
        Value::Number(number) => {
            changes.push(("retyped to a text", replace(json!(number.to_string()))));
            changes.push(("retyped to a boolean", replace(json!(true))));
        }
        Value::Bool(flag) => {
            changes.push(("retyped to a text", replace(json!(flag.to_string()))));
            changes.push(("retyped to a number", replace(json!(1))));
        }
        _ => {}
    }
    changes
}

#[test]
fn every_change_of_a_documented_leaf_is_a_finding() {
    let judge = Judge::new();
    let (mut tried, mut unnoticed, mut misread) = (0, Vec::new(), Vec::new());
    let mut used = Map::new();
    for (interaction, body) in documented() {
        assert_eq!(judge.judge(&interaction, &body).0, [""; 0]);
        for pointer in leaves(&body) {
            for (change, patch) in changes(&pointer, body.pointer(&pointer).unwrap()) {
                tried += 1;
                let mut changed = body.clone();
                let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
                json_patch::patch(&mut changed, &patch).unwrap();
                let (found, reading) = judge.judge(&interaction, &changed);
                let name = format!("{}{pointer} {change}", interaction.operation_id);
                if reading == Some(Meaning::ReadWrong) {
                    misread.push(name.clone());
                }
                if found.is_empty() {
                    let empty = MAY_BE_EMPTY.map(|end| (end, &["emptied"][..], ""));
                    let mut excuses = EXCEPTIONS.into_iter().chain(empty);
                    let excuse = excuses.find(|(end, changes, _)| {
                        pointer.ends_with(end) && changes.contains(&change)
                    });
                    match excuse {
                        Some((end, changes, _)) => {
                            used.insert(format!("{end} {changes:?}"), json!(true));
                        }
                        None => unnoticed.push(name),
                    }
                }
            }
        }
    }
    println!("{tried} changes tried");
    assert!(tried > 500, "only {tried}");
    assert_eq!(unnoticed, [""; 0], "not noticed, and no exception");
    assert_eq!(misread, [""; 0], "the client reads wrong values");
    let exceptions = EXCEPTIONS.len() + MAY_BE_EMPTY.len();
    assert_eq!(
        used.len(),
        exceptions,
        "an exception is not needed: {used:?}"
    );
}

#[test]
fn an_undocumented_member_is_drift_whatever_it_is_called() {
    let judge = Judge::new();
    let (sample, body) = documented()
        .into_iter()
        .find(|(one, _)| one.operation_id == "listTenantRestoreTasks")
        .unwrap();
    let check = |name: &str| {
        let mut body = body.clone();
        body["data"]["contents"][1][name] = json!({ name: 1 });
        let (found, reading) = judge.judge(&sample, &body);
        assert_eq!(found, ["conformance"], "{name:?}");
        assert_eq!(reading, Some(Meaning::ReadRight), "{name:?}");
    };
    for name in ["new", "a b", "a/b", "~", "~1", "", "7", "集群", "\"", "\n"] {
        check(name);
    }
    let settings = ProptestConfig::with_cases(64);
    proptest!(settings, |(name in "\\PC{0,12}")| check(&name));
}
