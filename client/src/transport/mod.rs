//! The transport: sends requests, again if that may help, and reads what comes back.

pub(crate) mod certificates;
mod coding;
pub(crate) mod connection;
pub(crate) mod credentials;
pub(crate) mod exchange;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod route;
pub(crate) mod signature;
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
mod tls;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, HeaderValue,
};
use reqwest::{Request, Response, StatusCode};
use tokio::time::{Instant, sleep};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use crate::decode::verdict::{Success, Verdict, refusal};
use crate::error::{Error, ErrorKind};
use crate::redact::Secrets;
use credentials::Credentials;
use exchange::{Exchange, Head, Observer};
use retry::RetryPolicy;
use route::Route;

/// The longest body that room is made for before it has come, in bytes.
const ROOM: usize = 1 << 20;

/// The settings of a call, beside its request.
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
    /// The secrets of every client that shares these settings: a server may send back what
    /// another call has sent.
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

/// The judge of a response: [`decoded`](crate::decode::verdict::decoded) or
/// [`judged`](crate::decode::verdict::judged).
pub(crate) type Judge<T> = fn(&Head, &[u8], &Secrets) -> Result<Success<T>, Error>;

impl Transport {
    /// Sends a request, again if that may help.
    pub(crate) async fn call<T>(
        &self,
        mut request: Request,
        operation: &str,
        judge: Judge<T>,
    ) -> Result<Verdict<T>, Error> {
        let span = tracing::info_span!(
            "ocp_call",
            operation,
            attempts = Empty,
            status = Empty,
            trace_id = Empty,
            error = Empty,
        );
        self.complete(&mut request);
        let attempts = self.attempts(request, judge).instrument(span.clone());
        let outcome = attempts.await;
        self.record(&span, &outcome);
        outcome
    }

    fn record<T>(&self, span: &Span, outcome: &Result<Verdict<T>, Error>) {
        if span.is_disabled() {
            return;
        }
        if let Ok(verdict) = outcome {
            span.record("status", verdict.head.status.as_u16());
            let trace_id = verdict.trace_id();
            span.record("trace_id", trace_id.map(|id| self.secrets.redact(id)));
        }
        if let Some(error) = failure(outcome) {
            span.record("status", error.status().map(|status| status.as_u16()));
            span.record("trace_id", error.trace_id());
            span.record("error", display(error));
        }
    }

    async fn attempts<T>(&self, request: Request, judge: Judge<T>) -> Result<Verdict<T>, Error> {
        let started = Instant::now();
        let mut backoff = None;
        let mut attempts = 0;
        loop {
            attempts += 1;
            Span::current().record("attempts", attempts);
            let span = tracing::debug_span!(
                "ocp_attempt",
                attempt = attempts,
                status = Empty,
                trace_id = Empty
            );
            let outcome = self.send(&request, judge).instrument(span.clone()).await;
            self.record(&span, &outcome);
            let Some(error) = failure(&outcome) else {
                return outcome;
            };
            let backoff = backoff.get_or_insert_with(|| self.retry.backoff());
            let wait = self.retry.wait(
                error,
                attempts,
                started.elapsed(),
                backoff.next().unwrap_or_default(),
                request.method().is_idempotent(),
            );
            if let Some(wait) = wait {
                let wait_ms = wait.as_millis() as u64;
                tracing::warn!(attempt = attempts, wait_ms, %error, "trying again");
                sleep(wait).await;
                continue;
            }
            let after = |error: Error| error.with(|error| error.attempts = attempts);
            let mut verdict = outcome.map_err(after)?;
            verdict.outcome = verdict.outcome.map_err(after);
            return Ok(verdict);
        }
    }

    /// Sends a complete request once.
    async fn send<T>(&self, request: &Request, judge: Judge<T>) -> Result<Verdict<T>, Error> {
        let started = Instant::now();
        // A body here is bytes, and bytes can be sent again.
        let Some(mut copy) = request.try_clone() else {
            let what = "its body can be sent only once";
            return Err(Error::configuration("request", what));
        };
        let signed = self.credentials.authenticate(&mut copy)?;
        let sent_headers = self.observer.as_ref().map(|_| copy.headers().clone());
        let response = self.http.execute(copy).await;
        let mut response = response.map_err(|error| connection::no_response(error, &self.route))?;
        let status = response.status();
        if response.url() != request.url() {
            // Only a client of the user's own follows redirects.
            let what = "the HTTP client has followed a redirect; give it a policy that does not";
            return Err(Error::new(ErrorKind::UnexpectedResponse, what).with_status(status));
        }
        let (body, trouble) = self.body(&mut response).await;
        let head = Head {
            status,
            headers: std::mem::take(response.headers_mut()),
            elapsed: started.elapsed(),
            signed,
        };
        if let (Some(observer), Some(mut request_headers)) = (&self.observer, sent_headers) {
            request_headers.remove(AUTHORIZATION);
            observer(&Exchange {
                method: request.method().clone(),
                url: request.url().clone(),
                request_headers,
                head: head.clone(),
                body: body.clone(),
            });
        }
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(connection::proxy_demands(&self.route).with_status(status));
        }
        match trouble {
            None => {
                let body = body.unwrap_or_default();
                let outcome = judge(&head, &body, &self.secrets);
                Ok(Verdict {
                    head,
                    body,
                    outcome,
                })
            }
            // A refusal is one, whatever becomes of its body: nobody shall try again after a
            // 401 as after a broken connection.
            Some(why) if status.is_client_error() || status.is_server_error() => {
                let hint = format!("its body could not be read: {why}");
                Err(refusal(&head).with_hint(hint))
            }
            Some(why) => Err(why.with_status(status)),
        }
    }

    /// The body of a response, unpacked, or as much of it as there is to show, and why that is
    /// not all. The headers lose what they said of the packing.
    async fn body(&self, response: &mut Response) -> (Option<Vec<u8>>, Option<Error>) {
        let sent = match self.read(response).await {
            Ok(sent) => sent,
            Err(why) => return (None, Some(why)),
        };
        let headers = response.headers_mut();
        let body = match coding::decoded(&sent, headers, self.max_body_bytes) {
            Ok(Cow::Borrowed(_)) => sent,
            Ok(Cow::Owned(body)) => body,
            Err(why) => return (Some(sent), Some(why)),
        };
        if headers.remove(CONTENT_ENCODING).is_some() {
            headers.remove(CONTENT_LENGTH);
        }
        (Some(body), None)
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

    /// Gives a request the form that OCP documents.
    fn complete(&self, request: &mut Request) {
        if let Some(timeout) = self.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.entry(ACCEPT).or_insert(json.clone());
        // "API call description", request headers: required on every request.
        headers.entry(CONTENT_TYPE).or_insert(json);
        let accepted = HeaderValue::from_static(coding::ACCEPTED);
        headers.entry(ACCEPT_ENCODING).or_insert(accepted);
        if let Some(language) = self.accept_language.clone() {
            headers.entry(ACCEPT_LANGUAGE).or_insert(language);
        }
    }
}

/// The error of an attempt that is no success.
fn failure<T>(outcome: &Result<Verdict<T>, Error>) -> Option<&Error> {
    match outcome {
        Ok(verdict) => verdict.outcome.as_ref().err(),
        Err(error) => Some(error),
    }
}
