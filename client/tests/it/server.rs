//! A server that answers with the very bytes it is given.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use oceanbase_ocp::types::RestoreTaskListResponse;
use oceanbase_ocp::{Client, Clock, Error, Response, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers one request with these bytes, then closes the connection. Returns
/// its URL, and the head of the request once it has come.
pub(crate) async fn respond_with(bytes: impl Into<Vec<u8>>) -> (String, JoinHandle<String>) {
    let bytes = bytes.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let head = read_head(&mut socket).await;
        // The client may hang up before the end; that is its right.
        let _ = socket.write_all(&bytes).await;
        let _ = socket.shutdown().await;
        head
    });
    (url, server)
}

pub(crate) async fn read_head(socket: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A response with this head and body, its length declared.
pub(crate) fn http(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// HTTP 200 with a JSON body.
pub(crate) fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    http("200 OK\r\ncontent-type: application/json", body)
}

pub(crate) async fn call(client: &Client) -> Result<Response<RestoreTaskListResponse>, Error> {
    client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2)
        .page(1)
        .size(10)
        .send()
        .await
}

/// What a client without credentials makes of a response.
pub(crate) async fn outcome(
    bytes: impl Into<Vec<u8>>,
) -> Result<Response<RestoreTaskListResponse>, Error> {
    let (url, _server) = respond_with(bytes).await;
    let client = Client::builder(&url).retry(RetryPolicy::disabled());
    call(&client.build().unwrap()).await
}

/// Answers every request on its own connection, with what the function makes of
/// its number, counted from 1, and its head. No response at all if that is empty.
pub(crate) async fn serve(
    response: impl Fn(usize, &str) -> Vec<u8> + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let head = read_head(&mut socket).await;
            let number = {
                let mut seen = seen.lock().unwrap();
                seen.push(head.clone());
                seen.len()
            };
            let _ = socket.write_all(&response(number, &head)).await;
            let _ = socket.shutdown().await;
        }
    });
    (url, heads)
}

/// A clock that does not wait: time passes when somebody sleeps.
#[derive(Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<Vec<Duration>>>);

impl Waits {
    /// All waits so far, in milliseconds.
    pub(crate) fn all(&self) -> Vec<u128> {
        let waits = self.0.lock().unwrap();
        waits.iter().map(Duration::as_millis).collect()
    }
}

impl Clock for Waits {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().iter().sum()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().push(time);
        Box::pin(std::future::ready(()))
    }

    /// Noon of a day, at first.
    fn utc(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_723_032_000, 0).unwrap() + self.now()
    }
}
