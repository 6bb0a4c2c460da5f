//! An OCP for the examples: your own, by environment variables, or an embedded one.

use std::time::Duration;

use oceanbase_ocp::{AccessKey, Client, Credentials, Error};
use ocp_mock::{EmbeddedOcp, Settings, tasks};

/// An OCP to try things on.
pub(crate) struct Ocp {
    pub(crate) base_url: String,
    credentials: Credentials,
    /// The access key among them, if it is one.
    #[allow(dead_code, reason = "each example uses what it needs")]
    pub(crate) access_key: Option<AccessKey>,
    pub(crate) cluster: i64,
    pub(crate) tenant: i64,
    /// The embedded one, if it is that; it ends when this is dropped.
    _embedded: Option<EmbeddedOcp>,
}

impl Ocp {
    /// A client for it.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        Client::builder(&self.base_url)
            .credentials(self.credentials.clone())
            .build()
    }
}

/// The OCP at `OCP_BASE_URL`, with `OCP_CLUSTER_ID`, `OCP_TENANT_ID` and `OCP_USER`,
/// `OCP_PASSWORD` or `OCP_ACCESS_KEY`, `OCP_SECRET_KEY`; without `OCP_BASE_URL`
/// an embedded one, whose running restores end after a second.
pub(crate) async fn ocp() -> Result<Ocp, Box<dyn std::error::Error>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let Some(base_url) = variable("OCP_BASE_URL") else {
        let settings = Settings {
            access_key: Some(("example".into(), "example-secret".into())),
            ends_after: Some(Duration::from_secs(1)),
            ..Settings::new(tasks::made(12))
        };
        let (cluster, tenant) = (
            settings.known_ids["cluster_id"],
            settings.known_ids["tenant_id"],
        );
        let embedded = EmbeddedOcp::start(settings).await?;
        println!("(an embedded OCP; OCP_BASE_URL names yours)\n");
        let key = AccessKey::new("example", "example-secret")?;
        return Ok(Ocp {
            base_url: embedded.url(),
            credentials: key.clone().into(),
            access_key: Some(key),
            cluster,
            tenant,
            _embedded: Some(embedded),
        });
    };
    let number = |name: &str| -> Result<i64, Box<dyn std::error::Error>> {
        let text = variable(name).ok_or_else(|| format!("{name} is not set"))?;
        Ok(text
            .parse()
            .map_err(|_| format!("{name} is not a number"))?)
    };
    let key = variable("OCP_ACCESS_KEY").zip(variable("OCP_SECRET_KEY"));
    let user = variable("OCP_USER").zip(variable("OCP_PASSWORD"));
    let key = key
        .map(|(key, secret)| AccessKey::new(key, secret))
        .transpose()?;
    let credentials = match (&key, user) {
        (Some(key), _) => key.clone().into(),
        (None, Some((user, password))) => Credentials::basic(&user, password)?,
        (None, None) => Credentials::none(),
    };
    Ok(Ocp {
        base_url: base_url.trim_end_matches('/').to_owned(),
        credentials,
        access_key: key,
        cluster: number("OCP_CLUSTER_ID")?,
        tenant: number("OCP_TENANT_ID")?,
        _embedded: None,
    })
}
