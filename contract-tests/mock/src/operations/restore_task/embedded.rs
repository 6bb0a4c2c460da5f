//! What an embedded OCP and its settings offer for restore tasks. Nothing imports this.

use std::collections::BTreeMap;

use serde_json::Value;

use super::KIND;
use crate::{EmbeddedOcp, Settings};

impl Settings {
    /// An OCP for everybody with these restore tasks, newest first.
    pub fn new(tasks: Vec<Value>) -> Self {
        Self {
            rows: BTreeMap::from([(KIND.to_owned(), tasks)]),
            ..Self::default()
        }
    }
}

impl EmbeddedOcp {
    /// Lets the restores that run end well, now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use ocp_mock::{EmbeddedOcp, Settings, tasks};
    ///
    /// let ocp = EmbeddedOcp::start(Settings::new(tasks::made(1))).await?;
    /// ocp.finish_restores();
    ///
    /// let path = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks?page=1&size=10";
    /// let http = reqwest::Client::builder().no_proxy().build()?;
    /// let body = http.get(ocp.url() + path).send().await?.text().await?;
    /// assert!(body.contains(r#""status":"RESTORE_SUCCESS""#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish_restores(&self) {
        self.finish();
    }
}
