//! `cargo xtask release --check` as a person meets it: exit code and text.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod repository;

use std::path::Path;
use std::process::{Command, Output};

use repository::{edit, git};

const SPEC: &str = "openapi/ocp.yaml";
const VERSION: &str = "client/Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";
const README: &str = "README.md";
const CLIENTS_README: &str = "client/README.md";

/// What is done to a checkout that lacks nothing but a tag.
enum Edit {
    /// Replaces a text of a file, and commits it.
    Committed(&'static str, &'static str, &'static str),
    /// The same without a commit.
    Dirty(&'static str, &'static str, &'static str),
    Git(&'static [&'static str]),
}

fn commit(root: &Path) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "a step"]);
}

/// A copy of the small checkout, where a test may do as it likes. Its manifests have another
/// name there, since this repository must have one package of a name.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let target = to.join(if name == "manifest.toml" {
            "Cargo.toml".into()
        } else {
            name
        });
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn release(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["release", "--check"])
        .args(arguments)
        // As `cargo run` does.
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

/// What is lacking, without what differs from run to run or from cargo to cargo.
fn lacking(output: &Output) -> String {
    let printed = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    let lines = printed.iter().flat_map(|it| it.lines());
    let lines = lines.filter(|line| line.starts_with("  FAIL") || line.starts_with("error"));
    let lines = lines.map(|line| {
        line.split_once(" packaged: ")
            .map_or(line, |(start, _)| start)
    });
    lines.map(|line| without_commits(line) + "\n").collect()
}

fn without_commits(line: &str) -> String {
    let is_commit = |word: &str| word.len() == 40 && word.bytes().all(|it| it.is_ascii_hexdigit());
    let words = line
        .split(' ')
        .map(|word| match word.trim_end_matches(',') {
            commit if is_commit(commit) => word.replace(commit, "COMMIT"),
            _ => word.to_owned(),
        });
    words.collect::<Vec<_>>().join(" ")
}

/// Name, arguments, exit code, and what is done to the checkout.
type Case = (&'static str, &'static [&'static str], i32, &'static [Edit]);

/// Exit code of a case, and what is lacking there.
fn outcome((name, arguments, code, edits): &Case) -> String {
    let root = tempfile::tempdir().unwrap();
    let root = &root.path().canonicalize().unwrap();
    let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    copy(&fixtures.join("release"), root);
    std::fs::copy(fixtures.join("checkout").join(SPEC), root.join(SPEC)).unwrap();
    git(root, &["init", "--quiet"]);
    commit(root);
    for edit in *edits {
        match edit {
            Edit::Committed(file, old, new) => {
                edit(root, file, old, new);
                commit(root);
            }
            Edit::Dirty(file, old, new) => edit(root, file, old, new),
            Edit::Git(arguments) => git(root, arguments),
        }
    }
    let output = release(root, arguments);
    let lacking = lacking(&output);
    assert_eq!(output.status.code(), Some(*code), "{name}: {output:?}");
    assert_eq!(lacking.is_empty(), *code == 0, "{name}: {output:?}");
    format!("{name}: exit code {code}\n{lacking}\n")
}

#[test]
fn each_thing_that_a_release_lacks_is_named() {
    use Edit::{Committed, Dirty, Git};
    const TAGGED: &[&str] = &["--tagged"];
    let cases: &[Case] = &[
        ("ready", &[], 0, &[]),
        ("tagged", TAGGED, 0, &[Git(&["tag", "v1.2.0"])]),
        (
            "tagged-annotated",
            TAGGED,
            0,
            &[Git(&["tag", "-m", "new", "v1.2.0"])],
        ),
        ("not-tagged", TAGGED, 4, &[]),
        (
            "tag-of-another-version",
            TAGGED,
            4,
            &[Git(&["tag", "v1.1.0"])],
        ),
        (
            "version-too-low",
            &[],
            4,
            &[
                Git(&["tag", "v1.1.0"]),
                Committed(SPEC, "id: {", "taskId: {"),
            ],
        ),
        ("tag-taken", &[], 4, &[Git(&["tag", "v1.2.0"])]),
        (
            "tag-elsewhere",
            TAGGED,
            4,
            &[
                Git(&["tag", "v1.2.0"]),
                Committed(README, "# Tasks", "# Jobs"),
            ],
        ),
        (
            "not-committed",
            &[],
            4,
            &[Dirty(README, "# Tasks", "# Jobs")],
        ),
        (
            "no-section",
            &[],
            4,
            &[Committed(
                CHANGELOG,
                "## 1.2.0 - 2024-08-08\n\n- Tasks.\n\n",
                "",
            )],
        ),
        (
            "unreleased-changes",
            &[],
            4,
            &[Committed(
                CHANGELOG,
                "Unreleased\n",
                "Unreleased\n\n- More.\n",
            )],
        ),
        (
            "another-description",
            &[],
            4,
            &[Committed("client/openapi.json", "1.2.0", "1.1.0")],
        ),
        (
            "no-repository",
            &[],
            4,
            &[Committed(VERSION, "repository = ", "homepage = ")],
        ),
        (
            "file-not-packaged",
            &[],
            4,
            &[Committed(VERSION, "\"/src\"", "\"/src/lib.rs\"")],
        ),
        (
            "lock-file-stale",
            &[],
            4,
            &[Committed(VERSION, "1.2.0", "1.3.0")],
        ),
        (
            "dead-file",
            &[],
            4,
            &[Committed(CLIENTS_README, "(#how)", "(docs/how.md)")],
        ),
        (
            "dead-place",
            &[],
            4,
            &[Committed(CLIENTS_README, "(#how)", "(#why)")],
        ),
        (
            "dead-item",
            &[],
            4,
            &[Committed(CLIENTS_README, "crate::tasks", "crate::jobs")],
        ),
        (
            "quick-start-missing",
            &[],
            4,
            &[Committed(README, "```rust", "```")],
        ),
        (
            "quick-start-does-not-compile",
            &[],
            4,
            &[Committed(README, "::tasks", "::jobs")],
        ),
        (
            "quick-start-fails",
            &[],
            4,
            &[Committed(
                README,
                "Ok(())",
                "Err(std::io::ErrorKind::Other.into())",
            )],
        ),
        (
            "quick-start-prints-another",
            &[],
            4,
            &[Committed(
                "contract-tests/src/main.rs",
                "4 RESTORE_FAIL",
                "4 FAIL",
            )],
        ),
        (
            "mock-does-not-start",
            &[],
            2,
            &[Committed(
                "contract-tests/src/main.rs",
                "fn main() {",
                "fn main() {\n    if true {\n        std::process::exit(1)\n    }",
            )],
        ),
        ("no-git", &[], 2, &[Git(&["update-ref", "-d", "HEAD"])]),
    ];
    // Most of a case is waiting for cargo.
    let (some, others) = cases.split_at(cases.len() / 2);
    let all = std::thread::scope(|scope| {
        let some = scope.spawn(|| some.iter().map(outcome).collect::<String>());
        let others: String = others.iter().map(outcome).collect();
        some.join().unwrap() + &others
    });
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!("lacking", all);
    });
}

#[test]
fn there_is_no_release_without_a_check() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("release")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
