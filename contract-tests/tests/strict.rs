//! The client decodes without loss every body that the strict view accepts.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use contract_tests::{lossless, spec};
use oceanbase_ocp::types::{
    ClusterListResponse, ClusterRestoreTaskListResponse, DataBackupTaskListResponse, ErrorResponse,
    LogBackupTaskListResponse, RestoreTaskListResponse, TenantListResponse,
};
use ocp_contract::strict::Strict;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

/// Values that a strict schema describes, the odd ones first.
fn values(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(only) = schema.get("const") {
        return Just(only.clone()).boxed();
    }
    let known = schema.get("enum").or_else(|| schema.get("x-known-values"));
    if let Some(known) = known.and_then(Value::as_array) {
        return proptest::sample::select(known.clone()).boxed();
    }
    if let Some(list) = schema.get("anyOf").and_then(Value::as_array) {
        return Union::new(list.iter().map(values)).boxed();
    }
    if let Some(wire) = schema.get("x-wire") {
        let mut forms = match wire[0].as_str().unwrap() {
            "date-time" => vec![times(":")],
            "date-time-compact" => vec![times("")],
            _ => vec![
                ((1 << 53)..i64::MAX)
                    .prop_map(|long| json!(long.to_string()))
                    .boxed(),
                any::<i64>().prop_map(Value::from).boxed(),
            ],
        };
        forms.extend((wire[1] == true).then(|| Just(Value::Null).boxed()));
        return Union::new(forms).boxed();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        // A schema without a type takes everything.
        _ => return anything(),
    };
    Union::new(kinds.into_iter().map(|kind| {
        match kind {
            "boolean" => any::<bool>().prop_map(Value::from).boxed(),
            "number" => any::<i32>()
                .prop_map(|number| json!(f64::from(number) / 10_000.0))
                .boxed(),
            "string" => ".{0,12}".prop_map(Value::from).boxed(),
            "array" => proptest::collection::vec(values(&schema["items"]), 0..4)
                .prop_map(Value::from)
                .boxed(),
            "object" => object(schema),
            _ => Just(Value::Null).boxed(),
        }
    }))
    .boxed()
}

fn anything() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!([{ "a": null, "7": [1.5, []] }, "x"])),
    ]
    .boxed()
}

fn object(schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, member)| {
            let name = name.clone();
            let is_required = required.contains(&name.as_str());
            (values(member), any::<bool>())
                .prop_map(move |(value, present)| {
                    (is_required || present).then(|| (name.clone(), value))
                })
                .boxed()
        })
        .collect();
    members
        .prop_map(|members| Value::Object(members.into_iter().flatten().collect::<Map<_, _>>()))
        .boxed()
}

/// Times whose offsets have a separator between hours and minutes.
fn times(separator: &'static str) -> BoxedStrategy<Value> {
    let offset = (-18_i32 * 60..=18 * 60).prop_map(move |minutes| {
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        format!("{sign}{hours:02}{separator}{minutes:02}")
    });
    let offset = match separator {
        "" => offset.boxed(),
        _ => prop_oneof![Just("Z".to_owned()), offset].boxed(),
    };
    (
        0..9999_i32,
        1..=12_u32,
        1..=28_u32,
        0..86400_u32,
        "(\\.[0-9]{1,9})?",
        offset,
    )
        .prop_map(|(year, month, day, second, fraction, offset)| {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            json!(format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"
            ))
        })
        .boxed()
}

/// Makes the members of rows that depend on others agree with them.
fn settle(schema: &Value, body: &mut Value) {
    let row = schema.pointer("/properties/data/properties/contents/items");
    let conditions = row.and_then(|row| row["allOf"].as_array());
    let rows = body.pointer_mut("/data/contents");
    for row in rows.and_then(Value::as_array_mut).into_iter().flatten() {
        for condition in conditions.into_iter().flatten() {
            let when = condition["if"]["properties"].as_object().unwrap();
            let member = condition["then"]["required"][0].as_str().unwrap();
            let properties = &schema["properties"]["data"]["properties"];
            if when.iter().all(|(name, value)| row[name] == value["const"]) {
                let member_schema = &properties["contents"]["items"]["properties"][member];
                row[member] = plain(member_schema);
            } else if condition.get("else").is_some() {
                row.as_object_mut().unwrap().remove(member);
            }
        }
    }
}

/// One value of a schema.
fn plain(schema: &Value) -> Value {
    match schema["x-wire"][0].as_str() {
        Some("date-time") => json!("2024-08-08T08:25:39.15Z"),
        Some("date-time-compact") => json!("2021-09-09T18:32:20.066+0800"),
        Some(_) => json!(1),
        None if schema.get("items").is_some() => json!([]),
        None if schema["type"][0] == "number" => json!(77.6421),
        None => json!("disk full"),
    }
}

/// The losses of a body.
type Lost = fn(&Value) -> Vec<String>;

fn lost<T: serde::de::DeserializeOwned + serde::Serialize>(body: &Value) -> Vec<String> {
    match serde_json::from_str::<T>(&body.to_string()) {
        Ok(value) => lossless::differences(body, &serde_json::to_value(value).unwrap())
            .iter()
            .map(ToString::to_string)
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn what_strict_accepts_is_decoded_without_loss() {
    let spec = spec().unwrap();
    let evidence = ocp_contract_embedded::evidence().unwrap();
    let operations: [(&str, Lost); 8] = [
        ("listTenantRestoreTasks", lost::<RestoreTaskListResponse>),
        (
            "listClusterRestoreTasks",
            lost::<ClusterRestoreTaskListResponse>,
        ),
        ("listTenants", lost::<TenantListResponse>),
        ("listClusters", lost::<ClusterListResponse>),
        (
            "listTenantDataBackupTasks",
            lost::<DataBackupTaskListResponse>,
        ),
        (
            "listClusterDataBackupTasks",
            lost::<DataBackupTaskListResponse>,
        ),
        (
            "listTenantLogBackupTasks",
            lost::<LogBackupTaskListResponse>,
        ),
        (
            "listClusterLogBackupTasks",
            lost::<LogBackupTaskListResponse>,
        ),
    ];
    // A panic in a thread is one of the scope.
    std::thread::scope(|scope| {
        for (operation, lost_of_success) in operations {
            scope.spawn(move || {
                let strict = Strict::new(spec, operation, evidence).unwrap();
                for (status, lost) in [
                    (200, lost_of_success),
                    (429, lost::<ErrorResponse>),
                    (404, lost::<ErrorResponse>),
                    (500, lost::<ErrorResponse>),
                ] {
                    loses_nothing(&strict, status, lost);
                }
            });
        }
    });
}

/// Makes bodies that the strict view of a status accepts.
fn loses_nothing(strict: &Strict, status: u16, lost: Lost) {
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let schema = strict.schema(status).unwrap();
    let bodies = values(schema);
    runner
        .run(&bodies, |mut body| {
            settle(schema, &mut body);
            let departures = strict.departures(status, &body);
            prop_assert!(
                departures.is_empty(),
                "the generator is wrong: {departures:?}"
            );
            let lost = lost(&body);
            prop_assert!(lost.is_empty(), "{lost:?}\n{body:#}");
            Ok(())
        })
        .unwrap();
}
