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

/// Lines for every operation of the description.
pub(crate) fn guide(url: &str, settings: &Settings) -> anyhow::Result<String> {
    let (user, password) = MOCK_USER;
    let (key, secret) = MOCK_KEY;
    let list = |ids: &Ids| {
        let ids = ids.iter().map(|(argument, id)| format!("{argument} {id}"));
        ids.collect::<Vec<_>>().join(", ")
    };
    let (known, forbidden) = (list(&settings.known_ids), list(&settings.forbidden_ids));
    let mut text = format!(
        "An embedded OCP listens at {url}; Ctrl-C ends it.

  user {user}, password {password}; access key {key}, secret {secret}
  {known}; forbidden: {forbidden}\n"
    );
    let operations = Operation::all(ocp_contract_embedded::spec()?);
    let richest = operations
        .iter()
        .max_by_key(|one| one.parameters_in(Location::Path).count());
    let richest = richest.map(|one| one.id.clone());
    for operation in operations {
        writeln!(text, "\n{}:", operation.id)?;
        let mut requests = requests(url, &operation, settings);
        // One operation shows the refusals, which are alike.
        if Some(&operation.id) != richest.as_ref() {
            requests.truncate(1);
        }
        for request in requests {
            writeln!(text, "{request}")?;
        }
    }
    let flags = settings.known_ids.iter();
    let flags = flags.map(|(argument, id)| format!(" {} {id}", flag(argument)));
    let flags: String = flags.collect();
    let verify = format!("cargo xtask verify --base-url {url}{flags}");
    write!(
        text,
        "
The checks of verify, as the user and with the access key (exit code 0):
  OCP_USER={user} OCP_PASSWORD={password} {verify}
  OCP_ACCESS_KEY={key} OCP_SECRET_KEY={secret} {verify}"
    )?;
    Ok(text)
}

/// The documented request of an operation, then requests that differ from it: each with the
/// status of its response.
fn requests(url: &str, operation: &Operation, settings: &Settings) -> Vec<String> {
    let (user, password) = MOCK_USER;
    let request = |what: &str, status: u16, ids: &Ids, filter: &str, password: &str| {
        let mut path = operation.path.clone();
        for parameter in operation.parameters_in(Location::Path) {
            let id = ids.get(&parameter.argument).copied();
            let id = id.unwrap_or_default().to_string();
            path = path.replace(&format!("{{{}}}", parameter.name), &id);
        }
        let query = format!("page=1&size=10{filter}");
        let curl = format!("curl -sS -u {user}:{password} '{url}{path}?{query}'");
        format!("{what} (HTTP {status}):\n  {curl}")
    };
    let known = &settings.known_ids;
    let mut requests = vec![request("As it is documented", 200, known, "", password)];
    let mut filters = operation.filters();
    if let Some(time) = filters.find(|one| one.schema["format"] == "date-time") {
        let name = &time.name;
        for (what, status, value) in [
            ("Since 2000, by", 200, "2000-01-01T00:00:00Z"),
            ("A malformed", 400, "yesterday"),
        ] {
            let (what, filter) = (format!("{what} {name}"), format!("&{name}={value}"));
            requests.push(request(&what, status, known, &filter, password));
        }
    }
    for parameter in operation.parameters_in(Location::Path) {
        let argument = &parameter.argument;
        let unknown = known.get(argument).map(|id| id + 1);
        let forbidden = settings.forbidden_ids.get(argument).copied();
        let status = ocp_mock::status_of_unknown_id(argument);
        for (what, status, id) in [
            ("An unknown", status, unknown),
            ("A forbidden", 403, forbidden),
        ] {
            if let Some(id) = id {
                let mut ids = known.clone();
                ids.insert(argument.clone(), id);
                let what = format!("{what} {argument}");
                requests.push(request(&what, status, &ids, "", password));
            }
        }
    }
    requests.push(request("Wrong credentials", 401, known, "", "wrong"));
    requests
}
