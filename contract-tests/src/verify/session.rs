//! The session with the OCP under test: sends requests one after the other, keeps to
//! its limits, says when to stop, and records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oceanbase_ocp::RateLimit;
use ocp_contract::{Location, Operation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::identity::Identity;
use super::provider::{Exchanged, Provider, Trouble, plain};
use super::record::Recorder;
use super::request::Request;
use super::response::Response;
use super::secrets::Secrets;
use super::target::Target;

/// The longest wait for the end of a throttling window.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The shortest window that OCP documents, for a 429 that does not say.
const SHORTEST_WINDOW: Duration = Duration::from_secs(10);
/// So many requests without a response in a row end the run.
const PATIENCE: usize = 3;
/// Where OCP gives its version, among other things.
const INFO: &str = "/api/v2/info";
/// What stands for itself in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why no more requests are sent.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// As many were sent as were allowed.
    Cap(usize),
    /// OCP does not answer; its message or the connection's.
    NoResponse(String),
    /// Credentials are missing or wrong. More requests could lock them out.
    Refused(String),
    /// What the arguments name is not there, or not to be seen; another operation
    /// may do better.
    Inaccessible(String),
    /// The throttling window lasts too long.
    Throttled(String),
}

impl Stop {
    /// Whether no other operation can be asked for either.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Self::Inaccessible(_))
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cap(cap) => write!(
                f,
                "the limit of requests, {cap}, is reached; --max-requests raises it"
            ),
            Self::NoResponse(what)
            | Self::Refused(what)
            | Self::Inaccessible(what)
            | Self::Throttled(what) => f.write_str(what),
        }
    }
}

/// The session with an OCP, on one operation at a time.
pub(super) struct Session {
    provider: Provider,
    /// The base URL that people are shown.
    shown: String,
    identity: Identity,
    pub(super) secrets: Arc<Secrets>,
    pub(super) operation: Operation,
    /// Values of the path parameters, by their names on the wire.
    pub(super) path_arguments: Map<String, Value>,
    recorder: Option<Recorder>,
    cap: usize,
    timeout: Duration,
    pub(super) sent: usize,
    /// Responses that had an envelope.
    pub(super) envelopes: usize,
    /// Whether some request with credentials was not refused for want of a log-in.
    pub(super) is_let_in: bool,
    /// The version of OCP, if it gives it.
    pub(super) version: Option<String>,
    is_version_asked: bool,
    silent: usize,
    not_before: Option<Instant>,
    progress: indicatif::ProgressBar,
}

impl Session {
    /// `operation` is the one that is called first.
    pub(super) fn new(
        target: &Target<'_>,
        operation: &Operation,
        secrets: Arc<Secrets>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            provider: Provider::new(target)?,
            shown: plain(target.shown_url),
            identity: target.identity.clone(),
            secrets,
            operation: operation.clone(),
            path_arguments: Map::new(),
            recorder: None,
            cap: target.max_requests,
            timeout: target.timeout,
            sent: 0,
            envelopes: 0,
            is_let_in: false,
            version: None,
            is_version_asked: false,
            silent: 0,
            not_before: None,
            progress: spinner(target.max_requests),
        })
    }

    /// Requests are of this operation from now on.
    pub(super) fn turn_to(
        &mut self,
        operation: &Operation,
        arguments: &Arguments,
        recorder: Option<Recorder>,
    ) {
        self.operation = operation.clone();
        self.recorder = recorder;
        self.path_arguments = operation
            .parameters_in(Location::Path)
            .filter_map(|one| Some((one.name.clone(), arguments.get(&one.argument)?.clone())))
            .collect();
    }

    /// Sends a request, when OCP wants it and as long as there may be more.
    ///
    /// With the response comes why no other should be sent, if so.
    pub(super) async fn send(
        &mut self,
        request: &Request<'_>,
    ) -> Result<(Response, Option<Stop>), Stop> {
        self.spend().await?;
        let mut arguments = self.path_arguments.clone();
        let (exchanged, is_anonymous, is_probe) = match request {
            Request::Call(query) => {
                arguments.extend(query.arguments.clone());
                let operation = &self.operation.id;
                let mut exchanged = self.provider.call(operation, arguments.clone()).await;
                exchanged
                    .target
                    .get_or_insert_with(|| self.path(&arguments));
                (exchanged, false, query.is_probe)
            }
            Request::Raw(raw) => {
                if let Some((name, text)) = &raw.other {
                    arguments.insert(name.clone(), Value::from(*text));
                }
                let target = format!("{}?{}", self.path(&arguments), raw.query);
                let exchanged = self.provider.get(target, !raw.is_anonymous).await;
                (exchanged, raw.is_anonymous, raw.is_probe)
            }
        };
        let trouble = exchanged.trouble;
        let response = self.response(exchanged, is_anonymous, is_probe);
        let stop = self.stop(&response, trouble);
        if let (Some(recorder), Request::Call(_), None) = (&mut self.recorder, request, &stop)
            && response.status() != 429
        {
            recorder.keep(&response);
        }
        Ok((response, stop))
    }

    /// Asks once for the version of OCP. That is no request of the contract; what
    /// comes instead of a version is no finding.
    ///
    /// # Errors
    ///
    /// When no more requests may be sent.
    pub(super) async fn ask_version(&mut self) -> Result<(), Stop> {
        if std::mem::replace(&mut self.is_version_asked, true) {
            return Ok(());
        }
        self.spend().await?;
        let exchanged = self.provider.get(INFO.to_owned(), true).await;
        let Some(received) = exchanged.received else {
            return Ok(());
        };
        self.pace(&received.headers, received.status);
        let body: Value = serde_json::from_slice(received.body.as_deref().unwrap_or_default())
            .unwrap_or_default();
        self.version = version(&body).map(|version| self.secrets.text(version));
        Ok(())
    }

    /// Writes what was recorded of the operation.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write_record(&self) -> anyhow::Result<()> {
        match &self.recorder {
            Some(recorder) => recorder.write(self.version.as_deref()),
            None => Ok(()),
        }
    }

    fn path(&self, arguments: &Map<String, Value>) -> String {
        let path = self.operation.path.clone();
        arguments.iter().fold(path, |path, (name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let text = utf8_percent_encode(&text, SEGMENT).to_string();
            path.replace(&format!("{{{name}}}"), &text)
        })
    }

    fn response(&mut self, exchanged: Exchanged, is_anonymous: bool, is_probe: bool) -> Response {
        let target = exchanged.target.unwrap_or_default();
        let secrets = Arc::clone(&self.secrets);
        let response = Response {
            number: self.sent,
            curl: self.curl(&target, !is_anonymous),
            target,
            is_probe,
            is_anonymous,
            ..Response::new(exchanged.received, exchanged.outcome, secrets)
        };
        self.envelopes += usize::from(response.is_from_ocp());
        self.is_let_in |= response.has_envelope() && response.status() != 401 && !is_anonymous;
        match &response.received {
            Some(received) => {
                self.silent = 0;
                self.pace(&received.headers, received.status);
            }
            None => self.silent += 1,
        }
        response
    }

    /// Whether no other request should be sent, and why.
    fn stop(&self, response: &Response, trouble: Option<Trouble>) -> Option<Stop> {
        let is_refused = !response.is_anonymous && response.status() == 401;
        self.no_response(response, trouble)
            .or_else(|| is_refused.then(|| self.refused(response)))
    }

    /// Whether it makes sense to go on without a response.
    fn no_response(&self, response: &Response, trouble: Option<Trouble>) -> Option<Stop> {
        let mut what = match trouble? {
            Trouble::Timeout => format!(
                "GET {} took longer than {} s; --timeout allows more",
                response.target,
                self.timeout.as_secs()
            ),
            Trouble::Connection => {
                let is_hopeless = self.sent == 1 || self.silent >= PATIENCE;
                if response.received.is_some() || !is_hopeless {
                    return None;
                }
                response.summary()
            }
        };
        if self.sent == 1 {
            what.push_str(
                "; is an OCP running there, and is --base-url what this host reaches it by?",
            );
        }
        Some(Stop::NoResponse(what))
    }

    fn refused(&self, response: &Response) -> Stop {
        let why = match (&self.identity, self.is_let_in) {
            (Identity::Nobody, false) => {
                "this OCP wants credentials: set OCP_USER and OCP_PASSWORD, or OCP_ACCESS_KEY and OCP_SECRET_KEY"
            }
            (_, false) => {
                "the credentials are refused; nothing more is sent, because failures lock the caller out"
            }
            _ => {
                "a request is refused like one without a log-in, though others were not; nothing more is sent"
            }
        };
        Stop::Refused(format!("{why} ({})", response.summary()))
    }

    /// Waits while OCP wants to be left alone, and counts.
    async fn spend(&mut self) -> Result<(), Stop> {
        if self.sent >= self.cap {
            return Err(Stop::Cap(self.cap));
        }
        if let Some(due) = self.not_before.take() {
            let wait = due.saturating_duration_since(Instant::now());
            if wait > LONGEST_WAIT {
                return Err(Stop::Throttled(format!(
                    "OCP allows no more requests for {} seconds (RateLimit-Reset); try again then",
                    wait.as_secs()
                )));
            }
            self.progress
                .set_message(format!("waiting {} s for OCP's rate limit", wait.as_secs()));
            tokio::time::sleep(wait).await;
            self.progress.set_message("");
        }
        self.sent += 1;
        self.progress.inc(1);
        Ok(())
    }

    fn pace(&mut self, headers: &HeaderMap, status: u16) {
        let limit = RateLimit::of(headers);
        let reset = limit.and_then(|limit| limit.reset);
        let wait = match (status, limit.and_then(|limit| limit.remaining)) {
            (429, _) => reset.unwrap_or(SHORTEST_WINDOW),
            (_, Some(0)) => reset.unwrap_or_default(),
            _ => return,
        };
        self.not_before = Instant::now().checked_add(wait);
    }

    /// A command line that sends the request again. The secret is taken from
    /// the environment; a signature cannot be repeated, so it is masked.
    fn curl(&self, target: &str, with_credentials: bool) -> String {
        let who = match &self.identity {
            Identity::User(..) if with_credentials => r#" -u "$OCP_USER:$OCP_PASSWORD""#,
            Identity::AccessKey(..) if with_credentials => {
                " -H 'Authorization: OCP-ACCESS-KEY-HMACSHA1 ***'"
            }
            _ => "",
        };
        let url = format!("{}{target}", self.shown).replace('\'', "%27");
        format!("curl -sS -H 'Content-Type: application/json'{who} '{url}'")
    }

    pub(super) fn finish(&self) {
        self.progress.finish_and_clear();
    }
}

/// The version of OCP in what `/api/v2/info` returns. It goes into reports and recordings,
/// so it must look like one.
fn version(info: &Value) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    let version = info.get("buildVersion")?.as_str()?;
    (1..=64)
        .contains(&version.len())
        .then_some(version)
        .filter(|version| version.chars().all(is_plain))
}

/// Progress for people; nothing where standard error is no terminal.
fn spinner(cap: usize) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(cap as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template("  {spinner} {pos} requests {msg}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_looks_like_one() {
        for (info, due) in [
            (json!({ "buildVersion": "4.3.1-20240809" }), true),
            (json!({ "buildVersion": "a".repeat(64) }), true),
            (json!({ "buildVersion": "a".repeat(65) }), false),
            (json!({ "buildVersion": "" }), false),
            (json!({ "buildVersion": "4.3 <b>" }), false),
            (json!({ "buildVersion": 4.3 }), false),
            (json!({}), false),
            (json!("4.3.1"), false),
        ] {
            assert_eq!(version(&info).is_some(), due, "{info}");
        }
    }
}
