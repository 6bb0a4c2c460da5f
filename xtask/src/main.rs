//! `cargo xtask`: one file for each task; this one reads the command line.

mod files;
mod handover;
mod regen;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

#[path = "../../client/codegen.rs"]
mod codegen;

/// Tasks of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check openapi/ocp.yaml and derive client/openapi.json and
    /// openapi/CONTRACT.md from it.
    ///
    /// Exit codes: 0 the files are fresh; 4 they are stale (--check only); 1 the
    /// spec is wrong; 2 the task could not run.
    Regen {
        /// Write nothing; show what would change.
        #[arg(long)]
        check: bool,
    },
    /// Verify the contract, with the generated client, against an OCP.
    #[command(disable_help_flag = true)]
    Verify(HandedOver),
    /// Run an embedded OCP, for curl and for your own code.
    #[command(disable_help_flag = true)]
    Mock(HandedOver),
}

#[derive(clap::Args)]
struct HandedOver {
    /// Arguments of the task, handed over as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<std::ffi::OsString>,
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Regen { check } => {
            let mut text = Vec::new();
            let outcome = regen::run(&root(), check, &mut text);
            let printed = print(&text);
            outcome.and_then(|code| printed.map(|()| code))
        }
        Task::Verify(given) => handover::run(&root(), "verify", &given.arguments),
        Task::Mock(given) => handover::run(&root(), "mock", &given.arguments),
    }
    .unwrap_or_else(|error| {
        // If the sentence cannot be written, the exit code is left.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::from(2)
    })
}

/// Prints the outcome. A closed pipe is no error: a reader that stops early, as `head` does,
/// still gets the exit code.
fn print(text: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// The checkout. `cargo run` says where this package is, also when the binary
/// was built somewhere else.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}
