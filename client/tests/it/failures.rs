//! Responses that are no success: each is the right error, with a message to act on.

use std::fmt::Write;

use oceanbase_ocp::ErrorKind;

use crate::server::{http, json, outcome};

const REFUSED: &str = r#"{"duration":0,"error":{"code":CODE,"message":"A message of OCP."},"server":"a83ad33525","status":STATUS,"successful":false,"timestamp":"2020-12-03T09:38:24.194+08:00","traceId":"57a90c3ab3b89b93"}"#;

fn refused(status: &str, code: &str) -> Vec<u8> {
    let body = REFUSED
        .replace("CODE", code)
        .replace("STATUS", &status[..3]);
    http(&format!("{status}\r\ncontent-type: application/json"), body)
}

#[tokio::test]
async fn each_response_that_is_no_success_is_an_error_to_act_on() {
    use ErrorKind::*;
    let html = "<html>\n<title>OCP</title> console</html>";
    let good = r#"{"data":{"contents":[]},"successful":true,"status":200}"#;
    let mut printed = String::new();
    for (name, bytes, kind, status) in [
        ("401, no code", refused("401 Unauthorized", "0"), Unauthorized, Some(401)),
        ("403, a name as code", refused("403 Forbidden", "\"IAM11000\""), Forbidden, Some(403)),
        ("404, a number as code", refused("404 Not Found", "11001"), NotFound, Some(404)),
        ("400, code null", refused("400 Bad Request", "null"), BadRequest, Some(400)),
        ("409, code of an unknown type", refused("409 Conflict", "{\"a\":1}"), BadRequest, Some(409)),
        ("500", refused("500 Internal Server Error", "\"COM10000\""), Server, Some(500)),
        ("429 with a wait", refused("429 Too Many Requests\r\nRateLimit-Reset: 53", "0"), Throttled, Some(429)),
        ("429 with an odd wait", refused("429 Too Many Requests\r\nRateLimit-Reset: soon", "0"), Throttled, Some(429)),
        ("401, truncated", b"HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"error\":".to_vec(), Unauthorized, Some(401)),
        ("429, broken gzip", http("429 Too Many Requests\r\ncontent-encoding: gzip\r\nRateLimit-Reset: 9", "not gzip"), Throttled, Some(429)),
        ("429 with a wait without end", refused("429 Too Many Requests\r\nRateLimit-Reset: 18446744073709551615", "0"), Throttled, Some(429)),
        ("500 of the framework", http("500 Internal Server Error\r\ncontent-type: application/json", r#"{"status":500,"error":"Internal Server Error","message":"NPE in X","path":"/api"}"#), Server, Some(500)),
        ("401, error as a text", http("401 Unauthorized\r\ncontent-type: application/json", r#"{"successful":false,"error":"bad creds"}"#), Unauthorized, Some(401)),
        ("400, error as a list", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":false,"error":["a","b"]}"#), BadRequest, Some(400)),
        ("400 that claims success", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":true,"data":{"contents":[]}}"#), BadRequest, Some(400)),
        ("400 with odd members", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":"no","traceId":7,"server":[],"error":{"code":1.5,"message":{"a":1}}}"#), BadRequest, Some(400)),
        ("400 with control characters", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":false,"traceId":"a\nb","error":{"code":1,"message":"one\ntwo\u001b[2J"}}"#), BadRequest, Some(400)),
        ("200 with a failure, status as text", json(REFUSED.replace("CODE", "1").replace("STATUS", "\"401\"")), Unauthorized, Some(200)),
        ("200 with an error and without successful", json(r#"{"error":{"code":3,"message":"boom"},"traceId":"t"}"#), Server, Some(200)),
        ("statuses that differ, one as text", json(good.replace(":200", ":\"500\"")), UnexpectedResponse, Some(200)),
        ("302 with secrets", http("302 Found\r\nlocation: http://admin:hunter2@sso:80/login;jsessionid=ABC?ticket=abc", ""), UnexpectedResponse, Some(302)),
        ("502 of a proxy", http("502 Bad Gateway\r\ncontent-type: text/html", "<html>\r\n<h1>502</h1>\r\n</html>"), Server, Some(502)),
        ("404 of another server", http("404 Not Found\r\ncontent-type: application/json", r#"{"detail":"Not Found"}"#), NotFound, Some(404)),
        ("401 without a body", http("401 Unauthorized", ""), Unauthorized, Some(401)),
        ("statuses that differ, failing", http("400 Bad Request\r\ncontent-type: application/json", REFUSED.replace("CODE", "1").replace("STATUS", "500")), BadRequest, Some(400)),
        ("200 with a failure", json(REFUSED.replace("CODE", "1").replace("STATUS", "404")), NotFound, Some(200)),
        ("200 with a failure of status 200", json(REFUSED.replace("CODE", "1").replace("STATUS", "200")), Server, Some(200)),
        ("200 with a failure without more", json(r#"{"successful":false}"#), Server, Some(200)),
        ("statuses that differ, succeeding", json(good.replace(":200", ":500")), UnexpectedResponse, Some(200)),
        ("200 with HTML", http("200 OK\r\ncontent-type: text/html; charset=utf-8", html), UnexpectedResponse, Some(200)),
        ("200 with HTML that claims to be JSON", json(html), UnexpectedResponse, Some(200)),
        ("200 with JSON that claims to be text", http("200 OK\r\ncontent-type: text/plain", good), UnexpectedResponse, Some(200)),
        ("200, empty", json(""), UnexpectedResponse, Some(200)),
        ("200, blank", json("  \n"), UnexpectedResponse, Some(200)),
        ("200, a bare object", json(r#"{"buildVersion":"4.3"}"#), UnexpectedResponse, Some(200)),
        ("200, a list", json("[]"), UnexpectedResponse, Some(200)),
        ("200, the envelope as a list", json("[{\"contents\":[]},true]"), UnexpectedResponse, Some(200)),
        ("200, a text", json("\"okay\""), UnexpectedResponse, Some(200)),
        ("200, cut off within its length", json(&good[..30]), UnexpectedResponse, Some(200)),
        ("204", http("204 No Content", ""), UnexpectedResponse, Some(204)),
        ("201", http("201 Created\r\ncontent-type: application/json", good), UnexpectedResponse, Some(201)),
        ("302 to the login", http("302 Found\r\nlocation: /login?ticket=abc", ""), UnexpectedResponse, Some(302)),
        ("304", http("304 Not Modified", ""), UnexpectedResponse, Some(304)),
        ("truncated", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"data\":".to_vec(), Connection, Some(200)),
        ("truncated chunks", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"data\":\r\n".to_vec(), Connection, Some(200)),
        ("no response", Vec::new(), Connection, None),
        ("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), Connection, None),
        ("broken gzip", http("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip", "not gzip"), UnexpectedResponse, Some(200)),
        ("gzip that is cut off", http("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), Connection, Some(200)),
        ("a coding that nobody asked for", http("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: br", "x"), UnexpectedResponse, Some(200)),
        ("another charset", http("200 OK\r\ncontent-type: application/json;charset=GBK", b"{\"successful\":true,\"server\":\"\xbc\xaf\xc8\xba\",\"data\":{\"contents\":[]}}"), UnexpectedResponse, Some(200)),
        ("a refusal in another charset", http("400 Bad Request\r\ncontent-type: application/json; Charset=\"GB18030\"", b"{\"successful\":false,\"error\":{\"message\":\"\xbc\xaf\xc8\xba\"}}"), BadRequest, Some(400)),
        ("not UTF-8, no charset", json(b"{\"successful\":true,\"server\":\"\xbc\"}"), UnexpectedResponse, Some(200)),
        ("an empty message beside the error", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":false,"status":400,"error":{"code":3100,"message":"no such tenant"},"message":""}"#), BadRequest, Some(400)),
        ("a message beside an empty one", http("400 Bad Request\r\ncontent-type: application/json", r#"{"successful":false,"status":400,"message":"no such tenant","error":{"code":3100,"message":""}}"#), BadRequest, Some(400)),
        ("data missing", json(r#"{"successful":true,"status":200,"traceId":"57a90c3ab3b89b93"}"#), Decode, Some(200)),
        ("data null", json(r#"{"successful":true,"data":null}"#), Decode, Some(200)),
        ("data a list", json(r#"{"successful":true,"data":[[]]}"#), Decode, Some(200)),
        ("contents missing", json(r#"{"successful":true,"data":{}}"#), Decode, Some(200)),
        ("contents null", json(r#"{"successful":true,"data":{"contents":null}}"#), Decode, Some(200)),
        ("page a list", json(r#"{"successful":true,"data":{"contents":[],"page":[1,10,2,1]}}"#), Decode, Some(200)),
        ("a task as a list", json(r#"{"successful":true,"data":{"contents":[[1]]}}"#), Decode, Some(200)),
        ("successful as text", json(r#"{"successful":"true","data":{"contents":[]}}"#), Decode, Some(200)),
        ("id missing", json(r#"{"successful":true,"data":{"contents":[{"status":"X"}]}}"#), Decode, Some(200)),
        ("id null", json(r#"{"successful":true,"data":{"contents":[{"id":null,"status":"X"}]}}"#), Decode, Some(200)),
        ("id with a fraction", json(r#"{"successful":true,"data":{"contents":[{"id":2.0,"status":"X"}]}}"#), Decode, Some(200)),
        ("id beyond a Long", json(r#"{"successful":true,"data":{"contents":[{"id":9223372036854775808,"status":"X"}]}}"#), Decode, Some(200)),
        ("a member twice", json(r#"{"successful":true,"data":{"contents":[{"id":1,"id":2,"status":"X"}]}}"#), Decode, Some(200)),
        ("a time that does not exist", json(r#"{"successful":true,"data":{"contents":[{"id":1,"status":"X","createTime":"2024-02-30T00:00:00Z"}]}}"#), Decode, Some(200)),
    ] {
        let error = match outcome(bytes).await {
            Ok(value) => panic!("{name} was taken for a success: {value:?}"),
            Err(error) => error,
        };
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(error.status().map(|status| status.as_u16()), status, "{name}");
        writeln!(printed, "{name}\n    {:?}: {error}", error.kind()).unwrap();
    }
    assert!(!printed.contains("hunter2") && !printed.contains("ABC"));
    insta::assert_snapshot!(without_ports(&printed));
}

/// Ports change from run to run.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("127.0.0.1:PORT");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    masked
}

#[tokio::test]
async fn an_error_tells_what_ocp_told() {
    let response = refused(
        "429 Too Many Requests\r\nRateLimit-Reset: 53",
        "\"COM10014\"",
    );
    let error = outcome(response).await.unwrap_err();
    assert!(error.is_throttled() && !error.is_server());
    assert_eq!(error.code().unwrap().to_string(), "COM10014");
    assert_eq!(error.message(), Some("A message of OCP."));
    assert_eq!(error.trace_id(), Some("57a90c3ab3b89b93"));
    assert_eq!(error.server(), Some("a83ad33525"));
    assert_eq!(
        error.retry_after(),
        Some(std::time::Duration::from_secs(53))
    );

    let error = outcome(json(
        r#"{"successful":true,"data":{"contents":[{"id":1,"status":"X"},{"id":"x"}]}}"#,
    ))
    .await
    .unwrap_err();
    assert_eq!(error.path(), Some("data.contents[1].id"));
    assert_eq!(error.attempts(), 1, "it was sent");
}

#[tokio::test]
async fn a_closed_port_and_a_silent_server_are_told_apart() {
    use std::time::Duration;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = oceanbase_ocp::Client::builder(&url)
        .timeout(Duration::from_millis(200))
        .retry(oceanbase_ocp::RetryPolicy::disabled())
        .build()
        .unwrap();
    let error = crate::server::call(&client).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains(&url), "{error}");
    drop(listener);
    let error = crate::server::call(&client).await.unwrap_err();
    assert!(error.is_connection(), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

/// Whatever a server sends, an error stays short and on one line.
#[tokio::test]
async fn an_error_is_short_and_on_one_line() {
    let long = "x\\u001b\\n".repeat(100_000);
    for body in [
        format!(
            r#"{{"successful":false,"error":{{"code":"{long}","message":"{long}"}},"traceId":"{long}","server":"{long}"}}"#
        ),
        format!(
            r#"{{"successful":true,"data":{{"contents":[{{"id":"{long}"}}]}},"traceId":"{long}"}}"#
        ),
        format!("\"{long}\""),
    ] {
        let error = outcome(json(body)).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.len() < 3000, "{} characters", text.len());
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
    }
}
