//! One response, as it came and as it was understood.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::finding::{Meaning, Observation};
use super::secrets::Secrets;
use crate::bridge::{Decoded, Failure};

/// Members of OCP's envelope.
const ENVELOPE: [&str; 6] = [
    "data",
    "duration",
    "error",
    "server",
    "successful",
    "traceId",
];

/// A response as it came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `None` if it broke off.
    pub(super) body: Option<Vec<u8>>,
}

/// One request and what became of it.
#[derive(Debug)]
pub(super) struct Response {
    /// The number of the request, counted from 1.
    pub(super) number: usize,
    /// Path and query as sent.
    pub(super) target: String,
    /// What came, if anything did.
    pub(super) received: Option<Received>,
    /// The body as JSON, or what it is instead.
    pub(super) body: Result<Value, String>,
    /// What the client made of it, if the client sent it.
    pub(super) outcome: Option<Result<Decoded, Failure>>,
    /// What users of the client get of it, once that is known.
    pub(super) meaning: Option<Meaning>,
    /// A command line that sends it again.
    pub(super) curl: String,
    /// Whether the request left the contract on purpose, so that the contract
    /// does not say how it is refused.
    pub(super) is_probe: bool,
    /// Whether the request had no credentials.
    pub(super) is_anonymous: bool,
    /// What must not be repeated of it.
    pub(super) secrets: Arc<Secrets>,
}

impl Response {
    /// What came of a request by the contract, which nothing else is known of yet.
    pub(super) fn new(
        received: Option<Received>,
        outcome: Option<Result<Decoded, Failure>>,
        secrets: Arc<Secrets>,
    ) -> Self {
        Self {
            number: 1,
            target: String::new(),
            body: json(received.as_ref(), &secrets),
            received,
            outcome,
            meaning: None,
            curl: String::new(),
            is_probe: false,
            is_anonymous: false,
            secrets,
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.received.as_ref().map_or(0, |received| received.status)
    }

    /// Whether the body is an object with members of OCP's envelope.
    pub(super) fn has_envelope(&self) -> bool {
        let body = self.body.as_ref().ok().and_then(Value::as_object);
        body.is_some_and(|body| is_envelope(|name| body.contains_key(name)))
    }

    /// Whether the body is an envelope, or the remains of one: then it is OCP
    /// that responds, well or badly.
    pub(super) fn is_from_ocp(&self) -> bool {
        let body = self
            .received
            .as_ref()
            .and_then(|received| received.body.as_deref());
        let text = String::from_utf8_lossy(body.unwrap_or_default());
        self.has_envelope() || is_envelope(|name| text.contains(&format!("\"{name}\"")))
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.received.as_ref()?.headers.get(name)?.to_str().ok()
    }

    /// Whether it is what the vendor's own stack makes of a request that leaves
    /// the contract, and of no other.
    pub(super) fn is_excused(&self) -> bool {
        self.is_probe && (self.is_page_for_people() || self.status() == 500)
    }

    /// Whether it is what OCP's stack makes of a path that it does not know: a
    /// page for people under HTTP 200.
    pub(super) fn is_page_for_people(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or_default();
        self.status() == 200 && media_type.starts_with("text/html") && !self.has_envelope()
    }

    /// Whether the path is one that this OCP, or whatever responds, does not know.
    pub(super) fn is_of_unknown_path(&self) -> bool {
        self.is_page_for_people() || self.status() == 404 && !self.has_envelope()
    }

    /// What the response says of itself, for a message; without secrets.
    pub(super) fn summary(&self) -> String {
        let Some(received) = &self.received else {
            return match &self.outcome {
                Some(Err(failure)) => self.failure(failure),
                _ => "no response".to_owned(),
            };
        };
        let member = |pointer| {
            let body = self.body.as_ref().ok()?;
            let text = match body.pointer(pointer)? {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // The code 0 says that there is none.
            (text != "0").then(|| self.secrets.shortened(&text))
        };
        let mut text = format!("HTTP {}", received.status);
        if let Some(location) = self.header("location") {
            text.push_str(&format!(" to {}", self.secrets.shortened(location)));
        }
        if let (false, Some(media_type)) = (self.has_envelope(), self.header("content-type")) {
            text.push_str(&format!(" {}", self.secrets.shortened(media_type)));
        }
        for part in [member("/error/code"), member("/error/message")]
            .into_iter()
            .flatten()
        {
            text.push(' ');
            text.push_str(&part);
        }
        text
    }

    /// What came of a request that nobody is told how it is answered.
    pub(super) fn observation(&self, question: &str) -> Observation {
        let text = format!("{question}: {}", self.summary());
        Observation::new(question, format!("HTTP {}", self.status()), text)
    }

    /// Why the client has failed. Its message may hold texts of the server; they
    /// are redacted, and the message with them only where there is reason to.
    pub(super) fn failure(&self, failure: &Failure) -> String {
        let message = failure.to_string();
        let is_clean = match &self.body {
            Ok(body) => self.secrets.value(body) == *body,
            Err(_) => {
                let body = self
                    .received
                    .as_ref()
                    .and_then(|received| received.body.as_deref());
                let body = String::from_utf8_lossy(body.unwrap_or_default());
                self.secrets.spare(&body)
            }
        };
        let headers = self
            .received
            .iter()
            .flat_map(|received| received.headers.values());
        let are_clean = headers
            .filter_map(|value| value.to_str().ok())
            .all(|value| self.secrets.spare(value));
        match is_clean && are_clean {
            true => message,
            false => self.secrets.text(&message),
        }
    }
}

/// A body as JSON, or what it is instead.
fn json(received: Option<&Received>, secrets: &Secrets) -> Result<Value, String> {
    match received.map(|received| received.body.as_deref()) {
        Some(Some([])) => Err("empty".to_owned()),
        Some(Some(bytes)) => serde_json::from_slice(bytes).map_err(|error| {
            let text = secrets.text(&String::from_utf8_lossy(bytes));
            let beginning: String = text.chars().take(60).collect();
            format!("not JSON ({error}): {beginning:?}")
        }),
        Some(None) => Err("broken off, or endless".to_owned()),
        None => Err("missing".to_owned()),
    }
}

/// Whether enough members are there, one of them of a name that is OCP's own.
fn is_envelope(has: impl Fn(&str) -> bool) -> bool {
    let members = ENVELOPE.iter().filter(|name| has(name)).count();
    members >= 2 && (has("successful") || has("traceId"))
}
