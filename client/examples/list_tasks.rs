//! All restore tasks of a tenant, as a table.
//!
//! `cargo run --example list_tasks -- TENANT`

mod setup;

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
    let request = ocp.client.list_tenant_restore_tasks();
    let request = request.cluster_id(tenant.cluster_id).tenant_id(tenant.id);
    let mut tasks = request.size(200).rows();
    setup::print(format!(
        "{:>20}  {:20}  {:26}  from -> to",
        "id", "created (UTC)", "status"
    ));
    while let Some(task) = tasks.next().await.transpose()? {
        let created = task
            .create_time
            .map(|time| time.format("%F %T").to_string());
        setup::print(format!(
            "{:>20}  {:20}  {:26}  {} -> {}",
            task.id,
            created.unwrap_or_default(),
            task.status.to_string(),
            task.backup_tenant_name.unwrap_or_default(),
            task.restore_tenant_name.unwrap_or_default(),
        ));
    }
    Ok(())
}
