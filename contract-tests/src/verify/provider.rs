//! Sends one request to an OCP, and gives back what came.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oceanbase_ocp::{Client, Credentials, Error, Exchange, RetryPolicy, http};
use serde_json::{Map, Value};

use super::response::Received;
use super::target::Target;
use crate::bridge::{self, Decoded, Failure};

/// Why there is no whole response.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    Timeout,
    Connection,
}

/// What became of one request.
pub(super) struct Exchanged {
    /// Path and query as sent; `None` if nothing was.
    pub(super) target: Option<String>,
    pub(super) received: Option<Received>,
    /// What the client made of it, if the client sent it.
    pub(super) outcome: Option<Result<Decoded, Failure>>,
    pub(super) trouble: Option<Trouble>,
}

/// The provider under test.
pub(super) struct Provider {
    client: Client,
    base: String,
    exchange: Arc<Mutex<Option<Exchange>>>,
}

impl Provider {
    pub(super) fn new(target: &Target<'_>) -> Result<Self, Error> {
        let exchange = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&exchange);
        let mut builder = Client::builder(target.url)
            .credentials(target.identity.credentials()?)
            .timeout(target.timeout)
            // What comes is judged, not mended.
            .retry(RetryPolicy::disabled())
            .connect_timeout(target.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("oceanbase-ocp-verify/", env!("CARGO_PKG_VERSION")))
            .on_exchange(move |one: &Exchange| {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(one.clone());
            });
        if let Some(pem) = &target.certificates {
            builder = builder.root_certificate_pem(pem.as_slice());
        }
        Ok(Self {
            client: builder.build()?,
            base: plain(target.url),
            exchange,
        })
    }

    /// Calls an operation of the client.
    pub(super) async fn call(&self, operation: &str, arguments: Map<String, Value>) -> Exchanged {
        let outcome = bridge::call(&self.client, operation, arguments).await;
        let error = match &outcome {
            Err(Failure::Call(error)) => Some(error),
            _ => None,
        };
        Exchanged {
            trouble: error.and_then(trouble),
            outcome: Some(outcome),
            ..self.exchanged()
        }
    }

    /// Sends what the operations of the client cannot express.
    pub(super) async fn get(&self, target: String, with_credentials: bool) -> Exchanged {
        let client = match with_credentials {
            true => self.client.clone(),
            false => self.client.with_credentials(Credentials::anonymous()),
        };
        let trouble = match http::Request::get(&target).body("") {
            Ok(request) => client
                .execute(request)
                .await
                .err()
                .as_ref()
                .and_then(trouble),
            Err(_) => None,
        };
        Exchanged {
            target: Some(target),
            trouble,
            ..self.exchanged()
        }
    }

    /// What went over the wire last.
    fn exchanged(&self) -> Exchanged {
        let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        let exchange = exchange.take();
        Exchanged {
            target: exchange.as_ref().map(|one| self.target(one.url())),
            received: exchange.map(|one| Received {
                status: one.status().as_u16(),
                headers: one.headers().clone(),
                body: one.body().map(<[u8]>::to_vec),
            }),
            outcome: None,
            trouble: None,
        }
    }

    fn target(&self, url: &reqwest::Url) -> String {
        let text = url.as_str();
        text.strip_prefix(&self.base).unwrap_or(text).to_owned()
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
pub(super) fn plain(url: &str) -> String {
    let url = url.trim();
    let parsed = reqwest::Url::parse(url).map_or_else(|_| url.to_owned(), Into::into);
    parsed.trim_end_matches('/').to_owned()
}
