//! The OCP under test: sends requests, one after the other, and keeps to limits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oceanbase_ocp::{Client, Credentials, Error, Exchange, RetryPolicy, http};
use ocp_contract::{Location, Operation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::answer::{Answer, Seen};
use super::arguments::Arguments;
use super::identity::Identity;
use super::secrets::Secrets;
use crate::bridge::{self, Decoded, Failure};

/// The longest wait for the end of a throttling window.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The shortest window that OCP documents, for a 429 that does not tell.
const SHORTEST_WINDOW: Duration = Duration::from_secs(10);
/// So many requests without an answer in a row end the run.
const PATIENCE: usize = 3;
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
    /// OCP does not answer; its words or the connection's.
    NoAnswer(String),
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
            Self::NoAnswer(what)
            | Self::Refused(what)
            | Self::Inaccessible(what)
            | Self::Throttled(what) => f.write_str(what),
        }
    }
}

/// A request to send.
pub(super) enum Request<'a> {
    /// A call of the client, with the path arguments of the run unless it has others.
    Call(&'a Query),
    /// What the client cannot express.
    Raw(RawRequest),
}

/// A request as it is written here, with the path arguments of the run unless it
/// has another one.
pub(super) struct RawRequest {
    /// The query, encoded.
    query: String,
    /// Name of a path parameter on the wire, and what stands in its place.
    other: Option<(String, &'static str)>,
    is_anonymous: bool,
    is_probe: bool,
}

impl RawRequest {
    pub(super) fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            other: None,
            is_anonymous: false,
            is_probe: false,
        }
    }

    /// Another text for a parameter of the path. That is no request of the contract.
    pub(super) fn path_argument(self, name: &str, text: &'static str) -> Self {
        Self {
            other: Some((name.to_owned(), text)),
            is_probe: true,
            ..self
        }
    }

    /// Without credentials.
    pub(super) fn anonymous(self) -> Self {
        Self {
            is_anonymous: true,
            ..self
        }
    }
}

/// Why there is no whole answer.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Timeout,
    Connection,
}

/// The provider under test.
pub(super) struct Provider {
    client: Client,
    base: String,
    /// The base URL that people are shown.
    shown: String,
    identity: Identity,
    secrets: Arc<Secrets>,
    pub(super) operation: Operation,
    /// Values of the path parameters, by their names on the wire.
    pub(super) path_arguments: Map<String, Value>,
    exchange: Arc<Mutex<Option<Exchange>>>,
    cap: usize,
    timeout: Duration,
    pub(super) sent: usize,
    /// Answers that had an envelope.
    pub(super) envelopes: usize,
    /// Whether some request with credentials was not refused for want of a log-in.
    pub(super) is_let_in: bool,
    silent: usize,
    not_before: Option<Instant>,
    progress: indicatif::ProgressBar,
}

/// What a provider is made of.
pub(super) struct Settings<'a> {
    pub(super) url: &'a str,
    pub(super) shown: &'a str,
    pub(super) identity: Identity,
    pub(super) secrets: Arc<Secrets>,
    pub(super) certificates: Option<&'a [u8]>,
    pub(super) timeout: Duration,
    pub(super) cap: usize,
    /// The operation that is called first.
    pub(super) operation: Operation,
}

impl Provider {
    pub(super) fn new(settings: Settings<'_>) -> Result<Self, Error> {
        let exchange = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&exchange);
        let mut builder = Client::builder(settings.url)
            .credentials(settings.identity.credentials()?)
            .timeout(settings.timeout)
            // What comes is judged, not mended.
            .retry(RetryPolicy::disabled())
            .connect_timeout(settings.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("oceanbase-ocp-verify/", env!("CARGO_PKG_VERSION")))
            .on_exchange(move |seen: &Exchange| {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen.clone());
            });
        if let Some(pem) = settings.certificates {
            builder = builder.root_certificate_pem(pem);
        }
        Ok(Self {
            client: builder.build()?,
            base: plain(settings.url),
            shown: plain(settings.shown),
            identity: settings.identity,
            secrets: settings.secrets,
            operation: settings.operation,
            path_arguments: Map::new(),
            exchange,
            cap: settings.cap,
            timeout: settings.timeout,
            sent: 0,
            envelopes: 0,
            is_let_in: false,
            silent: 0,
            not_before: None,
            progress: spinner(settings.cap),
        })
    }

    /// Requests are of this operation from now on.
    pub(super) fn turn_to(&mut self, operation: &Operation, arguments: &Arguments) {
        self.operation = operation.clone();
        self.path_arguments = operation
            .parameters_in(Location::Path)
            .filter_map(|one| Some((one.name.clone(), arguments.get(&one.argument)?.clone())))
            .collect();
    }

    /// Sends a request, when OCP wants it and as long as there may be more.
    ///
    /// With the answer comes why no other should be sent, if so.
    pub(super) async fn send(
        &mut self,
        request: &Request<'_>,
    ) -> Result<(Answer, Option<Stop>), Stop> {
        self.spend().await?;
        Ok(match request {
            Request::Call(query) => self.call(query).await,
            Request::Raw(raw) => {
                let mut arguments = self.path_arguments.clone();
                if let Some((name, text)) = &raw.other {
                    arguments.insert(name.clone(), Value::from(*text));
                }
                let target = format!("{}?{}", self.path(&arguments), raw.query);
                let (seen, trouble) = self.fetch(&target, !raw.is_anonymous).await;
                let sent = Sent {
                    target,
                    is_anonymous: raw.is_anonymous,
                    is_probe: raw.is_probe,
                };
                self.answer(sent, seen, None, trouble)
            }
        })
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

    async fn call(&mut self, query: &Query) -> (Answer, Option<Stop>) {
        let mut arguments = query.arguments.clone();
        for (name, value) in &self.path_arguments {
            arguments.entry(name).or_insert(value.clone());
        }
        let outcome = bridge::call(&self.client, &self.operation.id, arguments.clone()).await;
        let exchange = self
            .exchange
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let target = match &exchange {
            Some(exchange) => self.target(&exchange.url),
            None => self.path(&arguments),
        };
        let seen = exchange.map(Seen::from);
        let trouble = match &outcome {
            Err(Failure::Call(error)) => trouble(error),
            _ => None,
        };
        let sent = Sent {
            target,
            is_anonymous: false,
            is_probe: query.is_probe,
        };
        self.answer(sent, seen, Some(outcome), trouble)
    }

    async fn fetch(&self, target: &str, with_credentials: bool) -> (Option<Seen>, Option<Trouble>) {
        let client = match with_credentials {
            true => self.client.clone(),
            false => self.client.with_credentials(Credentials::anonymous()),
        };
        let Ok(request) = http::Request::get(target).body("") else {
            return (None, None);
        };
        let outcome = client.execute(request).await;
        (self.seen(), outcome.err().as_ref().and_then(trouble))
    }

    /// What came over the wire last.
    fn seen(&self) -> Option<Seen> {
        let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        exchange.take().map(Seen::from)
    }

    fn answer(
        &mut self,
        sent: Sent,
        seen: Option<Seen>,
        outcome: Option<Result<Decoded, Failure>>,
        trouble: Option<Trouble>,
    ) -> (Answer, Option<Stop>) {
        let body = match seen.as_ref().map(|seen| seen.body.as_deref()) {
            Some(Some([])) => Err("empty".to_owned()),
            Some(Some(bytes)) => serde_json::from_slice(bytes)
                .map_err(|error| format!("not JSON ({error}): {}", self.beginning(bytes))),
            Some(None) => Err("broken off, or endless".to_owned()),
            None => Err("missing".to_owned()),
        };
        let answer = Answer {
            curl: self.curl(&sent.target, !sent.is_anonymous),
            target: sent.target,
            is_probe: sent.is_probe,
            is_anonymous: sent.is_anonymous,
            secrets: Arc::clone(&self.secrets),
            seen,
            body,
            outcome,
        };
        self.envelopes += usize::from(answer.is_from_ocp());
        self.is_let_in |= answer.has_envelope() && answer.status() != 401 && !sent.is_anonymous;
        match &answer.seen {
            Some(seen) => {
                self.silent = 0;
                self.pace(&seen.headers, seen.status);
            }
            None => self.silent += 1,
        }
        let stop = self.no_answer(&answer, trouble).or_else(|| {
            let is_refused = !sent.is_anonymous && answer.status() == 401;
            is_refused.then(|| self.refused(&answer))
        });
        (answer, stop)
    }

    /// Whether it makes sense to go on without an answer.
    fn no_answer(&self, answer: &Answer, trouble: Option<Trouble>) -> Option<Stop> {
        let mut what = match trouble? {
            Trouble::Timeout => format!(
                "GET {} took longer than {} s; --timeout allows more",
                answer.target,
                self.timeout.as_secs()
            ),
            Trouble::Connection => {
                let is_hopeless = self.sent == 1 || self.silent >= PATIENCE;
                if answer.seen.is_some() || !is_hopeless {
                    return None;
                }
                answer.brief()
            }
        };
        if self.sent == 1 {
            what.push_str(
                "; is an OCP running there, and is --base-url what this host reaches it by?",
            );
        }
        Some(Stop::NoAnswer(what))
    }

    fn refused(&self, answer: &Answer) -> Stop {
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
        Stop::Refused(format!("{why} ({})", answer.brief()))
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
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let reset = number("RateLimit-Reset").map(Duration::from_secs);
        let wait = match (status, number("RateLimit-Remaining")) {
            (429, _) => reset.unwrap_or(SHORTEST_WINDOW),
            (_, Some(0)) => reset.unwrap_or_default(),
            _ => return,
        };
        self.not_before = Instant::now().checked_add(wait);
    }

    fn target(&self, url: &reqwest::Url) -> String {
        let text = url.as_str();
        text.strip_prefix(&self.base).unwrap_or(text).to_owned()
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

    /// What must not appear in any output.
    pub(super) fn secrets(&self) -> Arc<Secrets> {
        Arc::clone(&self.secrets)
    }

    fn beginning(&self, bytes: &[u8]) -> String {
        let text = self.secrets.text(&String::from_utf8_lossy(bytes));
        let text: String = text.chars().take(60).collect();
        format!("{text:?}")
    }

    pub(super) fn finish(&self) {
        self.progress.finish_and_clear();
    }
}

fn trouble(error: &Error) -> Option<Trouble> {
    if error.is_timeout() {
        return Some(Trouble::Timeout);
    }
    error.is_connection().then_some(Trouble::Connection)
}

/// A base URL as the HTTP client writes it: the host in small letters, no port
/// that goes without saying, no slash at the end.
fn plain(url: &str) -> String {
    let url = url.trim();
    let parsed = reqwest::Url::parse(url).map_or_else(|_| url.to_owned(), Into::into);
    parsed.trim_end_matches('/').to_owned()
}

/// Progress for people; nothing where standard error is no terminal.
fn spinner(cap: usize) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(cap as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template("  {spinner} {pos} requests {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A request that was sent.
struct Sent {
    /// Path and query.
    target: String,
    is_anonymous: bool,
    is_probe: bool,
}

/// Arguments of a call by parameter name.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) arguments: Map<String, Value>,
    is_probe: bool,
}

impl Query {
    pub(super) fn page(page: i64, size: i64) -> Self {
        Self::default().with("page", page).with("size", size)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with arguments that the contract does not allow, or does not
    /// say of how they are refused.
    pub(super) fn probe(mut self) -> Self {
        self.is_probe = true;
        self
    }

    /// A number among the arguments.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }
}
