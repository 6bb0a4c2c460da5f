//! Keeps exchanges as interactions, without secrets and host names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use regex::Regex;
use serde_json::{Value, json};

use super::response::Response;
use super::secrets::Secrets;

/// Collects the exchanges of a run.
pub(super) struct Recorder {
    folder: PathBuf,
    redaction: Redaction,
    kept: Vec<(String, u16, String, String)>,
}

impl Recorder {
    /// Keeps exchanges below a folder, which must not hold any of that
    /// operation yet.
    pub(super) fn new(
        folder: &Path,
        operation: &str,
        secrets: Arc<Secrets>,
        names: Vec<String>,
    ) -> anyhow::Result<Self> {
        let folder = folder.join(operation);
        if folder.exists() {
            anyhow::bail!(
                "{} is there already; name a new folder to record into",
                folder.display()
            );
        }
        Ok(Self {
            folder,
            redaction: Redaction::new(secrets, names)?,
            kept: Vec::new(),
        })
    }

    pub(super) fn keep(&mut self, response: &Response) {
        let Some(received) = &response.received else {
            return;
        };
        let Ok(body) = &response.body else {
            // What is not JSON cannot be redacted with certainty.
            return;
        };
        let media_type = received.headers.get("content-type");
        let media_type = media_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        // The request is our own, and is to be sent again as it is.
        let known = self
            .kept
            .iter()
            .any(|(target, ..)| *target == response.target);
        if known {
            return;
        }
        let mut body = self.redaction.secrets.value(body);
        self.redaction.redact(&mut body);
        self.kept.push((
            response.target.clone(),
            received.status,
            self.redaction.secrets.text(media_type),
            format!("{body:#}\n"),
        ));
    }

    /// Writes all of them, or none; `version` is that of OCP.
    pub(super) fn write(&self, version: Option<&str>) -> anyhow::Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let whole = self.folder.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(whole)
            .with_context(|| format!("cannot make {}", whole.display()))?;
        let mut builder = tempfile::Builder::new();
        // What a pattern has missed is nobody else's to read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let draft = builder
            .tempdir_in(whole)
            .with_context(|| format!("cannot write into {}", whole.display()))?;
        for (index, (target, status, media_type, body)) in self.kept.iter().enumerate() {
            let case = draft.path().join(format!("recorded-{:03}", index + 1));
            let line = json!(format!("GET {target}"));
            let media_type = json!(media_type);
            let version = match version {
                Some(version) => format!("  ocp: {}\n", json!(version)),
                None => {
                    "  # This OCP does not give its version; you may know it.\n  # ocp: 4.3.1\n"
                        .to_owned()
                }
            };
            let date = chrono::Utc::now().format("%F");
            let interaction = format!(
                "source:\n  grade: recorded\n  document: A running OCP, by cargo xtask verify\n  address: not recorded\n  date: {date}\n  # Host names, addresses and secrets are replaced.\n{version}request: {line}\nresponse:\n  status: {status}\n  headers:\n    Content-Type: {media_type}\n"
            );
            std::fs::create_dir(&case)?;
            for (name, text) in [("interaction.yaml", &interaction), ("response.json", body)] {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the folder is renamed when all is written"
                )]
                std::fs::write(case.join(name), text)?;
            }
        }
        std::fs::rename(draft.keep(), &self.folder)
            .with_context(|| format!("cannot write {}", self.folder.display()))?;
        Ok(())
    }
}

/// Replaces what names a host or opens a door.
struct Redaction {
    secrets: Arc<Secrets>,
    /// Of hosts and users; no secrets, but nobody else's business.
    names: Vec<String>,
    address: Regex,
    authority: Regex,
    host: Regex,
    argument: Regex,
}

impl Redaction {
    fn new(secrets: Arc<Secrets>, names: Vec<String>) -> anyhow::Result<Self> {
        Ok(Self {
            secrets,
            names: names.into_iter().filter(|name| name.len() > 2).collect(),
            address: Regex::new(
                r"\b\d{1,3}(\.\d{1,3}){3}\b|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}",
            )?,
            authority: Regex::new(r#"([A-Za-z][A-Za-z0-9+.-]*://)[^/?,\s"]+"#)?,
            host: Regex::new(r"\b[A-Za-z][A-Za-z0-9.-]*:\d{2,5}\b")?,
            argument: Regex::new(
                r"(?i)([?&;](?:[a-z_-]*(?:host|key|id|secret|token|password|endpoint)[a-z_-]*)=)[^&,;\s]*",
            )?,
        })
    }

    fn redact(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), &member) {
                        // Digits and colons that are no address.
                        (name, Value::String(_))
                            if name.ends_with("Time") || name == "timestamp" => {}
                        ("server", Value::String(_)) => *member = "server".into(),
                        _ => self.redact(member),
                    }
                }
            }
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in &self.names {
            text = text.replace(name.as_str(), "***");
        }
        let text = self.authority.replace_all(&text, "${1}host");
        let text = self.argument.replace_all(&text, "${1}***");
        let text = self.host.replace_all(&text, "host:port");
        self.address
            .replace_all(&text, "xxx.xxx.xxx.xxx")
            .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::{Redaction, Secrets};

    #[test]
    fn hosts_addresses_and_secrets_are_replaced() {
        let secrets = Secrets::new(["aaAA11__".to_owned()], &Value::Null);
        let names = vec!["ocp.corp.example".to_owned()];
        let redaction = Redaction::new(Arc::new(secrets), names).unwrap();
        for (text, redacted) in [
            (
                "file:///obbackup/clog,file:///obbackup/data",
                "file:///obbackup/clog,file:///obbackup/data",
            ),
            (
                "nfs://filer.corp/a,nfs://filer.corp/b",
                "nfs://host/a,nfs://host/b",
            ),
            (
                "oss://bucket/x?host=oss.corp&access_id=AK&access_key=SK&delete_mode=tag",
                "oss://host/x?host=***&access_id=***&access_key=***&delete_mode=tag",
            ),
            (
                r#"failed on "10.1.2.3:2882" with aaAA11__"#,
                r#"failed on "xxx.xxx.xxx.xxx:2882" with ***"#,
            ),
            (
                "see http://ocp.corp.example:8080/log",
                "see http://host/log",
            ),
            ("on fe80:0:0:1:2:3:4:5", "on xxx.xxx.xxx.xxx"),
            ("on fe80::1 or ::1", "on xxx.xxx.xxx.xxx or xxx.xxx.xxx.xxx"),
            ("on \"obs-1:2882\"", "on \"host:port\""),
        ] {
            let mut value = redaction.secrets.value(&text.into());
            redaction.redact(&mut value);
            assert_eq!(value, redacted);
        }
    }
}
