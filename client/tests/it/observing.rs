//! The traces of a call: spans, and exchanges.

use std::io::Write;
use std::sync::{Arc, Mutex};

use oceanbase_ocp::{Client, Credentials};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::server::{call, http, json, serve, unhurried};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const PASSWORD: &str = "s3cret-Pa55phrase";

#[tokio::test(start_paused = true)]
async fn spans_tell_operation_attempts_status_and_trace_id_and_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let (url, _) = serve(|number, _| match number {
        1 => http(
            "503 Service Unavailable\r\ncontent-type: application/json",
            format!(
                r#"{{"successful":false,"traceId":"aaaa","error":{{"message":"busy {PASSWORD}"}}}}"#
            ),
        ),
        _ => json(r#"{"successful":true,"traceId":"bbbb","data":{"contents":[]}}"#),
    })
    .await;
    let client = unhurried(&url)
        .credentials(Credentials::basic("admin", PASSWORD).unwrap())
        .build()
        .unwrap();
    call(&client).await.unwrap();
    let own = oceanbase_ocp::http::Request::get("/x").body("").unwrap();
    client.execute(own).await.unwrap();
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let own: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("ocp_call"))
        .collect();
    let own = own.join("\n");
    for text in [
        "operation=\"list_tenant_restore_tasks\"",
        "attempt=1 status=503 trace_id=\"aaaa\"",
        "trying again",
        "attempt=2 status=200 trace_id=\"bbbb\"",
        "attempts=2 status=200 trace_id=\"bbbb\"}",
        "operation=\"GET /x\" attempts=1 status=200 trace_id=\"bbbb\"}",
    ] {
        assert!(own.contains(text), "{text} is not in\n{own}");
    }
    assert!(!log.contains(PASSWORD) && !log.contains("Basic "), "{log}");
}

#[tokio::test]
async fn exchanges_are_shown_before_they_are_judged() {
    let (url, _) = serve(|number, _| match number {
        1 => http("404 Not Found\r\nx-proxy: p", "<html>"),
        _ => b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
    })
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let client = Client::builder(&url)
        .credentials(Credentials::basic("admin", PASSWORD).unwrap())
        .on_exchange(move |exchange| keep.lock().unwrap().push(exchange.clone()))
        .build()
        .unwrap();
    assert!(call(&client).await.is_err());
    assert!(call(&client).await.is_err());
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].status(), 404);
    assert_eq!(seen[0].headers()["x-proxy"], "p");
    assert_eq!(seen[0].body(), Some(b"<html>".as_slice()));
    assert!(
        seen[0]
            .url()
            .as_str()
            .ends_with("/restoreTasks?page=1&size=10")
    );
    assert_eq!(
        seen[0].request_headers()["content-type"],
        "application/json"
    );
    assert!(!seen[0].request_headers().contains_key("authorization"));
    assert_eq!(seen[1].body(), None);
    assert!(!format!("{seen:?}").contains("html"));
}
