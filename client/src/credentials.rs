//! Who calls: nobody, a user with a password, or an access key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use reqwest::header::{AUTHORIZATION, HOST, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::signature::host;
use crate::{AccessKey, Error};

/// What a client proves its identity with. Never printed.
///
/// OCP takes either scheme on every operation; access keys since V4.0.3.
/// Credentials go out with every request, unasked: OCP's 401 does not invite
/// them. They are not sent a second time after a 401, because twenty failures
/// lock the caller out.
///
/// ```
/// use oceanbase_ocp::Credentials;
///
/// let credentials = Credentials::basic("admin", "aaAA11__")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(Basic)");
/// # Ok::<(), oceanbase_ocp::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials(Scheme);

#[derive(Clone, Default)]
enum Scheme {
    #[default]
    None,
    Basic {
        /// User, colon, password in base64.
        token: SecretString,
        password: SecretString,
    },
    AccessKey(AccessKey),
}

impl Credentials {
    /// No credentials.
    pub fn none() -> Self {
        Self(Scheme::None)
    }

    /// HTTP Basic: an OCP user.
    ///
    /// # Errors
    ///
    /// When the user name is empty or holds a colon, which the scheme cannot
    /// tell from the one before the password.
    pub fn basic(user: &str, password: impl Into<SecretString>) -> Result<Self, Error> {
        if user.is_empty() || user.contains(':') {
            return Err(Error::configuration(
                "credentials",
                "the user name must not be empty or hold a colon",
            ));
        }
        let password = password.into();
        let token = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        Ok(Self(Scheme::Basic {
            token: token.into(),
            password,
        }))
    }

    /// An access key, which signs each request.
    pub fn access_key(key: AccessKey) -> Self {
        Self(Scheme::AccessKey(key))
    }

    /// Adds what proves the identity to a request that is otherwise complete.
    pub(crate) fn authenticate(
        &self,
        request: &mut reqwest::Request,
        time: DateTime<Utc>,
    ) -> Result<(), Error> {
        let headers = match &self.0 {
            Scheme::None => return Ok(()),
            Scheme::Basic { token, .. } => {
                let mut value = HeaderValue::from_str(&format!("Basic {}", token.expose_secret()))
                    .map_err(|_| Error::configuration("credentials", "they do not fit a header"))?;
                value.set_sensitive(true);
                [(AUTHORIZATION, value)].into_iter().collect()
            }
            Scheme::AccessKey(key) => {
                // What is signed must be what arrives, so the host is not left
                // to the connection.
                let host = host(request.url());
                let host = HeaderValue::from_str(&host).map_err(|_| {
                    Error::configuration("base_url", "its host does not fit a header")
                })?;
                request.headers_mut().insert(HOST, host);
                let body = request
                    .body()
                    .and_then(reqwest::Body::as_bytes)
                    .unwrap_or_default();
                key.sign(
                    request.method(),
                    request.url(),
                    request.headers(),
                    body,
                    time,
                )
            }
        };
        request.headers_mut().extend(headers);
        Ok(())
    }

    /// The text without the secrets, should a server have sent them back.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = match &self.0 {
            Scheme::None => vec![],
            Scheme::Basic { token, password } => vec![token, password],
            Scheme::AccessKey(key) => vec![key.secret()],
        };
        let mut text = text.to_owned();
        for secret in secrets {
            let secret = secret.expose_secret();
            // As it is, and as JSON and Rust's `Debug` would write it.
            let debug = format!("{secret:?}");
            let json = serde_json::to_string(secret).unwrap_or_default();
            for spelling in [secret, debug.trim_matches('"'), json.trim_matches('"')] {
                if spelling.is_empty() {
                    continue;
                }
                // A short secret occurs in other words; gaps in a text would
                // give it away.
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

const REDACTED: &str = "[REDACTED]";

/// A secret of fewer characters is redacted where it is a whole text only.
const TELLING: usize = 6;

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self::access_key(key)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Scheme::None => "Credentials(None)",
            Scheme::Basic { .. } => "Credentials(Basic)",
            Scheme::AccessKey(_) => "Credentials(AccessKey)",
        })
    }
}
