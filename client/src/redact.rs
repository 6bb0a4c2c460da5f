//! A server's text as it may be shown: without secrets, and short.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

const REDACTED: &str = "[REDACTED]";

/// The number of secrets that are kept: those of the last credentials of a client that
/// changes them again and again.
const KEPT: usize = 16;

/// A secret of fewer characters is redacted only if it is a whole text: it occurs in other
/// texts, and gaps in a text would give it away.
const TELLING: usize = 6;

/// The most of a server's text that is shown, in characters.
const SHOWN: usize = 120;

/// The beginning of a body that is looked through for an excerpt, in bytes.
const LOOKED_THROUGH: usize = 16 * 1024;

/// The secrets of a client's credentials, which a server or a proxy may send back.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<[SecretString]>);

impl FromIterator<SecretString> for Secrets {
    fn from_iter<I: IntoIterator<Item = SecretString>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

impl Secrets {
    /// New secrets before those that were there, each once; the oldest go.
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
                if spelling.chars().count() >= TELLING {
                    text = text.replace(spelling, REDACTED);
                } else if !spelling.is_empty() && text.trim() == spelling {
                    return REDACTED.to_owned();
                }
            }
        }
        text
    }

    /// The beginning of a text without secrets.
    pub(crate) fn shortened(&self, text: &str) -> String {
        shortened(&self.redact(text))
    }

    /// The beginning of a body, on one line, without secrets.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        let start = String::from_utf8_lossy(&body[..body.len().min(LOOKED_THROUGH)]);
        // Redacted before anything is cut. A secret at the cut of this slice is shown only if
        // all before it are blanks.
        let text = self.redact(&start);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if body.len() > LOOKED_THROUGH && text.chars().count() <= SHOWN {
            return String::new();
        }
        shortened(&text)
    }
}

/// At most the first 120 characters, on one line: a server's text may be of any length, and
/// hold what a terminal or a log would obey.
pub(crate) fn shortened(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(SHOWN).map(plain).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
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
