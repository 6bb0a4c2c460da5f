//! Signs with an access key: the client's requests, and one of your own to an
//! operation that the client does not have.
//!
//! `cargo run --example sign_requests`

mod setup;

use chrono::Utc;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use reqwest::{Method, Url};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ocp = setup::ocp().await?;
    let Some(key) = &ocp.access_key else {
        return Err("OCP_ACCESS_KEY and OCP_SECRET_KEY are not set".into());
    };
    let answer = ocp
        .client()?
        .list_tenant_restore_tasks()
        .cluster_id(ocp.cluster)
        .tenant_id(ocp.tenant)
        .page(1)
        .size(5)
        .send()
        .await?;
    println!("The client: {} tasks", answer.data.contents.len());

    // What is signed must be what arrives: host, content type and query.
    let url = Url::parse(&format!(
        "{}/api/v2/ob/clusters/{}/tenants/{}/backup/task/restoreTasks?page=1&size=1",
        ocp.base_url, ocp.cluster, ocp.tenant
    ))?;
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_str(url.authority())?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let signature = key.sign(&Method::GET, &url, &headers, b"", Utc::now());
    headers.extend(signature);
    let answer = reqwest::Client::new()
        .get(url)
        .headers(headers)
        .send()
        .await?;
    println!("By hand: HTTP {}", answer.error_for_status()?.status());
    Ok(())
}
