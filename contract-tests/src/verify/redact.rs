//! Takes names of hosts and secrets out of what is kept. One text always becomes the same
//! replacement, so that a recording still fits together.

use std::collections::BTreeMap;
use std::net::IpAddr;

use regex::{Captures, Regex};
use serde_json::Value;

use super::row::time;
use super::secrets::{Secrets, visit};

/// Replaces what names a host or opens a door.
pub(super) struct Redaction<'a> {
    secrets: &'a Secrets,
    /// Names of hosts and users, and what stands for each.
    names: BTreeMap<String, String>,
    authority: Regex,
    argument: Regex,
    token: Regex,
    /// A name as hosts have it, in a text for people.
    bare: Regex,
}

impl<'a> Redaction<'a> {
    /// Learns the names of hosts anywhere in a value; `names` are replaced, too. Names of the
    /// contract are none of a host, whatever a user is called.
    pub(super) fn new(
        secrets: &'a Secrets,
        names: &[String],
        value: &Value,
    ) -> anyhow::Result<Self> {
        let mut redaction = Self {
            secrets,
            names: BTreeMap::new(),
            authority: Regex::new(r#"([A-Za-z][A-Za-z0-9+.-]*://)([^/?,;'\s"]+)"#)?,
            argument: Regex::new(
                r"(?i)([?&;](?:[a-z_-]*(?:host|key|_id|secret|token|password|endpoint)[a-z_-]*)=)[^&,;\s]*",
            )?,
            token: Regex::new(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]*")?,
            bare: Regex::new(
                r"^(?:(?i:[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-z]*[0-9][a-z0-9]*)|[a-z]{2,}[0-9]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})$",
            )?,
        };
        for name in names.iter().filter(|name| name.len() > 2) {
            redaction.learn(name);
        }
        let mut texts = Vec::new();
        visit("", value, &mut |member, node| {
            texts.extend(node.as_str().map(|text| (member, text)));
        });
        for (member, text) in &texts {
            redaction.learn_from(member, text);
        }
        // A filter is made from a name: a part of it, more than it, the same in capitals.
        for (_, name) in texts.iter().filter(|(member, _)| *member == "names") {
            redaction.learn_likeness(name);
        }
        Ok(redaction)
    }

    fn learn(&mut self, name: &str) {
        if self.secrets.is_of_contract(name) {
            return;
        }
        let number = self.names.len() + 1;
        let names = self.names.entry(name.to_owned());
        names.or_insert_with(|| format!("host-{number}"));
    }

    fn learn_likeness(&mut self, name: &str) {
        let small = name.to_lowercase();
        let is_like = |known: &String| {
            let known = known.to_lowercase();
            small.len() > 3 && (known.contains(&small) || small.contains(&known))
        };
        if self.names.keys().any(is_like) {
            self.learn(name);
        }
    }

    fn learn_from(&mut self, member: &str, text: &str) {
        // A version reads like an address, and a list of zones like a sentence with hosts.
        let is_known = member.ends_with("Version") || member == "locality";
        if text.is_empty() || is_known || time(text).is_some() {
            return;
        }
        if member == "server" {
            return self.learn(text);
        }
        let is_for_people = text.contains(char::is_whitespace)
            || matches!(member, "errorMsg" | "message" | "debugMessage");
        let authorities = self.authority.captures_iter(text);
        let mut found: Vec<String> = authorities.map(|one| one[2].to_owned()).collect();
        for token in self.token.find_iter(text) {
            let token = trimmed(token.as_str());
            let host = host(token);
            let is_address = host.parse::<IpAddr>().is_ok();
            let has_port = host != token && host.starts_with(|c: char| c.is_ascii_alphabetic());
            if is_address || has_port || is_for_people && self.bare.is_match(host) {
                found.push(host.to_owned());
            }
        }
        for authority in found {
            let host = host(&authority).to_owned();
            self.learn(&host);
            if host != authority {
                self.learn(&authority);
            }
        }
    }

    /// A value of a server without names and secrets.
    pub(super) fn value(&self, value: &Value) -> Value {
        self.secrets.changed(value, &|text| self.text(text))
    }

    /// A text of a server without names and secrets.
    pub(super) fn text(&self, text: &str) -> String {
        self.own(&self.secrets.text(text))
    }

    /// A text of our own without names.
    pub(super) fn own(&self, text: &str) -> String {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let authority = |found: &Captures<'_>| match self.names.get(&found[2]) {
            Some(name) => format!("{}{name}", &found[1]),
            None => found[0].to_owned(),
        };
        let text = self.authority.replace_all(text, authority);
        let text = self.argument.replace_all(&text, "${1}***");
        let token = |found: &Captures<'_>| {
            let whole = &found[0];
            let token = trimmed(whole);
            let host = host(token);
            match (self.names.get(token), self.names.get(host)) {
                (Some(name), _) => whole.replacen(token, name, 1),
                (None, Some(name)) => whole.replacen(host, name, 1),
                (None, None) => whole.to_owned(),
            }
        };
        self.token.replace_all(&text, token).into_owned()
    }
}

/// A token without the punctuation of the sentence.
fn trimmed(token: &str) -> &str {
    token.trim_end_matches(['.', '-']).trim_end_matches(':')
}

/// A token without the port behind it.
fn host(token: &str) -> &str {
    match token.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Redaction, Secrets};

    #[test]
    fn hosts_addresses_and_secrets_are_replaced() {
        let secrets = Secrets::new(["aaAA11__".to_owned()], &Value::Null);
        let names = ["ocp.corp.example".to_owned(), "admin".to_owned()];
        for (text, redacted) in [
            (
                "file:///obbackup/clog,file:///obbackup/data",
                "file:///obbackup/clog,file:///obbackup/data",
            ),
            (
                "nfs://filer.corp/a,nfs://filer.corp/b",
                "nfs://host-3/a,nfs://host-3/b",
            ),
            (
                "oss://bucket/x?host=oss.corp&access_id=AK&access_key=SK&delete_mode=tag",
                "oss://host-3/x?host=***&access_id=***&access_key=***&delete_mode=tag",
            ),
            (
                r#"failed on "10.1.2.3:2882" with aaAA11__"#,
                r#"failed on "host-3:2882" with ***"#,
            ),
            (
                "see http://ocp.corp.example:8080/log",
                "see http://host-3/log",
            ),
            ("on fe80:0:0:1:2:3:4:5", "on host-3"),
            ("on fe80::1 or ::1.", "on host-3 or host-4."),
            (r#"on "obs-1:2882""#, r#"on "host-3:2882""#),
            ("disk full on db-prod-07", "disk full on host-3"),
            ("node=SRV-DB01; (dbhost7)", "node=host-3; (host-4)"),
            (
                "disk full on db01.corp.example, again",
                "disk full on host-3, again",
            ),
            (
                "failed at 08:25:39 in oceanbase::common",
                "failed at 08:25:39 in oceanbase::common",
            ),
            ("2024-08-08T08:25:39.150608Z", "2024-08-08T08:25:39.150608Z"),
            (
                "OB_ENTRY_NOT_EXIST(-4018) with traceid YB42",
                "OB_ENTRY_NOT_EXIST(-4018) with traceid YB42",
            ),
            ("pool_zhengzhou_zone1_qhi", "pool_zhengzhou_zone1_qhi"),
            ("administrator or admin", "administrator or host-2"),
        ] {
            let value = json!(text);
            let redaction = Redaction::new(&secrets, &names, &value).unwrap();
            assert_eq!(redaction.value(&value), redacted, "{text}");
        }
    }

    #[test]
    fn one_text_is_replaced_by_one_other_wherever_it_stands() {
        let secrets = Secrets::default();
        let value = json!({
            "errorMsg": "no space on ob-prod-07 left",
            "names": ["ob-prod-07", "ob-prod-08"],
            "request": "/tasks?restoreClusterName=ob-prod-07&page=1",
            "server": "a24d13ce67",
        });
        let redaction = Redaction::new(&secrets, &[], &value).unwrap();
        let expected = json!({
            "errorMsg": "no space on host-1 left",
            "names": ["host-1", "ob-prod-08"],
            "request": "/tasks?restoreClusterName=host-1&page=1",
            "server": "host-2",
        });
        assert_eq!(redaction.value(&value), expected);
    }

    #[test]
    fn versions_and_zones_are_no_hosts() {
        let secrets = Secrets::default();
        let value = json!({
            "obVersion": "4.3.1.0",
            "locality": "FULL{1}@zone1, FULL{1}@zone2",
            "name": "zone1",
        });
        let redaction = Redaction::new(&secrets, &[], &value).unwrap();
        assert_eq!(redaction.value(&value), value);
    }
}
