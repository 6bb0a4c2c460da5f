//! The last data backup, the log backup and the last restore of a tenant, as a table. Exit
//! code 1 if the tenant has no successful data backup of the last hours.
//!
//! `cargo run --example backup_report -- TENANT [HOURS]`

mod setup;

use std::error::Error;
use std::fmt::Write;
use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};
use oceanbase_ocp::Client;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let ocp = setup::ocp().await?;
    let hours = hours(std::env::args().nth(2))?;
    let age = TimeDelta::hours(hours.into());
    let (table, last) = report(&ocp.client, &ocp.tenant).await?;
    setup::print(table.trim_end());
    if last.is_some_and(|last| Utc::now() - last <= age) {
        return Ok(ExitCode::SUCCESS);
    }
    setup::print(format!(
        "No data backup has succeeded in the last {hours} hours."
    ));
    Ok(ExitCode::FAILURE)
}

/// The second argument; a day without it.
fn hours(argument: Option<String>) -> Result<u32, &'static str> {
    let hours = argument.map_or(Ok(24), |hours| hours.parse());
    hours.map_err(|_| "the second argument is a number of hours")
}

/// The table, and the end of the last data backup that has succeeded.
async fn report(
    ocp: &Client,
    name: &str,
) -> Result<(String, Option<DateTime<Utc>>), Box<dyn Error>> {
    let tenant = setup::tenant(ocp, name).await?;
    let (cluster, tenant) = (tenant.cluster_id, tenant.id);

    let request = ocp.list_tenant_data_backup_tasks().cluster_id(cluster);
    let (backups, _) = request.tenant_id(tenant).rows().collect_all().await?;
    let request = ocp.list_tenant_log_backup_tasks().cluster_id(cluster);
    let (logs, _) = request.tenant_id(tenant).rows().collect_all().await?;
    let request = ocp.list_tenant_restore_tasks().cluster_id(cluster);
    let (restores, _) = request.tenant_id(tenant).rows().collect_all().await?;

    let mut table = format!("{name:14} {:20} time (UTC)\n", "state");
    let mut row = |what: &str, state: String, time: Option<DateTime<Utc>>| {
        let time = time.map_or_else(|| "-".to_owned(), |time| time.format("%F %T").to_string());
        writeln!(table, "{what:14} {state:20} {time}")
    };
    match backups.iter().max_by_key(|one| one.start_time) {
        Some(last) => row("data backup", last.status.to_string(), last.finish_time)?,
        None => row("data backup", "none".to_owned(), None)?,
    }
    match logs.first() {
        Some(log) => row("log backup", log.status.to_string(), log.checkpoint)?,
        None => row("log backup", "none".to_owned(), None)?,
    }
    match restores.iter().max_by_key(|one| one.create_time) {
        Some(last) => row("last restore", last.status.to_string(), last.finish_time)?,
        None => row("last restore", "none".to_owned(), None)?,
    }
    let done = backups.iter().filter(|one| one.status == "DONE");
    Ok((table, done.filter_map(|one| one.finish_time).max()))
}

#[cfg(test)]
mod tests {
    use ocp_mock::{EmbeddedOcp, Settings};

    use super::*;

    #[test]
    fn hours_are_a_number_that_is_not_negative() {
        for (argument, expected) in [(None, Some(24)), (Some("48"), Some(48))] {
            assert_eq!(hours(argument.map(str::to_owned)).ok(), expected);
        }
        for wrong in ["-5", "soon", ""] {
            assert!(hours(Some(wrong.to_owned())).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_tenant_is_reported_by_name() -> Result<(), Box<dyn Error>> {
        let ocp = EmbeddedOcp::start(Settings::default()).await?;
        let client = Client::new(&ocp.url())?;
        let (table, last) = report(&client, "aiso").await?;
        assert_eq!(
            table,
            "aiso           state                time (UTC)\n\
             data backup    DONE                 2024-08-09 08:02:57\n\
             log backup     RUNNING              2024-08-09 08:04:21\n\
             last restore   RESTORE_SUCCESS      2024-08-08 08:29:50\n"
        );
        assert_eq!(last.map(|last| last.timestamp()), Some(1723190577));
        let unknown = report(&client, "AISO").await;
        assert!(unknown.is_err_and(|error| error.to_string().contains("AISO")));
        Ok(())
    }
}
