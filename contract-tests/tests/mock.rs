//! `mock`, as a person uses it: what it prints, how it throttles, how it ends,
//! and what it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use clap::ValueEnum;
use contract_tests::ocp::{EmbeddedOcp, Oddity, Settings, tasks};
use ocp_contract::{Document, read_text};
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};

/// A running `mock`; it ends when it is dropped.
struct Mock {
    child: Child,
    /// What it has printed, line by line.
    lines: Vec<String>,
}

impl Mock {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        for line in printed.lines().map(Result::unwrap) {
            let is_last = line.contains("cargo xtask verify");
            lines.push(line);
            if is_last {
                break;
            }
        }
        Self { child, lines }
    }

    /// The URL of the first `curl` line, without its query.
    fn list(&self) -> &str {
        let line = self.lines.iter().find(|line| line.contains("curl"));
        let url = line.unwrap().split('\'').nth(1).unwrap();
        url.split('?').next().unwrap()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contract-tests"));
    command.args(["mock", "--port", "0"]).args(arguments);
    command
}

/// Resident memory of a process, in pages of 4 KiB at least.
#[cfg(target_os = "linux")]
fn resident_pages(process: u32) -> i64 {
    let file = format!("/proc/{process}/statm");
    let sizes = std::fs::read_to_string(file).unwrap();
    sizes.split(' ').nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_mock_that_has_answered_many_requests_has_kept_none() {
    let mock = Mock::start(&[]);
    let client = Client::new();
    let ask = async |requests: usize| {
        for _ in 0..requests {
            let request = client
                .get(mock.list())
                .basic_auth("admin", Some("aaAA11__"));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
        }
        resident_pages(mock.child.id())
    };
    let before = ask(1_000).await;
    let grown = ask(19_000).await - before;
    assert!(grown < 1_000, "19,000 requests have left {grown} pages");
}

/// A request to an embedded OCP, and what must come back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    ask: String,
    #[serde(default = "cluster")]
    cluster: String,
    #[serde(default = "tenant")]
    tenant: String,
    path: Option<String>,
    #[serde(default = "many")]
    tasks: usize,
    #[serde(default)]
    oddities: Vec<Oddity>,
    #[serde(default = "status")]
    status: u16,
    #[serde(default = "json_type", rename = "type")]
    content_type: String,
    rows: Option<usize>,
    #[serde(default)]
    body: BTreeMap<String, Value>,
}

fn cluster() -> String {
    "1000005".into()
}

fn tenant() -> String {
    "1000012".into()
}

fn many() -> usize {
    120
}

fn status() -> u16 {
    200
}

fn json_type() -> String {
    "application/json".into()
}

impl Case {
    fn all() -> Vec<Self> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mock.yaml");
        let text = read_text(&file, "mock.yaml").unwrap();
        let document = Document::parse("mock.yaml", &text).unwrap();
        serde_json::from_value(document.value().clone()).unwrap()
    }

    /// What is wrong with the response of an OCP with these oddities.
    async fn complaints(&self, client: &Client, oddities: &[Oddity]) -> Vec<String> {
        let settings = Settings {
            oddities: oddities.to_vec(),
            ..Settings::new(tasks::made(self.tasks))
        };
        let ocp = EmbeddedOcp::start(settings).await;
        let path = self.path.clone().unwrap_or_else(|| {
            let Self {
                cluster, tenant, ..
            } = self;
            format!("/api/v2/ob/clusters/{cluster}/tenants/{tenant}/backup/task/restoreTasks")
        });
        let url = format!("{}{path}?{}", ocp.url(), self.ask);
        let response = client.get(url).send().await.unwrap();
        let mut seen = vec![(
            "status".to_owned(),
            Value::from(self.status),
            Value::from(response.status().as_u16()),
        )];
        let content_type = response.headers()["content-type"].to_str().unwrap();
        let content_type = content_type.split(';').next().unwrap();
        seen.push((
            "type".into(),
            self.content_type.as_str().into(),
            content_type.into(),
        ));
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        if let Some(rows) = self.rows {
            let shown = body.pointer("/data/contents").and_then(Value::as_array);
            seen.push(("rows".into(), rows.into(), shown.map(Vec::len).into()));
        }
        for (pointer, due) in &self.body {
            let value = body.pointer(pointer).cloned().unwrap_or_default();
            seen.push((pointer.clone(), due.clone(), value));
        }
        seen.into_iter()
            .filter(|(_, due, came)| due != came)
            .map(|(what, due, came)| format!("{what}: {came} instead of {due}"))
            .collect()
    }
}

#[tokio::test]
async fn requests_are_answered_as_the_vendor_s_own_stack_answers_them() {
    let client = Client::new();
    let mut wrong = Vec::new();
    for case in Case::all() {
        let complaints = case.complaints(&client, &case.oddities).await;
        if !complaints.is_empty() {
            wrong.push(format!("{case:?}: {}", complaints.join("; ")));
        }
        if !case.oddities.is_empty() && case.complaints(&client, &[]).await.is_empty() {
            wrong.push(format!("{case:?}: the same without its oddities"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn oddities_have_one_name_on_the_command_line_and_in_data() {
    for oddity in Oddity::value_variants() {
        let name = oddity.to_possible_value().unwrap().get_name().to_owned();
        let read: Oddity = serde_json::from_value(name.into()).unwrap();
        assert_eq!(read, *oddity);
    }
}

#[tokio::test]
async fn a_body_may_break_off_and_a_request_may_have_one() {
    let fault = json!({
        "when": { "query": { "page": "1" } },
        "answer": { "headers": { "content-length": "9999", "content-encoding": "br" } },
    });
    let ocp = EmbeddedOcp::start(Settings {
        fault: Some(serde_json::from_value(fault).unwrap()),
        ..Settings::new(tasks::made(1))
    })
    .await;
    let list = format!(
        "{}/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks",
        ocp.url()
    );
    let client = Client::new();
    let broken = client.get(format!("{list}?page=1")).send().await.unwrap();
    assert_eq!(broken.headers()["content-encoding"], "br");
    assert_eq!(broken.content_length(), Some(9999));
    assert!(broken.bytes().await.is_err());
    let whole = client.get(&list).send().await.unwrap();
    assert!(whole.bytes().await.unwrap().starts_with(b"{"));
    let head = client.head(&list).send().await.unwrap();
    assert_eq!(head.status(), 405);
    assert_eq!(head.bytes().await.unwrap(), "");
    let large = vec![b'x'; 3_000_000];
    let posted = client.post(&list).body(large).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    let body: Value = serde_json::from_slice(&posted.bytes().await.unwrap()).unwrap();
    assert_eq!(body["status"], 405);
}

/// The test's runtime has one thread, and this blocks it.
#[tokio::test]
async fn it_answers_whoever_blocks_and_ends_when_it_is_dropped() {
    let ocp = EmbeddedOcp::start(Settings::new(Vec::new())).await;
    let address = ocp.url().replace("http://", "");
    let mut open = TcpStream::connect(&address).unwrap();
    open.write_all(b"GET / HTTP/1.1\r\nhost: ocp\r\n\r\n")
        .unwrap();
    let mut first = [0; 12];
    open.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    drop(ocp);
    // Connections that are open end, too.
    open.read_to_end(&mut Vec::new()).unwrap();
    assert!(TcpStream::connect(&address).is_err());
}
