//! What a person or a CI job sees of `verify`: exit codes, sentences, reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use contract_tests::ocp::{EmbeddedOcp, Fault, Settings, tasks};
use quick_junit::{Report, TestCaseStatus};
use serde_json::{Value, json};

const SECRET: &str = "s3cret-Pa55phrase";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contract-tests"));
    command.arg("verify").args(arguments);
    for name in [
        "OCP_USER",
        "OCP_PASSWORD",
        "OCP_ACCESS_KEY",
        "OCP_SECRET_KEY",
    ] {
        command.env_remove(name);
    }
    command.env("NO_PROXY", "127.0.0.1");
    command
}

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
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 13] = [
        (&["--base-url", &closed], &[], "Connection refused"),
        (&["--base-url", &tls], &[], "does not speak TLS"),
        (&["--base-url", &html], &[], "no answer has OCP's envelope"),
        (&["--base-url", &silent], &[], "Nothing could be judged"),
        (&["--base-url", &url], &[], "set OCP_USER and OCP_PASSWORD"),
        (
            &["--base-url", &url],
            &[("OCP_USER", "admin"), ("OCP_PASSWORD", "wrong")],
            "the credentials are refused",
        ),
        (
            &["--base-url", &url],
            &[("OCP_USER", "admin")],
            "either a user and a password, or",
        ),
        (&["--base-url", "ocp:8080"], &[], "`base_url` is unusable"),
        (
            &["--base-url", &url, "--credentials", &half],
            &[],
            "either a user and a password, or",
        ),
        (
            &["--base-url", &url, "--credentials", &odd],
            &[],
            "is not a YAML file with the texts",
        ),
        (
            &["--base-url", &url, "--credentials", "none.yaml"],
            &[],
            "cannot read the credentials file",
        ),
        (&["--waivers", &waivers], &[], "has no reason"),
        (
            &["--report", "pdf=x"],
            &[],
            "expected json, junit or markdown",
        ),
    ];
    for (arguments, environment, sentence) in cases {
        let (code, text) = verify(arguments, environment);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(sentence), "{arguments:?}: {text}");
        assert!(!text.contains(SECRET), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn reports_tell_what_was_found_and_no_secret() {
    let ocp = ocp(json!({
        "answer": { "patch": [
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
    let mut arguments = vec!["--base-url", ocp.url().leak(), "--record", &records];
    for report in &reports {
        arguments.extend(["--report", report]);
    }
    let (code, text) = verify(&arguments, &ADMIN);
    assert_eq!(code, 1, "{text}");
    let print = "conformance: data.contents[].id type";
    let json: Value = serde_json::from_str(&file("json")).unwrap();
    let finding = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["fingerprint"] == print)
        .unwrap();
    assert_eq!(finding["severity"], "violation");
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
    assert!(recorded.contains("xxx.xxx.xxx.xxx"), "{recorded}");
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
    let arguments = [
        "--base-url",
        ocp.url().leak(),
        "--waivers",
        &waivers,
        "--fail-on",
        "drift",
    ];
    let (code, text) = verify(&arguments, &ADMIN);
    assert_eq!(code, 0, "{text}");
    let stale = json!({ "fingerprint": "client: error", "reason": "was so once" });
    write(&[known, vec![stale]].concat());
    let (code, text) = verify(&arguments, &ADMIN);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("no such finding; remove the waiver"),
        "{text}"
    );
}

#[tokio::test]
async fn drift_fails_only_where_it_is_asked_to() {
    let ocp =
        ocp(json!({ "answer": { "patch": [{ "op": "add", "path": "/new", "value": 1 }] } })).await;
    let url = ocp.url();
    assert_eq!(verify(&["--base-url", &url], &ADMIN).0, 0);
    assert_eq!(
        verify(&["--base-url", &url, "--fail-on", "drift"], &ADMIN).0,
        1
    );
}

#[tokio::test]
async fn requests_stop_at_the_limit() {
    let ocp = ocp(json!({})).await;
    let (code, text) = verify(&["--base-url", &ocp.url(), "--max-requests", "5"], &ADMIN);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("the limit of requests, 5, is reached"),
        "{text}"
    );
    assert!(text.contains("; 5 requests."), "{text}");
}

/// A person's Ctrl-C, while an answer is awaited.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let child = command(&["--base-url", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _waiting: TcpStream = listener.accept().unwrap().0;
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).contains("interrupted"));
}

#[test]
fn without_arguments_everything_is_verified() {
    let (code, text) = verify(&[], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("replay/documented-sample"), "{text}");
    assert!(text.contains("Conforms: 0 violations, 0 drifts"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours only on a terminal");
}
