//! What the client costs beside forty lines of reqwest and serde_json, on the
//! same answers, as ratios of times in one run.
//!
//! `cargo bench -p oceanbase-ocp`

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use oceanbase_ocp::Client;
use oceanbase_ocp::types::RestoreTaskListResponse;
use ocp_mock::tasks;
use serde::Deserialize;

/// What somebody would write by hand, for the members that are in the sample.
#[derive(Deserialize)]
struct Envelope {
    data: Data,
    successful: bool,
}

#[derive(Deserialize)]
struct Data {
    contents: Vec<Task>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is decoded is not looked at")]
struct Task {
    id: i64,
    backup_cluster_name: Option<String>,
    backup_mode: Option<String>,
    backup_ob_tenant_id: Option<i64>,
    backup_tenant_name: Option<String>,
    create_time: Option<DateTime<Utc>>,
    error_msg: Option<String>,
    finish_time: Option<DateTime<Utc>>,
    finished: Option<bool>,
    restore_cluster_id: Option<i64>,
    restore_cluster_name: Option<String>,
    restore_end_time: Option<DateTime<Utc>>,
    restore_ob_cluster_id: Option<i64>,
    restore_object_type: Option<String>,
    restore_pool_list_str: Option<String>,
    restore_tenant_name: Option<String>,
    restore_uri: Option<String>,
    status: String,
    status_desc: Option<String>,
    successful: Option<bool>,
    trigger_type: Option<String>,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATH: &str = "/api/v2/ob/clusters/1/tenants/2/backup/task/restoreTasks";

fn body(rows: usize) -> String {
    let rows = serde_json::Value::from(tasks::made(rows));
    format!(
        r#"{{"data":{{"contents":{rows},"page":{{"number":1,"size":1,"totalElements":1,"totalPages":1}}}},"duration":1,"server":"a","status":200,"successful":true,"timestamp":"2024-08-09T15:47:50.451+08:00","traceId":"57a90c3ab3b89b93"}}"#
    )
}

/// Gives the same answer to every request, on connections that stay open.
fn serve(body: &str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let _ = socket.set_nodelay(true);
                let mut head = [0; 4096];
                while matches!(socket.read(&mut head), Ok(1..)) {
                    if socket.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(url)
}

/// Times of one piece of work beside another, in turns, so that whatever else
/// the machine does meets both.
#[derive(Default)]
struct Pair {
    ours: Vec<Duration>,
    by_hand: Vec<Duration>,
}

impl Pair {
    fn report(mut self, what: &str) {
        self.ours.sort();
        self.by_hand.sort();
        let median = |times: &[Duration]| times[times.len() / 2].as_secs_f64() * 1e6;
        let (ours, by_hand) = (median(&self.ours), median(&self.by_hand));
        println!(
            "{what:28} {ours:10.1} us  {by_hand:10.1} us  {:5.2}",
            ours / by_hand
        );
    }
}

async fn calls(rows: usize, rounds: usize) -> Outcome {
    let url = serve(&body(rows))?;
    let client = Client::new(&url)?;
    let http = reqwest::Client::new();
    let mut pair = Pair::default();
    for _ in 0..rounds {
        let started = Instant::now();
        let request = client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2);
        let answer = request.page(1).size(10).send().await?;
        assert_eq!(answer.data.contents.len(), rows);
        pair.ours.push(started.elapsed());

        let started = Instant::now();
        let answer = http
            .get(format!("{url}{PATH}?page=1&size=10"))
            .header("content-type", "application/json")
            .send()
            .await?
            .error_for_status()?;
        let envelope: Envelope = serde_json::from_slice(&answer.bytes().await?)?;
        assert!(envelope.successful && envelope.data.contents.len() == rows);
        pair.by_hand.push(started.elapsed());
    }
    pair.report(&format!("a call, {rows} rows"));
    Ok(())
}

fn decoding(rows: usize, rounds: usize) -> Outcome {
    let body = body(rows);
    let mut pair = Pair::default();
    for _ in 0..rounds {
        let started = Instant::now();
        let ours: RestoreTaskListResponse = serde_json::from_str(&body)?;
        pair.ours.push(started.elapsed());
        let started = Instant::now();
        let by_hand: Envelope = serde_json::from_str(&body)?;
        pair.by_hand.push(started.elapsed());
        assert_eq!(ours.data.contents.len(), by_hand.data.contents.len());
    }
    pair.report(&format!("decoding, {rows} rows"));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    println!("{:28} {:>13}  {:>13}  ratio", "", "this client", "by hand");
    calls(2, 2000).await?;
    calls(200, 500).await?;
    calls(2000, 100).await?;
    decoding(2, 20_000)?;
    decoding(2000, 100)
}
