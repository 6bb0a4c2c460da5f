//! What no output may show.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// The secrets of a client's credentials, which a server or a proxy may send back.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<[SecretString]>);

const REDACTED: &str = "[REDACTED]";

/// A secret of fewer characters is redacted where it is a whole text only: it
/// occurs in other texts, and gaps in a text would give it away.
const TELLING: usize = 6;

impl FromIterator<SecretString> for Secrets {
    fn from_iter<I: IntoIterator<Item = SecretString>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

impl Secrets {
    /// These and those.
    pub(crate) fn and(&self, others: &Self) -> Self {
        self.0.iter().chain(&*others.0).cloned().collect()
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
