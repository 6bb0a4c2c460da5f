//! One interaction, replayed: a server that gives the recorded response to
//! exactly the recorded request, the client that makes the call, and the faults of both.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oceanbase_ocp::{Client, Error, RetryPolicy, http};
use ocp_contract::{Interaction, RequestLine};
use serde_json::{Map, Value};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::bridge::{self, Decoded, Failure};
use crate::lossless;

/// Headers that every request has beside those of the interaction: with the one value that is
/// allowed, or any if that depends on the connection.
const TRANSPORT_HEADERS: [(&str, &str); 5] = [
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    // "API call description", request headers: required on every request.
    ("content-type", "application/json"),
    ("host", ANY),
    ("user-agent", ANY),
];
const ANY: &str = "any";

/// The outcome of a replayed interaction.
#[derive(Debug)]
pub struct Replay {
    /// The request that arrived; all of them, if there was not one.
    pub received: String,
    /// The client's reading of the response.
    pub outcome: Result<Decoded, Error>,
    /// Sentences on what is wrong.
    pub faults: Vec<String>,
}

/// Replays an interaction of an operation that `spec` describes.
///
/// # Errors
///
/// If the client takes no such call.
pub async fn replay(interaction: &Interaction, spec: &Value) -> Result<Replay, Failure> {
    let expected = expected(&interaction.recorded.request);
    let reader = Reader::start().await?;
    let recorded = &interaction.recorded.response;
    let response = response(recorded.status, &recorded.headers, interaction.body.clone())
        .map_err(|error| Failure::NoCall(error.to_string()))?;
    reader.serve(&response, Some(expected.clone()));
    let arguments = interaction.arguments(spec).map_err(Failure::NoCall)?;
    let called = bridge::call(&reader.client, &interaction.operation_id, arguments).await;
    let outcome = match called {
        Err(Failure::Call(error)) => Err(error),
        called => Ok(called?),
    };
    let received = match std::mem::take(&mut lock(&reader.state).received) {
        requests if requests.is_empty() => "no request\n".to_owned(),
        requests => requests.join("\n"),
    };
    // Its destructor blocks on a lock of tokio, which never opens once the task has used up
    // its budget: it would spin for ever.
    tokio::task::unconstrained(async move { drop(reader) }).await;
    let mut faults = Vec::new();
    faults.extend(wrong_request(&expected, &received));
    faults.extend(wrong_outcome(interaction, &outcome));
    faults.extend(lost(interaction, &outcome));
    Ok(Replay {
        received,
        outcome,
        faults,
    })
}

fn expected(line: &RequestLine) -> String {
    let headers = TRANSPORT_HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    text(&line.method, &line.path, line.query.clone(), headers.into())
}

fn received(request: &Request) -> String {
    let headers = request.headers.iter().map(|(name, value)| {
        let value = match TRANSPORT_HEADERS.contains(&(name.as_str(), ANY)) {
            true => ANY.into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        (name.to_string(), value.into_owned())
    });
    let url = &request.url;
    let query = url.query_pairs().into_owned().collect();
    let method = request.method.as_str();
    let mut text = text(method, url.path(), query, headers.collect());
    // A blank is parsed from either; the one that is signed, and that every server reads as
    // one, is `%20`.
    if url.query().is_some_and(|query| query.contains('+')) {
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

fn wrong_request(expected: &str, received: &str) -> Option<String> {
    if received == expected {
        return None;
    }
    let diff = similar::TextDiff::from_lines(expected, received)
        .unified_diff()
        .context_radius(1000)
        .header(
            "expected, from the interaction",
            "received, from the client",
        )
        .to_string();
    Some(format!("request: the client sent another one\n{diff}"))
}

/// A success is decoded, a failure is an error, each with the recorded status.
fn wrong_outcome(interaction: &Interaction, outcome: &Result<Decoded, Error>) -> Option<String> {
    let recorded = interaction.recorded.response.status;
    let is_success = recorded == 200 && says_successful(&interaction.body);
    let (status, what) = match outcome {
        Ok(decoded) => (Some(decoded.status), "decoded".to_owned()),
        Err(error) => {
            let status = error.status().map(|status| status.as_u16());
            (status, format!("reported: {error}"))
        }
    };
    let expected = match is_success {
        true => "decoded",
        false => "reported as an error",
    };
    let is_right = status == Some(recorded) && outcome.is_ok() == is_success;
    (!is_right).then(|| format!("response: HTTP {recorded} must be {expected}; the client: {what}"))
}

/// HTTP 200 alone is no success: the envelope may say otherwise, and a body may
/// have no envelope at all.
fn says_successful(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|body| body["successful"] == true)
}

/// Nothing of the recorded body may be lost: all of a success, of a failure what the error
/// promises to keep.
fn lost(interaction: &Interaction, outcome: &Result<Decoded, Error>) -> Vec<String> {
    // A body that is not JSON has nothing that could be kept.
    let body = serde_json::from_str::<Value>(&interaction.body).unwrap_or_default();
    let error = match outcome {
        Ok(decoded) => {
            let lost = lossless::differences(&body, &decoded.json);
            return lost.iter().map(|one| format!("lossless: {one}")).collect();
        }
        Err(error) => error,
    };
    let sent = |pointer| body.pointer(pointer).unwrap_or(&Value::Null);
    // An empty text says nothing, and the error then has none.
    let text = |pointer| sent(pointer).as_str().filter(|text| !text.is_empty());
    let is_kept = error.message() == text("/error/message")
        && error.trace_id() == text("/traceId")
        && error.server() == text("/server")
        && serde_json::to_value(error.code()).ok().as_ref() == Some(sent("/error/code"));
    let lacks = "lossless: the error lacks OCP's code, message, trace id or server";
    let fault = (!is_kept).then(|| format!("{lacks}: {error}"));
    fault.into_iter().collect()
}

/// Gives stored responses to the generated client, which takes none but from a server: one
/// server has them one after the other.
pub struct Reader {
    client: Client,
    state: Arc<Mutex<State>>,
    _server: MockServer,
}

/// The next response of the server, and the requests that it got.
struct State {
    response: ResponseTemplate,
    /// The one request that gets the response; any, if there is none.
    expected: Option<String>,
    received: Vec<String>,
}

impl Reader {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// If no client can be built.
    pub async fn start() -> Result<Self, Failure> {
        let state = Arc::new(Mutex::new(State {
            response: ResponseTemplate::new(500),
            expected: None,
            received: Vec::new(),
        }));
        let served = Arc::clone(&state);
        let respond = move |request: &Request| {
            let mut state = lock(&served);
            let Some(expected) = &state.expected else {
                return state.response.clone();
            };
            let received = received(request);
            let response = match received == *expected {
                true => state.response.clone(),
                // A text that cannot be taken for OCP's.
                false => ResponseTemplate::new(500).set_body_string("not the recorded request"),
            };
            state.received.push(received);
            response
        };
        let builder = MockServer::builder().disable_request_recording();
        let server = builder.start().await;
        let mock = Mock::given(any()).respond_with(respond);
        mock.mount(&server).await;
        let client = client(&server.uri())?;
        Ok(Self {
            client,
            state,
            _server: server,
        })
    }

    fn serve(&self, response: &http::Response<Vec<u8>>, expected: Option<String>) {
        let template = ResponseTemplate::new(response.status());
        let template = template.set_body_bytes(response.body().as_slice());
        let headers = response.headers().iter();
        let template = headers.fold(template, |template, (name, value)| {
            template.insert_header(name, value)
        });
        let mut state = lock(&self.state);
        state.response = template;
        state.expected = expected;
    }

    /// The outcome of a call that gets this response.
    ///
    /// # Errors
    ///
    /// If the client fails, or takes no such call.
    pub async fn read(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        response: &http::Response<Vec<u8>>,
    ) -> Result<Decoded, Failure> {
        self.serve(response, None);
        bridge::call(&self.client, operation, arguments).await
    }
}

/// A stored response.
pub(crate) fn response(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: String,
) -> http::Result<http::Response<Vec<u8>>> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body.into_bytes())
}

/// A client of a server on this host, whatever proxies there are.
fn client(url: &str) -> Result<Client, Failure> {
    let http = reqwest::Client::builder()
        .no_proxy()
        // Nothing here speaks TLS, and this host need not know whom to trust.
        .tls_certs_only([])
        .user_agent("oceanbase-ocp contract tests")
        .build()
        .map_err(|error| Failure::NoCall(error.to_string()))?;
    let client = Client::builder(url).http_client(http);
    let client = client.retry(RetryPolicy::disabled()).build();
    client.map_err(Failure::Call)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The server's own teeth: one departure from the recorded request at a
    /// time, sent without our client, must get the refusal and not the response.
    #[tokio::test]
    async fn only_the_recorded_request_gets_the_recorded_response() {
        let file =
            Interaction::folder().join("listTenantRestoreTasks/documented-sample/interaction.yaml");
        let interaction = Interaction::read(Path::new(&file)).unwrap();
        let reader = Reader::start().await.unwrap();
        let recorded = expected(&interaction.recorded.request);
        reader.serve(&http::Response::new(Vec::new()), Some(recorded));
        let path = "/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks";
        let plain = [
            ("accept", "application/json"),
            ("accept-encoding", "gzip"),
            ("content-type", "application/json"),
            ("user-agent", "x"),
        ];
        let with = |header| plain.into_iter().chain([header]).collect::<Vec<_>>();
        for (expected, method, target, headers) in [
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
            let mut request = http.request(
                method.parse().unwrap(),
                format!("{}{target}", reader._server.uri()),
            );
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let status = request.send().await.unwrap().status();
            assert_eq!(status, expected, "{method} {target} {headers:?}");
        }
    }
}
