//! The session with an OCP: sends one request after the other, and writes down what came. It
//! judges nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use oceanbase_ocp::{Client, Credentials, Error, Exchange as OnTheWire, RetryPolicy, http};
use ocp_contract::{Location, Operation};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use super::pace::Pace;
use crate::bridge::{self, Decoded, Failure};
use crate::verify::row::plain;
use crate::verify::secrets::Secrets;
use crate::verify::target::{self, Target};
use crate::verify::transcript::{
    Body, Exchange, Page, Purpose, Reading, Response, Stop, UNRESERVED, is_envelope,
};

/// Page size of whatever shall be found on one page.
pub(super) const SIZE: i64 = 100;
/// The path under which OCP gives its version, among other things.
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

/// A request to send, and the pages that follow it.
pub(super) struct Request {
    pub(super) purpose: Purpose,
    pub(super) page: Option<Page>,
    /// Arguments beside those of the path, or instead of them, by their names on the wire.
    pub(super) arguments: Map<String, Value>,
    /// The generated client makes the request, because it can express it.
    pub(super) by_client: bool,
    /// At most so many pages, as long as there are more.
    pub(super) pages: i64,
}

impl Request {
    pub(super) fn new(purpose: Purpose, arguments: Map<String, Value>) -> Self {
        Self {
            purpose,
            page: None,
            arguments,
            by_client: true,
            pages: 1,
        }
    }

    pub(super) fn plain(purpose: Purpose, number: i64, size: i64) -> Self {
        Self::new(purpose, Map::new()).page(number, size)
    }

    /// The same, but not by the client, whose types would not take the arguments.
    pub(super) fn raw(self) -> Self {
        Self {
            by_client: false,
            ..self
        }
    }

    pub(super) fn page(self, number: i64, size: i64) -> Self {
        Self {
            page: Some(Page { number, size }),
            ..self
        }
    }

    pub(super) fn pages(self, pages: i64) -> Self {
        Self { pages, ..self }
    }
}

/// The session with an OCP.
pub(crate) struct Session<'a> {
    pub(super) target: &'a Target<'a>,
    client: Client,
    base: String,
    on_the_wire: Arc<Mutex<Option<OnTheWire>>>,
    pub(super) secrets: &'a Secrets,
    pace: Pace<'a>,
    /// The version of OCP, if it gives it.
    pub(crate) version: Option<String>,
    is_version_asked: bool,
}

impl<'a> Session<'a> {
    /// Sends at most `most` requests.
    pub(crate) fn new(
        target: &'a Target<'a>,
        most: usize,
        secrets: &'a Secrets,
    ) -> Result<Self, Error> {
        let on_the_wire = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&on_the_wire);
        let builder = target.client()?;
        // Responses are judged, not mended.
        let builder = builder.retry(RetryPolicy::disabled());
        let builder = builder.on_exchange(move |one: &OnTheWire| {
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(one.clone());
        });
        Ok(Self {
            target,
            client: builder.build()?,
            base: target::plain(target.url),
            on_the_wire,
            pace: Pace::new(target, most, secrets),
            secrets,
            version: None,
            is_version_asked: false,
        })
    }

    /// The requests that were sent.
    pub(crate) fn sent(&self) -> usize {
        self.pace.sent()
    }

    /// Sends a request, when OCP wants it and as long as there may be more, and says whether any
    /// more may follow. Pages are counted from `first_page`.
    pub(super) async fn send(
        &mut self,
        operation: &Operation,
        path: &Map<String, Value>,
        request: &Request,
        page: Option<Page>,
        first_page: i64,
    ) -> Result<(Exchange, Result<(), Stop>), Stop> {
        self.pace.wait().await?;
        let at = Utc::now();
        let mut arguments = path.clone();
        arguments.extend(request.arguments.clone());
        if let Some(Page { number, size }) = page {
            arguments.insert("page".to_owned(), (number - 1 + first_page).into());
            arguments.insert("size".to_owned(), size.into());
        }
        let line = line(operation, &arguments);
        let (outcome, error) = match request.by_client {
            true => {
                let outcome = bridge::call(&self.client, &operation.id, arguments).await;
                let error = match &outcome {
                    Err(Failure::Call(error)) => Some(error.clone()),
                    _ => None,
                };
                (Some(outcome), error)
            }
            false => (None, self.get(&line, &request.purpose).await),
        };
        let wire = self.received();
        let response = wire.as_ref();
        let response = response.map(|wire| self.response(wire, error.as_ref()));
        let reading = outcome.map(|outcome| self.reading(outcome, wire.as_ref()));
        let trouble = match (&reading, &wire) {
            (_, Some(wire)) if wire.body().is_some() => None,
            (Some(Reading::NoCall(why)), _) => Some(why.clone()),
            _ => error.as_ref().map(ToString::to_string),
        };
        let mut exchange = Exchange {
            purpose: request.purpose.clone(),
            page,
            request: wire.as_ref().map_or(line, |wire| {
                let url = wire.url().as_str();
                url.strip_prefix(&self.base).unwrap_or(url).to_owned()
            }),
            response,
            trouble: trouble.map(|text| self.target.in_options(&text)),
            is_repeated: false,
            by_client: request.by_client,
            at,
            reading,
        };
        let headers = wire.as_ref().map(OnTheWire::headers);
        let next = self.pace.next(&exchange, headers, error.as_ref());
        exchange.is_repeated = matches!(next, Ok(true));
        Ok((exchange, next.map(|_| ())))
    }

    /// The exchange that went over the wire last.
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
        self.pace.wait().await?;
        self.get(INFO, &Purpose::Documented).await;
        if let Some(wire) = self.received() {
            self.pace.keep_to(wire.headers(), wire.status().as_u16());
            let body = serde_json::from_slice(wire.body().unwrap_or_default());
            let version = body.as_ref().ok().and_then(version);
            self.version = version.map(|version| self.secrets.text(version));
        }
        Ok(())
    }

    /// Sends what the operations of the client cannot express; the error is that of a
    /// call.
    async fn get(&self, line: &str, purpose: &Purpose) -> Option<Error> {
        let client = match purpose {
            Purpose::Anonymous => self.client.with_credentials(Credentials::anonymous()),
            _ => self.client.clone(),
        };
        let request = http::Request::get(line).body("").ok()?;
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
    /// the message with them only if there is reason to.
    fn reading(&self, outcome: Result<Decoded, Failure>, wire: Option<&OnTheWire>) -> Reading {
        let mut reading = outcome.into();
        if let Reading::Error { text, .. } | Reading::NoCall(text) = &mut reading
            && !wire.is_none_or(|wire| self.is_clean(wire))
        {
            *text = self.secrets.text(text);
        }
        reading
    }

    /// True if a response has no secret.
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
}

/// Path and query of a request.
fn line(operation: &Operation, arguments: &Map<String, Value>) -> String {
    let encoded = |value: &Value| utf8_percent_encode(&plain(value), UNRESERVED).to_string();
    let mut line = operation.path.clone();
    for (name, value) in arguments {
        line = line.replace(&format!("{{{name}}}"), &encoded(value));
    }
    let mut separator = '?';
    for parameter in operation.parameters_in(Location::Query) {
        let name = &parameter.name;
        let values = match arguments.get(name) {
            Some(Value::Array(values)) => values.as_slice(),
            value => value.map(std::slice::from_ref).unwrap_or_default(),
        };
        for value in values {
            line.push_str(&format!("{separator}{name}={}", encoded(value)));
            separator = '&';
        }
    }
    line
}

/// The version of OCP in what `/api/v2/info` returns. It goes into reports and recordings,
/// so it must look like one.
fn version(info: &Value) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    let version = info.get("buildVersion")?.as_str()?;
    let is_version = (1..=64).contains(&version.len()) && version.chars().all(is_plain);
    is_version.then_some(version)
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
