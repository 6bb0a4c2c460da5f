//! The command line of the contract tests; `cargo xtask` starts it.

mod arguments;
mod credentials;
mod guide;

use std::fmt::Display;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use contract_tests::verify::finding::Report;
use contract_tests::verify::{self, Contract, Identity, Target, baseline, waivers};
use contract_tests::{contract, report};
use ocp_contract::strict::Severity;
use ocp_mock::{EmbeddedOcp, Settings};

use arguments::{FailOn, MockArguments, Task, VerifyArguments};
use guide::{MOCK_KEY, MOCK_USER};

/// Where the command lines of findings find the embedded OCP: that of `mock`.
const SHOWN_URL: &str = "http://127.0.0.1:8080";

#[tokio::main]
async fn main() -> ExitCode {
    let operations = match contract_tests::spec() {
        Ok(spec) => verify::verifiable(&spec),
        Err(error) => {
            complain(format_args!("error: the description is not JSON: {error}"));
            return ExitCode::from(2);
        }
    };
    let task = arguments::read(&operations);
    // Nobody interrupts a server; one ends it.
    let is_mock = matches!(task, Task::Mock(_));
    let work = async {
        match task {
            Task::Verify(arguments) => run_verify(*arguments).await,
            Task::Mock(arguments) => run_mock(arguments).await,
        }
    };
    tokio::select! {
        // Listened for before any request can be answered.
        biased;
        Ok(()) = stop_signal(), if !is_mock => {
            complain("\ninterrupted; nothing was judged");
            ExitCode::from(130)
        }
        outcome = work => outcome.unwrap_or_else(|error| {
            complain(format_args!("error: {error:#}"));
            ExitCode::from(2)
        }),
    }
}

/// Waits for Ctrl-C or, as supervisors and containers end a program, SIGTERM. Process 1 of
/// a container gets neither unless it listens.
async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let terminated = terminate.recv();
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated => Ok(()),
    }
}

/// Prints what people asked for. A closed pipe is no error: whoever reads no further, as
/// `head` does, still gets the exit code.
fn print(text: impl Display) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says why the program ends. Where that cannot be written, the exit code is left.
fn complain(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

async fn run_verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let waived = match &arguments.waivers {
        Some(file) => waivers::read(file)?,
        None => Vec::new(),
    };
    let earlier = arguments.baseline.as_deref().map(baseline::read);
    let earlier = earlier.transpose()?;
    // Before a long run, not behind it.
    for (_, file) in &arguments.report {
        report::is_writable(file)?;
    }
    let mut report = match (&arguments.from, arguments.base_url()) {
        (Some(folder), _) => Contract::read()?.judge_recording(folder).await?,
        (None, Some(url)) => verify_real(url, &arguments).await?,
        (None, None) => verify_embedded(&arguments).await?,
    };
    report.fail_on = match arguments.fail_on {
        FailOn::Violation => Severity::Violation,
        FailOn::Drift => Severity::Drift,
    };
    if let Some(earlier) = earlier {
        baseline::apply(&mut report, earlier);
    }
    waivers::apply(&mut report, &waived);
    let printed = print(format_args!("\n{}", report::text(&report)));
    let written = write_reports(&report, &arguments);
    match printed.and(written) {
        // What was found is worth more than what could not be written.
        Err(error) if report.exit_code() == 1 => complain(format_args!("error: {error:#}")),
        outcome => outcome?,
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn write_reports(report: &Report, arguments: &VerifyArguments) -> anyhow::Result<()> {
    for (format, file) in &arguments.report {
        // A run that judged nothing has nothing to compare the next one with.
        if report.unjudged.is_some() && arguments.baseline.as_ref() == Some(file) {
            complain(format_args!(
                "{} stays as it is: nothing was judged",
                file.display()
            ));
            continue;
        }
        report::write(report, *format, file)?;
    }
    Ok(())
}

async fn verify_embedded(arguments: &VerifyArguments) -> anyhow::Result<Report> {
    let key = ("verify".to_owned(), "only for the embedded OCP".to_owned());
    let name = match arguments.rows {
        0 => "Embedded OCP with the documented rows".to_owned(),
        count => format!("Embedded OCP with {count} rows"),
    };
    print(format_args!(
        "{name}: the contract, then the embedded OCP, with the generated client.\n"
    ))?;
    let settings = Settings {
        access_key: Some(key.clone()),
        rate_limit: Some((1_000_000, Duration::from_secs(60))),
        ..Settings::default()
    }
    .with_rows(arguments.rows);
    let contract = Contract::read()?;
    let target = Target {
        name,
        url: "",
        url_from: "--base-url",
        shown_url: SHOWN_URL,
        identity: Identity::AccessKey(key.0, key.1.into()),
        certificates: None,
        timeout: arguments.timeout,
        arguments: contract.documented_arguments(),
        operations: arguments.operation.clone(),
        max_requests: arguments.max_requests,
        check_authentication: true,
        record: arguments.record.as_deref(),
    };
    let ocp = EmbeddedOcp::start(settings).await;
    let ocp = ocp.context("cannot start the embedded OCP")?;
    let url = ocp.url();
    let target = Target {
        url: &url,
        ..target
    };
    let mut report = contract.verify(&target).await?;
    contract::verify(&mut report).await?;
    Ok(report)
}

async fn verify_real(url: &str, arguments: &VerifyArguments) -> anyhow::Result<Report> {
    let variable = std::env::var("OCP_CA_CERTIFICATE").ok();
    let certificates = match &arguments.ca_certificate {
        Some(file) => {
            let pem = std::fs::read(file);
            let pem = pem.with_context(|| format!("cannot read {}", file.display()))?;
            Some(("--ca-certificate", pem))
        }
        None => variable
            .filter(|pem| !pem.is_empty())
            .map(|pem| ("OCP_CA_CERTIFICATE", pem.into_bytes())),
    };
    let identity = credentials::read(arguments.credentials.as_deref())?;
    let target = Target {
        name: "OCP".to_owned(),
        url,
        url_from: arguments.base_url_from,
        shown_url: url,
        identity,
        certificates,
        timeout: arguments.timeout,
        arguments: arguments.ids(),
        operations: arguments.operation.clone(),
        max_requests: arguments.max_requests,
        check_authentication: arguments.check_authentication,
        record: arguments.record.as_deref(),
    };
    let ids = target.arguments.iter();
    let ids: String = ids
        .map(|(name, id)| format!("{} {id}, ", verify::flag(name)))
        .collect();
    print(format_args!(
        "Verifying an OCP: {ids}at most {} requests, all of them GET.\n",
        target.max_requests
    ))?;
    Contract::read()?.verify(&target).await
}

async fn run_mock(arguments: MockArguments) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).with_context(|| {
        format!(
            "cannot listen on port {} of the loopback interface; --port names another",
            arguments.port
        )
    })?;
    let owned = |(name, secret): (&str, &str)| (name.to_owned(), secret.to_owned());
    let settings = Settings {
        basic: Some(owned(MOCK_USER)),
        access_key: Some(owned(MOCK_KEY)),
        rate_limit: arguments
            .rate_limit
            .map(|limit| (limit, Duration::from_secs(10))),
        ends_after: arguments.ends_after,
        variants: arguments.variant,
        ..Settings::default()
    }
    .with_rows(arguments.rows);
    let url = format!("http://{}", listener.local_addr()?);
    let guide = guide::guide(&url, &settings)?;
    let ocp = EmbeddedOcp::start_at(settings, listener).await;
    let _ocp = ocp.context("cannot start the embedded OCP")?;
    tokio::select! {
        // Listened for before anybody can have read what Ctrl-C does.
        biased;
        ended = stop_signal() => ended?,
        Err(error) = async { print(format_args!("{guide}\n")) } => return Err(error),
    }
    Ok(ExitCode::SUCCESS)
}
