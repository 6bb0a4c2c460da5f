//! The view of a person or a CI job on `verify`: arguments, exit codes, sentences.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod program;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ocp_contract::Operation;
use ocp_mock::{EmbeddedOcp, Settings, tasks};
use program::{
    ADMIN, Folder, IDS, OF_A_TENANT, SECRET, closed_port, command, ocp, started, text, verify,
    verify_at, without_trace_id,
};
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

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

/// The action of a relay on a request.
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

/// A relay before an OCP is not blamed on it, and a probe that takes long has no answer.
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

#[test]
fn the_program_says_its_version() {
    for flag in ["--version", "-V"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
        let output = program.arg(flag).output().unwrap();
        let expected = concat!("ocp-verify ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(text(&output), expected);
    }
}

#[tokio::test]
async fn what_cannot_be_judged_ends_with_2_and_a_sentence() {
    let ocp = ocp(json!({})).await;
    let tls = ocp.url().replace("http:", "https:");
    let folder = Folder::new();
    let half = folder.write("half.yaml", &format!("user: admin\nsecret_key: {SECRET}\n"));
    let odd = folder.write("odd.yaml", &format!("- {SECRET}\n"));
    let waivers = folder.write(
        "waivers.yaml",
        "- fingerprint: 'client: loses'\n  reason: ''\n",
    );
    let url = ocp.url();
    let html = web_server(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
    );
    let silent = web_server("");
    let login = web_server(
        "HTTP/1.1 302 Found\r\nlocation: https://sso.example/login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let closed = closed_port();
    let at = |url: &'static str, more: &[&'static str]| -> Vec<&str> {
        [&["--base-url", url], &IDS[..], more].concat()
    };
    let url: &str = url.leak();
    let (half, odd) = (half.leak() as &str, odd.leak() as &str);
    let possible = format!("[possible values: {}]", ids(|_| true).join(", "));
    type Case<'a> = (Vec<&'a str>, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 20] = [
        (at(closed.leak(), &[]), &[], "Connection refused"),
        (at(tls.leak(), &[]), &[], "it is not TLS that comes back"),
        (at(html.leak(), &[]), &[], "no response has OCP's envelope"),
        (at(silent.leak(), &[]), &[], "Nothing could be judged"),
        (
            at(login.leak(), &[]),
            &[],
            "HTTP 302 to https://sso.example/login",
        ),
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
            vec!["--base-url", url, "--operation", "listClusterRestoreTasks"],
            &ADMIN,
            "arguments are missing: listClusterRestoreTasks needs --cluster-id",
        ),
        (
            [&["--base-url", url, "--tenant-id", "1"], &OF_A_TENANT[..]].concat(),
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
        (at(url, &["--operation", "listNothing"]), &ADMIN, &possible),
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

#[test]
fn options_for_an_ocp_that_is_asked_are_no_options_of_a_recording() {
    for option in [
        ["--tenant", "trade"],
        ["--cluster", "ob"],
        ["--tenant-id", "1"],
        ["--cluster-id", "1"],
        ["--max-requests", "9"],
        ["--timeout", "9"],
        ["--operation", OF_A_TENANT[1]],
        ["--credentials", "user.yaml"],
        ["--ca-certificate", "ca.pem"],
        ["--base-url", "http://ocp.example"],
        ["--rows", "9"],
        ["--record", "kept"],
    ] {
        let (code, text) = verify(&[&["--from", "none"], &option[..]].concat(), &[]);
        assert_eq!(code, 2, "{text}");
        let sentence = format!("error: {} is for an OCP that is asked, and", option[0]);
        assert!(text.contains(&sentence), "{text}");
    }
}

/// The outcome of one run: exit code, text, and operations by what became of them.
async fn operations(
    fault: Value,
    arguments: &[&str],
    more: &[(&str, &str)],
) -> (i32, String, Value) {
    let ocp = ocp(fault).await;
    let folder = Folder::new();
    let (url, report) = (ocp.url(), folder.report("json"));
    let arguments = [&["--base-url", &url, &report], arguments].concat();
    let (code, text) = verify(&arguments, &[&ADMIN, more].concat());
    let json = folder.json("json");
    let operations = json["operations"].as_array().unwrap().iter();
    let standings = operations.map(|one| {
        let id = one["id"].as_str().unwrap();
        (id.to_owned(), one["standing"].clone())
    });
    // Every check stands under its operation.
    for check in json["checks"].as_array().unwrap() {
        assert!(check["operation"].is_string(), "{check}");
    }
    (code, text, Value::Object(standings.collect()))
}

/// Ids of the operations that are so.
fn ids(is_so: impl Fn(&Operation) -> bool) -> Vec<String> {
    let all = Operation::all(contract_tests::spec().unwrap()).into_iter();
    all.filter(is_so).map(|one| one.id).collect()
}

#[tokio::test]
async fn every_operation_is_verified_that_has_its_arguments() {
    let tenant = "listTenantRestoreTasks";
    let (cluster_id, tenant_id) = (&IDS[..2], &IDS[2..]);
    let variables = [("OCP_CLUSTER_ID", "1000005"), ("OCP_TENANT_ID", "1000012")];
    // The paths have the ids of nothing, of a cluster, of a cluster and a tenant.
    let [of_nothing, of_a_cluster, of_a_tenant] =
        [0, 1, 2].map(|count| ids(|one| one.path.matches('{').count() == count));
    let of_cluster = [&of_nothing[..], &of_a_cluster].concat();
    let all = [&of_cluster[..], &of_a_tenant].concat();
    let of_one = [tenant.to_owned()];
    type Case<'a> = (
        &'a [&'a str],
        &'a [(&'a str, &'a str)],
        &'a [String],
        &'a str,
    );
    let cases: [Case<'_>; 6] = [
        (
            &[],
            &[],
            &of_nothing,
            "Not verified without --cluster-id: listClusterDataBackupTasks, ",
        ),
        (
            cluster_id,
            &[],
            &of_cluster,
            "Not verified without --tenant-id: listTenantDataBackupTasks, ",
        ),
        (&[], &variables[..1], &of_cluster, "without --tenant-id: "),
        (&IDS, &[], &all, "\nlistTenantRestoreTasks\n"),
        (tenant_id, &variables, &all, "\nlistClusterRestoreTasks\n"),
        (
            &OF_A_TENANT,
            &variables,
            &of_one,
            "\nlistTenantRestoreTasks\n",
        ),
    ];
    for (arguments, environment, expected, sentence) in cases {
        let (code, text, standings) = operations(json!({}), arguments, environment).await;
        assert_eq!(code, 0, "{arguments:?}: {text}");
        let standings = standings.as_object().unwrap().iter();
        let verified = standings.filter(|(_, standing)| *standing == "verified");
        let verified: BTreeSet<&String> = verified.map(|(id, _)| id).collect();
        let expected = expected.iter().collect();
        assert_eq!(verified, expected, "{arguments:?}: {text}");
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
    let arguments = [&IDS[..], &["--max-requests", "20"]].concat();
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
async fn operations_that_one_cause_left_unjudged_are_listed_once() {
    let ocp = ocp(json!({})).await;
    let url = ocp.url();
    let options = ["--base-url", &url, "--max-requests", "1"];
    let (code, text) = verify(&[&options, &IDS[..]].concat(), &ADMIN);
    assert_eq!(code, 2, "{text}");
    let last = text.trim_end().lines().last().unwrap();
    let others = ids(|one| one.id != "listClusters").join(", ");
    let sentence = format!(". {others} not judged: the run ended before it.");
    assert!(last.ends_with(&sentence), "{last}");
    assert!(text.contains("counts once for each operation"), "{text}");

    let (_, text) = verify(&["--base-url", &url, "--cluster-id", "5"], &ADMIN);
    let last = text.trim_end().lines().last().unwrap();
    assert_eq!(last.matches("are the ids right").count(), 1, "{last}");
    assert!(!last.contains("?."), "{last}");
}

#[tokio::test]
async fn requests_stop_at_the_limit() {
    let ocp = ocp(json!({})).await;
    let (code, text) = verify_at(&ocp.url(), &["--max-requests", "5"], &ADMIN);
    // A run that did not look at everything does not look like success.
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("the limit of requests, 5, is reached"),
        "{text}"
    );
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.starts_with("Incomplete: 0 violations"), "{last}");
    let others = ids(|one| one.id != OF_A_TENANT[1]).join(", ");
    let sentence = "; 5 requests. Not checked, or not to the end, of listTenantRestoreTasks: paging, filter-cluster-name, filter-values, time-window, time-forms, filters-together, array-style, repeat, error-envelope. Not verified since --operation names others: ";
    assert!(last.contains(&format!("{sentence}{others}.")), "{last}");
}

/// Rows that were not read are no violation, wherever a limit cuts the run.
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
    let ocp = ocp(without_trace_id()).await;
    let (code, text) = verify_at(&ocp.url(), &["--max-requests", "1"], &ADMIN);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("Not checked, or not to the end"), "{text}");
}

#[tokio::test]
async fn credentials_come_from_a_file_or_the_environment() {
    let ocp = started(Settings {
        access_key: Some(("a-key".into(), "its-s3cret".into())),
        ..Settings::new(tasks::documented().unwrap())
    });
    let ocp = ocp.await;
    let folder = Folder::new();
    let user = folder.write("user.yaml", &format!("user: admin\npassword: {SECRET}\n"));
    let key = folder.write("key.yaml", "access_key: a-key\nsecret_key: its-s3cret\n");
    let wrong = folder.write("wrong.yaml", "access_key: a-key\nsecret_key: another\n");
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
    for (arguments, environment, expected) in cases {
        let (code, text) = verify_at(&ocp.url(), arguments, environment);
        assert_eq!(code, expected, "{arguments:?}: {text}");
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
    let folder = Folder::new();
    let file = folder.write("ca.pem", &pem);
    let trusting = ["--ca-certificate", file.as_str()];
    let (code, text) = verify_at(&url, &trusting, &ADMIN);
    assert_eq!(code, 0, "{text}");
    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    let name = rcgen::DnType::CommonName;
    other.distinguished_name.push(name, "another authority");
    let key = rcgen::KeyPair::generate().unwrap();
    let other = other.self_signed(&key).unwrap();
    folder.write("ca.pem", &other.pem());
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
        let child = command(&["--base-url", &url, "--cluster-id", "1"])
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
    let wrong = ocp(without_trace_id()).await;
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
    // If not even the sentence can be written, the exit code is left.
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

#[tokio::test]
async fn a_cluster_and_a_tenant_are_found_by_name() {
    let ocp = ocp(json!({})).await;
    let url = ocp.url();
    for (names, expected, sentence) in [
        (
            &["--tenant", "aiso"][..],
            0,
            r#"Found tenant "aiso" (id 1000012) of cluster "ob_431" (id 1000005)."#,
        ),
        (
            &["--cluster", "ob_431"],
            0,
            r#"Found cluster "ob_431" (id 1000005)."#,
        ),
        (
            &["--tenant", "sys", "--cluster", "ob_reporting"],
            0,
            "--cluster-id 1000006, --tenant-id 1000021, ",
        ),
        (
            &["--tenant", "sys", "--cluster-id", "1000006"],
            0,
            "--cluster-id 1000006, --tenant-id 1000021, ",
        ),
        (
            &["--tenant", "sys"],
            2,
            "OCP lists 2 tenants called \"sys\"; --cluster or --tenant-id with --cluster-id tells them apart. It lists:\n  tenant \"sys\" (id 1000011) of cluster \"ob_431\" (id 1000005)\n",
        ),
        (
            &["--tenant", "AISO"],
            2,
            "OCP lists no tenant called \"AISO\". It lists:\n  tenant \"aiso\" (id 1000012) ",
        ),
        (
            &["--tenant", "nobody"],
            2,
            "OCP lists no tenant called \"nobody\", nor any whose name contains it",
        ),
        (
            &["--cluster", "ob"],
            2,
            "OCP lists no cluster called \"ob\". It lists:\n  cluster \"ob_431\" ",
        ),
        (
            &["--tenant", "aiso", "--tenant-id", "1"],
            2,
            "give --tenant or --tenant-id, not both",
        ),
    ] {
        let arguments = [&["--base-url", &url, "--operation", "listTenants"], names].concat();
        let (code, text) = verify(&arguments, &ADMIN);
        assert_eq!(code, expected, "{names:?}: {text}");
        assert!(text.contains(sentence), "{names:?}: {text}");
    }
}
