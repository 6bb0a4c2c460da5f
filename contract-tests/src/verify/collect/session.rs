//! The session with an OCP: sends one request after the other, keeps to the limits of OCP and of
//! whatever stands before it, and says when to stop. It judges nothing.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use oceanbase_ocp::{
    Client, Credentials, Error, Exchange as OnTheWire, RateLimit, RetryPolicy, http,
};
use ocp_contract::{Location, Operation};
use percent_encoding::utf8_percent_encode;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::plan::{Raw, Request};
use crate::bridge::{self, Decoded, Failure};
use crate::verify::identity::Caller;
use crate::verify::row::plain;
use crate::verify::secrets::Secrets;
use crate::verify::target::{self, Target};
use crate::verify::transcript::{
    Body, Exchange, Page, Purpose, Reading, Response, Stop, UNRESERVED, is_envelope,
};

/// So many times a request is sent again that is refused for now.
const REFUSALS: usize = 2;
/// So many times a request is sent again whose connection ended without a response.
const CLOSED: usize = 2;
/// The longest wait before the next request.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The shortest window that OCP documents, for a 429 that does not say.
const SHORTEST_WINDOW: Duration = Duration::from_secs(10);
/// The wait after a gateway's refusal that does not say how long.
const GATEWAY: Duration = Duration::from_secs(1);
/// So many requests without a response in a row end the run.
const PATIENCE: usize = 3;
/// Where OCP gives its version, among other things.
const INFO: &str = "/api/v2/info";
/// The headers that are judged.
const HEADERS: [&str; 8] = [
    "content-encoding",
    "content-type",
    "date",
    "location",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
];
/// What is to be done after an exchange.
pub(super) enum Next {
    GoOn,
    /// The same request once more.
    Repeat,
    Stop(Stop),
}

/// The session with an OCP.
pub(crate) struct Session<'a> {
    pub(super) target: &'a Target<'a>,
    client: Client,
    base: String,
    on_the_wire: Arc<Mutex<Option<OnTheWire>>>,
    pub(super) secrets: Arc<Secrets>,
    pub(crate) sent: usize,
    /// Whether some request with credentials was not refused for want of a log-in.
    is_let_in: bool,
    /// The version of OCP, if it gives it.
    pub(crate) version: Option<String>,
    is_version_asked: bool,
    /// Requests without a response, in a row.
    silent: usize,
    /// Connections that ended without a response to the same request, in a row.
    closed: usize,
    /// Responses that refused the same request for now, in a row.
    refusals: usize,
    not_before: Option<Instant>,
    progress: indicatif::ProgressBar,
}

impl<'a> Session<'a> {
    pub(crate) fn new(target: &'a Target<'a>, secrets: Arc<Secrets>) -> Result<Self, Error> {
        let on_the_wire = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&on_the_wire);
        let mut builder = Client::builder(target.url)
            .credentials(target.identity.credentials()?)
            .timeout(target.timeout)
            // What comes is judged, not mended.
            .retry(RetryPolicy::disabled())
            .connect_timeout(target.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("oceanbase-ocp-verify/", env!("CARGO_PKG_VERSION")))
            .on_exchange(move |one: &OnTheWire| {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(one.clone());
            });
        if let Some((_, pem)) = &target.certificates {
            builder = builder.root_certificate_pem(pem.as_slice());
        }
        Ok(Self {
            target,
            client: builder.build()?,
            base: target::plain(target.url),
            on_the_wire,
            secrets,
            sent: 0,
            is_let_in: false,
            version: None,
            is_version_asked: false,
            silent: 0,
            closed: 0,
            refusals: 0,
            not_before: None,
            progress: spinner(target.max_requests),
        })
    }

    /// Sends a request, when OCP wants it and as long as there may be more. Pages are counted
    /// from `first_page`.
    pub(super) async fn send(
        &mut self,
        operation: &Operation,
        path: &Map<String, Value>,
        request: &Request,
        page: Option<Page>,
        first_page: i64,
    ) -> Result<(Exchange, Next), Stop> {
        self.spend().await?;
        let at = Utc::now();
        let sent = page.map(|page| [page.number - 1 + first_page, page.size]);
        let (outcome, target, error) = self.dispatch(operation, path, request, sent).await;
        let wire = self.received();
        let response = wire
            .as_ref()
            .map(|wire| self.response(wire, error.as_ref()));
        let reading = outcome.map(|outcome| self.reading(outcome, wire.as_ref()));
        let trouble = match (&reading, &wire) {
            (_, Some(wire)) if wire.body().is_some() => None,
            (Some(Reading::NoCall(why)), _) => Some(why.clone()),
            _ => error.as_ref().map(ToString::to_string),
        };
        let exchange = Exchange {
            purpose: request.purpose.clone(),
            page,
            request: wire.as_ref().map_or(target, |wire| {
                let url = wire.url().as_str();
                url.strip_prefix(&self.base).unwrap_or(url).to_owned()
            }),
            response,
            trouble: trouble.map(|text| self.target.in_options(&text)),
            is_repeated: false,
            by_client: request.raw.is_none(),
            at,
            reading,
        };
        let next = self.next(&exchange, wire.as_ref(), error.as_ref());
        Ok((exchange, next))
    }

    /// Sends a request by the client's operation, or as it is written: the client's outcome of a
    /// call, path and query, and the error.
    async fn dispatch(
        &self,
        operation: &Operation,
        path: &Map<String, Value>,
        request: &Request,
        page: Option<[i64; 2]>,
    ) -> (Option<Result<Decoded, Failure>>, String, Option<Error>) {
        let mut arguments = path.clone();
        arguments.extend(request.arguments.clone());
        let Some(Raw { query, path }) = &request.raw else {
            let names = ["page", "size"].map(str::to_owned).into_iter();
            let values = page.into_iter().flatten().map(Value::from);
            arguments.extend(names.zip(values));
            let target = format!(
                "{}{}",
                expanded(&operation.path, &arguments),
                query(operation, &arguments)
            );
            let outcome = bridge::call(&self.client, &operation.id, arguments).await;
            let error = match &outcome {
                Err(Failure::Call(error)) => Some(error.clone()),
                _ => None,
            };
            return (Some(outcome), target, error);
        };
        arguments.extend(path.clone().map(|(name, text)| (name, text.into())));
        let [number, size] = page.unwrap_or_default();
        let path = expanded(&operation.path, &arguments);
        let target = format!("{path}?page={number}&size={size}{query}");
        let is_anonymous = request.purpose == Purpose::Anonymous;
        let error = self.get(&target, is_anonymous).await;
        (None, target, error)
    }

    /// What went over the wire last.
    fn received(&self) -> Option<OnTheWire> {
        let wire = self.on_the_wire.lock();
        wire.unwrap_or_else(PoisonError::into_inner).take()
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
        self.get(INFO, false).await;
        if let Some(wire) = self.received() {
            self.pace(wire.headers(), wire.status().as_u16());
            let body = serde_json::from_slice(wire.body().unwrap_or_default());
            let version = body.as_ref().ok().and_then(version);
            self.version = version.map(|version| self.secrets.text(version));
        }
        Ok(())
    }

    /// Sends what the operations of the client cannot express; the error is that of a
    /// call.
    async fn get(&self, target: &str, is_anonymous: bool) -> Option<Error> {
        let client = match is_anonymous {
            true => self.client.with_credentials(Credentials::anonymous()),
            false => self.client.clone(),
        };
        let request = http::Request::get(target).body("").ok()?;
        match client.execute(request).await {
            Ok(response) => response.error().cloned(),
            Err(error) => Some(error),
        }
    }

    fn response(&self, wire: &OnTheWire, error: Option<&Error>) -> Response {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = wire.headers().get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.trim().to_owned()))
        });
        Response {
            status: wire.status().as_u16(),
            headers: BTreeMap::from_iter(headers),
            body: self.body(wire.body(), error),
        }
    }

    fn body(&self, bytes: Option<&[u8]>, error: Option<&Error>) -> Body {
        let reason = match bytes {
            None => {
                let why = error.map(|error| self.secrets.shortened(&error.to_string()));
                format!("broken off, or endless ({})", why.unwrap_or_default())
            }
            Some([]) => "empty".to_owned(),
            Some(bytes) => match serde_json::from_slice(bytes) {
                Ok(body) => return Body::Body(body),
                Err(error) => format!("not JSON ({error})"),
            },
        };
        let text = String::from_utf8_lossy(bytes.unwrap_or_default());
        let beginning = self.secrets.text(&text);
        Body::NotKept {
            bytes: bytes.unwrap_or_default().len(),
            reason,
            beginning: beginning.chars().take(60).collect(),
            is_of_ocp: is_envelope(|name| text.contains(&format!("\"{name}\""))),
        }
    }

    /// The client's reading. Its message may hold texts of the server; they are redacted, and
    /// the message with them only where there is reason to.
    fn reading(&self, outcome: Result<Decoded, Failure>, wire: Option<&OnTheWire>) -> Reading {
        let mut reading = outcome.into();
        if let Reading::Error { text, .. } | Reading::NoCall(text) = &mut reading
            && !wire.is_none_or(|wire| self.is_clean(wire))
        {
            *text = self.secrets.text(text);
        }
        reading
    }

    /// Whether a response has no secret.
    fn is_clean(&self, wire: &OnTheWire) -> bool {
        let headers = wire.headers().values();
        let mut headers = headers.filter_map(|value| value.to_str().ok());
        let text = String::from_utf8_lossy(wire.body().unwrap_or_default());
        headers.all(|value| self.secrets.spare(value))
            && match serde_json::from_str::<Value>(&text) {
                Ok(body) => self.secrets.value(&body) == body,
                Err(_) => self.secrets.spare(&text),
            }
    }

    /// Decides what is to be done after an exchange, and when.
    fn next(
        &mut self,
        exchange: &Exchange,
        wire: Option<&OnTheWire>,
        error: Option<&Error>,
    ) -> Next {
        let is_anonymous = exchange.purpose == Purpose::Anonymous;
        self.is_let_in |= exchange.has_envelope() && exchange.status() != 401 && !is_anonymous;
        let Some(wire) = wire else {
            return self.after_silence(exchange, error);
        };
        self.silent = 0;
        self.closed = 0;
        self.pace(wire.headers(), exchange.status());
        if exchange.status() == 401 && !is_anonymous {
            return Next::Stop(self.refused(exchange));
        }
        if exchange.status() != 429 && !exchange.is_of_gateway() {
            self.refusals = 0;
            return Next::GoOn;
        }
        let wait = error.and_then(Error::retry_after);
        let wait = wait.unwrap_or(match exchange.is_of_gateway() {
            true => GATEWAY,
            false => SHORTEST_WINDOW,
        });
        self.not_before = Instant::now().checked_add(wait);
        self.refusals += 1;
        if self.refusals <= REFUSALS {
            return Next::Repeat;
        }
        let who = match exchange.is_of_gateway() {
            true => "a gateway before OCP still refuses requests",
            false => "OCP still throttles",
        };
        let what = exchange.summary(&self.secrets);
        Next::Stop(Stop::Throttled(format!(
            "{who} after the waits that it asked for ({what}); try again later"
        )))
    }

    /// A request without a response: a kept connection may have been closed meanwhile, a
    /// question may take long.
    fn after_silence(&mut self, exchange: &Exchange, error: Option<&Error>) -> Next {
        let is_first = self.sent == 1;
        let is_timeout = error.is_some_and(Error::is_timeout);
        let is_connection = error.is_some_and(Error::is_connection);
        if !is_timeout && !is_connection || is_timeout && exchange.is_excused() {
            return Next::GoOn;
        }
        // Several kept connections may have been closed.
        if !is_first && is_connection && self.closed < CLOSED {
            self.closed += 1;
            return Next::Repeat;
        }
        self.closed = 0;
        self.silent += 1;
        if !is_first && self.silent < PATIENCE {
            return Next::GoOn;
        }
        let mut what = match is_timeout {
            true => format!(
                "GET {} took longer than {} s; --timeout allows more",
                exchange.request,
                self.target.timeout.as_secs()
            ),
            false => exchange.summary(&self.secrets),
        };
        if is_first && (is_timeout || error.is_some_and(is_nobody_there)) {
            let url_from = self.target.url_from;
            what.push_str(&format!(
                "; is an OCP running there, and is `{url_from}` what this host reaches it by?"
            ));
        }
        Next::Stop(Stop::NoResponse(what))
    }

    fn refused(&self, exchange: &Exchange) -> Stop {
        let is_anonymous = self.target.identity.caller() == Caller::Nobody;
        let why = match (is_anonymous, self.is_let_in) {
            (true, false) => {
                "this OCP wants credentials: set OCP_USER and OCP_PASSWORD, or OCP_ACCESS_KEY and OCP_SECRET_KEY"
            }
            (false, false) => {
                "the credentials are refused; nothing more is sent, because failures lock the caller out"
            }
            _ => {
                "a request is refused like one without a log-in, though others were not; nothing more is sent"
            }
        };
        Stop::Refused(format!("{why} ({})", exchange.summary(&self.secrets)))
    }

    /// Waits while OCP wants to be left alone, and counts.
    async fn spend(&mut self) -> Result<(), Stop> {
        if self.sent >= self.target.max_requests {
            return Err(Stop::Cap(self.target.max_requests));
        }
        if let Some(due) = self.not_before.take() {
            let wait = due.saturating_duration_since(Instant::now());
            if wait > LONGEST_WAIT {
                let seconds = wait.as_secs();
                return Err(Stop::Throttled(format!(
                    "OCP allows no more requests for {seconds} seconds; try again then"
                )));
            }
            self.progress
                .set_message(format!("waiting {} s, as asked", wait.as_secs()));
            tokio::time::sleep(wait).await;
            self.progress.set_message("");
        }
        self.sent += 1;
        self.progress.inc(1);
        Ok(())
    }

    /// Nothing more is sent in a window whose last request was the one before.
    fn pace(&mut self, headers: &HeaderMap, status: u16) {
        let limit = RateLimit::of(headers);
        if status != 429 && limit.and_then(|limit| limit.remaining) == Some(0) {
            let reset = limit.and_then(|limit| limit.reset);
            self.not_before = Instant::now().checked_add(reset.unwrap_or_default());
        }
    }

    pub(crate) fn finish(&self) {
        self.progress.finish_and_clear();
    }
}

/// Whether nobody answers at the address, rather than somebody who cannot be talked to.
fn is_nobody_there(error: &Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let is_closed = causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
            || cause.to_string() == "dns error"
    });
    is_closed && !error.to_string().contains(" through the proxy ")
}

/// A path with its arguments.
fn expanded(path: &str, arguments: &Map<String, Value>) -> String {
    arguments
        .iter()
        .fold(path.to_owned(), |path, (name, value)| {
            let text = utf8_percent_encode(&plain(value), UNRESERVED).to_string();
            path.replace(&format!("{{{name}}}"), &text)
        })
}

/// The query of a call of which nothing went over the wire.
fn query(operation: &Operation, arguments: &Map<String, Value>) -> String {
    let parameters = operation.parameters_in(Location::Query);
    let sent = parameters.filter_map(|one| Some((&one.name, arguments.get(&one.name)?)));
    let pairs = sent.flat_map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        values
            .into_iter()
            .map(move |value| format!("{name}={}", utf8_percent_encode(&plain(&value), UNRESERVED)))
    });
    let pairs: Vec<String> = pairs.collect();
    match pairs.is_empty() {
        true => String::new(),
        false => format!("?{}", pairs.join("&")),
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
        for (info, expected) in [
            (json!({ "buildVersion": "4.3.1-20240809" }), true),
            (json!({ "buildVersion": "a".repeat(64) }), true),
            (json!({ "buildVersion": "a".repeat(65) }), false),
            (json!({ "buildVersion": "" }), false),
            (json!({ "buildVersion": "4.3 <b>" }), false),
            (json!({ "buildVersion": 4.3 }), false),
            (json!({}), false),
            (json!("4.3.1"), false),
        ] {
            assert_eq!(version(&info).is_some(), expected, "{info}");
        }
    }
}
