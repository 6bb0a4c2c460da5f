//! What can be said on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Args, Command, CommandFactory, FromArgMatches, Parser};
use clap::{Subcommand, ValueEnum};
use contract_tests::report::Format;
use contract_tests::verify;
use ocp_contract::{Location, Operation, Parameter};
use ocp_mock::Variant;
use serde_json::Value;

/// The name of this program where people start it themselves.
const PROGRAM: &str = env!("CARGO_BIN_NAME");
/// The name by which `cargo xtask` starts this program.
const XTASK: &str = "cargo xtask";
/// The task of a command line that names none.
const DEFAULT: &str = "verify";

#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

impl Arguments {
    /// Reads the command line, or ends with a message on what is wrong with it.
    pub(crate) fn read(operations: &[Operation]) -> Self {
        let parameters = in_paths(operations);
        let ids: Vec<String> = operations.iter().map(|one| one.id.clone()).collect();
        let mut given: Vec<OsString> = std::env::args_os().collect();
        let is_xtask = given.first().is_some_and(|program| program == XTASK);
        let mut command = Self::command().name(if is_xtask { XTASK } else { PROGRAM });
        let tasks: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let names_task = given.get(1).and_then(|one| one.to_str());
        let of_program = ["help", "--version", "-V"];
        if !names_task.is_some_and(|one| of_program.contains(&one) || tasks.contains(&one)) {
            given.insert(1.min(given.len()), DEFAULT.into());
        }
        command = command.mut_subcommand(DEFAULT, |command| {
            let command = match is_xtask {
                true => command,
                false => command.override_usage(format!("{PROGRAM} [OPTIONS]")),
            };
            let command = command.mut_arg("operation", |one| {
                one.value_parser(PossibleValuesParser::new(ids))
            });
            let add = |command, one: &&Parameter| with_flag(command, one, operations);
            parameters.iter().fold(command, add)
        });
        let matches = command
            .try_get_matches_from_mut(given)
            .unwrap_or_else(|error| error.exit());
        let mut arguments = Self::from_arg_matches(&matches)
            .unwrap_or_else(|error| error.format(&mut command).exit());
        if let (Task::Verify(verify), Some(matches)) =
            (&mut arguments.task, matches.subcommand_matches("verify"))
        {
            for parameter in &parameters {
                let name = parameter.argument.as_str();
                if let Some(value) = matches.get_one::<Value>(name).filter(|one| !one.is_null()) {
                    verify.arguments.insert(name.to_owned(), value.clone());
                }
                let is_typed = matches.value_source(name) == Some(ValueSource::CommandLine);
                if is_typed && verify.base_url.is_none() {
                    let what = format!(
                        "{} asks a real OCP: give --base-url <URL>, too",
                        verify::flag(name)
                    );
                    command
                        .error(ErrorKind::MissingRequiredArgument, what)
                        .exit();
                }
            }
        }
        arguments
    }
}

/// Parameters of all paths, each argument once.
fn in_paths(operations: &[Operation]) -> Vec<&Parameter> {
    let mut parameters: Vec<&Parameter> = Vec::new();
    for one in operations
        .iter()
        .flat_map(|one| one.parameters_in(Location::Path))
    {
        if parameters
            .iter()
            .all(|known| known.argument != one.argument)
        {
            parameters.push(one);
        }
    }
    parameters
}

/// Adds the flag of a parameter, and the variable of the environment.
fn with_flag(command: Command, parameter: &Parameter, operations: &[Operation]) -> Command {
    let takes = |operation: &&Operation| {
        let mut taken = operation.parameters_in(Location::Path);
        taken.any(|one| one.argument == parameter.argument)
    };
    let takers = operations.iter().filter(takes);
    let takers: Vec<&str> = takers.map(|one| one.id.as_str()).collect();
    let name = parameter.argument.clone();
    let flag = name.replace('_', "-");
    let typed = parameter.clone();
    let mut argument = Arg::new(&name)
        .long(&flag)
        .value_name("ID")
        .env(format!("OCP_{}", name.to_uppercase()))
        .value_parser(move |text: &str| verify::argument(&typed, text))
        .hide_env_values(true)
        .help(format!(
            "As OCP numbers it; needed for {}",
            takers.join(", ")
        ))
        .help_heading("A real OCP");
    if let Some(alias) = flag.strip_suffix("-id")
        && command
            .get_arguments()
            .all(|one| one.get_long() != Some(alias))
    {
        argument = argument.visible_alias(alias.to_owned());
    }
    command.arg(argument)
}

#[derive(Subcommand)]
pub(crate) enum Task {
    Verify(Box<VerifyArguments>),
    Mock(MockArguments),
}

/// Verify the contract, with the generated client, against an OCP.
///
/// Without --base-url: the contract itself, then an embedded OCP. With it: a
/// real OCP, by GET requests only, and every operation that the given ids are
/// enough for.
///
/// Credentials come from the environment, OCP_USER and OCP_PASSWORD or
/// OCP_ACCESS_KEY and OCP_SECRET_KEY, or from a file (--credentials), never
/// from arguments.
///
/// Exit codes: 0 it conforms; 1 it does not; 2 nothing could be judged (no
/// connection, TLS, credentials refused, bad arguments, not an OCP), or the run was
/// cut short by throttling or --max-requests before a violation was found; 130 Ctrl-C
/// or SIGTERM.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct VerifyArguments {
    /// The OCP to verify, such as <http://ocp.example:8080>.
    #[arg(long, value_name = "URL", help_heading = "A real OCP")]
    pub(crate) base_url: Option<String>,
    /// What to ask for, from the flags that the description names.
    #[arg(skip)]
    pub(crate) arguments: verify::Arguments,
    /// Verify this operation only, which the OCP must then offer. May be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) operation: Vec<String>,
    /// A YAML file with `user` and `password`, or `access_key` and `secret_key`.
    #[arg(
        long,
        value_name = "FILE",
        requires = "base_url",
        help_heading = "A real OCP"
    )]
    pub(crate) credentials: Option<PathBuf>,
    /// Certificate authorities to trust as well, in PEM form.
    #[arg(
        long,
        value_name = "FILE",
        requires = "base_url",
        help_heading = "A real OCP"
    )]
    pub(crate) ca_certificate: Option<PathBuf>,
    /// Send one request without credentials to each operation. OCP counts it as a
    /// failed log-in; twenty of them lock the caller out.
    #[arg(long, requires = "base_url", help_heading = "A real OCP")]
    pub(crate) check_authentication: bool,

    /// Rows of the embedded OCP, enough for every check; 0 for those of the
    /// documentation.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 40,
        conflicts_with = "base_url"
    )]
    pub(crate) rows: usize,
    /// Send no more requests than this.
    #[arg(long, value_name = "N", default_value_t = 160)]
    pub(crate) max_requests: usize,
    /// How long one request may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Keep the exchanges of the client, host names and secrets replaced, as interactions.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) record: Option<PathBuf>,

    /// Also write a report: html=FILE, json=FILE, junit=FILE or markdown=FILE. May be repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report)]
    pub(crate) report: Vec<(Format, PathBuf)>,
    /// Known findings: a YAML list of `fingerprint` and `reason`.
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// A report of an earlier run, in JSON: what has changed since is drift.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// What ends with exit code 1.
    #[arg(long, value_enum, default_value_t = FailOn::Violation)]
    pub(crate) fail_on: FailOn,
}

/// What a failure is.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FailOn {
    /// Something that contradicts the contract.
    Violation,
    /// Also anything that the contract does not know.
    Drift,
}

/// Run an embedded OCP, for curl and for your own code.
#[derive(Args)]
pub(crate) struct MockArguments {
    /// Port on the loopback interface; 0 for any that is free.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Rows to make up; 0 for those of the documentation.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) rows: usize,
    /// Requests that it allows in ten seconds; without it, any number.
    #[arg(long, value_name = "N")]
    pub(crate) rate_limit: Option<u64>,
    /// What runs ends well after so many seconds; without it, never.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) ends_after: Option<Duration>,
    /// What it does as some real servers do. May be repeated.
    #[arg(long, value_enum)]
    pub(crate) variant: Vec<Variant>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected 1 to 3600 seconds".into()),
    }
}

fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE")?;
    if file.is_empty() {
        return Err("expected a file after `=`".into());
    }
    Ok((format.parse()?, PathBuf::from(file)))
}
