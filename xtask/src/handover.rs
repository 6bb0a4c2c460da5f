//! `cargo xtask verify` and `mock`: builds the program of `contract-tests` and hands over to
//! it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

/// Builds the program that links the client, then becomes it.
///
/// # Errors
///
/// When it does not compile or cannot be started.
pub(crate) fn run(root: &Path, task: &str, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let program = build(root)?;
    let mut command = Command::new(&program);
    command.arg(task).args(arguments);
    hand_over(command).with_context(|| format!("cannot start {}", program.display()))
}

/// Builds the program and returns its path, which cargo alone knows.
///
/// # Errors
///
/// When it does not compile.
fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--package",
            "contract-tests",
            "--bin",
            "ocp-verify",
        ])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "the client or the contract tests do not compile, so there is nothing to run (see above)"
        );
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .context("cargo built ocp-verify but did not say where")
}

/// Becomes the program: signals and exit code are its own.
#[cfg(unix)]
fn hand_over(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Its help speaks of the command that people typed.
    Err(command.arg0("cargo xtask").exec())
}

#[cfg(not(unix))]
fn hand_over(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command
        .status()?
        .code()
        .and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(2)))
}
