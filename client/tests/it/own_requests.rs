//! Requests of the user's own, and clients that differ from others in a setting.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oceanbase_ocp::http::Request;
use oceanbase_ocp::{AccessKey, Client, Credentials, ErrorKind, RetryPolicy};
use serde_json::Value;

use crate::server::{call, http, json, respond_with, serve, unhurried};

const OK: &str = r#"{"successful":true,"status":200,"data":{"contents":[]}}"#;
const PASSWORD: &str = "s3cret-Pa55phrase";

fn get(path: &str) -> Request<&'static str> {
    Request::get(path).body("").unwrap()
}

#[tokio::test]
async fn it_goes_out_as_the_requests_of_operations_do() {
    let (url, server) = respond_with(json(OK)).await;
    let client = Client::builder(&format!("{url}/prefix"))
        .credentials(Credentials::basic("admin", PASSWORD).unwrap())
        .accept_language("zh-CN")
        .build()
        .unwrap();
    let request = Request::post("/api/v2/x?a=b%20c&d=e+f").header("x-reason", "drill");
    let request = request.body(br#"{"e":1}"#.to_vec()).unwrap();
    let response = client.execute(request).await.unwrap();
    assert_eq!(response.decode::<Value>().unwrap()["status"], 200);
    let head = server.await.unwrap();
    assert!(
        head.starts_with("POST /prefix/api/v2/x?a=b%20c&d=e+f HTTP/1.1\r\n"),
        "{head}"
    );
    for header in [
        "authorization: Basic ",
        "content-type: application/json\r\n",
        "accept: application/json\r\n",
        "accept-language: zh-CN\r\n",
        "x-reason: drill\r\n",
        "content-length: 7\r\n",
    ] {
        assert!(head.contains(header), "{head}");
    }
}

/// Headers of the request's own win.
#[tokio::test]
async fn headers_that_the_request_has_are_kept() {
    let (url, server) = respond_with(json(OK)).await;
    let request = Request::get("/x").header("accept", "text/plain");
    let request = request.body("").unwrap();
    Client::new(&url).unwrap().execute(request).await.unwrap();
    let head = server.await.unwrap();
    assert!(head.contains("\r\naccept: text/plain\r\n"), "{head}");
    assert_eq!(head.matches("accept: ").count(), 1, "{head}");
}

/// With an `Authorization` of its own a request is sent without the client's credentials.
#[tokio::test]
async fn an_authorization_of_its_own_is_kept() {
    let basic = Credentials::basic("admin", "a secret of ours").unwrap();
    let key = AccessKey::new("key", "a secret of ours").unwrap();
    for credentials in [basic, key.into()] {
        let (url, server) = respond_with(json(OK)).await;
        let request = Request::get("/x").header("authorization", "Bearer t");
        let request = request.body("").unwrap();
        let client = Client::builder(&url)
            .credentials(credentials)
            .build()
            .unwrap();
        client.execute(request).await.unwrap();
        let head = server.await.unwrap();
        assert!(head.contains("\r\nauthorization: Bearer t\r\n"), "{head}");
        assert_eq!(head.matches("authorization").count(), 1, "{head}");
    }
    let (url, server) = respond_with(json(OK)).await;
    let key = AccessKey::new("key", "a secret of ours").unwrap();
    let request = Request::get("/x").header("host", "ocp.example");
    let request = request.body("").unwrap();
    let client = Client::builder(&url).credentials(key).build().unwrap();
    client.execute(request).await.unwrap();
    let head = server.await.unwrap();
    assert!(head.contains("\r\nhost: ocp.example\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: OCP-ACCESS-KEY"), "{head}");
}

#[tokio::test]
async fn a_response_names_its_trace() {
    for (body, trace_id) in [
        (r#"{"successful":true,"traceId":"7f"}"#, Some("7f")),
        (r#"{"successful":false,"traceId":"8f"}"#, Some("8f")),
        (r#"{"successful":true,"traceId":""}"#, None),
        ("<html>", None),
    ] {
        let (url, _server) = respond_with(json(body)).await;
        let response = Client::new(&url).unwrap().execute(get("/x")).await.unwrap();
        assert_eq!(response.trace_id(), trace_id, "{body}");
    }
}

#[tokio::test]
async fn every_http_response_is_returned_with_what_an_operation_would_say_of_it() {
    let throttled = "429 Too Many Requests\r\nratelimit-limit: 100\r\nratelimit-remaining: 0\r\nratelimit-reset: 53";
    let failure = r#"{"successful":false,"status":404,"traceId":"7f","error":{"code":60001,"message":"no such cluster"}}"#;
    for (bytes, kind, status) in [
        (json(OK), None, 200),
        (json(failure), Some(ErrorKind::NotFound), 200),
        (
            http("404 Not Found", failure),
            Some(ErrorKind::NotFound),
            404,
        ),
        (
            http("404 Not Found", "<html>"),
            Some(ErrorKind::NotFound),
            404,
        ),
        (http(throttled, "{}"), Some(ErrorKind::Throttled), 429),
        (
            http("302 Found\r\nlocation: /login", ""),
            Some(ErrorKind::UnexpectedResponse),
            302,
        ),
        (
            http("204 No Content", ""),
            Some(ErrorKind::UnexpectedResponse),
            204,
        ),
    ] {
        let (url, _server) = respond_with(bytes).await;
        let client = Client::builder(&url)
            .retry(RetryPolicy::disabled())
            .build()
            .unwrap();
        let response = client.execute(get("/x")).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.error().map(oceanbase_ocp::Error::kind), kind);
        assert_eq!(response.decode::<Value>().is_err(), kind.is_some());
        if kind == Some(ErrorKind::Throttled) {
            let limit = response.rate_limit().unwrap();
            assert_eq!((limit.limit, limit.remaining), (Some(100), Some(0)));
            assert_eq!(limit.reset, Some(Duration::from_secs(53)));
            assert_eq!(response.body(), b"{}");
        }
        assert_eq!(response.error_for_failure().is_err(), kind.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_sent_again_only_where_that_is_safe() {
    for (method, requests) in [("GET", 3), ("DELETE", 3), ("POST", 1)] {
        let (url, received) = serve(|_, _| http("503 Service Unavailable", "")).await;
        let policy = RetryPolicy::default().max_attempts(3);
        let client = unhurried(&url).retry(policy).build().unwrap();
        let request = Request::builder()
            .method(method)
            .uri("/x")
            .body("")
            .unwrap();
        let response = client.execute(request).await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.error().unwrap().attempts(), requests, "{method}");
        assert_eq!(received.len(), requests as usize, "{method}");
    }
}

#[tokio::test]
async fn what_is_no_path_of_this_ocp_is_refused() {
    let client = Client::new("http://127.0.0.1:9").unwrap();
    for uri in ["http://elsewhere/x", "elsewhere:80", "*"] {
        let error = client.execute(get(uri)).await.unwrap_err();
        assert!(error.is_configuration(), "{uri}: {error}");
        assert_eq!(
            error.to_string(),
            "`request` is unusable: its URI must be a path of this OCP that begins with a slash"
        );
    }
    // A path that would lead out of the base URL's authority stays in it.
    let (url, server) = respond_with(json(OK)).await;
    let client = Client::new(&url).unwrap();
    client.execute(get("//elsewhere/x")).await.unwrap();
    assert!(server.await.unwrap().starts_with("GET //elsewhere/x "));
}

#[tokio::test]
async fn a_body_that_breaks_off_or_does_not_end_is_an_error() {
    let broken = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec();
    for (bytes, kind) in [
        (broken, ErrorKind::Connection),
        (json(" ".repeat(200)), ErrorKind::UnexpectedResponse),
    ] {
        let (url, _server) = respond_with(bytes).await;
        let client = Client::builder(&url).max_body_bytes(100).build().unwrap();
        let error = client.execute(get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
    }
}

/// The password goes out with one client; the OCP sends it back to another.
#[tokio::test]
async fn no_secret_of_either_client_is_shown() {
    let body = format!(r#"{{"successful":false,"error":{{"message":"not {PASSWORD}"}}}}"#);
    let (url, received) = serve(move |_, _| http("400 Bad Request", &body)).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&seen);
    let client = Client::builder(&url)
        .credentials(Credentials::basic("admin", PASSWORD).unwrap())
        .on_exchange(move |exchange| {
            observed
                .lock()
                .unwrap()
                .push(exchange.url().path().to_owned());
        })
        .build()
        .unwrap();
    for client in [
        client.clone(),
        client.with_credentials(Credentials::anonymous()),
    ] {
        let response = client.execute(get("/x")).await.unwrap();
        let error = response.error().unwrap();
        for text in [
            error.to_string(),
            format!("{error:?}"),
            format!("{response:?}"),
        ] {
            assert!(!text.contains(PASSWORD), "{text}");
        }
        assert_eq!(error.message(), Some("not [REDACTED]"));
    }
    let heads = received.all();
    assert!(heads[0].contains("\r\nauthorization: Basic "), "{heads:?}");
    assert!(!heads[1].contains("authorization"), "{heads:?}");
    assert_eq!(*seen.lock().unwrap(), ["/x", "/x"]);
}

#[tokio::test]
async fn a_setting_for_one_call_leaves_the_others_as_they_were() {
    let (url, received) = serve(|number, _| match number {
        1 => http("503 Service Unavailable", ""),
        _ => json(OK),
    })
    .await;
    let client = Client::new(&url).unwrap();
    let once = client.with_retry(RetryPolicy::disabled());
    assert!(call(&once).await.unwrap_err().is_server());
    let german = client.with_accept_language("de-DE").unwrap();
    call(&german).await.unwrap();
    call(&client).await.unwrap();
    let heads = received.all();
    let languages = heads
        .iter()
        .map(|head| head.contains("accept-language: de-DE"));
    assert_eq!(languages.collect::<Vec<_>>(), [false, true, false]);

    let error = client.with_accept_language("a\nb").unwrap_err();
    assert!(
        error.to_string().contains("`accept_language` is unusable"),
        "{error}"
    );

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let error = call(&silent.with_timeout(Duration::ZERO))
        .await
        .unwrap_err();
    assert!(error.is_timeout() || error.is_connection(), "{error}");
}
