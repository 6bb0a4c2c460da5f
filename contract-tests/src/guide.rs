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
        // One operation shows the refusals, which are alike.
        let shown = if Some(&operation.id) == richest.as_ref() {
            usize::MAX
        } else {
            1
        };
        for request in requests(&operation, settings).into_iter().take(shown) {
            let curl = curl(url, &operation, &request);
            writeln!(
                text,
                "{} (HTTP {}):\n  {curl}",
                request.what, request.status
            )?;
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

/// A request, and the status of its response.
struct Request {
    what: String,
    status: u16,
    ids: Ids,
    filter: String,
    password: &'static str,
}

/// The documented request of an operation, and what may be changed in it.
fn requests(operation: &Operation, settings: &Settings) -> Vec<Request> {
    let request = |what: String, status| Request {
        what,
        status,
        ids: settings.known_ids.clone(),
        filter: String::new(),
        password: MOCK_USER.1,
    };
    let mut requests = vec![request("As it is documented".to_owned(), 200)];
    let mut filters = operation.filters();
    if let Some(time) = filters.find(|one| one.schema["format"] == "date-time") {
        let name = &time.name;
        requests.push(Request {
            filter: format!("&{name}=2000-01-01T00:00:00Z"),
            ..request(format!("Since 2000, by {name}"), 200)
        });
        requests.push(Request {
            filter: format!("&{name}=yesterday"),
            ..request(format!("A malformed {name}"), 400)
        });
    }
    for parameter in operation.parameters_in(Location::Path) {
        let argument = &parameter.argument;
        let unknown = settings.known_ids.get(argument).map(|id| id + 1);
        let forbidden = settings.forbidden_ids.get(argument).copied();
        let status = ocp_mock::status_of_unknown_id(argument);
        for (what, status, id) in [
            ("An unknown", status, unknown),
            ("A forbidden", 403, forbidden),
        ] {
            let mut request = request(format!("{what} {argument}"), status);
            if let Some(id) = id {
                request.ids.insert(argument.clone(), id);
                requests.push(request);
            }
        }
    }
    requests.push(Request {
        password: "wrong",
        ..request("Wrong credentials".to_owned(), 401)
    });
    requests
}

fn curl(url: &str, operation: &Operation, request: &Request) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters_in(Location::Path) {
        let id = request.ids.get(&parameter.argument).copied();
        let id = id.unwrap_or_default().to_string();
        path = path.replace(&format!("{{{}}}", parameter.name), &id);
    }
    let (user, _) = MOCK_USER;
    let (password, filter) = (request.password, &request.filter);
    format!("curl -sS -u {user}:{password} '{url}{path}?page=1&size=10{filter}'")
}
