//! What a person or a CI job sees of `verify`: exit codes, sentences, reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use contract_tests::replay;
use ocp_contract::Interaction;
use ocp_mock::{EmbeddedOcp, Fault, Settings, Variant, tasks};
use quick_junit::{Report, TestCaseStatus};
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const SECRET: &str = "s3cret-Pa55phrase";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
    command.arg("verify").args(arguments);
    for name in [
        "OCP_USER",
        "OCP_PASSWORD",
        "OCP_ACCESS_KEY",
        "OCP_SECRET_KEY",
        "OCP_CLUSTER_ID",
        "OCP_TENANT_ID",
        "OCP_BASE_URL",
        "OCP_CA_CERTIFICATE",
    ] {
        command.env_remove(name);
    }
    // Nobody listens at this proxy, and nothing here is to ask it.
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command
}

/// The operation of a tenant of an OCP at a URL, with the ids of the embedded one.
fn verify_at(url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let ocp = [&["--base-url", url], &IDS[..], &OF_A_TENANT].concat();
    verify(&[&ocp, arguments].concat(), environment)
}

/// What the embedded OCP has.
const IDS: [&str; 4] = ["--cluster-id", "1000005", "--tenant-id", "1000012"];
const OF_A_TENANT: [&str; 2] = ["--operation", "listTenantRestoreTasks"];

fn verify(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = command(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    (output.status.code().unwrap(), text(&output))
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

async fn ocp(fault: Value) -> EmbeddedOcp {
    EmbeddedOcp::start(Settings {
        basic: Some(("admin".into(), SECRET.into())),
        fault: Some(serde_json::from_value::<Fault>(fault).unwrap()),
        ..Settings::new(tasks::documented().unwrap())
    })
    .await
    .unwrap()
}

const ADMIN: [(&str, &str); 2] = [("OCP_USER", "admin"), ("OCP_PASSWORD", SECRET)];

/// A server that says the same to everybody who connects.
fn web_server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    url
}

/// What a relay does with a request.
enum Relay {
    Passes,
    /// Closes the connection without a response.
    Closes,
    /// Says nothing for so long.
    Waits(Duration),
}

/// A relay before an OCP; `does` is asked for each request, by its text and its number on the
/// connection.
fn relay(ocp: &EmbeddedOcp, does: fn(&str, usize) -> Relay) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let inner = ocp.url().replace("http://", "");
    std::thread::spawn(move || {
        for outside in listener.incoming().flatten() {
            let inside = TcpStream::connect(&inner).unwrap();
            std::thread::spawn(move || pass_on(outside, inside, does));
        }
    });
    url
}

fn pass_on(mut outside: TcpStream, mut inside: TcpStream, does: fn(&str, usize) -> Relay) {
    let read_head = |socket: &mut TcpStream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).ok()? == 1 {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        (!head.is_empty()).then_some(head)
    };
    for number in 1.. {
        let Some(request) = read_head(&mut outside) else {
            return;
        };
        match does(&request, number) {
            Relay::Passes => {}
            Relay::Closes => return,
            Relay::Waits(time) => std::thread::sleep(time),
        }
        inside.write_all(request.as_bytes()).unwrap();
        let Some(response) = read_head(&mut inside) else {
            return;
        };
        let lines = response.lines();
        let mut lengths = lines.filter_map(|line| line.strip_prefix("content-length: "));
        let length = lengths.next().unwrap_or("0").parse().unwrap();
        let mut body = vec![0; length];
        inside.read_exact(&mut body).unwrap();
        let whole = [response.as_bytes(), &body].concat();
        if outside.write_all(&whole).is_err() {
            return;
        }
    }
}

/// What stands before an OCP is not blamed on it, and what takes long is no answer.
#[tokio::test]
async fn a_closed_connection_and_a_slow_probe_are_no_violations() {
    type Does = fn(&str, usize) -> Relay;
    let closes: Does = |_, number| match number {
        2 | 4 => Relay::Closes,
        _ => Relay::Passes,
    };
    let waits: Does = |request, _| match request.contains("size=5000") {
        true => Relay::Waits(Duration::from_secs(3)),
        false => Relay::Passes,
    };
    let ocp = ocp(json!({})).await;
    for (does, sentence) in [
        (closes, "a connection was closed without a response"),
        (waits, "size 5000: no response from"),
    ] {
        let url = relay(&ocp, does);
        let (code, text) = verify_at(&url, &["--timeout", "2"], &ADMIN);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains(sentence), "{text}");
    }
}

/// A report from a host that nobody else reaches can be made here, later.
#[tokio::test]
async fn a_recording_is_judged_as_the_ocp_was() {
    let fault = json!({ "response": { "patch": [
        { "op": "remove", "path": "/data/contents/0/restoreUri" },
        { "op": "replace", "path": "/data/contents/1/errorMsg", "value": "disk full on db-prod-07 at 08:25:39" },
        { "op": "replace", "path": "/data/contents/1/restoreClusterName", "value": "db-prod-07" },
    ] } });
    let ocp = ocp(fault).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let findings = |name: &str| {
        let json = std::fs::read_to_string(path(name)).unwrap();
        let report: Value = serde_json::from_str(&json).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let members = ["fingerprint", "severity", "times", "client", "expected"];
        let findings = findings
            .into_iter()
            .map(|one| members.map(|name| one[name].clone()));
        (report["requests"].clone(), findings.collect::<Vec<_>>())
    };
    let report = |name: &str| format!("json={}", path(name));
    let record = ["--record", &path("kept"), "--report", &report("live")];
    let (code, text) = verify_at(&ocp.url(), &record, &ADMIN);
    assert_eq!(code, 1, "{text}");
    let transcript = path("kept/transcript.json");
    for from in [path("kept"), transcript.clone()] {
        // Whatever OCP the environment names.
        let environment = [("OCP_BASE_URL", "http://127.0.0.1:9")];
        let (code, text) = verify(
            &["--from", &from, "--report", &report("again")],
            &environment,
        );
        assert_eq!(code, 1, "{text}");
        assert_eq!(findings("again"), findings("live"));
    }
    let kept = std::fs::read_to_string(&transcript).unwrap();
    let is_kept = |text: &str| kept.contains(text);
    assert!(
        !is_kept("db-prod-07") && !is_kept(SECRET) && !is_kept("127.0.0.1"),
        "{kept}"
    );
    assert!(is_kept(" at 08:25:39"), "{kept}");

    let with = |change: fn(&mut Value)| {
        let mut kept: Value = serde_json::from_str(&kept).unwrap();
        change(&mut kept);
        kept.to_string()
    };
    for (content, sentence) in [
        (
            kept[..kept.len() / 2].to_owned(),
            "or is damaged: EOF while parsing",
        ),
        ("{}".to_owned(), "or is damaged: missing field `format`"),
        (
            with(|kept| kept["format"] = 7.into()),
            "has format version 7; this program reads 1",
        ),
        (
            with(|kept| kept["transcripts"][0]["operation"] = "listNothing".into()),
            "listNothing, an operation that the contract does not have",
        ),
        (
            with(|kept| kept["transcripts"][0]["exchanges"][0]["purpose"] = "odd".into()),
            "unknown variant `odd`",
        ),
        (with(|kept| kept["arguments"] = json!({})), "arguments"),
    ] {
        let file = path("damaged.json");
        let mut open = std::fs::File::create(&file).unwrap();
        open.write_all(content.as_bytes()).unwrap();
        let (code, text) = verify(&["--from", &file], &[]);
        assert_eq!(code, 2, "{text}");
        assert!(
            text.contains(sentence) && !text.contains("panicked"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_variables_of_the_client_are_read_and_named() {
    let ocp = ocp(json!({})).await;
    let url = ocp.url();
    let at = |url| [&ADMIN[..], &[("OCP_BASE_URL", url)]].concat();
    let (code, text) = verify(&IDS, &at(&url));
    assert_eq!(
        (code, text.contains("Verifying an OCP")),
        (0, true),
        "{text}"
    );
    for (variable, value, sentence) in [
        (
            "OCP_BASE_URL",
            "ocp:8080",
            "`OCP_BASE_URL` is unusable: it must begin with",
        ),
        (
            "OCP_CA_CERTIFICATE",
            "/etc/ca.pem",
            "`OCP_CA_CERTIFICATE` is unusable",
        ),
    ] {
        let environment = [at(&url), vec![(variable, value)]].concat();
        let (code, text) = verify(&IDS, &environment);
        assert_eq!((code, text.contains(sentence)), (2, true), "{text}");
    }
    let (code, text) = verify(&[], &[("OCP_BASE_URL", "")]);
    assert_eq!((code, text.contains("embedded OCP")), (0, true), "{text}");
}

#[test]
fn the_help_lists_every_command() {
    for argument in ["--help", "-h", "help"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
        let text = text(&program.arg(argument).output().unwrap());
        for part in ["verify", "mock", "--base-url", "OCP_BASE_URL", "--from"] {
            assert!(text.contains(part), "{argument}: {part}: {text}");
        }
    }
}

/// A port of the loopback interface at which nobody listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn what_cannot_be_judged_ends_with_2_and_a_sentence() {
    let ocp = ocp(json!({})).await;
    let tls = ocp.url().replace("http:", "https:");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes())
            .unwrap();
        path.to_str().unwrap().to_owned()
    };
    let half = file("half.yaml", &format!("user: admin\nsecret_key: {SECRET}\n"));
    let odd = file("odd.yaml", &format!("- {SECRET}\n"));
    let waivers = file(
        "waivers.yaml",
        "- fingerprint: 'client: loses'\n  reason: ''\n",
    );
    let url = ocp.url();
    let html = web_server(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    );
    let silent = web_server("");
    let closed = closed_port();
    let at = |url: &'static str, more: &[&'static str]| -> Vec<&str> {
        [&["--base-url", url], &IDS[..], more].concat()
    };
    let url: &str = url.leak();
    let (half, odd) = (half.leak() as &str, odd.leak() as &str);
    type Case<'a> = (Vec<&'a str>, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 19] = [
        (at(closed.leak(), &[]), &[], "Connection refused"),
        (at(tls.leak(), &[]), &[], "it is not TLS that comes back"),
        (at(html.leak(), &[]), &[], "no response has OCP's envelope"),
        (at(silent.leak(), &[]), &[], "Nothing could be judged"),
        (at(url, &[]), &[], "set OCP_USER and OCP_PASSWORD"),
        (
            at(url, &[]),
            &[("OCP_USER", "admin"), ("OCP_PASSWORD", "wrong")],
            "the credentials are refused",
        ),
        (
            at(url, &[]),
            &[("OCP_USER", "admin")],
            "either a user and a password, or",
        ),
        (at("ocp:8080", &[]), &[], "`--base-url` is unusable"),
        // No id of the documented sample is ever sent to a real OCP.
        (
            vec!["--base-url", url],
            &ADMIN,
            "arguments are missing: listClusterRestoreTasks needs --cluster-id; listTenantRestoreTasks needs --cluster-id and --tenant-id",
        ),
        (
            vec!["--base-url", url, "--tenant-id", "1"],
            &[("OCP_CLUSTER_ID", "")],
            "listTenantRestoreTasks needs --cluster-id",
        ),
        (
            [&["--base-url", url, "--cluster-id", "1"], &OF_A_TENANT[..]].concat(),
            &ADMIN,
            "arguments are missing: listTenantRestoreTasks needs --tenant-id",
        ),
        (vec!["--tenant-id", "1"], &ADMIN, "--base-url <URL>"),
        (
            vec!["--base-url", url, "--cluster-id", "one"],
            &ADMIN,
            "expected an integer",
        ),
        (
            at(url, &["--operation", "listNothing"]),
            &ADMIN,
            "[possible values: listClusterRestoreTasks, listTenantRestoreTasks]",
        ),
        (
            at(url, &["--credentials", half]),
            &[],
            "either a user and a password, or",
        ),
        (
            at(url, &["--credentials", odd]),
            &[],
            "is not a YAML file with the texts",
        ),
        (
            at(url, &["--credentials", "none.yaml"]),
            &[],
            "cannot read the credentials file",
        ),
        (vec!["--waivers", &waivers], &[], "has no reason"),
        (
            vec!["--report", "pdf=x"],
            &[],
            "expected html, json, junit or markdown",
        ),
    ];
    for (arguments, environment, sentence) in cases {
        let (code, text) = verify(&arguments, environment);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(sentence), "{arguments:?}: {text}");
        assert!(!text.contains(SECRET), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn reports_tell_what_was_found_and_no_secret() {
    let ocp = ocp(json!({
        "response": { "patch": [
            { "op": "replace", "path": "/data/contents/0/id", "value": "2" },
            { "op": "add", "path": "/data/new", "value": "<script>`|*_\u{1b}[2J" },
            { "op": "add", "path": "/data/contents/1/errorMsg", "value": format!("at 10.1.2.3 with {SECRET}") },
        ] }
    }))
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let reports = ["json", "junit", "markdown"].map(|form| format!("{form}={}", path(form)));
    let records = path("records");
    let mut arguments = vec!["--record", &records];
    for report in &reports {
        arguments.extend(["--report", report]);
    }
    let (code, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
    assert_eq!(code, 1, "{text}");
    let print = "listTenantRestoreTasks/conformance: data.contents[].id type";
    let json: Value = serde_json::from_str(&file("json")).unwrap();
    let finding = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["fingerprint"] == print)
        .unwrap();
    assert_eq!(finding["severity"], "violation");
    assert_eq!(finding["operation"], "listTenantRestoreTasks");
    assert_eq!(finding["pointer"], "/data/contents/0/id");
    assert!(
        finding["curl"]
            .as_str()
            .unwrap()
            .contains("-u \"$OCP_USER:$OCP_PASSWORD\"")
    );
    assert!(finding["times"].as_u64().unwrap() > 1);
    assert!(!text.contains('\u{1b}'), "{text}");

    let junit = Report::deserialize_from_str(&file("junit")).unwrap();
    assert_eq!(
        junit.test_suites[0].name.as_str(),
        "OCP: listTenantRestoreTasks"
    );
    let cases = &junit.test_suites[0].test_cases;
    let case = cases
        .iter()
        .find(|one| one.name.as_str() == "conformance")
        .unwrap();
    assert!(
        matches!(case.status, TestCaseStatus::NonSuccess { .. }),
        "{case:?}"
    );
    assert_eq!(
        junit.failures,
        cases
            .iter()
            .filter(|one| matches!(one.status, TestCaseStatus::NonSuccess { .. }))
            .count()
    );
    assert!(file("markdown").contains(print));

    let mut recorded = String::new();
    for case in std::fs::read_dir(Path::new(&records).join("listTenantRestoreTasks")).unwrap() {
        let body = case.unwrap().path().join("response.json");
        recorded.push_str(&std::fs::read_to_string(body).unwrap());
    }
    assert!(!recorded.contains("10.1.2.3"), "{recorded}");
    assert!(!recorded.contains(SECRET), "{recorded}");
    // The server has sent the password back, in a text that is a finding.
    for text in ["json", "junit", "markdown"]
        .map(file)
        .iter()
        .chain([&text])
    {
        assert!(text.contains("errorMsg of a success"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }

    // Known findings, and one that is no more.
    let waivers = path("waivers.yaml");
    let known: Vec<Value> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({ "fingerprint": one["fingerprint"], "reason": "known to the vendor" }))
        .collect();
    let write = |waivers_of: &[Value]| {
        let mut open = std::fs::File::create(&waivers).unwrap();
        open.write_all(json!(waivers_of).to_string().as_bytes())
            .unwrap();
    };
    write(&known);
    let arguments = ["--waivers", &waivers, "--fail-on", "drift"];
    let (code, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
    assert_eq!(code, 0, "{text}");
    for (stale, word) in [
        (
            "listTenantRestoreTasks/client: error",
            "no such finding; remove the waiver",
        ),
        (
            "client: error",
            "without its operation; write it as the report does, such as `listTenantRestoreTasks/client: error`",
        ),
    ] {
        let stale = json!({ "fingerprint": stale, "reason": "was so once" });
        write(&[known.clone(), vec![stale]].concat());
        let (code, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(word), "{text}");
    }
    // Nothing is known of an operation that was left out.
    let other =
        json!({ "fingerprint": "listClusterRestoreTasks/client: error", "reason": "there" });
    write(&[known, vec![other]].concat());
    assert_eq!(verify_at(&ocp.url(), &arguments, &ADMIN).0, 0);
}

/// What one run says: exit code, text, and operations by what became of them.
async fn operations(
    fault: Value,
    arguments: &[&str],
    more: &[(&str, &str)],
) -> (i32, String, Value) {
    let ocp = ocp(fault).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("json");
    let report = format!("json={}", file.display());
    let url = ocp.url();
    let arguments = [&["--base-url", &url, "--report", &report], arguments].concat();
    let (code, text) = verify(&arguments, &[&ADMIN, more].concat());
    let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let operations = json["operations"].as_array().unwrap().iter();
    let standings = operations.map(|one| {
        let id = one["id"].as_str().unwrap();
        (id.to_owned(), one["standing"].clone())
    });
    // What has findings or was judged stands under its operation.
    for check in json["checks"].as_array().unwrap() {
        assert!(check["operation"].is_string(), "{check}");
    }
    (code, text, Value::Object(standings.collect()))
}

#[tokio::test]
async fn every_operation_is_verified_that_has_its_arguments() {
    let tenant = "listTenantRestoreTasks";
    let (cluster_id, tenant_id) = (&IDS[..2], &IDS[2..]);
    let verified = json!({ "listClusterRestoreTasks": "verified", tenant: "verified" });
    let of_cluster = json!({
        "listClusterRestoreTasks": "verified", tenant: { "not-given": ["--tenant-id"] }
    });
    let of_tenant = json!({ "listClusterRestoreTasks": "not-named", tenant: "verified" });
    let variables = [("OCP_CLUSTER_ID", "1000005"), ("OCP_TENANT_ID", "1000012")];
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a Value, &'a str);
    let cases: [Case<'_>; 6] = [
        (
            cluster_id,
            &[],
            &of_cluster,
            "listTenantRestoreTasks not given: --tenant-id.",
        ),
        (
            &["--cluster", "1000005"],
            &[],
            &of_cluster,
            "not given: --tenant-id.",
        ),
        (&[], &variables[..1], &of_cluster, "not given: --tenant-id."),
        (&IDS, &[], &verified, "\nlistTenantRestoreTasks\n"),
        (
            tenant_id,
            &variables,
            &verified,
            "\nlistClusterRestoreTasks\n",
        ),
        (
            &OF_A_TENANT,
            &variables,
            &of_tenant,
            "\nlistTenantRestoreTasks\n",
        ),
    ];
    for (arguments, environment, due, sentence) in cases {
        let (code, text, standings) = operations(json!({}), arguments, environment).await;
        assert_eq!(code, 0, "{arguments:?}: {text}");
        assert_eq!(standings, *due, "{arguments:?}: {text}");
        assert!(text.contains(sentence), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn an_operation_that_is_not_offered_is_named_and_fails_only_where_it_is_wanted() {
    let page = json!({
        "when": { "path": "/tenants/" },
        "response": { "status": 200, "body": "<html></html>", "headers": { "content-type": "text/html" } }
    });
    let (code, text, standings) = operations(page.clone(), &IDS, &[]).await;
    assert_eq!(code, 0, "{text}");
    assert_eq!(standings["listTenantRestoreTasks"], "not-offered");
    assert_eq!(standings["listClusterRestoreTasks"], "verified");
    let sentence =
        "listTenantRestoreTasks is not offered by this OCP; it is documented for V4.3.1 to V4.3.4.";
    assert!(text.contains(sentence), "{text}");
    let wanted = [&IDS[..], &OF_A_TENANT].concat();
    let (code, text, _) = operations(page, &wanted, &[]).await;
    assert_eq!(code, 1, "{text}");
    let print = "listTenantRestoreTasks/documented-request: not offered";
    assert!(text.contains(print), "{text}");
}

#[tokio::test]
async fn what_one_operation_cannot_be_judged_by_does_not_stop_the_next() {
    let arguments = [&IDS[..2], &["--tenant-id", "7"]].concat();
    let (code, text, standings) = operations(json!({}), &arguments, &[]).await;
    assert_eq!(code, 2, "{text}");
    assert_eq!(standings["listClusterRestoreTasks"], "verified");
    let sentence =
        "are the ids right (--cluster-id, --tenant-id), and may this user see what they name?";
    assert!(text.contains(sentence), "{text}");
    let denied = json!({ "when": { "path": "/1000005/backup/" }, "response": { "status": 403, "patch": [
        { "op": "replace", "path": "/status", "value": 403 },
        { "op": "replace", "path": "/successful", "value": false },
        { "op": "remove", "path": "/data" },
        { "op": "add", "path": "/error", "value": { "code": "IAM11000", "message": "Access is denied." } },
    ] } });
    let (code, text, standings) = operations(denied, &IDS, &[]).await;
    assert_eq!(code, 2, "{text}");
    assert_eq!(standings["listTenantRestoreTasks"], "verified", "{text}");
    assert!(text.contains("are the ids right (--cluster-id)"), "{text}");
    // A limit does: nothing more may be sent.
    let arguments = [&IDS[..], &["--max-requests", "45"]].concat();
    let (code, text, standings) = operations(json!({}), &arguments, &[]).await;
    assert_eq!(code, 2, "{text}");
    assert_eq!(standings["listClusterRestoreTasks"], "verified");
    let last = text.trim_end().lines().last().unwrap();
    assert!(
        last.contains("to the end, of listTenantRestoreTasks: "),
        "{last}"
    );
}

#[tokio::test]
async fn drift_fails_only_where_it_is_asked_to() {
    let ocp =
        ocp(json!({ "response": { "patch": [{ "op": "add", "path": "/new", "value": 1 }] } }))
            .await;
    let url = ocp.url();
    assert_eq!(verify_at(&url, &[], &ADMIN).0, 0);
    assert_eq!(verify_at(&url, &["--fail-on", "drift"], &ADMIN).0, 1);
}

#[tokio::test]
async fn requests_stop_at_the_limit() {
    let ocp = ocp(json!({})).await;
    let (code, text) = verify_at(&ocp.url(), &["--max-requests", "5"], &ADMIN);
    // What was never looked at does not look like success.
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("the limit of requests, 5, is reached"),
        "{text}"
    );
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.starts_with("Incomplete: 0 violations"), "{last}");
    assert!(
        last.ends_with("; 5 requests. listClusterRestoreTasks not verified: --operation names others. Not checked, or not to the end, of listTenantRestoreTasks: paging, filter-cluster-name, filter-values, time-window, time-forms, filters-together, array-style, repeat, error-envelope."),
        "{last}"
    );
}

/// Wherever a limit cuts a run, what was not read is no violation.
#[tokio::test]
async fn a_run_that_is_cut_finds_nothing_in_what_it_has_not_read() {
    let ocp = EmbeddedOcp::start(Settings::new(tasks::made(40)));
    let ocp = ocp.await.unwrap();
    let url = ocp.url();
    for limit in 1..14 {
        let limit = limit.to_string();
        let (code, text) = verify_at(&url, &["--max-requests", &limit], &[]);
        assert_eq!(code, 2, "{limit}: {text}");
        assert!(text.contains("Incomplete: 0 violations"), "{limit}: {text}");
    }
}

#[tokio::test]
async fn a_violation_found_before_the_limit_is_one() {
    let ocp =
        ocp(json!({ "response": { "patch": [{ "op": "remove", "path": "/traceId" }] } })).await;
    let (code, text) = verify_at(&ocp.url(), &["--max-requests", "1"], &ADMIN);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("Not checked, or not to the end"), "{text}");
}

#[tokio::test]
async fn a_report_does_not_depend_on_the_password() {
    // An OCP for everybody, so that every password is right.
    let ocp = EmbeddedOcp::start(Settings {
        fault: Some(
            serde_json::from_value(json!({ "response": { "patch": [
                { "op": "remove", "path": "/data/contents/0/restoreUri" },
                { "op": "replace", "path": "/data/contents/1/status", "value": "Completed" },
                { "op": "add", "path": "/data/new", "value": 1 },
            ] } }))
            .unwrap(),
        ),
        ..Settings::new(tasks::made(9))
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    for (index, password) in [
        "none-of-this",
        "restore",
        "restore-drill-2024",
        "a",
        "x",
        "data",
        "exact",
        "documented",
        "page",
        "2026-11-28",
        "TENANT",
        "list",
        "conformance",
        "curl",
        "RESTORE_SUCCESS",
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.path().join(index.to_string());
        let report = format!("json={}", file.display());
        let user = [("OCP_USER", password), ("OCP_PASSWORD", password)];
        let key = [("OCP_ACCESS_KEY", "key"), ("OCP_SECRET_KEY", password)];
        let environment = if index % 2 == 0 { user } else { key };
        let record = folder.path().join(format!("record-{index}"));
        let record = record.to_str().unwrap();
        let arguments = ["--report", &report, "--record", record];
        let (code, text) = verify_at(&ocp.url(), &arguments, &environment);
        assert_eq!(code, 1, "{text}");
        assert_eq!(verify(&["--from", record], &[]).0, 1, "{password}");
        let json = std::fs::read_to_string(file).unwrap();
        // How curl is told who asks is the one thing that may differ.
        let who = [
            " -u \\\"$OCP_USER:$OCP_PASSWORD\\\"",
            " -H 'Authorization: OCP-ACCESS-KEY-HMACSHA1 ***'",
        ];
        let same = |text: &str| {
            who.iter()
                .fold(text.to_owned(), |t, who| t.replace(who, ""))
        };
        let plain = text.replace(" -u \"$OCP_USER:$OCP_PASSWORD\"", "");
        reports.push((password, same(&json), same(&plain)));
    }
    let (_, json, text) = reports[0].clone();
    for (password, other_json, other_text) in &reports {
        assert_eq!(*other_json, json, "{password}");
        assert_eq!(*other_text, text, "{password}");
    }
    assert!(!json.contains("***"), "{json}");
}

#[tokio::test]
async fn what_a_server_sends_back_of_a_secret_is_not_shown() {
    use base64::Engine;
    let code = base64::engine::general_purpose::STANDARD.encode(format!("admin:{SECRET}"));
    let part = &SECRET[3..14];
    let escaped = SECRET.replace('-', "%2D");
    let member = format!("/data/contents/0/{SECRET}");
    let at_rows = json!({ "response": {
        "headers": { "x-echo": SECRET },
        "patch": [
            { "op": "add", "path": member, "value": part },
            { "op": "add", "path": "/data/contents/1/errorMsg", "value": format!("at {part}") },
            { "op": "replace", "path": "/data/contents/0/status", "value": SECRET },
            { "op": "replace", "path": "/data/contents/0/restoreClusterName", "value": format!("ob {code}") },
            { "op": "replace", "path": "/data/contents/1/triggerType", "value": escaped },
            { "op": "replace", "path": "/data/contents/1/createTime", "value": part },
            { "op": "add", "path": "/data/page/number", "value": SECRET },
        ]
    } });
    let in_errors = json!({ "response": {
        "patch": [{ "op": "replace", "path": "/error/message", "value": format!("no {part} and {code}") },
            { "op": "replace", "path": "/error/code", "value": SECRET }]
    } });
    let as_text = json!({ "when": { "from": 2 }, "response": {
        "headers": { "content-type": format!("text/{SECRET}"), "location": format!("/login?{part}") },
        "body": format!("<p>{code} {SECRET}") } });
    for fault in [at_rows, in_errors, as_text] {
        let ocp = ocp(fault).await;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let reports = ["json", "junit", "markdown"].map(|form| format!("{form}={}", path(form)));
        let mut arguments = vec!["--record", folder.path().to_str().unwrap()];
        for report in &reports {
            arguments.extend(["--report", report]);
        }
        let (_, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
        let mut all = text;
        for file in files(folder.path()) {
            all.push_str(&std::fs::read_to_string(file).unwrap());
        }
        for secret in [SECRET, &code] {
            let pieces = (0..secret.len() - 5).map(|at| &secret[at..at + 6]);
            let shown: Vec<&str> = pieces.filter(|piece| all.contains(piece)).collect();
            assert!(shown.is_empty(), "{shown:?} in {all}");
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

#[tokio::test]
async fn recordings_are_interactions_that_the_client_replays() {
    let ocp = EmbeddedOcp::start(Settings {
        basic: Some(("admin".into(), SECRET.into())),
        ..Settings::new(tasks::made(9))
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let url = ocp.url();
    let arguments = [&["--base-url", &url, "--record", path], &IDS[..]].concat();
    let (code, text) = verify(&arguments, &ADMIN);
    assert_eq!(code, 0, "{text}");
    let spec = contract_tests::spec().unwrap();
    let files = files(folder.path());
    let interactions = files
        .iter()
        .filter(|file| file.ends_with("interaction.yaml"));
    let mut count = 0;
    for file in interactions {
        let interaction = Interaction::read(file).unwrap();
        let report = replay::replay(&interaction, &spec).await;
        for check in report.checks {
            assert!(
                check.verdict.is_ok(),
                "{}: {:?}",
                file.display(),
                check.verdict
            );
        }
        count += 1;
    }
    assert!(count > 40, "{count} recordings");
    // They are evidence as they are.
    let mut evidence = ocp_contract_embedded::evidence().unwrap();
    let recordings = Interaction::read_all(folder.path()).unwrap();
    let sources = recordings.iter().map(|one| &one.recorded.source);
    assert!(sources.clone().all(|source| source.date.is_some()));
    evidence.interactions.extend(recordings);
    let gaps = evidence.gaps(&spec);
    let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    assert!(folder.path().join("listClusterRestoreTasks").is_dir());
    assert!(folder.path().join("listTenantRestoreTasks").is_dir());
}

/// Modes of what `verify` writes, under a umask.
#[cfg(unix)]
#[tokio::test]
async fn reports_obey_the_umask_and_recordings_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let ocp = ocp(json!({})).await;
    for (umask, due) in [("022", 0o644), ("027", 0o640)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        let records = folder.path().join("records");
        let output = Command::new("sh")
            .args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask])
            .arg(env!("CARGO_BIN_EXE_ocp-verify"))
            .args(["verify", "--base-url", &ocp.url()])
            .args(IDS)
            .args(OF_A_TENANT)
            .args(["--report", &format!("json={}", file.display())])
            .arg("--record")
            .arg(&records)
            .envs(ADMIN)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), due);
        assert_eq!(mode(&records.join("listTenantRestoreTasks")), 0o700);
    }
}

#[tokio::test]
async fn credentials_come_from_a_file_or_the_environment() {
    let ocp = EmbeddedOcp::start(Settings {
        basic: Some(("admin".into(), SECRET.into())),
        access_key: Some(("a-key".into(), "its-s3cret".into())),
        ..Settings::new(tasks::documented().unwrap())
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
        path.display().to_string()
    };
    let user = file("user.yaml", &format!("user: admin\npassword: {SECRET}\n"));
    let key = file("key.yaml", "access_key: a-key\nsecret_key: its-s3cret\n");
    let wrong = file("wrong.yaml", "access_key: a-key\nsecret_key: another\n");
    let of_key = [
        ("OCP_ACCESS_KEY", "a-key"),
        ("OCP_SECRET_KEY", "its-s3cret"),
    ];
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32);
    let cases: [Case<'_>; 5] = [
        (&["--credentials", &user], &[], 0),
        (&["--credentials", &key], &[], 0),
        (&[], &of_key, 0),
        // The file is the one that counts.
        (&["--credentials", &wrong], &of_key, 2),
        (&["--credentials", &key], &[("OCP_USER", "nobody")], 0),
    ];
    for (arguments, environment, due) in cases {
        let (code, text) = verify_at(&ocp.url(), arguments, environment);
        assert_eq!(code, due, "{arguments:?}: {text}");
        assert!(!text.contains("its-s3cret"), "{text}");
    }
}

/// TLS in front of an OCP, with a certificate that nobody but us has signed.
async fn behind_tls(ocp: &EmbeddedOcp) -> (String, String) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let inner = ocp.url().replace("http://", "");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, inner) = (acceptor.clone(), inner.clone());
            tokio::spawn(async move {
                let mut outside = acceptor.accept(socket).await?;
                let mut inside = tokio::net::TcpStream::connect(inner).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    (url, own.cert.pem())
}

/// The server in front runs while the program does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_of_ones_own_is_trusted_when_given() {
    let ocp = ocp(json!({})).await;
    let (url, pem) = behind_tls(&ocp).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::File::create(&file)
        .and_then(|mut file| file.write_all(pem.as_bytes()))
        .unwrap();
    let trusting = ["--ca-certificate", file.to_str().unwrap()];
    let (code, text) = verify_at(&url, &trusting, &ADMIN);
    assert_eq!(code, 0, "{text}");
    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    let name = rcgen::DnType::CommonName;
    other.distinguished_name.push(name, "another authority");
    let key = rcgen::KeyPair::generate().unwrap();
    let other = other.self_signed(&key).unwrap();
    std::fs::File::create(&file)
        .and_then(|mut file| file.write_all(other.pem().as_bytes()))
        .unwrap();
    let (code, text) = verify_at(&url, &trusting, &ADMIN);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("no authority that this client trusts"),
        "{text}"
    );
    let (code, text) = verify_at(&url, &["--ca-certificate", "none.pem"], &ADMIN);
    assert_eq!(
        (code, text.as_str()),
        (
            2,
            "error: cannot read none.pem: No such file or directory (os error 2)\n"
        )
    );
}

/// A person's Ctrl-C, or a supervisor's SIGTERM, while a response is awaited.
#[cfg(unix)]
#[test]
fn a_signal_ends_with_130() {
    for signal in ["-INT", "-TERM"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let child = command(&["--base-url", &url, "--cluster", "1", "--tenant", "1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _waiting: TcpStream = listener.accept().unwrap().0;
        let id = child.id().to_string();
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let text = text(&output);
        assert_eq!(output.status.code(), Some(130), "{signal}: {text}");
        assert!(text.contains("interrupted"), "{signal}: {text}");
    }
}

/// Behind `| head`, the exit code is that of the verdict, and nothing else is said.
#[tokio::test]
async fn the_verdict_stands_where_nobody_reads_it() {
    let wrong = json!({ "response": { "patch": [{ "op": "remove", "path": "/traceId" }] } });
    let wrong = ocp(wrong).await;
    let wrong = [&["--base-url", &wrong.url()], &IDS[..]].concat().join(" ");
    let closed = closed_port();
    let silent = format!("--base-url {closed} --cluster-id 1");
    for (arguments, code) in [("", 0), (&wrong, 1), (&silent, 2)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let mut command = command(&arguments);
        let verify = command.envs(ADMIN).stdout(writer).stderr(Stdio::piped());
        let output = verify.spawn().unwrap().wait_with_output().unwrap();
        let text = text(&output);
        assert_eq!((output.status.code(), text.as_str()), (Some(code), ""));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_2_and_a_sentence() {
    let full = || std::fs::File::options().write(true).open("/dev/full");
    let mut verify = command(&[]);
    let verify = verify.stdout(full().unwrap()).stderr(Stdio::piped());
    let output = verify.spawn().unwrap().wait_with_output().unwrap();
    let sentence =
        "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!(
        (output.status.code(), text(&output)),
        (Some(2), sentence.into())
    );
    // Where not even the sentence can be written, the exit code is left.
    let mut verify = command(&["--waivers", "none.yaml"]);
    let verify = verify.stdout(full().unwrap()).stderr(full().unwrap());
    assert_eq!(verify.status().unwrap().code(), Some(2));
}

#[test]
fn without_arguments_everything_is_verified() {
    // Also on a host that knows no certificate authorities: nothing speaks TLS.
    let nowhere = [
        ("SSL_CERT_FILE", "/nonexistent/authorities.pem"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];
    let (code, text) = verify(&[], &nowhere);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("replay/documented-sample"), "{text}");
    assert!(text.contains("Conforms: 0 violations, 0 drifts"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours only on a terminal");
}

/// What has changed since an earlier report is drift, and said with both sides.
#[tokio::test]
async fn what_changed_since_an_earlier_report_is_drift() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let json = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
    };
    let save = |name: &str, report: &Value| {
        let file = std::fs::File::create(path(name)).unwrap();
        serde_json::to_writer(file, report).unwrap();
    };
    let start = async |variants: Vec<Variant>, fault: Value| {
        EmbeddedOcp::start(Settings {
            basic: Some(("admin".into(), SECRET.into())),
            variants,
            fault: Some(serde_json::from_value::<Fault>(fault).unwrap()),
            ..Settings::new(tasks::made(40))
        })
        .await
        .unwrap()
    };
    let run = |ocp: &EmbeddedOcp, baseline: &str, report: &str| {
        let report = format!("json={}", path(report));
        let options = [
            "--baseline",
            baseline,
            "--report",
            &report,
            "--fail-on",
            "drift",
        ];
        let skip = if baseline.is_empty() { 2 } else { 0 };
        verify_at(&ocp.url(), &options[skip..], &ADMIN)
    };
    let ocp = start(Vec::new(), json!({})).await;
    let (code, text) = run(&ocp, "", "first.json");
    assert_eq!(code, 0, "{text}");
    let first = json("first.json");
    assert_eq!(first["format"], 3);
    assert_eq!(first["contract"].as_str().unwrap().len(), 40);
    let (code, text) = run(&ocp, &path("first.json"), "same.json");
    assert_eq!(code, 0, "{text}");

    // Another contract and another format are said first, and are no drift.
    let mut other = first.clone();
    other["contract"] = "0".into();
    save("contract.json", &other);
    let (code, text) = run(&ocp, &path("contract.json"), "same.json");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("the contract is another one: 0 before"),
        "{text}"
    );
    other["format"] = 1.into();
    save("format.json", &other);
    let (code, text) = run(&ocp, &path("format.json"), "same.json");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("the earlier report has format version 1"),
        "{text}"
    );

    // Counts and what was not exercised are no change.
    let few = EmbeddedOcp::start(Settings {
        basic: Some(("admin".into(), SECRET.into())),
        ..Settings::new(tasks::documented().unwrap())
    });
    let (code, text) = run(&few.await.unwrap(), &path("first.json"), "few.json");
    assert!(
        !text.contains("baseline: listTenantRestoreTasks/paging"),
        "{code} {text}"
    );

    let changed = start(
        vec![Variant::WindowOfFinish, Variant::OldestFirst],
        json!({}),
    )
    .await;
    let (code, text) = run(&changed, &path("first.json"), "changed.json");
    assert_eq!(code, 1, "{text}");
    for line in [
        "drift  baseline: listTenantRestoreTasks/order: order",
        "expected   as before: by id, the largest first; newest first, by createTime",
        "got        by id, the smallest first; oldest first, by createTime",
        "drift  baseline: listTenantRestoreTasks/time-window: the time that is compared",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }

    // A finding that was not there stands once; one that is gone is named.
    let faulty = start(
        Vec::new(),
        json!({ "response": { "patch": [{ "op": "remove", "path": "/traceId" }] } }),
    )
    .await;
    let (code, text) = run(&faulty, &path("first.json"), "faulty.json");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("Does not conform: 1 violation, 0 drifts"),
        "{text}"
    );
    let (code, text) = run(&ocp, &path("faulty.json"), "mended.json");
    assert_eq!(code, 1, "{text}");
    let gone = "baseline: listTenantRestoreTasks/envelope: traceId missing";
    assert!(text.contains(gone), "{text}");

    save("none.json", &json!([1]));
    for file in ["none.json", "missing.json"] {
        let (code, text) = run(&ocp, &path(file), "none.out");
        assert_eq!(code, 2, "{text}");
    }
}

#[tokio::test]
async fn the_version_of_ocp_is_in_reports_and_recordings_if_it_is_told() {
    for (body, version) in [
        (
            json!({ "buildVersion": "4.3.1-20240131" }).to_string(),
            Some("4.3.1-20240131"),
        ),
        (json!({ "buildVersion": "<b>" }).to_string(), None),
        (json!({ "buildVersion": SECRET }).to_string(), Some("***")),
        ("<html></html>".to_owned(), None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("report.json");
        let record = folder.path().join("recorded");
        let fault = json!({ "when": { "path": "/api/v2/info" }, "response": { "status": 200, "body": body } });
        let (code, text) = verify_at(
            &ocp(fault).await.url(),
            &[
                "--report",
                &format!("json={}", report.display()),
                "--record",
                record.to_str().unwrap(),
            ],
            &ADMIN,
        );
        assert_eq!(code, 0, "{text}");
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        assert_eq!(report["ocp"].as_str(), version);
        let kept = files(&record);
        let kept = kept
            .iter()
            .find(|file| file.ends_with("interaction.yaml"))
            .unwrap();
        let kept = std::fs::read_to_string(kept).unwrap();
        let line = version.map(|version| format!("\n  ocp: \"{version}\"\n"));
        assert!(
            kept.contains(&line.unwrap_or("\n  # ocp: 4.3.1\n".into())),
            "{kept}"
        );
    }
}

/// The report for a browser needs nothing else, and shows what a server sent as text.
#[tokio::test]
async fn the_html_report_is_one_file_that_runs_and_loads_nothing() {
    let hostile = "<script>alert(1)</script>";
    let fault = json!({ "response": { "patch": [
        { "op": "replace", "path": "/data/contents/1/createTime", "value": hostile },
        { "op": "add", "path": "/data/contents/1/new<i>", "value": SECRET },
    ] } });
    let ocp = ocp(fault).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let report = format!("html={}", file.display());
    let (code, text) = verify_at(&ocp.url(), &["--report", &report], &ADMIN);
    assert_eq!(code, 1, "{text}");
    let html = std::fs::read_to_string(&file).unwrap();
    for part in [
        "Does not conform: 1 violation, 1 drift;",
        "<code>listTenantRestoreTasks&#x2f;conformance: data.contents[].createTime type</code>",
        "<mark>&quot;createTime&quot;: &quot;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;&quot;</mark>",
        "fails with an error on this response",
        "<h2>Open questions, answered</h2>",
        "prefers-color-scheme: dark",
        "default-src 'none'",
        "<h2>listTenantRestoreTasks</h2>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for part in [
        "<script", "<i>", " src=", "<link", "@import", "url(", SECRET,
    ] {
        assert!(!html.contains(part), "{part}: {html}");
    }
}

/// A report goes through a symbolic link, and into what is no regular file.
#[test]
#[cfg(unix)]
fn a_report_replaces_no_more_than_a_regular_file() {
    use std::os::unix::fs::{FileTypeExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    symlink(path("there.json"), path("link.json")).unwrap();
    std::fs::File::create(path("there.json")).unwrap();
    let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
    assert!(made.success());
    let pipe = path("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
    let reports = [
        format!("json={}", path("link.json")),
        format!("json={}", path("pipe")),
        "json=/dev/null".to_owned(),
    ];
    let arguments: Vec<&str> = reports.iter().flat_map(|one| ["--report", one]).collect();
    let (code, text) = verify(&arguments, &[]);
    assert_eq!(code, 0, "{text}");
    let link = std::fs::symlink_metadata(path("link.json")).unwrap();
    assert!(link.is_symlink());
    for json in [
        std::fs::read_to_string(path("there.json")).unwrap(),
        reader.join().unwrap(),
    ] {
        let report: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["format"], 3);
    }
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());
}

#[test]
fn a_report_that_cannot_be_written_is_found_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for file in [format!("{folder}/none/report.json"), folder.to_owned()] {
        let (code, text) = verify(&["--report", &format!("json={file}")], &[]);
        assert_eq!(code, 2, "{text}");
        let expected = format!("error: cannot write the report {file}: ");
        assert!(text.starts_with(&expected), "{text}");
    }
}

/// A week without an OCP must not hide what the week after it brings.
#[test]
fn a_run_that_judged_nothing_leaves_the_baseline_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.json");
    let file = file.to_str().unwrap();
    let report = format!("json={file}");
    let (code, text) = verify(&["--report", &report], &[]);
    assert_eq!(code, 0, "{text}");
    let before = std::fs::read(file).unwrap();
    let weekly = ["--baseline", file, "--report", &report];
    let (code, text) = verify_at(&closed_port(), &weekly, &ADMIN);
    assert_eq!(code, 2, "{text}");
    let expected = format!("{file} stays as it is: nothing was judged");
    assert!(text.contains(&expected), "{text}");
    assert_eq!(std::fs::read(file).unwrap(), before);

    let (_, text) = verify_at(&closed_port(), &["--report", &report], &ADMIN);
    assert!(!text.contains("stays as it is"), "{text}");
    let (code, text) = verify(&["--baseline", file], &[]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("is a report of a run that judged nothing"),
        "{text}"
    );
}

#[test]
fn waivers_may_be_all_gone() {
    let folder = tempfile::tempdir().unwrap();
    for content in ["", "# none left\n", "---\n", "[]\n"] {
        let file = folder.path().join("waivers.yaml");
        std::fs::File::create(&file)
            .and_then(|mut file| file.write_all(content.as_bytes()))
            .unwrap();
        let (code, text) = verify(&["--waivers", file.to_str().unwrap()], &[]);
        assert_eq!(code, 0, "{content:?}: {text}");
    }
}

#[test]
fn the_program_says_its_version() {
    for flag in ["--version", "-V"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
        let output = program.arg(flag).output().unwrap();
        let expected = concat!("ocp-verify ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(text(&output), expected);
    }
}
