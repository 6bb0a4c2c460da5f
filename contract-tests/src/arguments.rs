//! What can be said on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use contract_tests::report::Format;
use contract_tests::verify;
use ocp_contract::Operation;
use ocp_mock::Variant;
use serde_json::Value;

/// The name of this program where people start it themselves.
const PROGRAM: &str = env!("CARGO_BIN_NAME");
/// The name by which `cargo xtask` starts this program.
const XTASK: &str = "cargo xtask";

/// Verify the contract, or any OCP; run an embedded OCP. Without a command: verify.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    verify: VerifyArguments,
}

/// Reads the command line, or ends with a message on what is wrong with it.
pub(crate) fn read(operations: &[Operation]) -> Task {
    let given: Vec<OsString> = std::env::args_os().collect();
    let is_xtask = given.first().is_some_and(|program| program == XTASK);
    let name = if is_xtask { XTASK } else { PROGRAM };
    let mut command = Arguments::command().name(name);
    let ids: Vec<String> = operations.iter().map(|one| one.id.clone()).collect();
    let of_operation = |command: clap::Command| {
        let ids = clap::builder::PossibleValuesParser::new(ids.clone());
        command.mut_arg("operation", |one| one.value_parser(ids))
    };
    command = of_operation(command).mut_subcommand("verify", of_operation);
    // What is said of `verify` holds without a command, too.
    let verify = command
        .find_subcommand("verify")
        .cloned()
        .unwrap_or_default();
    command = command.long_about(verify.get_long_about().cloned().unwrap_or_default());
    let matches = command.try_get_matches_from_mut(given);
    let matches = matches.unwrap_or_else(|error| error.exit());
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.unwrap_or_else(|error| error.format(&mut command).exit());
    let task = arguments.task;
    let mut task = task.unwrap_or_else(|| Task::Verify(Box::new(arguments.verify)));
    let typed = matches.subcommand_matches("verify").unwrap_or(&matches);
    let is_typed = |name: &str| typed.value_source(name) == Some(ValueSource::CommandLine);
    if let Task::Verify(verify) = &mut task {
        verify.base_url_from = match is_typed("base_url") {
            true => "--base-url",
            false => "OCP_BASE_URL",
        };
        let of_real = [
            ("cluster_id", "--cluster-id"),
            ("tenant_id", "--tenant-id"),
            ("credentials", "--credentials"),
            ("ca_certificate", "--ca-certificate"),
            ("check_authentication", "--check-authentication"),
        ];
        let typed = of_real.into_iter().find(|(name, _)| is_typed(name));
        if let (Some((_, flag)), None, None) = (typed, verify.base_url(), &verify.from) {
            let what = format!("{flag} is for a real OCP: give --base-url <URL>, too");
            command
                .error(ErrorKind::MissingRequiredArgument, what)
                .exit();
        }
        if is_typed("rows") && verify.base_url().is_some() {
            let from = verify.base_url_from;
            let what = format!("--rows is for the embedded OCP, and {from} names another one");
            command.error(ErrorKind::ArgumentConflict, what).exit();
        }
    }
    task
}

#[derive(Subcommand)]
pub(crate) enum Task {
    Verify(Box<VerifyArguments>),
    Mock(MockArguments),
}

/// Verify the contract, with the generated client, against an OCP.
///
/// Without --base-url or OCP_BASE_URL: the contract itself, then an embedded OCP.
/// With it: a real OCP, by GET requests only, and every operation that the given
/// ids are enough for.
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
    #[arg(
        long,
        value_name = "URL",
        env = "OCP_BASE_URL",
        hide_env_values = true,
        help_heading = "A real OCP"
    )]
    base_url: Option<String>,
    /// The option or the variable that it came from.
    #[arg(skip)]
    pub(crate) base_url_from: &'static str,
    /// The cluster, as OCP numbers it.
    #[arg(
        long,
        visible_alias = "cluster",
        value_name = "ID",
        env = "OCP_CLUSTER_ID",
        hide_env_values = true,
        value_parser = id,
        help_heading = "A real OCP"
    )]
    cluster_id: Option<Value>,
    /// The tenant, as OCP numbers it; without it, no operation of a tenant is verified.
    #[arg(
        long,
        visible_alias = "tenant",
        value_name = "ID",
        env = "OCP_TENANT_ID",
        hide_env_values = true,
        value_parser = id,
        help_heading = "A real OCP"
    )]
    tenant_id: Option<Value>,
    /// Verify this operation only, which the OCP must then offer. May be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) operation: Vec<String>,
    /// A YAML file with `user` and `password`, or `access_key` and `secret_key`.
    #[arg(long, value_name = "FILE", help_heading = "A real OCP")]
    pub(crate) credentials: Option<PathBuf>,
    /// Certificate authorities to trust as well, in PEM form; the variable
    /// OCP_CA_CERTIFICATE holds their text.
    #[arg(long, value_name = "FILE", help_heading = "A real OCP")]
    pub(crate) ca_certificate: Option<PathBuf>,
    /// Send one request without credentials to each operation. OCP counts it as a
    /// failed log-in; twenty of them lock the caller out.
    #[arg(long, help_heading = "A real OCP")]
    pub(crate) check_authentication: bool,

    /// Rows of the embedded OCP, enough for every check; 0 for those of the
    /// documentation.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) rows: usize,
    /// Send no more requests than this.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub(crate) max_requests: usize,
    /// How long one request may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Keep what was asked and answered, host names and secrets replaced: transcript.json,
    /// and each conforming call as an interaction.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) record: Option<PathBuf>,
    /// Judge what --record has kept, without an OCP.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["record", "rows", "check_authentication"])]
    pub(crate) from: Option<PathBuf>,

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

impl VerifyArguments {
    /// The OCP to verify; an empty text is none.
    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| !url.is_empty())
    }

    /// What to ask for.
    pub(crate) fn ids(&self) -> verify::Arguments {
        let ids = [
            ("cluster_id", &self.cluster_id),
            ("tenant_id", &self.tenant_id),
        ];
        let ids = ids
            .into_iter()
            .filter_map(|(name, id)| Some((name, id.clone()?)));
        let ids = ids.filter(|(_, id)| !id.is_null());
        ids.map(|(name, id)| (name.to_owned(), id)).collect()
    }
}

/// Reads an id; an empty text is none, and `null`.
fn id(text: &str) -> Result<Value, String> {
    match text.parse::<i64>() {
        _ if text.is_empty() => Ok(Value::Null),
        Ok(id) => Ok(id.into()),
        Err(_) => Err("expected an integer".to_owned()),
    }
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
