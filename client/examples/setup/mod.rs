//! An OCP for the examples: your own, by environment variables, or an embedded one; and
//! how they print.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use oceanbase_ocp::{AccessKey, Client};
use ocp_mock::{EmbeddedOcp, Settings, tasks};

/// An OCP to try things on.
pub(crate) struct Ocp {
    pub(crate) client: Client,
    pub(crate) cluster: i64,
    #[allow(dead_code, reason = "each example uses what it needs")]
    pub(crate) tenant: i64,
    /// The embedded one, if it is that; it ends when this is dropped.
    _embedded: Option<EmbeddedOcp>,
}

/// The OCP that `Client::from_env` finds, with the ids in `OCP_CLUSTER_ID` and
/// `OCP_TENANT_ID`; without `OCP_BASE_URL` an embedded one, whose running restores end
/// after a second.
pub(crate) async fn ocp() -> Result<Ocp, Box<dyn std::error::Error>> {
    if std::env::var("OCP_BASE_URL").is_ok_and(|url| !url.is_empty()) {
        let id = |name: &str| -> Result<i64, Box<dyn std::error::Error>> {
            let text = std::env::var(name).map_err(|_| format!("{name} is not set"))?;
            Ok(text
                .parse()
                .map_err(|_| format!("{name} is not a number"))?)
        };
        return Ok(Ocp {
            client: Client::from_env()?,
            cluster: id("OCP_CLUSTER_ID")?,
            tenant: id("OCP_TENANT_ID")?,
            _embedded: None,
        });
    }
    let settings = Settings {
        access_key: Some(("example".into(), "example-secret".into())),
        ends_after: Some(Duration::from_secs(1)),
        ..Settings::new(tasks::made(12))
    };
    let [cluster, tenant] = ["cluster_id", "tenant_id"].map(|id| settings.known_ids[id]);
    let embedded = EmbeddedOcp::start(settings).await?;
    print("(an embedded OCP; OCP_BASE_URL names yours)\n");
    let client = Client::builder(&embedded.url())
        .credentials(AccessKey::new("example", "example-secret")?)
        .build()?;
    Ok(Ocp {
        client,
        cluster,
        tenant,
        _embedded: Some(embedded),
    })
}

/// Prints a line. `println!` would panic where it cannot: where nobody reads any more, as
/// behind `| head`, this goes on; if the disk is full, it ends the example with a sentence.
pub(crate) fn print(line: impl Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "cannot print: {error}");
            std::process::exit(2);
        }
        _ => {}
    }
}
