//! `cargo xtask changes` as a person meets it: exit code, text, files.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod repository;

use std::path::Path;
use std::process::{Command, Output};

use repository::{edit, git};

const SPEC: &str = "openapi/ocp.yaml";

fn changes(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("changes")
        .args(arguments)
        .current_dir(root)
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .output()
        .unwrap()
}

/// Nobody reads a test's file before it is written.
#[expect(clippy::disallowed_methods)]
fn put(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    std::fs::write(path, content).unwrap();
}

/// A checkout with one commit, released as 0.1.0, unless `tag` is empty.
fn checkout(tag: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    for folder in ["openapi", "client"] {
        std::fs::create_dir(path.join(folder)).unwrap();
    }
    let spec = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkout")).join(SPEC);
    std::fs::copy(spec, path.join(SPEC)).unwrap();
    let manifest = "[package]\nname = \"oceanbase-ocp\"\nversion.workspace = true\n";
    put(path.join("client/Cargo.toml"), manifest);
    let manifest = "[workspace.package]\nversion = \"0.1.0\"\n";
    put(path.join("Cargo.toml"), manifest);
    let changelog = "# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- First.\n";
    put(path.join("CHANGELOG.md"), changelog);
    git(path, &["init", "--quiet"]);
    git(path, &["add", "."]);
    git(path, &["commit", "--quiet", "--message", "First"]);
    if !tag.is_empty() {
        git(path, &["tag", tag]);
    }
    root
}

/// Arguments, edits (file, old, new), exit code.
type Case<'a> = (
    &'a str,
    &'a [&'a str],
    &'a [(&'a str, &'a str, &'a str)],
    i32,
);

#[test]
fn the_verdict_follows_from_the_worst_change() {
    let breaking = (SPEC, "id: {", "taskId: {");
    let compatible = (SPEC, "- TENANT", "- TENANT\n        - CLUSTER");
    let text = (SPEC, "title: Tasks", "title: More tasks");
    let unreleased = (
        "CHANGELOG.md",
        "## Unreleased\n",
        "## Unreleased\n\n- Second.\n",
    );
    let version = |to| ("Cargo.toml", "version = \"0.1.0\"", to);
    let cases: &[Case] = &[
        ("nothing", &[], &[], 0),
        ("text", &[], &[text], 0),
        ("breaking", &[], &[breaking], 4),
        (
            "breaking-with-patch",
            &[],
            &[breaking, unreleased, version("version = \"0.1.1\"")],
            4,
        ),
        (
            "breaking-with-version",
            &[],
            &[breaking, unreleased, version("version = \"0.2.0\"")],
            0,
        ),
        (
            "compatible-with-patch",
            &[],
            &[compatible, unreleased, version("version = \"0.1.1\"")],
            0,
        ),
        (
            "compatible-not-in-changelog",
            &[],
            &[compatible, version("version = \"0.1.1\"")],
            4,
        ),
        (
            "wrong-description",
            &[],
            &[(SPEC, "title: Tasks", "title: [Tasks")],
            1,
        ),
        ("no-such-revision", &["--against", "v9.9.9"], &[], 2),
        (
            "revision-that-is-an-option",
            &["--against=--output=spoilt"],
            &[],
            2,
        ),
        ("wrong-version", &[], &[version("version = \"one\"")], 2),
        ("report-of-no-kind", &["--report", "html=spoilt"], &[], 2),
        (
            "report-in-no-folder",
            &["--report", "json=nowhere/spoilt"],
            &[],
            2,
        ),
    ];
    for (name, arguments, edits, code) in cases {
        let root = checkout("v0.1.0");
        for (file, old, new) in *edits {
            edit(root.path(), file, old, new);
        }
        check(name, &root, arguments, *code);
        assert!(!root.path().join("spoilt").exists(), "{name} wrote a file");
    }
}

fn check(name: &str, root: &tempfile::TempDir, arguments: &[&str], code: i32) {
    let output = changes(root.path(), arguments);
    assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    let printed = printed.replace(&root.path().display().to_string(), "CHECKOUT");
    insta::assert_snapshot!(name, printed);
}

#[test]
fn the_last_release_is_the_default_and_without_one_the_last_commit() {
    for (tag, expected) in [
        ("v0.1.0", "since `v0.1.0`"),
        ("", "that of `HEAD`"),
        ("draft", "that of `HEAD`"),
    ] {
        let root = checkout(tag);
        edit(root.path(), SPEC, "id: {", "taskId: {");
        git(
            root.path(),
            &["commit", "--quiet", "--all", "--message", "Second"],
        );
        let output = changes(root.path(), &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{tag}: {text}");
    }
}

#[test]
fn a_description_of_then_that_cannot_be_read_is_said() {
    let root = checkout("");
    let path = root.path();
    edit(path, SPEC, "title: Tasks", "title: [Tasks");
    git(path, &["commit", "--quiet", "--all", "--message", "Broken"]);
    edit(path, SPEC, "title: [Tasks", "title: Tasks");
    check("broken-then", &root, &[], 2);
    std::fs::remove_file(path.join(SPEC)).unwrap();
    git(path, &["commit", "--quiet", "--all", "--message", "None"]);
    let spec = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkout")).join(SPEC);
    std::fs::copy(spec, path.join(SPEC)).unwrap();
    check("none-then", &root, &[], 2);
    std::fs::remove_dir_all(path.join(".git")).unwrap();
    check("no-checkout", &root, &[], 2);
}

#[test]
fn reports_say_the_same() {
    let root = checkout("v0.1.0");
    edit(root.path(), SPEC, "id: {", "taskId: {");
    let output = changes(
        root.path(),
        &[
            "--report",
            "json=changes.json",
            "--report",
            "markdown=changes.md",
        ],
    );
    assert_eq!(output.status.code(), Some(4));
    for name in ["changes.json", "changes.md"] {
        insta::assert_snapshot!(
            name,
            std::fs::read_to_string(root.path().join(name)).unwrap()
        );
    }
}
