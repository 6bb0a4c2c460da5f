//! Secrets: no output may show them.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// The secrets of a client's credentials, which a server or a proxy may send back.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<[SecretString]>);

const REDACTED: &str = "[REDACTED]";

/// So many secrets are kept: those of the last credentials of a client that changes them
/// again and again.
const KEPT: usize = 16;

/// A secret of fewer characters is redacted where it is a whole text only: it
/// occurs in other texts, and gaps in a text would give it away.
const TELLING: usize = 6;

impl FromIterator<SecretString> for Secrets {
    fn from_iter<I: IntoIterator<Item = SecretString>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

impl Secrets {
    /// Those that are new before those that were there, each once; the oldest go.
    pub(crate) fn and(&self, new: &Self) -> Self {
        let mut all: Vec<SecretString> = Vec::new();
        for secret in new.0.iter().chain(&*self.0) {
            let is_same = |known: &SecretString| known.expose_secret() == secret.expose_secret();
            if all.len() < KEPT && !all.iter().any(is_same) {
                all.push(secret.clone());
            }
        }
        Self(all.into())
    }

    /// The text without the secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &*self.0 {
            let secret = secret.expose_secret();
            // As it is, and as JSON and Rust's `Debug` would write it.
            let debug = format!("{secret:?}");
            let json = serde_json::to_string(secret).unwrap_or_default();
            for spelling in [secret, debug.trim_matches('"'), json.trim_matches('"')] {
                if spelling.is_empty() {
                    continue;
                }
                if spelling.chars().count() >= TELLING {
                    text = text.replace(spelling, REDACTED);
                } else if text.trim() == spelling {
                    return REDACTED.to_owned();
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_pile_up() {
        let mut secrets = Secrets::default();
        for number in 0..100 {
            let next = [SecretString::from(format!("secret-{number}"))];
            secrets = secrets.and(&next.into_iter().collect());
            secrets = secrets.and(&secrets.clone());
        }
        assert_eq!(secrets.0.len(), KEPT);
        assert_eq!(
            secrets.redact("secret-99 secret-84"),
            "[REDACTED] [REDACTED]"
        );
        assert_eq!(secrets.redact("secret-83"), "secret-83");
    }
}
