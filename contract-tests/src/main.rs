//! The command line of the contract tests; `cargo xtask` starts it.

mod arguments;
mod credentials;
mod guide;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use contract_tests::files::{self, Readers};
use contract_tests::verify::report::Report;
use contract_tests::verify::{self, Contract, Identity, Target, baseline, waivers};
use contract_tests::{contract, report};
use ocp_mock::{EmbeddedOcp, Settings};

use arguments::{MockArguments, Task, VerifyArguments};
use guide::{MOCK_KEY, MOCK_USER};

/// The address of the embedded OCP in the command lines of findings: that of `mock`.
const SHOWN_URL: &str = "http://127.0.0.1:8080";

#[tokio::main]
async fn main() -> ExitCode {
    let task = arguments::read();
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
        // Ctrl-C is the way to end a server, and no interruption.
        Ok(()) = stop_signal() => if is_mock {
            ExitCode::SUCCESS
        } else {
            complain("\ninterrupted; nothing was judged");
            ExitCode::from(130)
        },
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

/// Prints to standard output. A closed pipe is no error: a reader that stops, as `head` does,
/// still gets the exit code.
fn print(text: impl Display) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says why the program ends. If that cannot be written, the exit code is left.
fn complain(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

async fn run_verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let waived = arguments.waivers.as_deref().map(waivers::read);
    let waived = waived.transpose()?.unwrap_or_default();
    let earlier = arguments.baseline.as_deref().map(baseline::read);
    let earlier = earlier.transpose()?;
    // Before a long run, not behind it.
    let mut places = BTreeSet::new();
    for (_, file) in &arguments.report {
        let name = file.display();
        let place = files::writable_place(file);
        let place = place.with_context(|| format!("cannot write the report {name}"))?;
        anyhow::ensure!(
            places.insert(place),
            "only one report can be written into {name}"
        );
    }
    let mut report = match (&arguments.from, arguments.base_url()) {
        (Some(folder), _) => Contract::read()?.judge_recording(folder).await?,
        (None, Some(url)) => verify_real(url, &arguments).await?,
        (None, None) => verify_embedded(&arguments).await?,
    };
    report.fail_on = arguments.fail_on;
    if let Some(earlier) = earlier {
        baseline::apply(&mut report, earlier)?;
    }
    waivers::apply(&mut report, &waived);
    let printed = print(format_args!("\n{}", report::text(&report)?));
    let written = write_reports(&report, &arguments);
    match printed.and(written) {
        // A finding is worth more than a report that could not be written.
        Err(error) if report.exit_code() == 1 => complain(format_args!("error: {error:#}")),
        outcome => outcome?,
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn write_reports(report: &Report, arguments: &VerifyArguments) -> anyhow::Result<()> {
    for (render, file) in &arguments.report {
        let name = file.display();
        // A run that judged nothing has nothing to compare the next one with.
        if report.unjudged.is_some() && arguments.baseline.as_ref() == Some(file) {
            complain(format_args!("{name} stays as it is: nothing was judged"));
            continue;
        }
        let saved = files::save(&render(report)?, file, Readers::Umask);
        saved.with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

async fn verify_embedded(arguments: &VerifyArguments) -> anyhow::Result<Report> {
    let name = match arguments.rows {
        0 => "Embedded OCP with the documented rows".to_owned(),
        count => format!("Embedded OCP with {count} rows"),
    };
    print(format_args!(
        "{name}: the contract, then the embedded OCP, with the generated client.\n"
    ))?;
    let (key, secret) = MOCK_KEY;
    let settings = Settings {
        access_key: Some((key.to_owned(), secret.to_owned())),
        rate_limit: Some((1_000_000, Duration::from_secs(60))),
        ..Settings::default()
    }
    .with_rows(arguments.rows);
    let ocp = EmbeddedOcp::start(settings).await;
    let ocp = ocp.context("cannot start the embedded OCP")?;
    let contract = Contract::read()?;
    let url = ocp.url();
    let identity = Identity::AccessKey(key.to_owned(), secret.into(), Default::default());
    let target = Target {
        name,
        shown_url: SHOWN_URL,
        arguments: contract.documented_arguments(),
        check_authentication: true,
        ..target(&url, identity, arguments)
    };
    let mut report = contract.verify(&target).await?;
    contract::verify(&contract, &mut report).await;
    Ok(report)
}

async fn verify_real(url: &str, arguments: &VerifyArguments) -> anyhow::Result<Report> {
    let certificates = match &arguments.ca_certificate {
        Some(file) => {
            let pem = std::fs::read(file);
            let pem = pem.with_context(|| format!("cannot read {}", file.display()))?;
            Some(("--ca-certificate", pem))
        }
        None => {
            let variable = std::env::var("OCP_CA_CERTIFICATE").ok();
            let variable = variable.filter(|pem| !pem.is_empty());
            variable.map(|pem| ("OCP_CA_CERTIFICATE", pem.into_bytes()))
        }
    };
    let identity = credentials::read(arguments.credentials.as_deref())?;
    let mut target = Target {
        certificates,
        ..target(url, identity, arguments)
    };
    let contract = Contract::read()?;
    let (cluster, tenant) = (arguments.cluster.as_deref(), arguments.tenant.as_deref());
    if let Some(taken) = contract.resolve(cluster, tenant, &mut target).await? {
        print(format_args!("Found {taken}.\n"))?;
    }
    let ids = target.arguments.iter();
    let ids = ids.map(|(name, id)| format!("{} {id}, ", verify::flag(name)));
    print(format_args!(
        "Verifying an OCP: {}at most {} requests for each operation, all of them GET.\n",
        ids.collect::<String>(),
        target.max_requests
    ))?;
    contract.verify(&target).await
}

/// The OCP at a URL, as the command line wants it verified.
fn target<'a>(url: &'a str, identity: Identity, arguments: &'a VerifyArguments) -> Target<'a> {
    Target {
        name: "OCP".to_owned(),
        url,
        url_from: arguments.base_url_from,
        shown_url: url,
        identity,
        certificates: None,
        timeout: arguments.timeout,
        arguments: arguments.ids(),
        operations: arguments.operation.clone(),
        max_requests: arguments.max_requests,
        check_authentication: arguments.check_authentication,
        record: arguments.record.as_deref(),
    }
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
    print(format_args!("{guide}\n"))?;
    std::future::pending().await
}
