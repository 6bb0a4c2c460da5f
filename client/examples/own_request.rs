//! Calls an operation that this client does not know, with its credentials, retries and
//! errors.
//!
//! `cargo run --example own_request`

mod setup;

use oceanbase_ocp::http::Request;
use serde::Deserialize;

/// The members to read of the response: as many or as few as one needs.
#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    contents: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    id: i64,
    status: String,
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let ocp = setup::ocp().await?;
    let tenant = setup::tenant(&ocp.client, &ocp.tenant).await?;
    let path = format!(
        "/api/v2/ob/clusters/{}/backup/task/restoreTasks?page=1&size=3",
        tenant.cluster_id
    );
    let response = ocp.client.execute(Request::get(path).body("")?).await?;
    setup::print(format!("HTTP {}", response.status()));
    let body: Body = response.decode()?;
    for task in body.data.contents {
        setup::print(format!("{} {}", task.id, task.status));
    }

    // Whatever is no success is an error to ask, and not only a status.
    let request = Request::get("/api/v2/no/such/operation").body("")?;
    let response = ocp.client.execute(request).await?;
    if let Some(error) = response.error() {
        setup::print(format!("{:?}: {error}", error.kind()));
    }
    Ok(())
}
