//! The caller, and its credentials.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oceanbase_ocp::{AccessKey, Credentials, Error, SignatureAlgorithm};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The caller, and its credentials.
#[derive(Clone)]
pub enum Identity {
    /// Nobody.
    Nobody,
    /// An OCP user.
    User(String, SecretString),
    /// An access key and its secret.
    AccessKey(String, SecretString, SignatureAlgorithm),
}

/// The kind of caller, for a command line that repeats a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Caller {
    Nobody,
    User,
    AccessKey,
}

impl Identity {
    pub(super) fn caller(&self) -> Caller {
        match self {
            Self::Nobody => Caller::Nobody,
            Self::User(..) => Caller::User,
            Self::AccessKey(..) => Caller::AccessKey,
        }
    }

    /// The texts that must not appear in any output.
    pub(super) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Nobody => Vec::new(),
            Self::User(user, password) => {
                let password = password.expose_secret();
                let token = STANDARD.encode(format!("{user}:{password}"));
                vec![token, password.to_owned()]
            }
            Self::AccessKey(_, secret, _) => vec![secret.expose_secret().to_owned()],
        }
    }

    /// The credentials of the client.
    ///
    /// # Errors
    ///
    /// When they are not such that OCP could take them.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        Ok(match self {
            Self::Nobody => Credentials::anonymous(),
            Self::User(user, password) => Credentials::basic(user, password.expose_secret())?,
            Self::AccessKey(id, secret, algorithm) => {
                let key = AccessKey::new(id, secret.expose_secret())?;
                Credentials::access_key(key.algorithm(*algorithm))
            }
        })
    }
}
