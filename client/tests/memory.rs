//! A million rows in the memory of two pages.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures_util::TryStreamExt;
use oceanbase_ocp::Client;
use peak_alloc::PeakAlloc;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROWS: i64 = 1_000_000;
const SIZE: i64 = 2000;

fn answer(request: &Request) -> ResponseTemplate {
    let mut query = request.url.query_pairs();
    let (_, page) = query.find(|(name, _)| name == "page").unwrap();
    let first = (page.parse::<i64>().unwrap() - 1) * SIZE;
    let rows: Vec<String> = (first..first + SIZE)
        .map(|id| format!(r#"{{"id":{id},"status":"RESTORE_SUCCESS"}}"#))
        .collect();
    let (rows, pages) = (rows.join(","), ROWS / SIZE);
    let body = format!(
        r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalPages":{pages}}}}}}}"#
    );
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn a_million_rows_take_no_more_memory_than_a_few_pages() {
    let server = MockServer::builder()
        .disable_request_recording()
        .start()
        .await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = Client::new(&server.uri()).unwrap();
    let request = client.list_tenant_restore_tasks().id(1).tenant_id(2);
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
    let late = MEMORY.peak_usage();
    assert!(
        late < early * 3 / 2,
        "{early} bytes at most for 20 pages, {late} for the rest"
    );
}
