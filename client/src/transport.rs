//! What the generated operations do with a request: the hook that they all go
//! through.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Request, Response};
use tracing::Instrument;
use tracing::field::{Empty, display};

use crate::error::ErrorKind;
use crate::exchange::Observer;
use crate::retry::Decision;
use crate::{Client, Clock, Credentials, Error, Exchange, RetryPolicy, answer};

/// What a call needs beside the HTTP client.
#[derive(Clone)]
pub struct Transport {
    pub(crate) credentials: Credentials,
    pub(crate) accept_language: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_body_bytes: usize,
    pub(crate) observer: Option<Observer>,
    pub(crate) retry: RetryPolicy,
    pub(crate) clock: Arc<dyn Clock>,
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

impl ClientHooks<Transport> for Client {
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        // The signature allows for no error but reqwest's.
        Ok(self
            .inner
            .call(&self.client, request, info.operation_id)
            .await
            .unwrap_or_else(Error::into_response))
    }
}

/// A success with its trace id, or why there is none.
type Outcome = Result<(Response, Option<String>), Error>;

fn record(span: &tracing::Span, outcome: &Outcome) {
    match outcome {
        Ok((response, trace_id)) => {
            span.record("status", response.status().as_u16());
            span.record("trace_id", trace_id.as_deref());
        }
        Err(error) => {
            span.record("status", error.status().map(|status| status.as_u16()));
            span.record("trace_id", error.trace_id());
            span.record("error", display(error));
        }
    }
}

/// The longest body that room is made for before it has come, in bytes.
const ROOM: usize = 1 << 20;

impl Transport {
    /// Sends a request, again if that may help, and returns a success that is
    /// worth decoding, its body read to the end.
    async fn call(
        &self,
        http: &reqwest::Client,
        request: Request,
        operation: &str,
    ) -> Result<Response, Error> {
        let span = tracing::info_span!(
            "ocp_call",
            operation,
            attempts = Empty,
            status = Empty,
            trace_id = Empty,
            error = Empty,
        );
        let outcome = self.attempts(http, &request).instrument(span.clone()).await;
        record(&span, &outcome);
        outcome.map(|(response, _)| response)
    }

    async fn attempts(&self, http: &reqwest::Client, request: &Request) -> Outcome {
        let started = self.clock.now();
        let mut backoff = self.retry.backoff();
        let mut attempts = 0;
        loop {
            // A generated body is JSON, and JSON can be sent again.
            let Some(mut copy) = request.try_clone() else {
                let what = "its body can be sent only once";
                return Err(Error::configuration("request", what));
            };
            self.complete(&mut copy)
                .map_err(|error| error.after(attempts))?;
            attempts += 1;
            tracing::Span::current().record("attempts", attempts);
            let span = tracing::debug_span!(
                "ocp_attempt",
                attempt = attempts,
                status = Empty,
                trace_id = Empty
            );
            let outcome = self.send(http, copy).instrument(span.clone()).await;
            record(&span, &outcome);
            let Err(error) = outcome else {
                return outcome;
            };
            let elapsed = self.clock.now().saturating_sub(started);
            let wait = backoff.next().unwrap_or_default();
            let is_idempotent = request.method().is_idempotent();
            let decision = self
                .retry
                .decide(&error, attempts, elapsed, wait, is_idempotent);
            match decision {
                Decision::Wait(wait) => {
                    let wait_ms = wait.as_millis() as u64;
                    tracing::warn!(attempt = attempts, wait_ms, %error, "trying again");
                    self.clock.sleep(wait).await;
                }
                Decision::TooLong(wait) => {
                    let wait_ms = wait.as_millis() as u64;
                    tracing::warn!(attempt = attempts, wait_ms, %error, "not waiting that long");
                    return Err(error.after(attempts));
                }
                Decision::Return => return Err(error.after(attempts)),
            }
        }
    }

    /// Sends a complete request once; with the success comes its trace id.
    async fn send(&self, http: &reqwest::Client, request: Request) -> Outcome {
        let started = Instant::now();
        let url = request.url().clone();
        let observed = self.observer.as_ref().map(|observer| {
            let mut headers = request.headers().clone();
            headers.remove(AUTHORIZATION);
            (observer, request.method().clone(), headers)
        });
        let mut response = http.execute(request).await.map_err(|error| {
            let server = url.origin().ascii_serialization();
            Error::from_http(error, &format!("no answer from {server}"))
        })?;
        if response.url() != &url {
            // Only a client of the user's own follows redirects.
            return Err(Error::new(
                ErrorKind::NotOcp,
                "the HTTP client has followed a redirect; give it a policy that does not",
            )
            .with_status(response.status()));
        }
        let status = response.status();
        let read = self.read(&mut response).await;
        if let Some((observer, method, request_headers)) = observed {
            observer(&Exchange {
                method,
                url,
                request_headers,
                status,
                headers: response.headers().clone(),
                body: read.as_ref().ok().cloned(),
                elapsed: started.elapsed(),
            });
        }
        let mut body = match read {
            Ok(body) => body,
            // A refusal is one, whatever becomes of its body: whoever tries
            // again after a broken connection must not do so after a 401.
            Err(trouble) if status.is_client_error() || status.is_server_error() => {
                let hint = format!("its body could not be read: {trouble}");
                return Err(
                    answer::refusal(status, response.headers(), b"", &self.credentials)
                        .with_hint(hint),
                );
            }
            Err(trouble) => return Err(trouble),
        };
        if body.starts_with(b"\xEF\xBB\xBF") {
            body.drain(..3);
        }
        let trace_id = answer::classify(status, response.headers(), &body, &self.credentials)?;

        let mut whole = http::Response::new(body);
        *whole.status_mut() = status;
        *whole.headers_mut() = std::mem::take(response.headers_mut());
        Ok((whole.into(), trace_id))
    }

    /// Gives a generated request the form that OCP documents.
    fn complete(&self, request: &mut Request) -> Result<(), Error> {
        if let Some(timeout) = self.timeout {
            *request.timeout_mut() = Some(timeout);
        }
        // The form encoding of a blank is `+`, which not every server reads as
        // a blank; a real plus sign is already `%2B` at this point.
        let url = request.url_mut();
        if let Some(query) = url.query().filter(|query| query.contains('+')) {
            let query = query.replace('+', "%20");
            url.set_query(Some(&query));
        }
        let headers = request.headers_mut();
        // progenitor adds the version of the *description* to every request.
        headers.remove("api-version");
        // "API call description", request headers: required on every request.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(language) = &self.accept_language {
            headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        self.credentials.authenticate(request, self.clock.utc())
    }

    /// Reads the body, decompressed, up to the limit and no further.
    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Error> {
        let status = response.status();
        // A server may promise any length; room is made for what is usual.
        let promised = response.content_length().unwrap_or_default();
        let usual = ROOM.min(self.max_body_bytes);
        let mut body = Vec::with_capacity(promised.min(usual as u64) as usize);
        loop {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|error| {
                let server = response.url().origin().ascii_serialization();
                Error::from_http(error, &format!("the answer from {server} broke off"))
                    .with_status(status)
            })?;
            match chunk {
                None => return Ok(body),
                Some(chunk) if body.len() + chunk.len() > self.max_body_bytes => {
                    return Err(Error::new(
                        ErrorKind::NotOcp,
                        format!("the answer is longer than {} bytes; ask for smaller pages, or raise `max_body_bytes`", self.max_body_bytes),
                    )
                    .with_status(status));
                }
                Some(chunk) => body.extend_from_slice(&chunk),
            }
        }
    }
}
