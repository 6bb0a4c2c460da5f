//! The program, run against an embedded OCP as a person or a CI job runs it.

#![allow(dead_code, reason = "each test file uses a part")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ocp_mock::{EmbeddedOcp, Settings, tasks};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "s3cret-Pa55phrase";
pub(crate) const ADMIN: [(&str, &str); 2] = [("OCP_USER", "admin"), ("OCP_PASSWORD", SECRET)];
/// The ids of the embedded OCP.
pub(crate) const IDS: [&str; 4] = ["--cluster-id", "1000005", "--tenant-id", "1000012"];
pub(crate) const OF_A_TENANT: [&str; 2] = ["--operation", "listTenantRestoreTasks"];

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocp-verify"));
    command.arg("verify").args(arguments);
    for name in [
        "OCP_USER",
        "OCP_PASSWORD",
        "OCP_ACCESS_KEY",
        "OCP_SECRET_KEY",
        "OCP_CLUSTER_ID",
        "OCP_TENANT_ID",
        "OCP_BASE_URL",
        "OCP_CA_CERTIFICATE",
    ] {
        command.env_remove(name);
    }
    // Nothing listens at this proxy, and nothing here is to ask it.
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command
}

pub(crate) fn verify(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = command(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    (output.status.code().unwrap(), text(&output))
}

/// The operation of a tenant of an OCP at a URL, with the ids of the embedded one.
pub(crate) fn verify_at(
    url: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String) {
    let ocp = [&["--base-url", url], &IDS[..], &OF_A_TENANT].concat();
    verify(&[&ocp, arguments].concat(), environment)
}

pub(crate) fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

/// An embedded OCP with the documented rows, one user, and a fault.
pub(crate) async fn ocp(fault: Value) -> EmbeddedOcp {
    let rows = tasks::documented().unwrap();
    started(Settings {
        fault: Some(serde_json::from_value(fault).unwrap()),
        ..Settings::new(rows)
    })
    .await
}

/// An embedded OCP with one user.
pub(crate) async fn started(settings: Settings) -> EmbeddedOcp {
    let basic = Some(("admin".to_owned(), SECRET.to_owned()));
    EmbeddedOcp::start(Settings { basic, ..settings })
        .await
        .unwrap()
}

/// The fault that takes a member of the envelope away.
pub(crate) fn without_trace_id() -> Value {
    json!({ "response": { "patch": [{ "op": "remove", "path": "/traceId" }] } })
}

/// A port of the loopback interface at which nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A folder for the files of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.root().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        let mut file = std::fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The option that writes a report of a form into a file of this name.
    pub(crate) fn report(&self, form: &str) -> String {
        format!("--report={form}={}", self.path(form))
    }
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}
