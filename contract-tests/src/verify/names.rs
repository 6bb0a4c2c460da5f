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
        let secrets = self.secrets(target.identity.secrets());
        // A server may send back a password as a name.
        let for_people = |error: String| anyhow!("{}", secrets.text(&target.in_options(&error)));
        let client = || {
            let client = target.client().and_then(|builder| builder.build());
            client.map_err(|error| for_people(error.to_string()))
        };
        let mut arguments = target.arguments.clone();
        let found = match (names.tenant, names.cluster) {
            (Some(tenant), cluster) => {
                find_tenant(&client()?, tenant, cluster, &mut arguments).await
            }
            (None, Some(cluster)) => find_cluster(&client()?, cluster, &mut arguments).await,
            (None, None) => return Ok(None),
        };
        let found = found.map_err(|error| for_people(format!("{error:#}")))?;
        target.arguments = arguments;
        Ok(Some(secrets.text(&found)))
    }
}

async fn find_tenant(
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
    let within = match (cluster, id.as_ref()) {
        (Some(cluster), _) => format!(" in a cluster called {cluster:?}"),
        (None, Some(id)) => format!(" in the cluster with the id {id}"),
        (None, None) => String::new(),
    };
    let search = Search {
        of: "tenant",
        called: format!("{name:?}{within}"),
        distinction: "--cluster or --tenant-id with --cluster-id",
        described,
    };
    let tenant = search.only(&tenants, is_meant)?;
    arguments.insert("cluster_id".to_owned(), tenant.cluster_id.into());
    arguments.insert("tenant_id".to_owned(), tenant.id.into());
    Ok(described(tenant))
}

async fn find_cluster(
    client: &Client,
    name: &str,
    arguments: &mut Arguments,
) -> anyhow::Result<String> {
    let clusters = client.list_clusters().name(name).rows().collect_all().await;
    let (clusters, _) = clusters.context("cannot ask for the clusters by name")?;
    let described = |cluster: &Cluster| format!("cluster {:?} (id {})", cluster.name, cluster.id);
    let search = Search {
        of: "cluster",
        called: format!("{name:?}"),
        distinction: "--cluster-id",
        described,
    };
    let cluster = search.only(&clusters, |cluster| cluster.name == name)?;
    arguments.insert("cluster_id".to_owned(), cluster.id.into());
    Ok(described(cluster))
}

/// A search for the one row of a name, in the words of its messages.
struct Search<T> {
    of: &'static str,
    called: String,
    /// The options that tell rows of one name apart.
    distinction: &'static str,
    described: fn(&T) -> String,
}

impl<T> Search<T> {
    fn only<'a>(&self, rows: &'a [T], is_meant: impl Fn(&&T) -> bool) -> anyhow::Result<&'a T> {
        let Self { of, called, .. } = self;
        let found: Vec<&T> = rows.iter().filter(is_meant).collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => bail!(
                "OCP lists no {of} called {called}{}",
                self.listed(rows.iter())
            ),
            several => bail!(
                "OCP lists {} {of}s called {called}; {} tells them apart{}",
                several.len(),
                self.distinction,
                self.listed(several.iter().copied())
            ),
        }
    }

    /// The end of a message: the rows that OCP lists.
    fn listed<'a>(&self, rows: impl ExactSizeIterator<Item = &'a T>) -> String
    where
        T: 'a,
    {
        let count = rows.len();
        if count == 0 {
            return format!(
                ", nor any whose name contains it; it lists only {}s that the caller may see",
                self.of
            );
        }
        let mut text = ". It lists:".to_owned();
        for row in rows.take(LISTED) {
            let _ = write!(text, "\n  {}", (self.described)(row));
        }
        if count > LISTED {
            let _ = write!(text, "\n  and {} more", count - LISTED);
        }
        text
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
