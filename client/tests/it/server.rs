//! A server that answers with the very bytes it is given.

use std::sync::{Arc, Mutex};

use oceanbase_ocp::types::RestoreTaskListResponse;
use oceanbase_ocp::{Client, ClientBuilder, Error, Response, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

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

/// The outcome of a call that gets this response, without credentials.
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
) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Heads::default();
    let seen = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let head = read_head(&mut socket).await;
            let number = seen.push(&head);
            let _ = socket.write_all(&response(number, &head)).await;
            let _ = socket.shutdown().await;
        }
    });
    (url, heads)
}

/// A client whose waits take no time, in a test that runs with the time paused: it has no
/// time-outs and keeps no connections, so that waits are the only timers.
pub(crate) fn unhurried(url: &str) -> ClientBuilder {
    let http = oceanbase_ocp::reqwest::Client::builder()
        .no_proxy()
        .redirect(oceanbase_ocp::reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build();
    Client::builder(url).http_client(http.unwrap())
}

/// The heads of requests, and when each came.
#[derive(Clone, Default)]
pub(crate) struct Heads(Arc<Mutex<Vec<(Instant, String)>>>);

impl Heads {
    fn push(&self, head: &str) -> usize {
        let mut heads = self.0.lock().unwrap();
        heads.push((Instant::now(), head.to_owned()));
        heads.len()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        let heads = self.0.lock().unwrap();
        heads.iter().map(|(_, head)| head.clone()).collect()
    }

    /// The heads that came since they were taken last.
    pub(crate) fn take(&self) -> Vec<String> {
        let all = self.all();
        self.0.lock().unwrap().clear();
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The waits between the requests, in milliseconds, but for those sent at once.
    pub(crate) fn waits(&self) -> Vec<u128> {
        let heads = self.0.lock().unwrap();
        let waits = heads.windows(2).map(|pair| pair[1].0 - pair[0].0);
        let waits = waits.map(|wait| wait.as_millis());
        waits.filter(|wait| *wait > 100).collect()
    }
}
