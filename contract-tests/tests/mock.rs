//! `mock`, as a person uses it: what it prints, how it throttles, how it ends,
//! and what it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use oceanbase_ocp::{AccessKey, SignatureAlgorithm};
use ocp_contract::{Document, Operation, read_text};
use ocp_mock::{EmbeddedOcp, Settings, Variant, tasks};
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// A running `mock`; it ends when it is dropped.
struct Mock {
    child: Child,
    /// The printed lines.
    lines: Vec<String>,
}

impl Mock {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program("mock")
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        for line in printed.lines().map(Result::unwrap) {
            let is_last = line.contains("OCP_ACCESS_KEY=");
            lines.push(line);
            if is_last {
                break;
            }
        }
        Self { child, lines }
    }

    /// The printed lines with this text, each after the nearest that says what it does.
    fn tries(&self, text: &str) -> Vec<(&str, &str)> {
        let mut tries = Vec::new();
        let mut promise = "";
        for line in &self.lines {
            match line.strip_prefix("  ") {
                Some(line) if line.contains(text) => tries.push((promise, line)),
                Some(_) => {}
                None => promise = line,
            }
        }
        tries
    }

    /// The documented request of a tenant.
    async fn list(&self, client: &Client) -> Response {
        let line = self.tries("/1000012/backup/task/restoreTasks")[0].1;
        request(client, line).send().await.unwrap()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with a task, in an environment without credentials, and with a proxy that
/// nothing here is to ask.
fn program(task: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
    command.arg(task).env("http_proxy", "http://127.0.0.1:9");
    for name in [
        "OCP_USER",
        "OCP_PASSWORD",
        "OCP_ACCESS_KEY",
        "OCP_SECRET_KEY",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// The request that a `curl` line makes.
fn request(client: &Client, line: &str) -> RequestBuilder {
    let arguments: Vec<&str> = line.split(' ').collect();
    let (url, user) = match arguments.as_slice() {
        ["curl", "-sS", "-u", user, url] => (url, user.split_once(':')),
        ["curl", "-sS", url] => (url, None),
        _ => panic!("no plain curl line: {line}"),
    };
    let request = client.get(url.trim_matches('\''));
    match user {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    }
}

/// Looks for curl; without it, Rust alone asks.
fn has_curl() -> bool {
    let version = Command::new("curl").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// The difference between a response and the sentence above its line.
fn broken_promise(promise: &str, status: u16, body: &Value) -> Option<String> {
    let (_, due) = promise.split_once("(HTTP ").unwrap();
    let code = due.trim_end_matches("):");
    let contents = body.pointer("/data/contents").and_then(Value::as_array);
    let has_rows = code != "200" || contents.is_some_and(|rows| !rows.is_empty());
    let is_kept = status.to_string() == code && body["status"] == status && has_rows;
    (!is_kept).then(|| format!("{promise} HTTP {status}, {body}"))
}

#[tokio::test]
async fn what_it_prints_does_what_it_says() {
    let client = client();
    let has_curl = has_curl();
    for arguments in [[].as_slice(), &["--rows", "40"]] {
        let mock = Mock::start(arguments);
        let tries = mock.tries("curl");
        let promised: Vec<&str> = tries.iter().map(|(promise, _)| *promise).collect();
        let operations = Operation::all(contract_tests::spec().unwrap());
        let documented = operations
            .iter()
            .map(|one| format!("{} (HTTP 200):", one.id));
        // One operation shows the refusals.
        let refused = [
            "A malformed time (HTTP 400):",
            "Wrong credentials (HTTP 401):",
            "Forbidden ids (HTTP 403):",
            "Unknown ids (HTTP 404):",
        ];
        let due: Vec<String> = documented.chain(refused.map(str::to_owned)).collect();
        assert_eq!(promised, due, "{:#?}", mock.lines);
        for (promise, line) in tries {
            let response = request(&client, line).send().await.unwrap();
            let status = response.status().as_u16();
            let body = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(broken_promise(promise, status, &body), None);
            if cfg!(unix) && has_curl {
                let (status, body) = run_in_shell(line);
                assert_eq!(broken_promise(promise, status, &body), None, "{line}");
            }
        }
        let verifications = mock.tries("cargo xtask verify");
        assert_eq!(verifications.len(), 2, "{:#?}", mock.lines);
        for (promise, line) in verifications {
            assert!(promise.contains("(exit code 0)"), "{promise}");
            let (environment, arguments) = line.split_once("cargo xtask verify").unwrap();
            let environment = environment.split_whitespace();
            let output = program("verify")
                .envs(environment.map(|one| one.split_once('=').unwrap()))
                .args(arguments.split_whitespace())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output));
        }
    }
}

/// HTTP status and body that a `curl` line brings, as it is printed.
fn run_in_shell(line: &str) -> (u16, Value) {
    let output = Command::new("sh")
        .args(["-c", &format!("{line} -w '\\n%{{http_code}}'")])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let text = text(&output);
    let (body, status) = text.rsplit_once('\n').expect(&text);
    (status.parse().unwrap(), serde_json::from_str(body).unwrap())
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

#[tokio::test]
async fn a_rate_limit_refuses_the_next_request() {
    let mock = Mock::start(&["--rate-limit", "3"]);
    let client = client();
    for (status, left) in [(200, "2"), (200, "1"), (200, "0"), (429, "0")] {
        let response = mock.list(&client).await;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert_eq!(headers["RateLimit-Limit"], "3");
        assert_eq!(headers["RateLimit-Remaining"], left);
        let reset: u64 = headers["RateLimit-Reset"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=10).contains(&reset), "{reset}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["status"], status);
    }
}

/// A clock cannot be handed to another process: this one asks until a second is over.
#[tokio::test]
async fn a_running_restore_ends_after_its_time() {
    let begin = Instant::now();
    let mock = Mock::start(&["--rows", "1", "--ends-after", "1"]);
    let client = client();
    loop {
        let body = mock.list(&client).await.text().await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        let task = &body["data"]["contents"][0];
        if task["finished"] == true {
            assert_eq!(task["status"], "RESTORE_SUCCESS");
            assert_eq!(task["successful"], true);
            assert!(task["finishTime"].is_string(), "{task}");
            break;
        }
        assert_eq!(task["status"], "RESTORE_WAIT_LS");
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "it runs for ever"
        );
    }
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_port_in_use_ends_with_2_and_a_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = program("mock").args(["--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let sentence =
        format!("cannot listen on port {port} of the loopback interface; --port names another");
    assert!(text(&output).contains(&sentence), "{}", text(&output));
}

/// A person's Ctrl-C and a supervisor's SIGTERM, as soon as there is something to read.
#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_0() {
    for signal in ["-INT", "-TERM"] {
        let mut mock = Mock::start(&[]);
        send(signal, &mock.child);
        assert_eq!(mock.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[cfg(unix)]
fn send(signal: &str, child: &Child) {
    let process = child.id().to_string();
    let kill = Command::new("kill").args([signal, &process]).status();
    assert!(kill.unwrap().success());
}

/// A mock is there to serve, even if its output is read by nobody.
#[cfg(unix)]
#[test]
fn it_serves_where_nobody_reads_what_it_prints() {
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = program("mock")
        .args(["--port", &address.port().to_string()])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut response = String::new();
    while response.is_empty() {
        assert_eq!(child.try_wait().unwrap(), None, "it has ended");
        if let Ok(mut stream) = TcpStream::connect(address) {
            let request = b"GET /login HTTP/1.1\r\nhost: ocp\r\nconnection: close\r\n\r\n";
            stream.write_all(request).unwrap();
            stream.read_to_string(&mut response).unwrap();
        }
    }
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    send("-TERM", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output)), (Some(0), "".into()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_it_with_2_and_a_sentence() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut mock = program("mock");
    let output = mock.args(["--port", "0"]).stdout(full.unwrap());
    let output = output.stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    let sentence =
        "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!(
        (output.status.code(), text(&output)),
        (Some(2), sentence.into())
    );
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
    let client = client();
    let ask = async |requests: usize| {
        for _ in 0..requests {
            let response = mock.list(&client).await;
            assert_eq!(response.status(), 200);
            response.bytes().await.unwrap();
        }
        resident_pages(mock.child.id())
    };
    let before = ask(1_000).await;
    let grown = ask(9_000).await - before;
    assert!(grown < 500, "9,000 requests have left {grown} pages");
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
    variants: Vec<Variant>,
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

    /// The differences of the response of an OCP with these variants.
    async fn complaints(&self, client: &Client, variants: &[Variant]) -> Vec<String> {
        let settings = Settings {
            variants: variants.to_vec(),
            ..Settings::new(tasks::made(self.tasks))
        };
        let ocp = EmbeddedOcp::start(settings).await.unwrap();
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
    let client = client();
    let mut wrong = Vec::new();
    for case in Case::all() {
        let complaints = case.complaints(&client, &case.variants).await;
        if !complaints.is_empty() {
            wrong.push(format!("{case:?}: {}", complaints.join("; ")));
        }
        if !case.variants.is_empty() && case.complaints(&client, &[]).await.is_empty() {
            wrong.push(format!("{case:?}: the same without its variants"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn variants_have_one_name_on_the_command_line_and_in_data() {
    for variant in Variant::value_variants() {
        let name = variant.to_possible_value().unwrap().get_name().to_owned();
        let read: Variant = serde_json::from_value(name.into()).unwrap();
        assert_eq!(read, *variant);
    }
}

#[tokio::test]
async fn a_body_may_break_off_and_a_request_may_have_one() {
    let fault = json!({
        "when": { "query": { "page": "1" } },
        "response": { "headers": { "content-length": "9999", "content-encoding": "br" } },
    });
    let ocp = EmbeddedOcp::start(Settings {
        fault: Some(serde_json::from_value(fault).unwrap()),
        ..Settings::new(tasks::made(1))
    })
    .await
    .unwrap();
    let list = format!(
        "{}/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks",
        ocp.url()
    );
    let client = client();
    let broken = client.get(format!("{list}?page=1")).send().await.unwrap();
    assert_eq!(broken.headers()["content-encoding"], "br");
    assert_eq!(broken.content_length(), Some(9999));
    assert!(broken.bytes().await.is_err());
    let whole = client.get(&list).send().await.unwrap();
    assert!(whole.bytes().await.unwrap().starts_with(b"{"));
    let head = client.head(&list).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.bytes().await.unwrap(), "");
    let large = vec![b'x'; 3_000_000];
    let posted = client.post(&list).body(large).send().await.unwrap();
    assert_eq!(posted.status(), 200);
    let page = posted.text().await.unwrap();
    assert!(page.starts_with("<!doctype html>"), "{page}");
}

/// The test's runtime has one thread, and this blocks it.
#[tokio::test]
async fn it_answers_whoever_blocks_and_ends_when_it_is_dropped() {
    let ocp = EmbeddedOcp::start(Settings::new(Vec::new())).await.unwrap();
    let address = ocp.url().replace("http://", "");
    let mut open = TcpStream::connect(&address).unwrap();
    open.write_all(b"GET / HTTP/1.1\r\nhost: ocp\r\n\r\n")
        .unwrap();
    let mut first = [0; 12];
    open.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    drop(ocp);
    // Connections that are open end, too; one that does not is a failure, not a wait.
    open.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    open.read_to_end(&mut Vec::new()).unwrap();
    assert!(TcpStream::connect(&address).is_err());
}

/// The client and the mock read one page of the documentation, each by itself.
#[tokio::test]
async fn both_algorithms_of_signatures_are_known() {
    let settings = |variants| Settings {
        access_key: Some(("a-key".to_owned(), "its-secret".to_owned())),
        variants,
        ..Settings::default()
    };
    let plain = EmbeddedOcp::start(settings(Vec::new())).await.unwrap();
    let newest = settings(vec![Variant::UrlEncoderSignature]);
    let newest = EmbeddedOcp::start(newest).await.unwrap();
    for algorithm in [SignatureAlgorithm::HmacSha1, SignatureAlgorithm::HmacSha256] {
        let is_let_in = async |url: String, secret: &str, name: &str| {
            let key = AccessKey::new("a-key", secret).unwrap();
            let ocp = oceanbase_ocp::Client::builder(&url);
            let ocp = ocp.credentials(key.algorithm(algorithm)).build().unwrap();
            match ocp.list_tenants().name(name).send().await {
                Ok(_) => true,
                Err(error) => {
                    assert!(error.is_unauthorized(), "{error}");
                    false
                }
            }
        };
        assert!(is_let_in(plain.url(), "its-secret", "a b~*").await);
        assert!(!is_let_in(plain.url(), "another", "a").await);
        assert!(is_let_in(newest.url(), "its-secret", "a,b").await);
        assert!(!is_let_in(newest.url(), "its-secret", "a b").await);
    }
}
