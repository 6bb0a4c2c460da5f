//! `cargo xtask`: one file per task, beside `checkout` and `git`, which they share; this one
//! reads the command line.

mod changes;
mod checkout;
mod contract_tests;
mod git;
mod regen;
mod release;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    /// Say what openapi/ocp.yaml changes, what that breaks, and whether the version
    /// of the client says so.
    ///
    /// Exit codes: 0 the version is enough; 4 it is not, or CHANGELOG.md says nothing;
    /// 1 the description is wrong; 2 the task could not run.
    Changes(changes::Arguments),
    /// List what a release of the client still lacks.
    ///
    /// Exit codes: 0 nothing; 4 something; 2 the task could not run.
    Release {
        /// Change nothing; there is no other way.
        #[arg(long, required = true)]
        check: bool,
        /// After the tag: it must be at this commit.
        #[arg(long)]
        tagged: bool,
    },
    /// Verify the contract, with the generated client, against an OCP.
    #[command(disable_help_flag = true)]
    Verify(HandedOver),
    /// Run an embedded OCP, for curl and for your own code.
    #[command(disable_help_flag = true)]
    Mock(HandedOver),
    /// Mutate the contract, one node at a time, and count what is noticed.
    #[command(disable_help_flag = true)]
    Mutants(HandedOver),
}

#[derive(clap::Args)]
struct HandedOver {
    /// Handed over as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<std::ffi::OsString>,
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Regen { check } => {
            let mode = if check {
                regen::Mode::Check
            } else {
                regen::Mode::Write
            };
            regen::run(&root(), mode, &mut std::io::stdout().lock())
        }
        Task::Changes(given) => changes::run(&root(), &given, &mut std::io::stdout().lock()),
        Task::Release { check: _, tagged } => {
            release::run(&root(), tagged, &mut std::io::stdout().lock())
        }
        Task::Verify(given) => contract_tests::run(&root(), "verify", &given.arguments),
        Task::Mutants(given) => contract_tests::run(&root(), "mutants", &given.arguments),
        Task::Mock(given) => contract_tests::run(&root(), "mock", &given.arguments),
    }
    .unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
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
