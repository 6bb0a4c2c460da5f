//! One interaction, replayed: a server that gives the recorded response to
//! exactly the recorded request, the client that makes the call, and what is
//! to be said about both.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oceanbase_ocp::{Client, RetryPolicy, http};
use ocp_contract::{Interaction, RequestLine};
use serde_json::{Map, Value};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::bridge::{self, Decoded, Failure};
use crate::lossless;

/// Headers that a request may carry beside what the interaction says, and must:
/// with the one value that is allowed, or any where the value is the
/// connection's business.
const TRANSPORT_HEADERS: [(&str, Option<&str>); 5] = [
    ("accept", Some("application/json")),
    ("accept-encoding", Some("gzip")),
    // "API call description", request headers: required on every request.
    ("content-type", Some("application/json")),
    ("host", None),
    ("user-agent", None),
];

/// What happened when an interaction was replayed.
#[derive(Debug)]
pub struct Replay {
    /// The request that arrived, or what arrived instead of one request.
    pub received: String,
    /// What the client made of the response.
    pub outcome: Result<Decoded, Failure>,
    /// What is to be said about it.
    pub checks: Vec<Check>,
}

/// One statement about a replay.
#[derive(Debug)]
pub struct Check {
    /// Stable id.
    pub id: &'static str,
    /// What holds, or what does not.
    pub verdict: Result<String, String>,
}

/// Replays an interaction of an operation that `spec` describes.
pub async fn replay(interaction: &Interaction, spec: &Value) -> Replay {
    let expected = expected(&interaction.recorded.request);
    let server = serve(interaction, &expected).await;
    let outcome = call(interaction, spec, &server.uri()).await;
    let requests: Vec<String> = server
        .received_requests()
        .await
        .unwrap_or_default()
        .iter()
        .map(received)
        .collect();
    let received = match requests.as_slice() {
        [] => "no request\n".to_owned(),
        requests => requests.join("\n"),
    };
    let mut checks = vec![request_check(interaction, &expected, &received, &outcome)];
    // Without a call there is nothing more to say.
    if matches!(outcome, Ok(_) | Err(Failure::Call(_))) {
        checks.push(response_check(interaction, &outcome));
        checks.push(kept_check(interaction, &outcome));
    }
    // Its destructor blocks on a lock of tokio, which never opens once the task has used up
    // its budget: it would spin for ever.
    tokio::task::unconstrained(async move { drop(server) }).await;
    Replay {
        received,
        outcome,
        checks,
    }
}

async fn call(interaction: &Interaction, spec: &Value, url: &str) -> Result<Decoded, Failure> {
    let arguments = interaction.arguments(spec).map_err(Failure::Argument)?;
    bridge::call(&client(url)?, &interaction.operation_id, arguments).await
}

/// A client of a server on this host.
pub(crate) fn client(url: &str) -> Result<Client, Failure> {
    // The embedded server stands on this host, whatever proxies there are.
    let http = reqwest::Client::builder()
        .no_proxy()
        // Nothing here speaks TLS, and this host need not know whom to trust.
        .tls_certs_only([])
        .user_agent("oceanbase-ocp contract tests")
        .build()
        .map_err(|error| Failure::Argument(error.to_string()))?;
    Client::builder(url)
        .http_client(http)
        .retry(RetryPolicy::disabled())
        .build()
        .map_err(Failure::Call)
}

/// A server that gives the recorded response to the recorded request only.
async fn serve(interaction: &Interaction, expected: &str) -> MockServer {
    let recorded = &interaction.recorded.response;
    let mut response =
        ResponseTemplate::new(recorded.status).set_body_bytes(interaction.body.clone());
    for (name, value) in &recorded.headers {
        response = response.insert_header(name.as_str(), value.as_str());
    }
    let expected = expected.to_owned();
    let server = MockServer::start().await;
    Mock::given(move |request: &Request| received(request) == expected)
        .respond_with(response)
        .mount(&server)
        .await;
    // Whatever else arrives is refused with a text that cannot be taken for OCP's.
    Mock::given(any())
        .respond_with(ResponseTemplate::new(500).set_body_string("not the recorded request"))
        .with_priority(u8::MAX)
        .mount(&server)
        .await;
    server
}

fn expected(line: &RequestLine) -> String {
    let headers = TRANSPORT_HEADERS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.unwrap_or("any").to_owned()));
    text(
        &line.method,
        &line.path,
        line.query.clone(),
        headers.collect(),
    )
}

fn received(request: &Request) -> String {
    let headers = request.headers.iter().map(|(name, value)| {
        let any = TRANSPORT_HEADERS.contains(&(name.as_str(), None));
        let value = if any {
            "any".into()
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        (name.to_string(), value.into_owned())
    });
    let mut text = text(
        request.method.as_str(),
        request.url.path(),
        request.url.query_pairs().into_owned().collect(),
        headers.collect(),
    );
    // A blank is parsed from either; what is signed, and what every server
    // reads as one, is `%20`.
    if request.url.query().is_some_and(|query| query.contains('+')) {
        text.push_str("  a blank sent as +\n");
    }
    text
}

/// A request as lines of text, equal when the requests mean the same to OCP:
/// the order of parameters and headers does not count, that of the values of
/// one parameter does.
fn text(
    method: &str,
    path: &str,
    mut query: Vec<(String, String)>,
    mut headers: Vec<(String, String)>,
) -> String {
    query.sort_by(|one, other| one.0.cmp(&other.0));
    headers.sort();
    let mut text = format!("{method} {path}\n");
    for (name, value) in query {
        let _ = writeln!(text, "  {name} = {value}");
    }
    for (name, value) in headers {
        let _ = writeln!(text, "  {name}: {value}");
    }
    text
}

fn request_check(
    interaction: &Interaction,
    expected: &str,
    received: &str,
    outcome: &Result<Decoded, Failure>,
) -> Check {
    let verdict = if received == expected {
        let line = &interaction.recorded.request;
        Ok(format!(
            "sent as {}: {} with {} query parameters",
            interaction.recorded.source.grade,
            line.method,
            line.query.len()
        ))
    } else if let Err(Failure::Argument(what)) = outcome {
        Err(format!("the spec and the interaction disagree: {what}"))
    } else {
        let diff = similar::TextDiff::from_lines(expected, received)
            .unified_diff()
            .context_radius(usize::MAX)
            .header(
                "expected, from the interaction",
                "received, from the client",
            )
            .to_string();
        Err(format!("the client sent another request\n{diff}"))
    };
    Check {
        id: "request",
        verdict,
    }
}

/// A success is decoded, a failure is an error, each with the recorded status.
fn response_check(interaction: &Interaction, outcome: &Result<Decoded, Failure>) -> Check {
    let recorded = interaction.recorded.response.status;
    let is_success = recorded == 200 && says_successful(&interaction.body);
    let (status, what) = match outcome {
        Ok(decoded) => (Some(decoded.status), "decoded".to_owned()),
        Err(Failure::Call(error)) => (
            error.status().map(|status| status.as_u16()),
            format!("reported: {error}"),
        ),
        Err(other) => (None, other.to_string()),
    };
    let verdict = if status == Some(recorded) && outcome.is_ok() == is_success {
        Ok(format!("HTTP {recorded}, {what}"))
    } else {
        let due = if is_success {
            "decoded"
        } else {
            "reported as an error"
        };
        Err(format!("HTTP {recorded} must be {due}; the client: {what}"))
    };
    Check {
        id: "response",
        verdict,
    }
}

/// HTTP 200 alone is no success: the envelope may say otherwise, and a body may
/// have no envelope at all.
fn says_successful(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|body| body["successful"] == true)
}

/// Nothing of the recorded body is lost: all of a success, of a failure what
/// the error promises to keep.
fn kept_check(interaction: &Interaction, outcome: &Result<Decoded, Failure>) -> Check {
    // A body that is not JSON has nothing that could be kept.
    let body = serde_json::from_str::<Value>(&interaction.body).unwrap_or_default();
    let verdict = match (body, outcome) {
        (body, Ok(decoded)) => {
            let lost = lossless::differences(&body, &decoded.json);
            if lost.is_empty() {
                Ok("the decoded value encodes to the recorded body".to_owned())
            } else {
                let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
                Err(lost.join("\n"))
            }
        }
        (body, Err(Failure::Call(error))) => {
            let sent = |pointer| body.pointer(pointer).cloned().unwrap_or(Value::Null);
            // An empty text says nothing, and the error then has none.
            let text = |pointer| match sent(pointer) {
                Value::String(text) if text.is_empty() => Value::Null,
                other => other,
            };
            let kept = [
                error.message().map_or(Value::Null, Value::from) == text("/error/message"),
                error.trace_id().map_or(Value::Null, Value::from) == text("/traceId"),
                error.server().map_or(Value::Null, Value::from) == text("/server"),
                serde_json::to_value(error.code()).ok() == Some(sent("/error/code")),
            ];
            if kept == [true; 4] {
                Ok("the error has OCP's code, message, trace id and server".to_owned())
            } else {
                Err(format!(
                    "the error lacks OCP's code, message, trace id or server: {error}"
                ))
            }
        }
        (_, Err(other)) => Err(other.to_string()),
    };
    Check {
        id: "lossless",
        verdict,
    }
}

/// Gives stored responses to the generated client, which takes none but from a server: one
/// server has them one after the other.
pub struct Reader {
    client: Client,
    next: Arc<Mutex<ResponseTemplate>>,
    _server: MockServer,
}

impl Reader {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// When no client can be built.
    pub async fn start() -> Result<Self, Failure> {
        let next = Arc::new(Mutex::new(ResponseTemplate::new(500)));
        let served = Arc::clone(&next);
        let builder = MockServer::builder().disable_request_recording();
        let server = builder.start().await;
        Mock::given(any())
            .respond_with(move |_: &Request| lock(&served).clone())
            .mount(&server)
            .await;
        let client = client(&server.uri())?;
        Ok(Self {
            client,
            next,
            _server: server,
        })
    }

    /// The outcome of a call that gets this response.
    ///
    /// # Errors
    ///
    /// When the client fails, or takes no such call.
    pub async fn read(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        response: &http::Response<Vec<u8>>,
    ) -> Result<Decoded, Failure> {
        let template = ResponseTemplate::new(response.status());
        let template = template.set_body_bytes(response.body().as_slice());
        let headers = response.headers().iter();
        *lock(&self.next) = headers.fold(template, |template, (name, value)| {
            template.insert_header(name, value)
        });
        bridge::call(&self.client, operation, arguments).await
    }
}

fn lock(next: &Mutex<ResponseTemplate>) -> MutexGuard<'_, ResponseTemplate> {
    next.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{expected, serve};
    use ocp_contract::Interaction;

    /// The server's own teeth: one departure from the recorded request at a
    /// time, sent without our client, must get the refusal and not the response.
    #[tokio::test]
    async fn only_the_recorded_request_gets_the_recorded_response() {
        let file =
            Interaction::folder().join("listTenantRestoreTasks/documented-sample/interaction.yaml");
        let interaction = Interaction::read(Path::new(&file)).unwrap();
        let server = serve(&interaction, &expected(&interaction.recorded.request)).await;
        let path = "/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks";
        let plain = [
            ("accept", "application/json"),
            ("accept-encoding", "gzip"),
            ("content-type", "application/json"),
            ("user-agent", "x"),
        ];
        let with = |header| plain.into_iter().chain([header]).collect::<Vec<_>>();
        for (due, method, target, headers) in [
            (200, "GET", format!("{path}?page=1&size=10"), plain.to_vec()),
            (200, "GET", format!("{path}?size=10&page=1"), plain.to_vec()),
            (
                500,
                "POST",
                format!("{path}?page=1&size=10"),
                plain.to_vec(),
            ),
            (
                500,
                "GET",
                format!("{path}/?page=1&size=10"),
                plain.to_vec(),
            ),
            (500, "GET", format!("{path}?page=1"), plain.to_vec()),
            (500, "GET", format!("{path}?page=1&size=11"), plain.to_vec()),
            (
                500,
                "GET",
                format!("{path}?page=1&size=10&sort=id"),
                plain.to_vec(),
            ),
            (
                500,
                "GET",
                format!("{path}?page=1&page=1&size=10"),
                plain.to_vec(),
            ),
            (500, "GET", format!("{path}?Page=1&size=10"), plain.to_vec()),
            (
                500,
                "GET",
                format!("{path}?page=1&size=10"),
                with(("api-version", "0.1.0")),
            ),
            (
                500,
                "GET",
                format!("{path}?page=1&size=10"),
                plain[..1].to_vec(),
            ),
        ] {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut request =
                http.request(method.parse().unwrap(), format!("{}{target}", server.uri()));
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let status = request.send().await.unwrap().status();
            assert_eq!(status, due, "{method} {target} {headers:?}");
        }
    }
}
