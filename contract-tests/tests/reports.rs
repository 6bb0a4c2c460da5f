//! The files that `verify` writes and reads again: reports, recordings, waivers, baselines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod program;

use std::process::Command;
use std::time::Duration;

use contract_tests::verify::{Contract, Identity, Target};
use contract_tests::{replay, report};
use ocp_contract::Interaction;
use ocp_contract::evidence::claims::claims;
use ocp_mock::{EmbeddedOcp, Settings, Variant, tasks};
use program::{
    ADMIN, Folder, IDS, OF_A_TENANT, SECRET, closed_port, files, ocp, started, text, verify,
    verify_at, without_trace_id,
};
use quick_junit::{Report, TestCaseStatus};
use serde_json::{Value, json};

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
    let folder = Folder::new();
    let [json, junit, markdown] = ["json", "junit", "markdown"].map(|form| folder.report(form));
    let records = folder.path("records");
    let arguments = ["--record", &records, &json, &junit, &markdown];
    let (code, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
    assert_eq!(code, 1, "{text}");
    let print = "listTenantRestoreTasks/conformance: data.contents[].id type";
    let json = folder.json("json");
    let mut findings = json["findings"].as_array().unwrap().iter();
    let finding = findings.find(|one| one["fingerprint"] == print).unwrap();
    assert_eq!(finding["severity"], "violation");
    assert_eq!(finding["operation"], "listTenantRestoreTasks");
    assert_eq!(finding["pointer"], "/data/contents/0/id");
    let curl = finding["curl"].as_str().unwrap();
    assert!(curl.contains("-u \"$OCP_USER:$OCP_PASSWORD\""));
    assert!(finding["times"].as_u64().unwrap() > 1);
    assert!(!text.contains('\u{1b}'), "{text}");

    let junit = Report::deserialize_from_str(&folder.read("junit")).unwrap();
    let suite = &junit.test_suites[0];
    assert_eq!(suite.name.as_str(), "OCP: listTenantRestoreTasks");
    let failed = suite.test_cases.iter();
    let failed = failed.filter(|one| matches!(one.status, TestCaseStatus::NonSuccess { .. }));
    let failed: Vec<&str> = failed.map(|one| one.name.as_str()).collect();
    assert!(failed.contains(&"conformance"), "{failed:?}");
    assert_eq!(junit.failures, failed.len());
    assert!(folder.read("markdown").contains(print));

    let mut recorded = String::new();
    for file in files(&folder.root().join("records/listTenantRestoreTasks")) {
        recorded.push_str(&std::fs::read_to_string(file).unwrap());
    }
    assert!(!recorded.contains("10.1.2.3"), "{recorded}");
    assert!(!recorded.contains(SECRET), "{recorded}");
    // The server has sent the password back, in a text that is a finding.
    let reports = ["json", "junit", "markdown"].map(|form| folder.read(form));
    for text in reports.iter().chain([&text]) {
        assert!(text.contains("errorMsg of a success"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn known_findings_are_waived_and_one_that_is_no_more_is_a_violation() {
    let fault = json!({ "response": { "patch": [
        { "op": "replace", "path": "/data/contents/0/id", "value": "2" },
        { "op": "add", "path": "/data/new", "value": 1 },
    ] } });
    let ocp = ocp(fault).await;
    let folder = Folder::new();
    assert_eq!(
        verify_at(&ocp.url(), &[&folder.report("json")], &ADMIN).0,
        1
    );
    let waiver = |fingerprint: &Value| json!({ "fingerprint": fingerprint, "reason": "known" });
    let json = folder.json("json");
    let findings = json["findings"].as_array().unwrap().iter();
    let known: Vec<Value> = findings.map(|one| waiver(&one["fingerprint"])).collect();
    let no_more = "no such finding; remove the waiver";
    for (more, expected, sentence) in [
        (None, 0, "2 findings waived"),
        (Some("listTenantRestoreTasks/client: error"), 1, no_more),
        (Some("client: error"), 1, no_more),
        // Nothing is known of an operation that was left out.
        (
            Some("listClusterRestoreTasks/client: error"),
            0,
            "2 findings waived",
        ),
    ] {
        let more = more.map(|fingerprint| waiver(&fingerprint.into()));
        let waivers: Vec<Value> = known.iter().cloned().chain(more).collect();
        let waivers = folder.write("waivers.yaml", &json!(waivers).to_string());
        let arguments = ["--waivers", &waivers, "--fail-on", "drift"];
        let (code, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
        assert_eq!((code, text.contains(sentence)), (expected, true), "{text}");
    }
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
        let folder = Folder::new();
        let records = folder.path("records");
        let forms = ["html", "json", "junit", "markdown"];
        let [html, json, junit, markdown] = forms.map(|form| folder.report(form));
        let arguments = ["--record", &records, &html, &json, &junit, &markdown];
        let (_, text) = verify_at(&ocp.url(), &arguments, &ADMIN);
        let mut all = text;
        for file in files(folder.root()) {
            all.push_str(&std::fs::read_to_string(file).unwrap());
        }
        for secret in [SECRET, &code] {
            let pieces = (0..secret.len() - 5).map(|at| &secret[at..at + 6]);
            let shown: Vec<&str> = pieces.filter(|piece| all.contains(piece)).collect();
            assert!(shown.is_empty(), "{shown:?} in {all}");
        }
    }
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
    let (url, folder) = (ocp.url(), Folder::new());
    // Thirty runs of the program would read the contract thirty times.
    let contract = Contract::read().unwrap();
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
        let identity = match index % 2 {
            0 => Identity::User(password.into(), password.into()),
            _ => Identity::AccessKey("key".into(), password.into(), Default::default()),
        };
        let record = folder.root().join(format!("record-{index}"));
        let target = Target {
            name: "OCP".into(),
            url: &url,
            url_from: "--base-url",
            shown_url: &url,
            identity,
            certificates: None,
            timeout: Duration::from_secs(60),
            arguments: contract.documented_arguments(),
            operations: vec!["listTenantRestoreTasks".into()],
            max_requests: 120,
            check_authentication: false,
            record: Some(&record),
        };
        let report = contract.verify(&target).await.unwrap();
        assert_eq!(report.exit_code(), 1, "{password}");
        let again = contract.judge_recording(&record).await.unwrap();
        assert_eq!(again.exit_code(), 1, "{password}");
        let json = report::renderer("json").unwrap()(&report).unwrap();
        let text = report::text(&report).unwrap();
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

/// The report for a browser needs nothing else, and shows what a server sent as text.
#[tokio::test]
async fn the_html_report_is_one_file_that_runs_and_loads_nothing() {
    let hostile = "<script>alert(1)</script>";
    let fault = json!({ "response": { "patch": [
        { "op": "replace", "path": "/data/contents/1/createTime", "value": hostile },
        { "op": "add", "path": "/data/contents/1/new<i>", "value": SECRET },
    ] } });
    let ocp = ocp(fault).await;
    let folder = Folder::new();
    let (code, text) = verify_at(&ocp.url(), &[&folder.report("html")], &ADMIN);
    assert_eq!(code, 1, "{text}");
    let html = folder.read("html");
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
        let fault = json!({ "when": { "path": "/api/v2/info" }, "response": { "status": 200, "body": body } });
        let folder = Folder::new();
        let arguments = [&folder.report("json"), "--record", &folder.path("records")];
        let (code, text) = verify_at(&ocp(fault).await.url(), &arguments, &ADMIN);
        assert_eq!(code, 0, "{text}");
        assert_eq!(folder.json("json")["ocp"].as_str(), version);
        let kept = "records/listTenantRestoreTasks/recorded-001/interaction.yaml";
        let kept = folder.read(kept);
        let line = version.map(|version| format!("\n  ocp: \"{version}\"\n"));
        assert!(
            kept.contains(&line.unwrap_or("\n  # ocp: 4.3.1\n".into())),
            "{kept}"
        );
    }
}

/// A report goes through a symbolic link, and into what is no regular file.
#[test]
#[cfg(unix)]
fn a_report_replaces_no_more_than_a_regular_file() {
    use std::os::unix::fs::{FileTypeExt, symlink};

    let folder = Folder::new();
    symlink(folder.write("there.json", ""), folder.path("link.json")).unwrap();
    let pipe = folder.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let link = folder.path("link.json");
    let reports = [&link, &pipe, "/dev/null"].map(|file| format!("--report=json={file}"));
    let arguments = reports.each_ref().map(String::as_str);
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
    let (code, text) = verify(&arguments, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(std::fs::symlink_metadata(link).unwrap().is_symlink());
    for json in [folder.read("there.json"), reader.join().unwrap()] {
        let report: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["format"], 3);
    }
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());
}

#[test]
fn several_reports_may_stand_in_one_option() {
    let folder = Folder::new();
    let (json, html) = (folder.path("a.json"), folder.path("a.html"));
    let reports = format!("json={json},html={html}");
    let (code, text) = verify(&["--report", &reports], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(folder.read("a.json").starts_with('{'));
    assert!(folder.read("a.html").starts_with("<!doctype html>"));
}

#[test]
fn a_report_that_cannot_be_written_is_found_before_the_run() {
    let folder = Folder::new();
    for file in [folder.path("none/report.json"), folder.path("")] {
        let (code, text) = verify(&["--report", &format!("json={file}")], &[]);
        assert_eq!(code, 2, "{text}");
        let expected = format!("error: cannot write the report {file}: ");
        assert!(text.starts_with(&expected), "{text}");
    }
    let one = folder.path("one");
    let reports = format!("json={one},html={}/./one", folder.path(""));
    let (code, text) = verify(&["--report", &reports], &[]);
    assert_eq!(code, 2, "{text}");
    let expected = "error: only one report can be written into ";
    assert!(text.starts_with(expected), "{text}");
}

/// Modes of what `verify` writes, under a umask.
#[cfg(unix)]
#[tokio::test]
async fn reports_obey_the_umask_and_recordings_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let ocp = ocp(json!({})).await;
    for (umask, expected) in [("022", 0o644), ("027", 0o640)] {
        let folder = Folder::new();
        let records = folder.path("records");
        let output = Command::new("sh")
            .args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask])
            .arg(env!("CARGO_BIN_EXE_ocp-verify"))
            .args(["verify", "--base-url", &ocp.url()])
            .args(IDS)
            .args(OF_A_TENANT)
            .args([&folder.report("json"), "--record", &records])
            .envs(ADMIN)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        for (name, expected) in [
            ("json", expected),
            ("records/listTenantRestoreTasks", 0o700),
            ("records/transcript.json", 0o600),
        ] {
            let mode = std::fs::metadata(folder.path(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, expected, "{name}");
        }
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
    let folder = Folder::new();
    let findings = |report: &Value| {
        let members = ["fingerprint", "severity", "times", "client", "expected"];
        let findings = report["findings"].as_array().unwrap().iter();
        let findings = findings.map(|one| members.map(|name| one[name].clone()));
        (report["requests"].clone(), findings.collect::<Vec<_>>())
    };
    let report = folder.report("json");
    let record = ["--record", &folder.path("kept"), &report];
    let (code, text) = verify_at(&ocp.url(), &record, &ADMIN);
    assert_eq!(code, 1, "{text}");
    let live = findings(&folder.json("json"));
    for from in ["kept", "kept/transcript.json"] {
        // The OCP that the environment names is not asked.
        let environment = [("OCP_BASE_URL", "http://127.0.0.1:9")];
        let (code, text) = verify(&["--from", &folder.path(from), &report], &environment);
        assert_eq!(code, 1, "{text}");
        assert_eq!(findings(&folder.json("json")), live);
    }
    let kept = folder.read("kept/transcript.json");
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
        (
            with(|kept| {
                kept["requests"] = 9.into();
                let exchanges = kept["transcripts"][0]["exchanges"].as_array_mut();
                exchanges.unwrap().truncate(7);
            }),
            "or is damaged: 9 requests were sent, and 7 are kept",
        ),
    ] {
        let file = folder.write("damaged.json", &content);
        let (code, text) = verify(&["--from", &file], &[]);
        assert_eq!(code, 2, "{text}");
        assert!(
            text.contains(sentence) && !text.contains("panicked"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn recordings_are_interactions_that_the_client_replays() {
    let ocp = started(Settings::new(tasks::made(9))).await;
    let folder = Folder::new();
    let (url, records) = (ocp.url(), folder.path(""));
    let arguments = [&["--base-url", &url, "--record", &records], &IDS[..]].concat();
    let (code, text) = verify(&arguments, &ADMIN);
    assert_eq!(code, 0, "{text}");
    let spec = contract_tests::spec().unwrap();
    let files = files(folder.root());
    let interactions = files
        .iter()
        .filter(|file| file.ends_with("interaction.yaml"));
    let mut count = 0;
    for file in interactions {
        let interaction = Interaction::read(file).unwrap();
        let report = replay::replay(&interaction, spec).await.unwrap();
        assert!(
            report.faults.is_empty(),
            "{}: {:?}",
            file.display(),
            report.faults
        );
        count += 1;
    }
    assert!(count > 40, "{count} recordings");
    // They are evidence as they are.
    let contract = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    let mut evidence = ocp_contract::evidence::Evidence::read(contract).unwrap();
    let recordings = Interaction::read_all(folder.root()).unwrap();
    let sources = recordings.iter().map(|one| &one.recorded.source);
    assert!(sources.clone().all(|source| source.date.is_some()));
    evidence.interactions.extend(recordings);
    let claims = claims(spec);
    let gaps: Vec<String> = evidence.gaps(&claims).map(|gap| gap.to_string()).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    assert!(folder.root().join("listClusterRestoreTasks").is_dir());
    assert!(folder.root().join("listTenantRestoreTasks").is_dir());
}

/// Each change since an earlier report is drift, and said with both sides.
#[tokio::test]
async fn what_changed_since_an_earlier_report_is_drift() {
    let folder = Folder::new();
    let start = |variants: Vec<Variant>, fault: Value| {
        started(Settings {
            variants,
            fault: Some(serde_json::from_value(fault).unwrap()),
            ..Settings::new(tasks::made(40))
        })
    };
    let run = |ocp: &EmbeddedOcp, baseline: &str, report: &str| {
        let report = format!("--report=json={}", folder.path(report));
        let baseline = format!("--baseline={}", folder.path(baseline));
        let options = ["--fail-on", "drift", &report, &baseline];
        let with_baseline = !baseline.ends_with('/');
        verify_at(
            &ocp.url(),
            &options[..3 + usize::from(with_baseline)],
            &ADMIN,
        )
    };
    let ocp = start(Vec::new(), json!({})).await;
    let (code, text) = run(&ocp, "", "first.json");
    assert_eq!(code, 0, "{text}");
    let first = folder.json("first.json");
    assert_eq!(first["format"], 3);
    assert_eq!(first["contract"].as_str().unwrap().len(), 40);
    let (code, text) = run(&ocp, "first.json", "same.json");
    assert_eq!(code, 0, "{text}");

    // Another contract is said first, and is no drift; another format is not read.
    let mut other = first.clone();
    other["contract"] = "0".into();
    folder.write("contract.json", &other.to_string());
    let (code, text) = run(&ocp, "contract.json", "same.json");
    assert_eq!(code, 0, "{text}");
    let sentence = "the contract is another one: 0 before";
    assert!(text.contains(sentence), "{text}");
    other["format"] = 1.into();
    folder.write("format.json", &other.to_string());
    let (code, text) = run(&ocp, "format.json", "same.json");
    assert_eq!(code, 2, "{text}");
    let sentence = "has format version 1; this program reads 2 to 3: write a new one";
    assert!(text.contains(sentence), "{text}");

    // Counts and what was not exercised are no change.
    let few = started(Settings::new(tasks::documented().unwrap())).await;
    let (code, text) = run(&few, "first.json", "few.json");
    assert!(
        !text.contains("baseline: listTenantRestoreTasks/paging"),
        "{code} {text}"
    );

    let changed = start(
        vec![Variant::WindowOfFinish, Variant::OldestFirst],
        json!({}),
    )
    .await;
    let (code, text) = run(&changed, "first.json", "changed.json");
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
    let faulty = start(Vec::new(), without_trace_id()).await;
    let (code, text) = run(&faulty, "first.json", "faulty.json");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("Does not conform: 1 violation, 0 drifts"),
        "{text}"
    );
    let (code, text) = run(&ocp, "faulty.json", "mended.json");
    assert_eq!(code, 1, "{text}");
    let gone = "baseline: listTenantRestoreTasks/envelope: traceId missing";
    assert!(text.contains(gone), "{text}");

    folder.write("none.json", "[1]");
    for file in ["none.json", "missing.json"] {
        let (code, text) = run(&ocp, file, "none.out");
        assert_eq!(code, 2, "{text}");
    }
}

/// A week without an OCP must not hide what the week after it brings.
#[test]
fn a_run_that_judged_nothing_leaves_the_baseline_as_it_was() {
    let folder = Folder::new();
    let (file, report) = (folder.path("json"), folder.report("json"));
    let (code, text) = verify(&[&report], &[]);
    assert_eq!(code, 0, "{text}");
    let before = folder.read("json");
    let weekly = ["--baseline", &file, &report];
    let (code, text) = verify_at(&closed_port(), &weekly, &ADMIN);
    assert_eq!(code, 2, "{text}");
    let expected = format!("{file} stays as it is: nothing was judged");
    assert!(text.contains(&expected), "{text}");
    assert_eq!(folder.read("json"), before);

    let (_, text) = verify_at(&closed_port(), &[&report], &ADMIN);
    assert!(!text.contains("stays as it is"), "{text}");
    let (code, text) = verify(&["--baseline", &file], &[]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("is a report of a run that judged nothing"),
        "{text}"
    );
}

#[test]
fn waivers_may_be_all_gone() {
    let folder = Folder::new();
    for content in ["", "# none left\n", "---\n", "[]\n"] {
        let file = folder.write("waivers.yaml", content);
        let (code, text) = verify(&["--waivers", &file], &[]);
        assert_eq!(code, 0, "{content:?}: {text}");
    }
}
