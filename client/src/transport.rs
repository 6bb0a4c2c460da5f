//! Sends requests, again if that may help, and reads what comes back.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, HeaderValue,
};
use reqwest::{Request, Response, StatusCode, Url};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use crate::clock::Clock;
use crate::coding;
use crate::connection::{self, Route};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::exchange::{Exchange, Observer};
use crate::head::Head;
use crate::response::Received;
use crate::retry::{Decision, RetryPolicy};
use crate::secrets::Secrets;
use crate::verdict;

/// The longest body that room is made for before it has come, in bytes.
const ROOM: usize = 1 << 20;

/// What a call needs beside its request.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) route: Route,
    pub(crate) credentials: Credentials,
    pub(crate) accept_language: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_body_bytes: usize,
    pub(crate) observer: Option<Observer>,
    pub(crate) retry: RetryPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    /// Those of every client that shares this one's settings: a server may send back
    /// what another call has sent.
    pub(crate) secrets: Secrets,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("credentials", &self.credentials)
            .field("accept_language", &self.accept_language)
            .field("timeout", &self.timeout)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl Transport {
    /// Sends a request, again if that may help.
    pub(crate) async fn call<R: Received>(
        &self,
        mut request: Request,
        operation: &str,
    ) -> Result<R, Error> {
        let span = tracing::info_span!(
            "ocp_call",
            operation,
            attempts = Empty,
            status = Empty,
            trace_id = Empty,
            error = Empty,
        );
        self.complete(&mut request);
        let mut outcome = self.attempts(request).instrument(span.clone()).await;
        self.record(&span, &mut outcome);
        outcome
    }

    fn record<R: Received>(&self, span: &Span, outcome: &mut Result<R, Error>) {
        if span.is_disabled() {
            return;
        }
        if let Ok(received) = outcome {
            span.record("status", received.head().status.as_u16());
            let trace_id = received.trace_id().map(|id| self.secrets.redact(id));
            span.record("trace_id", trace_id.as_deref());
        }
        if let Some(error) = failure(outcome) {
            span.record("status", error.status().map(|status| status.as_u16()));
            span.record("trace_id", error.trace_id());
            span.record("error", display(error));
        }
    }

    async fn attempts<R: Received>(&self, request: Request) -> Result<R, Error> {
        let started = self.clock.now();
        let mut backoff = None;
        let mut attempts = 0;
        loop {
            // A body here is bytes, and bytes can be sent again.
            let Some(mut copy) = request.try_clone() else {
                let what = "its body can be sent only once";
                return Err(Error::configuration("request", what));
            };
            let signed = self
                .credentials
                .authenticate(&mut copy, self.clock.utc())
                .map_err(|error| error.after(attempts))?;
            attempts += 1;
            Span::current().record("attempts", attempts);
            let span = tracing::debug_span!(
                "ocp_attempt",
                attempt = attempts,
                status = Empty,
                trace_id = Empty
            );
            let mut outcome = self
                .send(copy, request.url(), signed)
                .instrument(span.clone())
                .await;
            self.record(&span, &mut outcome);
            let Some(error) = failure(&mut outcome) else {
                return outcome;
            };
            let elapsed = self.clock.now().saturating_sub(started);
            let backoff = backoff.get_or_insert_with(|| self.retry.backoff());
            let wait = backoff.next().unwrap_or_default();
            let is_idempotent = request.method().is_idempotent();
            let decision = self
                .retry
                .decide(error, attempts, elapsed, wait, is_idempotent);
            match decision {
                Decision::Wait(wait) => {
                    let wait_ms = wait.as_millis() as u64;
                    tracing::warn!(attempt = attempts, wait_ms, %error, "trying again");
                    self.clock.sleep(wait).await;
                    continue;
                }
                Decision::TooLong(wait) => {
                    let wait_ms = wait.as_millis() as u64;
                    tracing::warn!(attempt = attempts, wait_ms, %error, "not waiting that long");
                }
                Decision::Return => {}
            }
            *error = error.clone().after(attempts);
            return outcome;
        }
    }

    /// Sends a complete request once.
    async fn send<R: Received>(
        &self,
        request: Request,
        url: &Url,
        signed: Option<DateTime<Utc>>,
    ) -> Result<R, Error> {
        let started = Instant::now();
        let observed = self.observer.as_ref().map(|observer| {
            let mut headers = request.headers().clone();
            headers.remove(AUTHORIZATION);
            (observer, request.method().clone(), headers)
        });
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| connection::no_response(error, &self.route))?;
        let status = response.status();
        if response.url() != url {
            // Only a client of the user's own follows redirects.
            return Err(Error::new(
                ErrorKind::UnexpectedResponse,
                "the HTTP client has followed a redirect; give it a policy that does not",
            )
            .with_status(status));
        }
        let (head, body) = self.receive(response, started, signed).await;
        if let Some((observer, method, request_headers)) = observed {
            let shown = match &body {
                Body::Read(body) | Body::Packed(body, _) => Some(body.clone()),
                Body::Lost(_) => None,
            };
            let url = url.clone();
            observer(&Exchange::new(method, url, request_headers, &head, shown));
        }
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(connection::proxy_demands(&self.route).with_status(status));
        }
        match body {
            Body::Read(body) => R::new(head, body, &self.secrets),
            // A refusal is one, whatever becomes of its body: whoever tries
            // again after a broken connection must not do so after a 401.
            Body::Packed(_, trouble) | Body::Lost(trouble)
                if status.is_client_error() || status.is_server_error() =>
            {
                let hint = format!("its body could not be read: {trouble}");
                Err(verdict::refusal(&head, b"", &self.secrets).with_hint(hint))
            }
            Body::Packed(_, trouble) | Body::Lost(trouble) => Err(trouble.with_status(status)),
        }
    }

    /// The rest of a response: its head and its body, unpacked.
    async fn receive(
        &self,
        mut response: Response,
        started: Instant,
        signed: Option<DateTime<Utc>>,
    ) -> (Head, Body) {
        let read = self.read(&mut response).await;
        let mut headers = std::mem::take(response.headers_mut());
        let body = match read {
            Err(trouble) => Body::Lost(trouble),
            Ok(sent) => match coding::decoded(&sent, &headers, self.max_body_bytes) {
                Ok(Cow::Borrowed(_)) => Body::Read(sent),
                Ok(Cow::Owned(body)) => Body::Read(body),
                Err(trouble) => Body::Packed(sent, trouble),
            },
        };
        if matches!(body, Body::Read(_)) && headers.remove(CONTENT_ENCODING).is_some() {
            // It was that of the packed body.
            headers.remove(CONTENT_LENGTH);
        }
        let head = Head {
            status: response.status(),
            headers,
            elapsed: started.elapsed(),
            signed,
        };
        (head, body)
    }

    /// Gives a request the form that OCP documents.
    fn complete(&self, request: &mut Request) {
        if let Some(timeout) = self.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        // "API call description", request headers: required on every request.
        for name in [CONTENT_TYPE, ACCEPT] {
            headers.entry(name).or_insert_with(|| json.clone());
        }
        let accepted = HeaderValue::from_static(coding::ACCEPTED);
        headers.entry(ACCEPT_ENCODING).or_insert(accepted);
        if let Some(language) = &self.accept_language {
            headers
                .entry(ACCEPT_LANGUAGE)
                .or_insert_with(|| language.clone());
        }
    }

    /// Reads the body as it was sent, up to the limit and no further.
    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Error> {
        // A server may promise any length; room is made for what is usual.
        let promised = response.content_length().unwrap_or_default();
        let usual = ROOM.min(self.max_body_bytes);
        let mut body = Vec::with_capacity(promised.min(usual as u64) as usize);
        loop {
            let chunk = response.chunk().await;
            match chunk.map_err(|error| connection::broke_off(error, &self.route))? {
                None => return Ok(body),
                Some(chunk) if body.len() + chunk.len() > self.max_body_bytes => {
                    return Err(coding::too_long(self.max_body_bytes));
                }
                Some(chunk) => body.extend_from_slice(&chunk),
            }
        }
    }
}

/// The body of a response.
enum Body {
    Read(Vec<u8>),
    /// As it was sent: it cannot be unpacked.
    Packed(Vec<u8>, Error),
    Lost(Error),
}

/// Why an attempt is no success, if it is none.
fn failure<R: Received>(outcome: &mut Result<R, Error>) -> Option<&mut Error> {
    match outcome {
        Ok(received) => received.failure(),
        Err(error) => Some(error),
    }
}
