//! `cargo xtask regen` as a person meets it: exit code, text, files.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const SPEC: &str = "openapi/ocp.yaml";
const DERIVED: &str = "client/openapi.json";
const DOCUMENTATION: &str = "openapi/documentation.yaml";
const REGISTER: &str = "openapi/discrepancies.yaml";
const FILES: [&str; 7] = [
    SPEC,
    DERIVED,
    "openapi/CONTRACT.md",
    DOCUMENTATION,
    REGISTER,
    "openapi/interactions/listTasks/by-name/interaction.yaml",
    "openapi/interactions/listTasks/by-name/response.json",
];

/// The checkout that this test belongs to.
fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn regen(root: &Path, arguments: &[&str]) -> Output {
    regen_into(root, arguments, Stdio::piped())
}

fn regen_into(root: &Path, arguments: &[&str], out: Stdio) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("regen")
        .args(arguments)
        // As `cargo run` does.
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .stdout(out)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    format!(
        "exit code {}\n{}{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A copy of the small checkout, where a test may do as it likes.
fn copy() -> tempfile::TempDir {
    let small = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkout"));
    let root = tempfile::tempdir().unwrap();
    for file in FILES {
        std::fs::create_dir_all(root.path().join(file).parent().unwrap()).unwrap();
        std::fs::copy(small.join(file), root.path().join(file)).unwrap();
    }
    root
}

#[test]
fn the_committed_files_are_fresh() {
    let output = regen(checkout(), &["--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

enum Edit {
    /// Replaces the first occurrence in the spec.
    Spec(&'static str, &'static str),
    /// Replaces the first occurrence in the documentation.
    Page(&'static str, &'static str),
    /// Replaces the first occurrence in the register.
    Register(&'static str, &'static str),
    /// Adds an exchange with this request line.
    Request(&'static str),
    /// Adds an empty file.
    File(&'static str),
    /// Gives the derived file another content.
    Derived(&'static str),
    /// Keeps the derived file's content but not its line breaks.
    Squeeze,
    Delete(&'static str),
    /// Puts a folder where the file was.
    Block(&'static str),
}

#[test]
fn each_fault_has_its_message_and_loses_no_file() {
    use Edit::{Block, Delete, Derived, File, Page, Register, Request, Spec, Squeeze};
    for (name, check, write, edit) in [
        ("fresh", 0, 0, Spec("Tasks", "Tasks")),
        ("renamed-field", 4, 0, Spec("id: {", "taskId: {")),
        (
            "added-parameter",
            4,
            0,
            Spec(
                "parameters:",
                "parameters:\n        - { name: sort, in: query, description: Sorts., schema: { type: string } }",
            ),
        ),
        ("deleted-json", 4, 0, Delete(DERIVED)),
        ("corrupt-json", 4, 0, Derived("{\"openapi\": ")),
        ("json-layout", 4, 0, Squeeze),
        (
            "yaml-layout",
            0,
            0,
            Spec("tags: [Tasks]", "tags:\n        - Tasks # the same"),
        ),
        ("syntax-error", 1, 1, Spec("title: Tasks", "title: [Tasks")),
        ("tab", 1, 1, Spec("  title:", "\ttitle:")),
        ("version-3.1", 1, 1, Spec("3.0.3", "3.1.0")),
        (
            "number-for-text",
            1,
            1,
            Spec("version: 0.0.0", "version: 1.10"),
        ),
        (
            "keyword",
            4,
            0,
            Spec(
                "parameters:",
                "parameters:\n        - { name: type, in: query, description: A type., schema: { type: string } }",
            ),
        ),
        ("undeclared", 1, 1, Spec("  /tasks:", "  /tasks/{id}:")),
        (
            "renamed-parameter",
            4,
            0,
            Spec(
                "parameters:",
                "parameters:\n        - { name: client, x-argument: client_name, in: query, description: A client., schema: { type: string } }",
            ),
        ),
        (
            "overridden-parameter",
            0,
            0,
            Spec(
                "    get:",
                "    parameters:\n      - { name: names, in: query, description: Names., schema: { type: string } }\n    get:",
            ),
        ),
        (
            "one-of",
            1,
            1,
            Spec(
                "{ type: integer, format: int64, x-discrepancy: [1], description: Its id. }",
                "{ description: Its id., oneOf: [{ type: integer }, { type: string }] }",
            ),
        ),
        (
            "explode-false",
            1,
            1,
            Spec("explode: true", "explode: false"),
        ),
        (
            "two-success-schemas",
            1,
            1,
            Spec(
                "        4XX:",
                "        '202':\n          description: Later.\n          content:\n            application/json:\n              schema: { type: string }\n        4XX:",
            ),
        ),
        (
            "ref-sibling",
            1,
            1,
            Spec(
                "          $ref: '#/components/schemas/Kind'",
                "          $ref: '#/components/schemas/Kind'\n          description: Lost.",
            ),
        ),
        (
            "values-collide",
            1,
            1,
            Spec("- TENANT", "- TENANT\n        - tenant"),
        ),
        (
            "circle",
            1,
            1,
            Spec(
                "    Kind:\n      type: string\n      description: The kind of a task.\n      x-discrepancy: [1]\n      x-extensible-enum:\n        - TENANT\n",
                "    Kind: { $ref: '#/components/schemas/Kind' }\n",
            ),
        ),
        ("misdirected-request", 0, 0, Request("GET /task")),
        ("uncounted-row", 0, 0, Page("rows: 2", "rows: 3")),
        (
            "page-without-operation",
            0,
            0,
            Page("  operation: listTasks\n", ""),
        ),
        (
            "pages-of-one-id",
            4,
            0,
            Page(
                "- id: tasks\n",
                "- { id: tasks, title: Old, versions: { first: V0, last: V0 }, date: 2023-01-01, address: nowhere }\n- id: tasks\n",
            ),
        ),
        (
            "stray-file",
            1,
            1,
            File("openapi/interactions/listTasks/notes.txt"),
        ),
        (
            "stray-folder",
            1,
            1,
            File("openapi/interactions/listTasks/by-name/again/interaction.yaml"),
        ),
        (
            "stray-body",
            1,
            1,
            File("openapi/interactions/listTasks/by-name/response.html"),
        ),
        (
            "case-without-interaction",
            1,
            1,
            Delete("openapi/interactions/listTasks/by-name/interaction.yaml"),
        ),
        (
            "unknown-operation",
            4,
            0,
            Register(
                "  state: ",
                "  operations: [listTasks, listTask]\n  state: ",
            ),
        ),
        ("wrong-version", 4, 0, Spec("last: V1", "last: V2")),
        ("deleted-page", 4, 0, Delete("openapi/CONTRACT.md")),
        ("deleted-register", 1, 1, Delete(REGISTER)),
        ("deleted-spec", 2, 2, Delete(SPEC)),
        ("blocked-json", 2, 2, Block(DERIVED)),
    ] {
        let root = copy();
        match edit {
            Spec(old, new) => replace(&root.path().join(SPEC), old, new),
            Page(old, new) => replace(&root.path().join(DOCUMENTATION), old, new),
            Register(old, new) => replace(&root.path().join(REGISTER), old, new),
            Request(line) => {
                let folder = root.path().join("openapi/interactions/listTasks/derived");
                std::fs::create_dir_all(&folder).unwrap();
                let source = "{ grade: derived, document: Tasks, address: nowhere }";
                let text =
                    format!("source: {source}\nrequest: {line}\nresponse: {{ status: 200 }}\n");
                put(&folder.join("interaction.yaml"), &text);
                put(&folder.join("response.json"), "{}");
            }
            File(file) => {
                let path = root.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                put(&path, "");
            }
            Derived(text) => put(&root.path().join(DERIVED), text),
            Squeeze => {
                let path = root.path().join(DERIVED);
                let text = std::fs::read_to_string(&path).unwrap();
                let lines: Vec<_> = text.lines().map(str::trim).collect();
                put(&path, &lines.join(" "));
            }
            Delete(file) => std::fs::remove_file(root.path().join(file)).unwrap(),
            Block(file) => {
                std::fs::remove_file(root.path().join(file)).unwrap();
                std::fs::create_dir(root.path().join(file)).unwrap();
            }
        }
        let before = std::fs::read(root.path().join(DERIVED)).ok();
        let checked = regen(root.path(), &["--check"]);
        assert_eq!(
            checked.status.code(),
            Some(check),
            "{name} --check: {}",
            printed(&checked)
        );
        let after = std::fs::read(root.path().join(DERIVED)).ok();
        assert_eq!(before, after, "{name}: --check wrote");

        let written = regen(root.path(), &[]);
        assert_eq!(
            written.status.code(),
            Some(write),
            "{name}: {}",
            printed(&written)
        );
        if write == 0 {
            let again = regen(root.path(), &["--check"]);
            assert_eq!(again.status.code(), Some(0), "{name}: {}", printed(&again));
        } else {
            assert_eq!(
                std::fs::read(root.path().join(DERIVED)).ok(),
                before,
                "{name}: lost"
            );
        }
        let left: Vec<_> = std::fs::read_dir(root.path().join("client"))
            .unwrap()
            .collect();
        assert!(
            left.len() <= 1,
            "{name}: left a temporary file behind: {left:?}"
        );
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(name, format!("{}\n--check: {}", printed(&written), printed(&checked)));
        });
    }
}

/// Nobody need read the output: files and exit code are the same without a reader.
#[test]
fn a_closed_pipe_says_nothing_and_changes_nothing() {
    let root = copy();
    std::fs::remove_file(root.path().join(DERIVED)).unwrap();
    for (arguments, code) in [(["--check"].as_slice(), 4), (&[], 0), (&["--check"], 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = regen_into(root.path(), arguments, writer.into());
        assert_eq!(printed(&output), format!("exit code {code}\n"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_sentence_and_loses_no_file() {
    let root = copy();
    std::fs::remove_file(root.path().join(DERIVED)).unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = regen_into(root.path(), &[], full.unwrap().into());
    assert_eq!(
        printed(&output),
        "exit code 2\nerror: cannot write to standard output: No space left on device (os error 28)\n"
    );
    let again = regen(root.path(), &["--check"]);
    assert_eq!(again.status.code(), Some(0), "{}", printed(&again));
}

#[expect(clippy::disallowed_methods, reason = "a file of the test alone")]
fn put(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// Replaces the first occurrence in a file.
fn replace(path: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(
        text.contains(old),
        "{} no longer says {old}",
        path.display()
    );
    put(path, &text.replacen(old, new, 1));
}
