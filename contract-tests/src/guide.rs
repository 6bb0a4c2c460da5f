//! The guide that `mock` prints: requests to try on the embedded OCP, and what each brings
//! without variants.

use std::collections::BTreeMap;
use std::fmt::Write;

use contract_tests::verify::flag;
use ocp_contract::{Location, Operation};
use ocp_mock::Settings;

/// User and password of the mock.
pub(crate) const MOCK_USER: (&str, &str) = ("admin", "aaAA11__");
/// Its access key, and the secret of that.
pub(crate) const MOCK_KEY: (&str, &str) = ("mock-access-key", "mock-secret-key");

/// Values of path parameters, by the names that callers use.
type Ids = BTreeMap<String, i64>;

/// The documented request of every operation of the description, and refusals of one of them.
pub(crate) fn guide(url: &str, settings: &Settings) -> anyhow::Result<String> {
    let (user, password) = MOCK_USER;
    let (key, secret) = MOCK_KEY;
    let (known, forbidden) = (&settings.known_ids, &settings.forbidden_ids);
    let mut text = format!(
        "An embedded OCP listens at {url}; Ctrl-C ends it.

  user {user}, password {password}; access key {key}, secret {secret}
  ids:{}; forbidden:{}\n",
        flags(known),
        flags(forbidden)
    );
    let operations = Operation::all(ocp_contract_embedded::spec()?);
    for one in &operations {
        let line = curl(url, one, known, "", password);
        write!(text, "\n{} (HTTP 200):\n{line}", one.id)?;
    }
    let ids = |one: &&Operation| one.parameters_in(Location::Path).count();
    if let Some(one) = operations.iter().max_by_key(ids) {
        let unknown = known.iter().map(|(name, id)| (name.clone(), id + 1));
        for (what, ids, more, password) in [
            (
                "A malformed time (HTTP 400)",
                known,
                "&startTime=now",
                password,
            ),
            ("Wrong credentials (HTTP 401)", known, "", "wrong"),
            ("Forbidden ids (HTTP 403)", forbidden, "", password),
            ("Unknown ids (HTTP 404)", &unknown.collect(), "", password),
        ] {
            let line = curl(url, one, ids, more, password);
            write!(text, "\n{what}:\n{line}")?;
        }
    }
    let verify = format!("cargo xtask verify --base-url {url}{}", flags(known));
    write!(
        text,
        "
The checks of verify, as the user and with the access key (exit code 0):
  OCP_USER={user} OCP_PASSWORD={password} {verify}
  OCP_ACCESS_KEY={key} OCP_SECRET_KEY={secret} {verify}"
    )?;
    Ok(text)
}

/// Ids as options of `verify`.
fn flags(ids: &Ids) -> String {
    let flags = ids.iter().map(|(name, id)| format!(" {} {id}", flag(name)));
    flags.collect()
}

/// A line that asks for the first page of a list.
fn curl(url: &str, operation: &Operation, ids: &Ids, more: &str, password: &str) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters_in(Location::Path) {
        let id = ids.get(&parameter.argument).copied().unwrap_or_default();
        path = path.replace(&format!("{{{}}}", parameter.name), &id.to_string());
    }
    let user = MOCK_USER.0;
    format!("  curl -sS -u {user}:{password} '{url}{path}?page=1&size=10{more}'\n")
}
