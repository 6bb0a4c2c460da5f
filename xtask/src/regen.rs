//! `cargo xtask regen [--check]`: `openapi/ocp.yaml` in, `client/openapi.json` out.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use ocp_contract::{Document, canonical, changes, lint};
use serde_json::Value;

use crate::codegen;

const SPEC: &str = "openapi/ocp.yaml";
const DERIVED: &str = "client/openapi.json";

/// The two ways to end the same work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

const WRONG: u8 = 1;
const STALE: u8 = 4;

/// Checks the spec and brings the derived file up to date, or says what is
/// stale. `root` is the checkout.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(crate) fn run(root: &Path, mode: Mode, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(root.join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    let derived = match utf8(&bytes).and_then(derive) {
        Ok(derived) => derived,
        Err(message) => {
            writeln!(
                out,
                "{message}\n\n{SPEC} is wrong; {DERIVED} was left as it is."
            )?;
            return Ok(ExitCode::from(WRONG));
        }
    };
    let path = root.join(DERIVED);
    let committed = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Some(String::new()),
        Err(error) => return Err(error).context(format!("cannot read {DERIVED}")),
    };
    if committed.as_ref() == Some(&derived) {
        writeln!(out, "{DERIVED} is up to date with {SPEC}.")?;
        return Ok(ExitCode::SUCCESS);
    }
    if mode == Mode::Write {
        // Before anything is said: nobody may be listening any more.
        replace(&path, &derived).with_context(|| format!("cannot write {DERIVED}"))?;
    }
    describe(committed.as_deref(), &derived, out)?;
    match mode {
        Mode::Write => {
            writeln!(out, "Wrote {DERIVED}.")?;
            Ok(ExitCode::SUCCESS)
        }
        Mode::Check => {
            let diff = similar::TextDiff::from_lines(committed.as_deref().unwrap_or(""), &derived)
                .unified_diff()
                .header(
                    &format!("{DERIVED} (committed)"),
                    &format!("{DERIVED} (from {SPEC})"),
                )
                .to_string();
            writeln!(out, "\n{diff}\n{DERIVED} is stale. Run: cargo xtask regen")?;
            Ok(ExitCode::from(STALE))
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("error: {SPEC}:{line}: this line is not UTF-8")
    })
}

/// The derived file's content, once the spec has passed every rule and the
/// generator has taken it.
fn derive(text: &str) -> Result<String, String> {
    let document = Document::parse(SPEC, text).map_err(|error| error.to_string())?;
    let findings =
        lint::lint(&document, &codegen::HAND_WRITTEN).map_err(|error| error.to_string())?;
    if !findings.is_empty() {
        let findings: Vec<_> = findings.iter().map(|one| document.render(one)).collect();
        return Err(findings.join("\n\n"));
    }
    let derived = canonical(document.value());
    codegen::generate(&derived)
        .map_err(|error| format!("error: no client can be generated from {SPEC}: {error}"))?;
    Ok(derived)
}

fn describe(committed: Option<&str>, derived: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(committed) = committed else {
        writeln!(out, "{DERIVED} does not exist.")?;
        return Ok(());
    };
    let old: Value = match serde_json::from_str(committed) {
        Ok(old) => old,
        Err(error) => {
            writeln!(out, "{DERIVED} is not JSON ({error}).")?;
            return Ok(());
        }
    };
    let changes = changes::describe(&old, &serde_json::from_str(derived)?);
    if changes.is_empty() {
        writeln!(out, "{DERIVED} says the same as {SPEC} in another layout.")?;
        return Ok(());
    }
    writeln!(out, "What {SPEC} changes:")?;
    for change in changes {
        writeln!(out, "  {change}")?;
    }
    Ok(())
}

/// Writes a file so that a crash leaves the old or the new one, never a part.
fn replace(path: &Path, content: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("the file has no folder")?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private; this one is to become an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
