//! What `mock` prints: what to try on the embedded OCP, and what comes back from it
//! without variants.

use std::collections::BTreeMap;
use std::fmt::Write;

use contract_tests::verify::flag;
use ocp_contract::{Location, Operation, Parameter};
use ocp_mock::Settings;

/// User and password of the mock.
pub(crate) const MOCK_USER: (&str, &str) = ("admin", "aaAA11__");
/// Its access key, and the secret of that.
pub(crate) const MOCK_KEY: (&str, &str) = ("mock-access-key", "mock-secret-key");

/// Lines for every operation of the description.
pub(crate) fn guide(url: &str, settings: &Settings) -> anyhow::Result<String> {
    let (user, password) = MOCK_USER;
    let (key, secret) = MOCK_KEY;
    let known = list(&settings.known_ids);
    let forbidden = list(&settings.forbidden_ids);
    let mut text = format!(
        "An embedded OCP listens at {url}; Ctrl-C ends it.

  user {user}, password {password}; access key {key}, secret {secret}
  {known}; forbidden: {forbidden}\n"
    );
    let document = ocp_contract_embedded::document()?;
    for operation in Operation::all(document.value()) {
        let lines = Lines {
            url,
            operation: &operation,
            settings,
        };
        lines.write(&mut text)?;
    }
    let flags = settings.known_ids.iter();
    let flags = flags.map(|(argument, id)| format!(" {} {id}", flag(argument)));
    let verify = format!(
        "cargo xtask verify --base-url {url}{}",
        flags.collect::<String>()
    );
    write!(
        text,
        "
The checks of verify, as the user and with the access key (exit code 0):
  OCP_USER={user} OCP_PASSWORD={password} {verify}
  OCP_ACCESS_KEY={key} OCP_SECRET_KEY={secret} {verify}"
    )?;
    Ok(text)
}

fn list(ids: &BTreeMap<String, i64>) -> String {
    let list = ids
        .iter()
        .map(|(argument, id)| format!("{argument} {id}"))
        .collect::<Vec<_>>();
    list.join(", ")
}

/// The lines of one operation.
struct Lines<'a> {
    url: &'a str,
    operation: &'a Operation,
    settings: &'a Settings,
}

impl Lines<'_> {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let known = &self.settings.known_ids;
        let (user, password) = MOCK_USER;
        writeln!(text, "\n{}:", self.operation.id)?;
        self.line(text, "As it is documented (HTTP 200)", password, known, "")?;
        if let Some(time) = self.operation.filters().find(is_time) {
            let name = &time.name;
            let since = format!("&{name}=2000-01-01T00:00:00Z");
            self.line(
                text,
                &format!("Since 2000, by {name} (HTTP 200)"),
                password,
                known,
                &since,
            )?;
            let malformed = format!("&{name}=yesterday");
            self.line(
                text,
                &format!("A malformed {name} (HTTP 400)"),
                password,
                known,
                &malformed,
            )?;
        }
        for parameter in self.operation.parameters_in(Location::Path) {
            let argument = parameter.argument.as_str();
            if let Some(id) = known.get(argument) {
                let status = ocp_mock::status_of_unknown_id(argument);
                let ids = with(known, argument, id + 1);
                self.line(
                    text,
                    &format!("An unknown {argument} (HTTP {status})"),
                    password,
                    &ids,
                    "",
                )?;
            }
            if let Some(id) = self.settings.forbidden_ids.get(argument) {
                let ids = with(known, argument, *id);
                self.line(
                    text,
                    &format!("A forbidden {argument} (HTTP 403)"),
                    password,
                    &ids,
                    "",
                )?;
            }
        }
        let wrong = format!("not-that-of-{user}");
        self.line(text, "Wrong credentials (HTTP 401)", &wrong, known, "")
    }

    fn line(
        &self,
        text: &mut String,
        promise: &str,
        password: &str,
        ids: &BTreeMap<String, i64>,
        filter: &str,
    ) -> std::fmt::Result {
        let Self { url, operation, .. } = self;
        let mut path = operation.path.clone();
        for parameter in operation.parameters_in(Location::Path) {
            let id = ids.get(&parameter.argument).copied().unwrap_or_default();
            path = path.replace(&format!("{{{}}}", parameter.name), &id.to_string());
        }
        let method = match operation.method.as_str() {
            "GET" => String::new(),
            method => format!(" -X {method}"),
        };
        let query = match operation.list {
            Some(_) => format!("?page=1&size=10{filter}"),
            None => String::new(),
        };
        let (user, _) = MOCK_USER;
        writeln!(
            text,
            "{promise}:\n  curl -sS{method} -u {user}:{password} '{url}{path}{query}'"
        )
    }
}

/// Whether a filter takes a time.
fn is_time(parameter: &&Parameter) -> bool {
    parameter.schema["format"] == "date-time"
}

fn with(ids: &BTreeMap<String, i64>, argument: &str, id: i64) -> BTreeMap<String, i64> {
    let mut ids = ids.clone();
    ids.insert(argument.to_owned(), id);
    ids
}
