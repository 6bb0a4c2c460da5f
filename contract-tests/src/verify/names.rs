//! The ids of a cluster and of a tenant that people know by name.

use std::fmt::Write;

use anyhow::{Context, anyhow, bail};
use oceanbase_ocp::Client;
use oceanbase_ocp::types::Tenant;
use serde_json::Value;

use super::contract::Contract;
use super::target::Target;

/// The most names that a message lists.
const LISTED: usize = 20;

impl Contract {
    /// Asks an OCP for the ids of the cluster and the tenant of these names, adds them to the
    /// arguments of `target`, and returns which were found; `None` without a name. OCP
    /// matches parts of a name in any case, so all pages are read for exactly this name.
    ///
    /// # Errors
    ///
    /// If OCP lists none or several of that name, with those that it lists; if a call fails.
    pub async fn resolve(
        &self,
        cluster: Option<&str>,
        tenant: Option<&str>,
        target: &mut Target<'_>,
    ) -> anyhow::Result<Option<String>> {
        let secrets = self.secrets(target.identity.secrets());
        // A server may send back a password as a name.
        let for_people = |error: String| anyhow!("{}", secrets.text(&target.in_options(&error)));
        let client = || {
            let client = target.client().and_then(|builder| builder.build());
            client.map_err(|error| for_people(error.to_string()))
        };
        let found = match (tenant, cluster) {
            (Some(tenant), cluster) => {
                let id = target.arguments.get("cluster_id");
                tenants(&client()?, tenant, cluster, id).await
            }
            (None, Some(cluster)) => clusters(&client()?, cluster).await,
            (None, None) => return Ok(None),
        };
        let found = found.map_err(|error| for_people(format!("{error:#}")))?;
        let ids = found.ids.into_iter();
        let ids = ids.map(|(argument, id)| (argument.to_owned(), id.into()));
        target.arguments.extend(ids);
        Ok(Some(secrets.text(&found.text)))
    }
}

async fn tenants(
    client: &Client,
    name: &str,
    cluster: Option<&str>,
    id: Option<&Value>,
) -> anyhow::Result<Listed> {
    let tenants = client.list_tenants().name(name).rows().collect_all().await;
    let (tenants, _) = tenants.context("cannot ask for the tenants by name")?;
    let is_meant = |tenant: &Tenant| {
        tenant.name == name
            && cluster.is_none_or(|cluster| tenant.cluster_name.as_deref() == Some(cluster))
            && id.is_none_or(|id| *id == tenant.cluster_id)
    };
    let within = match (cluster, id) {
        (Some(cluster), _) => format!(" in a cluster called {cluster:?}"),
        (None, Some(id)) => format!(" in the cluster with the id {id}"),
        (None, None) => String::new(),
    };
    let listed = tenants.iter().map(|tenant| {
        let cluster = match &tenant.cluster_name {
            Some(cluster) => format!("{cluster:?} "),
            None => String::new(),
        };
        let text = format!(
            "tenant {:?} (id {}) of cluster {cluster}(id {})",
            tenant.name, tenant.id, tenant.cluster_id
        );
        let ids = vec![("cluster_id", tenant.cluster_id), ("tenant_id", tenant.id)];
        let is_meant = is_meant(tenant);
        Listed {
            is_meant,
            text,
            ids,
        }
    });
    let called = format!("{name:?}{within}");
    let distinction = "--cluster or --tenant-id with --cluster-id";
    only("tenant", &called, distinction, listed.collect())
}

async fn clusters(client: &Client, name: &str) -> anyhow::Result<Listed> {
    let clusters = client.list_clusters().name(name).rows().collect_all().await;
    let (clusters, _) = clusters.context("cannot ask for the clusters by name")?;
    let listed = clusters.iter().map(|cluster| Listed {
        is_meant: cluster.name == name,
        text: format!("cluster {:?} (id {})", cluster.name, cluster.id),
        ids: vec![("cluster_id", cluster.id)],
    });
    let called = format!("{name:?}");
    only("cluster", &called, "--cluster-id", listed.collect())
}

/// A tenant or a cluster that OCP lists.
struct Listed {
    /// It has the name that is looked for.
    is_meant: bool,
    text: String,
    /// The arguments that lead to it.
    ids: Vec<(&'static str, i64)>,
}

/// The one row that is called so; `distinction` are the options that tell rows of one name
/// apart.
fn only(of: &str, called: &str, distinction: &str, listed: Vec<Listed>) -> anyhow::Result<Listed> {
    let (mut meant, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|one| one.is_meant);
    match (meant.len(), others.len()) {
        (0, 0) => bail!(
            "OCP lists no {of} called {called}, nor any whose name contains it; it lists only {of}s that the caller may see"
        ),
        (0, _) => bail!("OCP lists no {of} called {called}{}", list(&others)),
        (1, _) => Ok(meant.remove(0)),
        (several, _) => bail!(
            "OCP lists {several} {of}s called {called}; {distinction} tells them apart{}",
            list(&meant)
        ),
    }
}

/// The end of a message: rows that OCP lists.
fn list(rows: &[Listed]) -> String {
    let mut text = ". It lists:".to_owned();
    for row in rows.iter().take(LISTED) {
        let _ = write!(text, "\n  {}", row.text);
    }
    if rows.len() > LISTED {
        let _ = write!(text, "\n  and {} more", rows.len() - LISTED);
    }
    text
}
