//! The identity of the caller: none, a user with a password, or an access key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use reqwest::header::{AUTHORIZATION, HOST, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::signature::{AccessKey, host};
use crate::error::{Error, no_control_character};
use crate::redact::Secrets;

/// The proof of a client's identity. Never printed.
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
    Anonymous,
    Basic {
        /// User, colon, password in base64.
        token: SecretString,
        password: SecretString,
    },
    AccessKey(AccessKey),
}

impl Credentials {
    /// No credentials.
    pub fn anonymous() -> Self {
        Self(Scheme::Anonymous)
    }

    /// HTTP Basic: an OCP user.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the user name is
    /// empty or holds a colon, which the scheme cannot tell from the one before the password;
    /// when one of them holds a control character, such as the line break at the end of a
    /// file.
    pub fn basic(user: &str, password: impl Into<String>) -> Result<Self, Error> {
        let password = SecretString::from(password.into());
        if user.is_empty() || user.contains(':') {
            let what = "the user name must not be empty or hold a colon";
            return Err(Error::configuration("credentials", what));
        }
        no_control_character("credentials", "the user name", user)?;
        no_control_character("credentials", "the password", password.expose_secret())?;
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

    /// Adds the proof of identity to a request that is otherwise complete, unless it has an
    /// `Authorization` of its own. Returns the time of a signature.
    pub(super) fn authenticate(
        &self,
        request: &mut reqwest::Request,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        match &self.0 {
            Scheme::Anonymous => Ok(None),
            Scheme::Basic { token, .. } => {
                let mut value = HeaderValue::from_str(&format!("Basic {}", token.expose_secret()))
                    .map_err(|_| Error::configuration("credentials", "they do not fit a header"))?;
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
                Ok(None)
            }
            Scheme::AccessKey(key) => {
                // The host as it is signed must arrive, so it is not left to the connection.
                let host = HeaderValue::from_str(&host(request.url())).map_err(|_| {
                    Error::configuration("base_url", "its host does not fit a header")
                })?;
                request.headers_mut().entry(HOST).or_insert(host);
                let body = request.body().and_then(reqwest::Body::as_bytes);
                let (method, url, headers) = (request.method(), request.url(), request.headers());
                let time = Utc::now();
                let signed = key.sign(method, url, headers, body.unwrap_or_default(), time);
                request.headers_mut().extend(signed);
                Ok(Some(time))
            }
        }
    }

    /// The secrets of the identity, which no output may show.
    pub(crate) fn secrets(&self) -> Secrets {
        match &self.0 {
            Scheme::Anonymous => Secrets::default(),
            Scheme::Basic { token, password } => [token, password].into_iter().cloned().collect(),
            Scheme::AccessKey(key) => [key.secret().clone()].into_iter().collect(),
        }
    }
}

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self::access_key(key)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Scheme::Anonymous => "Credentials(Anonymous)",
            Scheme::Basic { .. } => "Credentials(Basic)",
            Scheme::AccessKey(_) => "Credentials(AccessKey)",
        })
    }
}
