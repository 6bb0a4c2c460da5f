//! The command line of the contract tests; `cargo xtask` starts it.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use contract_tests::verify::{Verdict, embedded};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Verify the contract, with the generated client, against an embedded OCP
    /// that answers with the documented exchanges.
    ///
    /// Exit codes: 0 the contract holds; 1 it is broken; 2 the task could not run.
    Verify,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Task::Verify = Arguments::parse().task;
    match embedded(&mut std::io::stdout()).await {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
