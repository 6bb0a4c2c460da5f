//! Answers that never end, or would not fit.

use std::io::Write;
use std::time::Duration;

use oceanbase_ocp::Client;
use tokio::io::AsyncWriteExt;

use crate::server::{call, http, json, outcome, read_head, respond_with};

const LIMIT: usize = 64 * 1024;

async fn limited(url: &str) -> oceanbase_ocp::Error {
    let client = Client::builder(url)
        .max_body_bytes(LIMIT)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    call(&client).await.unwrap_err()
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_at_the_limit() {
    // 200 MB of blanks, packed fast.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..200 {
        gzip.write_all(&blanks).unwrap();
    }
    let head = "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
    let (url, _server) = respond_with(http(head, gzip.finish().unwrap())).await;
    let error = limited(&url).await;
    assert!(
        error.is_unexpected_response() && error.to_string().contains("longer than 65536 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endless_answer_is_stopped_at_the_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_head(&mut socket).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut sent = 0_usize;
        while socket.write_all(b"400\r\n").await.is_ok() {
            let chunk = [b' '; 0x400];
            if socket.write_all(&chunk).await.is_err() || socket.write_all(b"\r\n").await.is_err() {
                break;
            }
            sent += chunk.len();
        }
        sent
    });
    let error = limited(&url).await;
    assert!(error.is_unexpected_response(), "{error}");
    // The connection is closed, which ends the server as well.
    assert!(server.await.unwrap() > LIMIT);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let mut body = r#"{"successful":true,"data":{"contents":[]}}"#.to_owned();
    body.push_str(&" ".repeat(LIMIT - body.len()));
    let (url, _server) = respond_with(json(&body)).await;
    let client = Client::builder(&url).max_body_bytes(LIMIT).build().unwrap();
    assert!(call(&client).await.is_ok());
    body.push(' ');
    let (url, _server) = respond_with(json(&body)).await;
    assert!(limited(&url).await.is_unexpected_response());
}

#[tokio::test]
async fn nesting_does_not_overflow_the_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(200_000), "}".repeat(200_000));
    for body in [
        deep.clone(),
        objects.clone(),
        format!(r#"{{"successful":true,"data":{deep}}}"#),
        format!(r#"{{"successful":true,"data":{{"contents":{deep}}}}}"#),
        format!(
            r#"{{"successful":true,"error":{objects},"data":{{"contents":[{{"id":{deep}}}]}}}}"#
        ),
        format!(r#"{{"successful":{objects}}}"#),
        "[".repeat(1_000_000),
    ] {
        assert!(outcome(json(&body)).await.is_err());
    }
    let failing = http("500 Oops\r\ncontent-type: application/json", &objects);
    assert!(outcome(failing).await.unwrap_err().is_server());
}
