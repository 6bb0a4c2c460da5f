//! Statements on the whole contract, beside the replay of each interaction.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use contract_tests::{derived_schema, spec};
use oceanbase_ocp::{Client, QueryTime, types::RestoreTaskStatusFilter};
use ocp_contract::Interaction;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn the_rust_types_say_what_the_spec_says() {
    let departures = derived_schema::departures(spec().unwrap());
    assert!(departures.is_empty(), "{}", departures.join("\n"));
}

/// A spec that the types were not made from must be told apart: one change of
/// each kind, each reported once.
#[test]
fn a_spec_that_strays_from_the_rust_types_is_noticed() {
    for (pointer, value, expected) in [
        (
            "/RestoreHistoryTask/properties/id/type",
            "string".into(),
            "RestoreHistoryTask/properties/id/type is \"string\" in the spec, the Rust type has \"integer\"",
        ),
        (
            "/PageInfo/properties/size/format",
            "int32".into(),
            "PageInfo/properties/size/format is \"int32\" in the spec, the Rust type has \"int64\"",
        ),
        (
            "/RestoreHistoryTask/required",
            ["id"].as_slice().into(),
            "RestoreHistoryTask/required/status is added by the Rust type",
        ),
        (
            "/RestoreHistoryTask/properties/status/$ref",
            "#/components/schemas/BackupMode".into(),
            "RestoreHistoryTask/properties/status/$ref is \"BackupMode\" in the spec, the Rust type has \"RestoreTaskStatus\"",
        ),
        (
            "/TriggerType/x-extensible-enum/0",
            "USUAL".into(),
            "TriggerType/x-extensible-enum/0 is \"USUAL\" in the spec, the Rust type has \"NORMAL\"",
        ),
        (
            "/QueryTime/pattern",
            "^.*$".into(),
            "QueryTime/pattern is \"^.*$\" in the spec",
        ),
        (
            "/ErrorCode/anyOf/1/type",
            "boolean".into(),
            "ErrorCode/anyOf/1/type is \"boolean\" in the spec",
        ),
    ] {
        let mut spec = spec().unwrap().clone();
        *spec
            .pointer_mut(&format!("/components/schemas{pointer}"))
            .unwrap() = value;
        let departures = derived_schema::departures(&spec);
        assert_eq!(departures.len(), 1, "{pointer}: {departures:?}");
        assert!(departures[0].starts_with(expected), "{}", departures[0]);
    }
}

/// wiremock shows a URL that was parsed again; this is the request as it left.
#[tokio::test]
async fn the_request_as_it_goes_over_the_wire() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(socket.read_u8().await.unwrap());
        }
        socket
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
        String::from_utf8(request).unwrap()
    });
    let time: QueryTime = "2024-08-06T00:00:00Z".parse().unwrap();
    let _ = Client::new(&format!("http://127.0.0.1:{port}/ocp/"))
        .unwrap()
        .list_tenant_restore_tasks()
        .cluster_id(i64::MAX)
        .tenant_id(-1)
        .start_time(time)
        .restore_cluster_name(
            ["a b", "c,d", "e+f*~%&=/?#'\"", "\u{6062}\u{1f980}", ""].map(String::from),
        )
        .status([
            RestoreTaskStatusFilter::PreUpgradeCheck,
            "RESTORE_SUCCESS".into(),
        ])
        .send()
        .await;
    let request = server
        .await
        .unwrap()
        .replace(&format!("127.0.0.1:{port}"), "127.0.0.1:PORT");
    let request = request
        .replace("\r\n", "\n")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(request);
}

/// The register names the check that settles an open question on a real OCP.
#[test]
fn every_check_that_the_register_names_exists() {
    let file = Interaction::folder().with_file_name("discrepancies.yaml");
    let text = ocp_contract::read_text(&file, "discrepancies.yaml").unwrap();
    let register = ocp_contract::Document::parse("discrepancies.yaml", &text).unwrap();
    for entry in register.value().as_array().unwrap() {
        if let Some(check) = entry["check"].as_str() {
            let known = contract_tests::verify::all_checks().any(|one| one.as_str() == check);
            assert!(known, "discrepancy {} names the check {check}", entry["id"]);
        }
        assert_eq!(
            entry["check"].is_string(),
            entry["state"] == "open",
            "discrepancy {}",
            entry["id"]
        );
    }
}
