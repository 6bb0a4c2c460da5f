//! `mock`, as a person uses it: what it prints, how it throttles, how it ends,
//! and what it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

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
    let client = reqwest::Client::new();
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
