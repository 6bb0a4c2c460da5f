//! Credentials, from the environment or a file. Nothing here repeats a value.

use std::path::Path;

use anyhow::bail;
use contract_tests::verify::Identity;
use ocp_contract::{Document, read_text};
use serde::Deserialize;

/// What a file may hold, or the environment.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    user: Option<String>,
    password: Option<String>,
    access_key: Option<String>,
    secret_key: Option<String>,
}

/// Reads the credentials of a real OCP.
///
/// # Errors
///
/// When the file is not one of credentials, or half of a pair is missing.
pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Identity> {
    match file {
        Some(file) => {
            let name = file.display().to_string();
            let place = format!("`{name}`");
            // Neither the reader's message nor the parser's: both may quote a secret.
            let Ok(text) = read_text(file, &name) else {
                bail!("cannot read the credentials file {place}");
            };
            let given = Document::parse(&name, &text)
                .ok()
                .and_then(|document| serde_json::from_value(document.value().clone()).ok());
            let Some(given) = given else {
                bail!(
                    "{place} is not a YAML file with the texts `user` and `password`, or `access_key` and `secret_key`"
                );
            };
            match identity(given, &place)? {
                Identity::Nobody => bail!("{place} holds no credentials"),
                identity => Ok(identity),
            }
        }
        None => {
            let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
            let given = Given {
                user: variable("OCP_USER"),
                password: variable("OCP_PASSWORD"),
                access_key: variable("OCP_ACCESS_KEY"),
                secret_key: variable("OCP_SECRET_KEY"),
            };
            identity(
                given,
                "the environment (OCP_USER, OCP_PASSWORD, OCP_ACCESS_KEY, OCP_SECRET_KEY)",
            )
        }
    }
}

fn identity(given: Given, place: &str) -> anyhow::Result<Identity> {
    Ok(
        match (
            given.user,
            given.password,
            given.access_key,
            given.secret_key,
        ) {
            (None, None, None, None) => Identity::Nobody,
            (Some(user), Some(password), None, None) => Identity::User(user, password.into()),
            (None, None, Some(key), Some(secret)) => Identity::AccessKey(key, secret.into()),
            _ => bail!(
                "{place} must hold either a user and a password, or an access key and a secret key"
            ),
        },
    )
}
