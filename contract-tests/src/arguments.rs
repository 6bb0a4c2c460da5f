//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, value_parser,
};
use contract_tests::report::{self, Renderer};
use contract_tests::verify;
use ocp_contract::strict::Severity;
use ocp_mock::Variant;
use serde_json::Value;

const REAL: &str = "A real OCP";

/// Verify the contract, or any OCP; run an embedded OCP. Without a command: verify.
#[derive(Parser)]
#[command(name = env!("CARGO_BIN_NAME"), version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    verify: VerifyArguments,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    Verify(Box<VerifyArguments>),
    Mock(MockArguments),
}

/// Reads the command line, or ends with a message on what is wrong with it.
pub(crate) fn read() -> Task {
    // The text on `verify` holds without a command, too.
    let verify = VerifyArguments::augment_args(Command::default());
    let about = verify.get_long_about().cloned();
    let mut command = Arguments::command().long_about(about.unwrap_or_default());
    let matches = command.get_matches_mut();
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.unwrap_or_else(|error| error.format(&mut command).exit());
    let verify = Task::Verify(Box::new(arguments.verify));
    let mut task = arguments.task.unwrap_or(verify);
    if let Task::Verify(verify) = &mut task {
        let matches = matches.subcommand_matches("verify").unwrap_or(&matches);
        if let Err((kind, what)) = verify.settle(matches) {
            command.error(kind, what).exit();
        }
    }
    task
}

/// Verify the contract, with the generated client, against an OCP.
///
/// Without --base-url or OCP_BASE_URL: the contract itself, then an embedded OCP.
/// With it: a real OCP, by GET requests only, and every operation that the given
/// names or ids are enough for.
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
    #[arg(long, value_name = "URL", env = "OCP_BASE_URL", hide_env_values = true, help_heading = REAL)]
    base_url: Option<String>,
    /// The option or the variable that it came from.
    #[arg(skip = "OCP_BASE_URL")]
    pub(crate) base_url_from: &'static str,
    /// The cluster, as OCP numbers it.
    #[arg(long, value_name = "ID", env = "OCP_CLUSTER_ID", hide_env_values = true, value_parser = id, help_heading = REAL)]
    cluster_id: Option<Value>,
    /// The tenant, as OCP numbers it; without it, no operation of a tenant is verified.
    #[arg(long, value_name = "ID", env = "OCP_TENANT_ID", hide_env_values = true, value_parser = id, help_heading = REAL)]
    tenant_id: Option<Value>,
    /// The cluster by its name, instead of --cluster-id.
    #[arg(long, value_name = "NAME", help_heading = REAL)]
    pub(crate) cluster: Option<String>,
    /// The tenant by its name, instead of --tenant-id; with --cluster if several clusters have
    /// a tenant of that name.
    #[arg(long, value_name = "NAME", help_heading = REAL)]
    pub(crate) tenant: Option<String>,
    /// Verify this operation only, which the OCP must then offer. May be repeated.
    #[arg(long, value_name = "ID", value_parser = PossibleValuesParser::new(operations()))]
    pub(crate) operation: Vec<String>,
    /// A YAML file with `user` and `password`, or `access_key` and `secret_key`.
    #[arg(long, value_name = "FILE", help_heading = REAL)]
    pub(crate) credentials: Option<PathBuf>,
    /// Certificate authorities to trust as well, in PEM form; the variable
    /// OCP_CA_CERTIFICATE holds their text.
    #[arg(long, value_name = "FILE", help_heading = REAL)]
    pub(crate) ca_certificate: Option<PathBuf>,
    /// Send one request without credentials to each operation. OCP counts it as a
    /// failed log-in; twenty of them lock the caller out.
    #[arg(long, help_heading = REAL)]
    pub(crate) check_authentication: bool,

    /// Rows of the embedded OCP, enough for every check; 0 for those of the
    /// documentation.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) rows: usize,
    /// Send no more requests than this, times the number of operations that are verified.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) max_requests: usize,
    /// How long one request may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds())]
    pub(crate) timeout: Duration,
    /// Keep what was asked and answered, host names and secrets replaced: transcript.json,
    /// and each conforming call as an interaction.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) record: Option<PathBuf>,
    /// Judge what --record has kept, without an OCP.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,

    /// Also write a report: html=FILE, json=FILE, junit=FILE or markdown=FILE. May be repeated, or
    /// have several with commas between them.
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = ',', value_parser = report)]
    pub(crate) report: Vec<(Renderer, PathBuf)>,
    /// Known findings: a YAML list of `fingerprint` and `reason`.
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// A report of an earlier run, in JSON: what has changed since is drift.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// The least severe finding that ends with exit code 1: a violation contradicts the
    /// contract, drift only adds to it.
    #[arg(long, default_value = "violation", value_parser = severity())]
    pub(crate) fail_on: Severity,
}

impl VerifyArguments {
    /// The OCP to verify; an empty text is none.
    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The ids that were given.
    pub(crate) fn ids(&self) -> verify::Arguments {
        let ids = [
            ("cluster_id", &self.cluster_id, &self.cluster),
            ("tenant_id", &self.tenant_id, &self.tenant),
        ]
        .into_iter();
        // A name was typed; an id may come from the environment.
        let given = ids.filter_map(|(name, id, named)| {
            let id = id.clone().filter(|id| !id.is_null() && named.is_none())?;
            Some((name.to_owned(), id))
        });
        given.collect()
    }

    /// Refuses options for another OCP than the one that is verified, or for one that is asked if
    /// none is. Variables of the environment may be there for other runs.
    fn settle(&mut self, matches: &ArgMatches) -> Result<(), (ErrorKind, String)> {
        let is_typed = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
        if is_typed(&"base_url") {
            self.base_url_from = "--base-url";
        }
        let typed = |names: &[&str]| {
            let name = names.iter().find(|name| is_typed(name));
            name.map(|name| verify::flag(name))
        };
        let of_real = typed(&[
            "cluster",
            "tenant",
            "cluster_id",
            "tenant_id",
            "credentials",
            "ca_certificate",
            "check_authentication",
        ]);
        let of_any = typed(&[
            "base_url",
            "operation",
            "rows",
            "max_requests",
            "timeout",
            "record",
        ]);
        if let (Some(flag), Some(_)) = (of_real.as_ref().or(of_any.as_ref()), &self.from) {
            let what = format!("{flag} is for an OCP that is asked, and --from judges a recording");
            return Err((ErrorKind::ArgumentConflict, what));
        }
        let both = [("cluster", "cluster_id"), ("tenant", "tenant_id")];
        if let Some((name, id)) = both
            .iter()
            .find(|(name, id)| is_typed(name) && is_typed(id))
        {
            let (name, id) = (verify::flag(name), verify::flag(id));
            let what = format!("give {name} or {id}, not both");
            return Err((ErrorKind::ArgumentConflict, what));
        }
        match (self.base_url(), of_real) {
            (None, Some(flag)) => Err((
                ErrorKind::MissingRequiredArgument,
                format!("{flag} is for a real OCP: give --base-url <URL>, too"),
            )),
            (Some(_), _) if is_typed(&"rows") => Err((
                ErrorKind::ArgumentConflict,
                format!(
                    "--rows is for the embedded OCP, and {} names another one",
                    self.base_url_from
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// Ids of the operations that can be verified.
fn operations() -> Vec<String> {
    let spec = contract_tests::spec().unwrap_or_default();
    let operations = verify::verifiable(spec).into_iter();
    operations.map(|one| one.id).collect()
}

/// Reads an id; an empty text is none, and `null`.
fn id(text: &str) -> Result<Value, String> {
    match text.parse::<i64>() {
        _ if text.is_empty() => Ok(Value::Null),
        Ok(id) => Ok(id.into()),
        Err(_) => Err("expected an integer".to_owned()),
    }
}

/// Reads a severity.
fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["violation", "drift"]).map(|name| match name.as_str() {
        "drift" => Severity::Drift,
        _ => Severity::Violation,
    })
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
    /// Let running restores end well after so many seconds; without it, they never end.
    #[arg(long, value_name = "SECONDS", value_parser = seconds())]
    pub(crate) ends_after: Option<Duration>,
    /// Behave as some real servers do. May be repeated.
    #[arg(long, value_enum)]
    pub(crate) variant: Vec<Variant>,
}

fn seconds() -> impl TypedValueParser<Value = Duration> {
    value_parser!(u64).range(1..=3600).map(Duration::from_secs)
}

fn report(text: &str) -> Result<(Renderer, PathBuf), String> {
    let (form, file) = text.split_once('=').ok_or("expected FORMAT=FILE")?;
    if file.is_empty() {
        return Err("expected a file after `=`".into());
    }
    Ok((report::renderer(form)?, PathBuf::from(file)))
}
