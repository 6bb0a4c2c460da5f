//! The code that somebody would write by hand, for the members that are in the sample.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::Outcome;

const PATH: &str = "/api/v2/ob/clusters/1/tenants/2/backup/task/restoreTasks";

#[derive(Deserialize)]
struct Envelope {
    data: Data,
    successful: bool,
}

#[derive(Deserialize)]
pub(crate) struct Data {
    pub(crate) contents: Vec<Task>,
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_pages: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is decoded is not looked at")]
pub(crate) struct Task {
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

pub(crate) fn decode(body: &[u8]) -> Outcome<Data> {
    let envelope: Envelope = serde_json::from_slice(body)?;
    if !envelope.successful {
        return Err("OCP reports a failure".into());
    }
    Ok(envelope.data)
}

pub(crate) async fn call(
    http: &reqwest::Client,
    url: &str,
    page: usize,
    size: usize,
) -> Outcome<Data> {
    let response = http
        .get(format!("{url}{PATH}?page={page}&size={size}"))
        .header("content-type", "application/json")
        .send()
        .await?
        .error_for_status()?;
    decode(&response.bytes().await?)
}

/// Counts all rows, page by page.
pub(crate) async fn pages(http: &reqwest::Client, url: &str, size: usize) -> Outcome<usize> {
    let (mut page, mut count) = (1, 0);
    loop {
        let data = call(http, url, page, size).await?;
        count += data.contents.len();
        if page >= data.page.total_pages {
            return Ok(count);
        }
        page += 1;
    }
}
