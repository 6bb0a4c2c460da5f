//! The ids of a cluster and of a tenant that people know by name.

use std::fmt::Write;

use anyhow::{Context, anyhow, bail};
use oceanbase_ocp::Client;
use oceanbase_ocp::types::{Cluster, Tenant};

use super::arguments::Arguments;
use super::contract::Contract;
use super::target::Target;

/// The most names that a message lists.
const LISTED: usize = 20;

/// The cluster and the tenant to verify, by name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// The name of the cluster, as OCP shows it.
    pub cluster: Option<&'a str>,
    /// The name of the tenant, as OCP shows it.
    pub tenant: Option<&'a str>,
}

impl Contract {
    /// Asks an OCP for the ids of what is called so, adds them to the arguments of `target`,
    /// and returns which cluster and which tenant were found; `None` without a name. OCP
    /// matches parts of a name in any case, so all pages are read for exactly this name.
    ///
    /// # Errors
    ///
    /// If OCP lists none or several of that name, with those that it lists; if a call fails.
    pub async fn resolve(
        &self,
        names: Names<'_>,
        target: &mut Target<'_>,
    ) -> anyhow::Result<Option<String>> {
        let fail =
            |error: oceanbase_ocp::Error| anyhow!("{}", target.in_options(&error.to_string()));
        let client = target.client().and_then(|builder| builder.build());
        let client = client.map_err(fail)?;
        let mut arguments = target.arguments.clone();
        let found = match names {
            Names {
                tenant: Some(tenant),
                cluster,
            } => Some(resolve_tenant(&client, tenant, cluster, &mut arguments).await),
            Names {
                cluster: Some(cluster),
                ..
            } => Some(resolve_cluster(&client, cluster, &mut arguments).await),
            Names { .. } => None,
        };
        let secrets = self.secrets(target.identity.secrets());
        let found = found.transpose().map_err(|error| {
            // A server may send back a password as a name.
            anyhow!(
                "{}",
                secrets.text(&target.in_options(&format!("{error:#}")))
            )
        })?;
        target.arguments = arguments;
        Ok(found.map(|found| secrets.text(&found)))
    }
}

async fn resolve_tenant(
    client: &Client,
    name: &str,
    cluster: Option<&str>,
    arguments: &mut Arguments,
) -> anyhow::Result<String> {
    let id = arguments.get("cluster_id").cloned();
    let tenants = client.list_tenants().name(name).rows().collect_all().await;
    let (tenants, _) = tenants.context("cannot ask for the tenants by name")?;
    let is_meant = |tenant: &&Tenant| {
        tenant.name == name
            && cluster.is_none_or(|cluster| tenant.cluster_name.as_deref() == Some(cluster))
            && id.as_ref().is_none_or(|id| *id == tenant.cluster_id)
    };
    let found: Vec<&Tenant> = tenants.iter().filter(is_meant).collect();
    let within = match (cluster, id.as_ref()) {
        (Some(cluster), _) => format!(" in a cluster called {cluster:?}"),
        (None, Some(id)) => format!(" in the cluster with the id {id}"),
        (None, None) => String::new(),
    };
    match found.as_slice() {
        [one] => {
            arguments.insert("cluster_id".to_owned(), one.cluster_id.into());
            arguments.insert("tenant_id".to_owned(), one.id.into());
            Ok(described(one))
        }
        [] => bail!(
            "OCP lists no tenant called {name:?}{within}{}",
            listed("tenants", tenants.iter().map(described))
        ),
        several => bail!(
            "OCP lists {} tenants called {name:?}{within}; --cluster or --tenant-id with \
                 --cluster-id tells them apart{}",
            several.len(),
            listed("tenants", several.iter().copied().map(described))
        ),
    }
}

async fn resolve_cluster(
    client: &Client,
    name: &str,
    arguments: &mut Arguments,
) -> anyhow::Result<String> {
    let clusters = client.list_clusters().name(name).rows().collect_all().await;
    let (clusters, _) = clusters.context("cannot ask for the clusters by name")?;
    let described = |cluster: &Cluster| format!("cluster {:?} (id {})", cluster.name, cluster.id);
    let is_meant = |cluster: &&Cluster| cluster.name == name;
    let found: Vec<&Cluster> = clusters.iter().filter(is_meant).collect();
    match found.as_slice() {
        [one] => {
            arguments.insert("cluster_id".to_owned(), one.id.into());
            Ok(described(one))
        }
        [] => bail!(
            "OCP lists no cluster called {name:?}{}",
            listed("clusters", clusters.iter().map(described))
        ),
        several => bail!(
            "OCP lists {} clusters called {name:?}; --cluster-id tells them apart{}",
            several.len(),
            listed("clusters", several.iter().copied().map(described))
        ),
    }
}

fn described(tenant: &Tenant) -> String {
    let cluster = match &tenant.cluster_name {
        Some(cluster) => format!("{cluster:?} "),
        None => String::new(),
    };
    format!(
        "tenant {:?} (id {}) of cluster {cluster}(id {})",
        tenant.name, tenant.id, tenant.cluster_id
    )
}

/// The end of a message: what OCP lists instead.
fn listed(of: &str, rows: impl ExactSizeIterator<Item = String>) -> String {
    let count = rows.len();
    if count == 0 {
        return format!(
            ", nor any whose name contains it; it lists only {of} that the caller may see"
        );
    }
    let mut text = ". It lists:".to_owned();
    for row in rows.take(LISTED) {
        let _ = write!(text, "\n  {row}");
    }
    if count > LISTED {
        let _ = write!(text, "\n  and {} more", count - LISTED);
    }
    text
}
