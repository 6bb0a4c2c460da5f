//! An OCP for the examples: your own, by environment variables, or an embedded one; and
//! how they print.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use oceanbase_ocp::types::Tenant;
use oceanbase_ocp::{AccessKey, Client};
use ocp_mock::{EmbeddedOcp, Settings, tasks};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An OCP to try things on.
pub(crate) struct Ocp {
    pub(crate) client: Client,
    /// The name of a tenant: the first argument of the example.
    pub(crate) tenant: String,
    /// The embedded one, if it is that; it ends when this is dropped.
    _embedded: Option<EmbeddedOcp>,
}

/// The OCP that `Client::from_env` finds; without `OCP_BASE_URL` an embedded one, whose running
/// restores end after a second.
pub(crate) async fn ocp() -> Result<Ocp> {
    let tenant = std::env::args().nth(1);
    if std::env::var("OCP_BASE_URL").is_ok_and(|url| !url.is_empty()) {
        return Ok(Ocp {
            client: Client::from_env()?,
            tenant: tenant.ok_or("name a tenant of your OCP, as the first argument")?,
            _embedded: None,
        });
    }
    let settings = Settings {
        access_key: Some(("example".into(), "example-secret".into())),
        ends_after: Some(Duration::from_secs(1)),
        ..Settings::new(tasks::made(12))
    };
    let embedded = EmbeddedOcp::start(settings).await?;
    print("(an embedded OCP; OCP_BASE_URL names yours)\n");
    let client = Client::builder(&embedded.url())
        .credentials(AccessKey::new("example", "example-secret")?)
        .build()?;
    Ok(Ocp {
        client,
        tenant: tenant.unwrap_or_else(|| "aiso".to_owned()),
        _embedded: Some(embedded),
    })
}

/// The tenant of this name: OCP matches parts of names, in any case.
pub(crate) async fn tenant(client: &Client, name: &str) -> Result<Tenant> {
    let mut tenants = client.list_tenants().name(name).rows();
    while let Some(tenant) = tenants.next().await.transpose()? {
        if tenant.name == name {
            return Ok(tenant);
        }
    }
    Err(format!("OCP lists no tenant called {name}").into())
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
