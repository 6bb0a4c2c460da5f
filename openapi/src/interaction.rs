//! Exchanges as data: a request that was documented or recorded, and the
//! response that belongs to it.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::document::{SpecError, read_text, read_yaml};
use crate::operation::{Location, Operation, Parameter};
use crate::schema::Schema;

/// One exchange, read from `interactions/<operationId>/<case>/`.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Id of the operation: the name of the folder above.
    pub operation_id: String,
    /// Name of the case: the name of the folder itself.
    pub case: String,
    /// The content of `interaction.yaml`.
    pub recorded: Recorded,
    /// The bytes of `response.json`, or of `response.html` if the body is no JSON.
    pub body: String,
}

/// The content of `interaction.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The origin of the exchange.
    pub source: Source,
    /// The request line as sent, percent-encoded, without `HTTP/1.1`.
    pub request: RequestLine,
    /// Query parameters of the line whose values are joined by commas, which means the same
    /// as to repeat the parameter.
    #[serde(default)]
    pub joined: Vec<String>,
    /// Status and headers of the response.
    pub response: RecordedResponse,
}

/// The origin of an exchange.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its weight as evidence.
    pub grade: Provenance,
    /// Page and section.
    pub document: String,
    /// Address of the page.
    pub address: String,
    /// The version of the OCP that was recorded, if it is known.
    #[serde(default)]
    pub ocp: Option<String>,
    /// The day of the recording, as `2026-01-31`.
    #[serde(default)]
    pub date: Option<String>,
    /// A note on anything added or left open.
    #[serde(default)]
    pub note: Option<String>,
}

/// The weight of an exchange as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// Printed in public documentation, byte for byte.
    Documented,
    /// Put together by us from documented pieces; the note says how.
    Derived,
    /// Recorded from a running OCP, without host names and secrets.
    Recorded,
}

impl Source {
    /// The OCP that was recorded, and the day: `OCP 4.3.1, 2026-01-31`.
    pub fn observed(&self) -> String {
        let version = self.ocp.as_deref().unwrap_or("of an unknown version");
        let date = self.date.as_deref().unwrap_or("at an unknown time");
        format!("OCP {version}, {date}")
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Documented => "documented",
            Self::Derived => "derived",
            Self::Recorded => "recorded",
        })
    }
}

/// Status and headers of a response.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers that matter; transport headers come with the server.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
}

/// Method, path and query of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RequestLine {
    /// HTTP method in capitals.
    pub method: String,
    /// Path as sent, percent-encoded.
    pub path: String,
    /// Query parameters in the order as sent, decoded.
    pub query: Vec<(String, String)>,
}

impl TryFrom<String> for RequestLine {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        let wrong = || format!("`{line}` is not a request line like `GET /path?name=value`");
        let (method, target) = line.split_once(' ').ok_or_else(wrong)?;
        if !target.starts_with('/') || target.contains(' ') {
            return Err(wrong());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Ok(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        })
    }
}

impl RequestLine {
    /// Repeats each of these parameters instead of joining its values by commas.
    fn split(&mut self, joined: &[String]) {
        for (name, text) in std::mem::take(&mut self.query) {
            let is_joined = joined.contains(&name);
            let values = text.split(|c| is_joined && c == ',');
            let values = values.map(|one| (name.clone(), one.to_owned()));
            self.query.extend(values);
        }
    }
}

impl Interaction {
    /// The folder of the interactions of this checkout.
    pub fn folder() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/interactions"))
    }

    /// Reads one interaction from its `interaction.yaml`.
    ///
    /// # Errors
    ///
    /// When a file is missing or malformed.
    pub fn read(file: &Path) -> Result<Self, SpecError> {
        Self::parse(file, |name| {
            let path = file.with_file_name(name);
            let text = path.exists().then(|| read_text(&path, name));
            text.transpose()
        })
    }

    /// Makes an interaction of the texts of its files. `file` is the path of
    /// `interaction.yaml`, whose folders name operation and case; `text` has the text of a
    /// file beside it, or `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// When a file is missing or malformed.
    pub fn parse(
        file: &Path,
        text: impl Fn(&str) -> Result<Option<String>, SpecError>,
    ) -> Result<Self, SpecError> {
        let error = |what: &dyn fmt::Display| SpecError::new(file.display(), what);
        let text = |name: &str| text(name).map_err(|fault| error(&fault));
        let folder = |up: usize| Some(file.ancestors().nth(up)?.file_name()?.to_str()?.to_owned());
        let place = "expected interactions/<operationId>/<case>/interaction.yaml";
        let line = text("interaction.yaml")?.ok_or_else(|| error(&"there is no such file"))?;
        let mut recorded: Recorded =
            read_yaml(&line, "interaction.yaml").map_err(|fault| error(&fault))?;
        recorded.request.split(&recorded.joined);
        let body = match text("response.json")? {
            None => text("response.html")?,
            Some(json) => {
                serde_json::from_str::<IgnoredAny>(&json)
                    .map_err(|fault| error(&format_args!("response.json is no JSON: {fault}")))?;
                Some(json)
            }
        };
        Ok(Self {
            operation_id: folder(2).ok_or_else(|| error(&place))?,
            case: folder(1).ok_or_else(|| error(&place))?,
            recorded,
            body: body.ok_or_else(|| error(&"neither response.json nor response.html is there"))?,
        })
    }

    /// Reads every interaction below a folder, sorted by operation and case.
    ///
    /// # Errors
    ///
    /// When the folder cannot be listed, or one of them cannot be read.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, SpecError> {
        let mut interactions = Vec::new();
        for operation in entries(folder)?.iter().filter(|path| path.is_dir()) {
            for case in entries(operation)?.iter().filter(|path| path.is_dir()) {
                interactions.push(Self::read(&case.join("interaction.yaml"))?);
            }
        }
        Ok(interactions)
    }

    /// The arguments that make an operation send this request: values by
    /// parameter name, typed by the parameter's schema.
    ///
    /// # Errors
    ///
    /// A sentence naming both sides, when the operation does not describe the
    /// request: another method or path, a parameter it does not have, a
    /// required one that is missing, a value that does not fit the schema.
    pub fn arguments(&self, spec: &Value) -> Result<Map<String, Value>, String> {
        let id = &self.operation_id;
        let operation = Operation::find(spec, id)
            .ok_or_else(|| format!("the spec has no operation `{id}`, which this folder names"))?;
        let RequestLine {
            method,
            path,
            query,
        } = &self.recorded.request;
        let expected = &operation.method;
        if method != expected {
            return Err(format!(
                "the request uses {method}, the operation {id} is described with {expected}"
            ));
        }
        let in_path = match_path(&operation.path, path).ok_or_else(|| {
            format!(
                "the request goes to {path}, the operation {id} is described at {}",
                operation.path
            )
        })?;
        let mut arguments = Map::new();
        for (location, sent) in [(Location::Path, &in_path), (Location::Query, query)] {
            for (name, text) in sent {
                let mut parameters = operation.parameters_in(location);
                let parameter = parameters.find(|one| one.name == *name).ok_or_else(|| {
                    format!("the request has a parameter `{name}` that the operation {id} does not describe")
                })?;
                let argument = argument(spec, parameter, text)?;
                match (arguments.get_mut(name), argument) {
                    (None, argument) => drop(arguments.insert(name.clone(), argument)),
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                    _ => {
                        return Err(format!(
                            "`{name}` is sent twice but is not described as an array"
                        ));
                    }
                }
            }
        }
        let is_missing = |one: &&Parameter| one.required && !arguments.contains_key(&one.name);
        match operation.parameters.iter().find(is_missing) {
            Some(missing) => Err(format!(
                "the operation {id} requires `{}`, which the request does not have",
                missing.name
            )),
            None => Ok(arguments),
        }
    }
}

/// Refuses a file below a folder of interactions that nobody reads; `name` is what messages call
/// the folder. Hidden files are other programs' business, and `transcript.json` is what
/// `verify --record` writes beside its folders.
pub(crate) fn refuse_strays(folder: &Path, name: &str) -> Result<(), SpecError> {
    let is_case = name.split('/').count() == 3;
    for path in entries(folder)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}/{file}");
        let has = |neighbour: &str| path.with_file_name(neighbour).exists();
        let is_read = match &*file {
            "interaction.yaml" => is_case,
            "response.json" => has("interaction.yaml"),
            "response.html" => has("interaction.yaml") && !has("response.json"),
            "transcript.json" => true,
            other => other.starts_with('.'),
        };
        if path.is_dir() {
            refuse_strays(&path, &name)?;
        } else if !is_read {
            let what = "nobody reads this file; expected <operationId>/<case>/interaction.yaml, and response.json or response.html beside it";
            return Err(SpecError::new(name, what));
        }
    }
    Ok(())
}

/// The files and folders in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SpecError> {
    let entries = std::fs::read_dir(folder).map_err(|fault| {
        SpecError::new(folder.display(), format_args!("cannot be listed: {fault}"))
    })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// The parameters that a path shows of a template, if it fits.
pub fn match_path(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path) = (template.split('/'), path.split('/'));
    if template.clone().count() != path.clone().count() {
        return None;
    }
    let mut found = Vec::new();
    for (expected, sent) in template.zip(path) {
        let name = expected.strip_prefix('{');
        match name.and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                let value = percent_decode_str(sent).decode_utf8().ok()?;
                found.push((name.to_owned(), value.into_owned()));
            }
            None if expected == sent => {}
            None => return None,
        }
    }
    Some(found)
}

/// A text that was sent, as a value of its parameter; of a list, with one item.
fn argument(spec: &Value, parameter: &Parameter, text: &str) -> Result<Value, String> {
    let is_list = parameter.schema["type"] == "array";
    let schema = match parameter.schema.get("items") {
        Some(items) if is_list => Schema::at(spec, items, "").map_or(items, |one| one.node),
        _ => &parameter.schema,
    };
    let name = &parameter.name;
    let json = || serde_json::from_str(text).ok();
    let (value, expected) = match schema["type"].as_str() {
        Some("string") => (Some(Value::from(text)), "a text"),
        Some("integer") => (json().filter(Value::is_i64), "an integer"),
        Some("boolean") => (json().filter(Value::is_boolean), "a boolean"),
        Some("number") => (json().filter(Value::is_number), "a number"),
        other => (None, other.unwrap_or("a schema without a type")),
    };
    let value = value.ok_or_else(|| {
        format!("`{name}` is described as {expected}, the request sends `{text}`")
    })?;
    if let Some(pattern) = schema["pattern"].as_str() {
        let validator = jsonschema::validator_for(&json!({ "pattern": pattern }));
        if !validator.is_ok_and(|one| one.is_valid(&value)) {
            return Err(format!(
                "`{name}` does not match {pattern}, the request sends `{text}`"
            ));
        }
    }
    Ok(if is_list { json!([value]) } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction(request: &str) -> Interaction {
        Interaction {
            operation_id: "list".into(),
            case: "case".into(),
            recorded: Recorded {
                joined: Vec::new(),
                source: Source {
                    grade: Provenance::Derived,
                    document: String::new(),
                    address: String::new(),
                    ocp: None,
                    date: None,
                    note: None,
                },
                request: request.to_owned().try_into().unwrap(),
                response: RecordedResponse {
                    status: 200,
                    headers: Default::default(),
                },
            },
            body: String::new(),
        }
    }

    fn spec() -> Value {
        json!({"paths": {"/a/{id}/b": {"get": {"operationId": "list", "parameters": [
            {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
            {"name": "page", "in": "query", "schema": {"type": "integer"}},
            {"name": "name", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        ]}}}})
    }

    #[test]
    fn arguments_are_typed_by_the_spec() {
        let arguments = interaction("GET /a/7/b?name=x%20y&page=2&name=a%2Cb")
            .arguments(&spec())
            .unwrap();
        assert_eq!(
            Value::Object(arguments),
            json!({"id": 7, "page": 2, "name": ["x y", "a,b"]})
        );
    }

    #[test]
    fn a_request_that_the_operation_does_not_describe_names_both_sides() {
        for (request, expected) in [
            (
                "POST /a/7/b",
                "the request uses POST, the operation list is described with GET",
            ),
            (
                "GET /a/7/c",
                "the request goes to /a/7/c, the operation list is described at /a/{id}/b",
            ),
            (
                "GET /a/7/b?pageNo=1",
                "the request has a parameter `pageNo` that the operation list does not describe",
            ),
            (
                "GET /a/7/b?page=one",
                "`page` is described as an integer, the request sends `one`",
            ),
            (
                "GET /a/7/b?page=1&page=2",
                "`page` is sent twice but is not described as an array",
            ),
        ] {
            assert_eq!(
                interaction(request).arguments(&spec()).unwrap_err(),
                expected
            );
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "nothing else reads the folder")]
    fn a_recording_may_lie_beside_its_folders_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let stray = || refuse_strays(folder.path(), "interactions");
        std::fs::write(folder.path().join("transcript.json"), "{}").unwrap();
        stray().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "").unwrap();
        let error = stray().unwrap_err().to_string();
        assert!(
            error.starts_with("interactions/notes.txt: nobody"),
            "{error}"
        );
    }

    /// A body that is there and cannot be read is not called absent.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "nothing else reads the folder")]
    fn a_body_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("list/case");
        std::fs::create_dir_all(&case).unwrap();
        let file = case.join("interaction.yaml");
        let text = "source: { grade: derived, document: d, address: a }\nrequest: GET /a\nresponse: { status: 200 }\n";
        std::fs::write(&file, text).unwrap();
        let says = |expected: &str| {
            let error = Interaction::read(&file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        says("neither response.json nor response.html is there");
        std::fs::write(case.join("response.html"), b"\xff").unwrap();
        says("cannot read response.html: stream did not contain valid UTF-8");
        std::fs::write(
            case.join("response.json"),
            "{\n  \"id\": 1\n  \"name\": 2\n}",
        )
        .unwrap();
        says("response.json is no JSON: expected `,` or `}` at line 3 column 3");
        std::fs::remove_file(case.join("response.json")).unwrap();
        std::fs::create_dir(case.join("response.json")).unwrap();
        says("cannot read response.json: ");
    }
}
