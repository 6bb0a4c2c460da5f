//! The exchanges of a run as a file: `--record` keeps it, `--from` reads it again.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use chrono::Utc;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::contract::Subject;
use super::identity::Caller;
use super::redact::Redaction;
use super::secrets::Secrets;
use super::target::{Target, plain};
use super::transcript::{Body, Exchange, Purpose, Reading, Transcript, UNRESERVED};
use crate::files::{self, Readers};
use crate::replay::{self, Reader};

/// The version of the file's format.
const FORMAT: u32 = 1;
/// The name of the file.
const FILE: &str = "transcript.json";

/// The exchanges of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    format: u32,
    /// The program that wrote it, and its version.
    tool: String,
    /// The hash of the contract of that program.
    contract: String,
    /// The day on which OCP was asked.
    pub(super) date: String,
    /// The version of OCP, if it gives it.
    #[serde(default)]
    pub(super) ocp: Option<String>,
    pub(super) provider: String,
    /// The base URL that people are shown.
    pub(super) base_url: String,
    pub(super) caller: Caller,
    /// The ids that were given.
    pub(super) arguments: Arguments,
    /// Ids of the operations that were named; all, if empty.
    #[serde(default)]
    pub(super) operations: Vec<String>,
    pub(super) requests: usize,
    /// One transcript for each operation, in the order of the contract.
    pub(super) transcripts: Vec<Transcript>,
}

impl Recording {
    /// Of a target, before anything is sent.
    pub(super) fn new(target: &Target<'_>, contract: String) -> Self {
        Self {
            format: FORMAT,
            tool: concat!("ocp-verify ", env!("CARGO_PKG_VERSION")).to_owned(),
            contract,
            date: Utc::now().format("%F").to_string(),
            ocp: None,
            provider: target.name.clone(),
            base_url: plain(target.shown_url),
            caller: target.identity.caller(),
            arguments: target.arguments.clone(),
            operations: target.operations.clone(),
            requests: 0,
            transcripts: Vec::new(),
        }
    }

    /// The exchanges of all operations.
    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.transcripts.iter().flat_map(|one| &one.exchanges)
    }

    /// The same without names and secrets.
    fn redacted(&self, redaction: &Redaction<'_>) -> Self {
        let mut redacted = self.clone();
        redacted.base_url = redaction.own(&self.base_url);
        for transcript in &mut redacted.transcripts {
            if let Some(stop) = &mut transcript.stop {
                stop.each_text(|text| redaction.text(text));
            }
            for exchange in &mut transcript.exchanges {
                redact(exchange, redaction);
            }
        }
        redacted
    }
}

fn redact(exchange: &mut Exchange, redaction: &Redaction<'_>) {
    if let Purpose::Filter(query) = &mut exchange.purpose {
        query.filter.each_name(|name| redaction.own(name));
    }
    exchange.request = request(&exchange.request, redaction);
    if let Some(trouble) = &mut exchange.trouble {
        *trouble = redaction.text(trouble);
    }
    if let Some(response) = &mut exchange.response {
        for (name, value) in &mut response.headers {
            if name != "date" {
                *value = redaction.text(value);
            }
        }
        if let Body::Body(body) = &mut response.body {
            *body = redaction.value(body);
        }
    }
}

/// Path and query; the values of the query may name a host.
fn request(request: &str, redaction: &Redaction<'_>) -> String {
    let Some((path, query)) = request.split_once('?') else {
        return request.to_owned();
    };
    let parameters = query.split('&').map(|parameter| {
        let (name, sent) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode_str(sent).decode_utf8_lossy();
        match redaction.own(&value) {
            own if own == value => parameter.to_owned(),
            own => format!("{name}={}", utf8_percent_encode(&own, UNRESERVED)),
        }
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

/// Makes sure that nothing is kept in a folder yet.
///
/// # Errors
///
/// If something is.
pub(super) fn is_free(folder: &Path, subjects: &[&Subject]) -> anyhow::Result<()> {
    let operations = subjects.iter().map(|one| one.operation.id.as_str());
    for name in operations.chain([FILE]) {
        let path = folder.join(name);
        ensure!(
            !path.exists(),
            "{} is there already; name a new folder to record into",
            path.display()
        );
    }
    Ok(())
}

/// Keeps a recording in a folder, names of hosts and secrets replaced; beside it, each
/// conforming call of the client as an interaction.
///
/// # Errors
///
/// If it cannot be written.
pub(super) fn write(
    folder: &Path,
    recording: &Recording,
    violating: &[BTreeSet<usize>],
    secrets: &Secrets,
    names: &[String],
) -> anyhow::Result<()> {
    if recording.exchanges().all(|one| one.response.is_none()) {
        return Ok(());
    }
    let value = serde_json::to_value(recording)?;
    let redacted = recording.redacted(&Redaction::new(secrets, names, &value)?);
    let text = serde_json::to_string_pretty(&redacted)?;
    save(&folder.join(FILE), &format!("{text}\n"))?;
    for (transcript, violating) in redacted.transcripts.iter().zip(violating) {
        let mut kept = BTreeSet::new();
        for (index, exchange) in transcript.exchanges.iter().enumerate() {
            let is_evidence = exchange.by_client
                && !matches!(exchange.status(), 401 | 429)
                && !violating.contains(&index);
            if let (true, Some(body)) = (is_evidence, exchange.body())
                && kept.insert(&exchange.request)
            {
                let case = format!("{}/recorded-{:03}", transcript.operation, kept.len());
                let case = folder.join(case);
                let interaction = interaction(&redacted, exchange);
                save(&case.join("interaction.yaml"), &interaction)?;
                save(&case.join("response.json"), &format!("{body:#}\n"))?;
            }
        }
    }
    Ok(())
}

fn interaction(recording: &Recording, exchange: &Exchange) -> String {
    let line = json!(format!("GET {}", exchange.request));
    let media_type = json!(exchange.header("content-type").unwrap_or_default());
    let version = match &recording.ocp {
        Some(version) => format!("  ocp: {}\n", json!(version)),
        None => "  # This OCP does not give its version; you may know it.\n  # ocp: 4.3.1\n".into(),
    };
    let (date, status) = (&recording.date, exchange.status());
    format!(
        "source:\n  grade: recorded\n  document: A running OCP, by cargo xtask verify\n  address: not recorded\n  date: {date}\n  # Host names, addresses and secrets are replaced.\n{version}request: {line}\nresponse:\n  status: {status}\n  headers:\n    Content-Type: {media_type}\n"
    )
}

/// Writes a file into a folder that it makes, if need be. What a pattern has missed is nobody
/// else's to read.
fn save(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let folder = file.parent().unwrap_or(file);
    let made = builder.recursive(true).create(folder);
    made.with_context(|| format!("cannot make {}", folder.display()))?;
    let saved = files::save(text, file, Readers::Owner);
    saved.with_context(|| format!("cannot write {}", file.display()))
}

/// Reads a recording, and lets the generated client read its responses.
///
/// # Errors
///
/// If it is damaged, of another format, or of an operation that the contract does not have.
pub(super) async fn read(folder: &Path, subjects: &[Subject]) -> anyhow::Result<Recording> {
    let file = match folder.is_dir() {
        true => folder.join(FILE),
        false => folder.to_owned(),
    };
    let name = file.display();
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
    let damaged = || format!("{name} is no transcript that `--record` wrote, or is damaged");
    let value: Value = serde_json::from_str(&text).with_context(damaged)?;
    if let Some(format) = value["format"].as_u64()
        && format != u64::from(FORMAT)
    {
        bail!(
            "{name} has format version {format}; this program reads {FORMAT}: record it again, or judge it with the program that wrote it"
        );
    }
    let mut recording: Recording = serde_json::from_value(value).with_context(damaged)?;
    let transcripts = recording.transcripts.iter().map(|one| &one.operation);
    for operation in transcripts.chain(&recording.operations) {
        ensure!(
            subjects.iter().any(|one| one.operation.id == *operation),
            "{name} is of {operation}, an operation that the contract does not have"
        );
    }
    let (sent, kept) = (recording.requests, recording.exchanges().count());
    // The question for the version is no exchange.
    ensure!(
        sent == kept || sent == kept + 1,
        "{}: {sent} requests were sent, and {kept} are kept",
        damaged()
    );
    let reader = Reader::start().await?;
    for transcript in &mut recording.transcripts {
        let operation = &transcript.operation;
        for exchange in &mut transcript.exchanges {
            if exchange.by_client {
                let path = transcript.path.clone();
                exchange.reading = reading(&reader, operation, path, exchange).await;
            }
        }
    }
    Ok(recording)
}

/// The client's reading of a stored response; none without a whole one.
async fn reading(
    reader: &Reader,
    operation: &str,
    mut arguments: Map<String, Value>,
    exchange: &Exchange,
) -> Option<Reading> {
    let stored = exchange.response.as_ref()?;
    let Body::Body(body) = &stored.body else {
        return None;
    };
    let response = replay::response(stored.status, &stored.headers, body.to_string()).ok()?;
    if let Some(page) = exchange.page {
        arguments.insert("page".to_owned(), page.number.into());
        arguments.insert("size".to_owned(), page.size.into());
    }
    Some(reader.read(operation, arguments, &response).await.into())
}
