//! The output of the examples.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{json, serve};

/// An example that `cargo test` has built beside this test. With `--test` or a
/// filter it has not, and what is there may be old: beside it stands what it was
/// built from.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let example = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let age = |file: &Path| {
        std::fs::metadata(file)
            .and_then(|file| file.modified())
            .ok()
    };
    let sources = std::fs::read_to_string(folder.join(format!("{name}.d"))).unwrap_or_default();
    let mut sources = sources.split_whitespace().skip(1).map(Path::new);
    assert!(
        age(&example).is_some() && sources.all(|source| age(source) <= age(&example)),
        "{name} is missing or old: run `cargo test -p oceanbase-ocp`, a filter after `--`"
    );
    example
}

/// Runs an example; what it prints, and whether it ends well.
async fn run(name: &str, ocp: Option<&str>) -> (String, bool) {
    let mut command = command(name);
    if let Some(url) = ocp {
        command.arg("trade").env("OCP_BASE_URL", url);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (printed.concat(), output.status.success())
}

/// An example, in an environment that names no OCP.
fn command(name: &str) -> Command {
    let mut command = Command::new(built(name));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("OCP_") || variable == "RUST_BACKTRACE" {
            command.env_remove(variable);
        }
    }
    command
}

/// Exit code and error text of each example that prints to this.
fn each_into(out: impl Fn() -> Stdio) -> Vec<(Option<i32>, String)> {
    let ended = ["list_tasks", "follow_restore", "own_request"].map(|name| {
        let mut command = command(name);
        let output = command.stdout(out()).output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    });
    ended.into()
}

/// Behind `| head`, what an example does is still done, and nothing is said.
#[test]
fn an_example_goes_on_where_nobody_reads() {
    let ended = each_into(|| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    });
    assert_eq!(ended, vec![(Some(0), String::new()); 3]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_an_example_with_2_and_a_sentence() {
    let ended = each_into(|| {
        let full = std::fs::File::options().write(true).open("/dev/full");
        full.unwrap().into()
    });
    let sentence = "cannot print: No space left on device (os error 28)\n";
    assert_eq!(ended, vec![(Some(2), sentence.into()); 3]);
}

#[tokio::test]
async fn each_example_runs_against_an_ocp_of_its_own() {
    for name in ["list_tasks", "follow_restore", "own_request"] {
        let (printed, is_success) = run(name, None).await;
        assert!(is_success, "{printed}");
        insta::assert_snapshot!(name, printed);
    }
}

/// A drill whose exit code is watched must tell of it.
#[tokio::test]
async fn a_restore_that_fails_or_vanishes_ends_the_example_with_an_error() {
    const RUNNING: &str = r#"{"id":7,"status":"RESTORE_WAIT_LS","finished":false}"#;
    const FAILED: &str =
        r#"{"id":7,"status":"RESTORE_FAIL","finished":true,"errorMsg":"disk full"}"#;
    for (requests, end, expected) in [
        (
            1,
            FAILED,
            "restore task 7 has failed after 0 s (looked once), in state RESTORE_FAIL: disk full",
        ),
        (
            2,
            "",
            "restore task 7 is no longer listed, and 0 other tasks are, after 1 s",
        ),
        (
            1,
            "",
            "restore task 7 is not listed, and 0 other tasks are, after 0 s",
        ),
    ] {
        let (url, _) = serve(move |number, _| {
            let rows = match number {
                1 => r#"{"id":2,"name":"trade","clusterId":1}"#,
                number if number - 1 <= requests => RUNNING,
                _ => end,
            };
            json(format!(
                r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalPages":1}}}}}}"#
            ))
        })
        .await;
        let (printed, is_success) = run("follow_restore", Some(&url)).await;
        assert!(!is_success, "{printed}");
        assert!(
            printed.starts_with("Task 7 is in state RESTORE_WAIT_LS …\n"),
            "{printed}"
        );
        assert!(printed.contains(expected), "{printed}");
    }
}
