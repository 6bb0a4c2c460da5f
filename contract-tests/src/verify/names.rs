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
        let search = match (names.tenant, names.cluster) {
            (Some(tenant), cluster) => {
                let id = target.arguments.get("cluster_id");
                tenants(&client()?, tenant, cluster, id).await
            }
            (None, Some(cluster)) => clusters(&client()?, cluster).await,
            (None, None) => return Ok(None),
        };
        let found = search.and_then(Search::only);
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
) -> anyhow::Result<Search> {
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
    Ok(Search {
        of: "tenant",
        called: format!("{name:?}{within}"),
        distinction: "--cluster or --tenant-id with --cluster-id",
        listed: listed.collect(),
    })
}

async fn clusters(client: &Client, name: &str) -> anyhow::Result<Search> {
    let clusters = client.list_clusters().name(name).rows().collect_all().await;
    let (clusters, _) = clusters.context("cannot ask for the clusters by name")?;
    let listed = clusters.iter().map(|cluster| Listed {
        is_meant: cluster.name == name,
        text: format!("cluster {:?} (id {})", cluster.name, cluster.id),
        ids: vec![("cluster_id", cluster.id)],
    });
    Ok(Search {
        of: "cluster",
        called: format!("{name:?}"),
        distinction: "--cluster-id",
        listed: listed.collect(),
    })
}

/// A tenant or a cluster that OCP lists.
struct Listed {
    /// It has the name that is looked for.
    is_meant: bool,
    text: String,
    /// The arguments that lead to it.
    ids: Vec<(&'static str, i64)>,
}

/// A search for the one row of a name, in the words of its messages.
struct Search {
    of: &'static str,
    called: String,
    /// The options that tell rows of one name apart.
    distinction: &'static str,
    listed: Vec<Listed>,
}

impl Search {
    fn only(self) -> anyhow::Result<Listed> {
        let (mut meant, others): (Vec<_>, Vec<_>) =
            self.listed.into_iter().partition(|one| one.is_meant);
        let (of, called) = (self.of, self.called);
        match (meant.len(), others.len()) {
            (0, 0) => bail!(
                "OCP lists no {of} called {called}, nor any whose name contains it; it lists only {of}s that the caller may see"
            ),
            (0, _) => bail!("OCP lists no {of} called {called}{}", list(&others)),
            (1, _) => Ok(meant.remove(0)),
            (several, _) => bail!(
                "OCP lists {several} {of}s called {called}; {} tells them apart{}",
                self.distinction,
                list(&meant)
            ),
        }
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
