//! Credentials, from the environment or a file. Nothing here repeats a value.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use contract_tests::verify::Identity;
use oceanbase_ocp::SignatureAlgorithm;
use ocp_contract::{Document, read_text};

/// Texts by their names: `user` and `password`, or `access_key`, `secret_key` and perhaps
/// `signature`.
type Given = BTreeMap<String, String>;

/// Reads the credentials of a real OCP.
///
/// # Errors
///
/// If the file is not one of credentials, or half of a pair is missing.
pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Identity> {
    let Some(file) = file else {
        let names = ["user", "password", "access_key", "secret_key", "signature"].into_iter();
        let given = names.filter_map(|name| {
            let variable = format!("OCP_{}", name.to_uppercase());
            let text = std::env::var(variable).ok().filter(|text| !text.is_empty());
            Some((name.to_owned(), text?))
        });
        let place = "the environment (OCP_USER, OCP_PASSWORD, OCP_ACCESS_KEY, OCP_SECRET_KEY, OCP_SIGNATURE)";
        return identity(given.collect(), place);
    };
    let name = file.display().to_string();
    let place = format!("`{name}`");
    // Neither the reader's message nor the parser's: both may quote a secret.
    let Ok(text) = read_text(file, &name) else {
        bail!("cannot read the credentials file {place}");
    };
    let document = Document::parse(&name, &text).ok();
    let given = document.and_then(|one| serde_json::from_value(one.value().clone()).ok());
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

fn identity(mut given: Given, place: &str) -> anyhow::Result<Identity> {
    let algorithm = match given.remove("signature").as_deref().map(str::parse) {
        None => SignatureAlgorithm::default(),
        Some(Ok(algorithm)) => algorithm,
        Some(Err(_)) => bail!("{place} has a signature other than HMACSHA1 and HMACSHA256"),
    };
    if given.is_empty() {
        return Ok(Identity::Nobody);
    }
    let mut pair = |name, secret| Some((given.remove(name)?, given.remove(secret)?.into()));
    let (user, key) = (pair("user", "password"), pair("access_key", "secret_key"));
    match (user, key, given.is_empty()) {
        (Some((user, password)), None, true) => Ok(Identity::User(user, password)),
        (None, Some((key, secret)), true) => Ok(Identity::AccessKey(key, secret, algorithm)),
        _ => bail!(
            "{place} must hold either a user and a password, or an access key and a secret key"
        ),
    }
}
