//! A million rows in the memory of a few pages, and some bytes for each row.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures_util::TryStreamExt;
use oceanbase_ocp::{Client, Completeness};
use peak_alloc::PeakAlloc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROWS: i64 = 1_000_000;
const SIZE: i64 = 2000;

/// wiremock keeps every request that it has answered; this server keeps nothing.
async fn serve(listener: TcpListener) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let mut head = vec![0; 4096];
        let length = socket.read(&mut head).await.unwrap();
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        let page = head
            .split("page=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let first = (page.parse::<i64>().unwrap() - 1) * SIZE;
        let rows: Vec<String> = (first..first + SIZE)
            .map(|id| format!(r#"{{"id":{id},"status":"RESTORE_SUCCESS"}}"#))
            .collect();
        let (rows, pages) = (rows.join(","), ROWS / SIZE);
        let body = format!(
            r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalElements":{ROWS},"totalPages":{pages}}}}}}}"#
        );
        let length = body.len();
        let response = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        socket.write_all(response.as_bytes()).await.unwrap();
        let _ = socket.shutdown().await;
    }
}

#[tokio::test]
async fn a_million_rows_take_some_bytes_each() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let _server = tokio::spawn(serve(listener));
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let mut rows = request.size(SIZE).rows();
    let mut count = 0;
    let mut early = 0;
    while let Some(row) = rows.try_next().await.unwrap() {
        assert_eq!(row.id, count);
        count += 1;
        if count == 20 * SIZE {
            early = MEMORY.peak_usage();
            MEMORY.reset_peak_usage();
        }
    }
    assert_eq!(count, ROWS);
    assert_eq!(
        rows.completeness(),
        Some(Completeness::Complete),
        "each row is known"
    );
    let late = MEMORY.peak_usage();
    assert!(
        late < early + (32 << 20),
        "{early} bytes at most for 20 pages, {late} for the rest"
    );
}
