//! A restore drill: finds the newest restore that runs in the cluster of a tenant, follows it until
//! it ends, and fails if it failed.
//!
//! `cargo run --example follow_restore -- TENANT`

mod setup;

use std::time::Duration;

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
    let request = ocp.client.list_cluster_restore_tasks();
    let request = request.cluster_id(tenant.cluster_id);
    let mut tasks = request.clone().rows();
    let running = loop {
        match tasks.next().await.transpose()? {
            Some(task) if task.is_running() => break task,
            Some(_) => {}
            None => return Err("no restore is running".into()),
        }
    };
    setup::print(format!(
        "Task {} is in state {} …",
        running.id, running.status
    ));
    let task = request
        .wait_for_row(&running)
        // It has just been listed, so it need not be waited for to appear.
        .appears_within(Duration::ZERO)
        .interval(Duration::from_secs(1))
        .timeout(Duration::from_secs(3600))
        .until_succeeded()
        .await?;
    setup::print(format!("… and has ended well: {}", task.status));
    Ok(())
}
