//! The operations of a spec, as far as a request is concerned.

use std::collections::BTreeMap;
use std::fmt;

use heck::ToSnakeCase;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{escape, members, text, texts};
use crate::schema::Schema;

/// The query parameters that choose a page.
pub(crate) const PAGING: [&str; 2] = ["page", "size"];

/// One operation: what to send, and what names it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// HTTP method in capitals.
    pub method: String,
    /// Path template, such as `/clusters/{id}`.
    pub path: String,
    /// Parameters of the path item that the operation does not replace, and its own, in the
    /// spec's order.
    pub parameters: Vec<Parameter>,
    /// JSON pointer of the operation in the spec.
    pub pointer: String,
    /// The kind of its rows, if the programs know more of them than the schema
    /// says: `x-row-kind`, such as `restore_task`.
    pub row_kind: Option<String>,
    /// The versions of OCP whose documentation has it, `x-documented-versions`.
    pub versions: Option<Versions>,
    /// The rows that it lists; `None` if it has no `page` and `size`, or no
    /// `data.contents[]`.
    pub list: Option<List>,
}

/// The first and the last version of OCP whose documentation was looked at, such
/// as `V4.2.2`. Others may have the operation, too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The first.
    pub first: String,
    /// The last.
    pub last: String,
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last {
            f.write_str(first)
        } else {
            write!(f, "{first} to {last}")
        }
    }
}

/// The rows that an operation lists page by page. Names are those on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Schema of a row, references at its top followed.
    pub row: Value,
    /// The members that tell a row from all others: those of `x-identity`, else an integer
    /// `id`. Empty if rows have neither.
    pub identity: Vec<String>,
    /// The query parameters that no request may lack.
    pub required: Vec<String>,
    /// The rows that a query parameter keeps, by its name: its `x-filter`. A parameter without
    /// one filters nothing, or in a way that is not documented.
    pub filters: BTreeMap<String, Filter>,
}

/// The rows that a query parameter keeps. If it is sent several times, a row is kept that
/// matches any of the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The member of a row that is compared.
    pub member: String,
    /// How it is compared.
    #[serde(rename = "match")]
    pub comparison: Comparison,
}

/// How a member of a row is compared with what a filter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// It is the same.
    Equals,
    /// It is a text that contains the value, whatever the case of letters.
    ContainsIgnoreCase,
    /// It is a time, not before the value.
    From,
    /// It is a time, not after the value.
    To,
}

/// One parameter of an operation, references followed.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// How callers name it: `x-argument`, or the name on the wire in snake case.
    pub argument: String,
    /// The part of the request that holds it.
    pub location: Location,
    /// True if a request without it is refused.
    pub required: bool,
    /// Its schema, with a reference at the top followed.
    pub schema: Value,
    /// The rows that it keeps: `x-filter`.
    pub filter: Option<Filter>,
    /// JSON pointer of the parameter in the spec.
    pub pointer: String,
}

/// The part of a request that holds a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

impl Operation {
    /// Every operation of the spec that has an id. What is malformed is left
    /// out; `lint` reports it.
    pub fn all(spec: &Value) -> Vec<Self> {
        let nodes = nodes(spec).filter_map(|one| Self::read(spec, one));
        nodes.collect()
    }

    /// The operation with this id.
    pub fn find(spec: &Value, id: &str) -> Option<Self> {
        let mut nodes = nodes(spec).filter(|(.., node)| node["operationId"] == id);
        Self::read(spec, nodes.next()?)
    }

    fn read(spec: &Value, (path, method, node): (&str, &str, &Value)) -> Option<Self> {
        let pointer = format!("/paths/{}/{method}", escape(path));
        let versions = node.get("x-documented-versions");
        let parameters = parameters(spec, &pointer);
        Some(Self {
            id: text(node, "operationId")?.to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            list: list(&Schema::at(spec, node, &pointer).ok()?, &parameters),
            parameters,
            pointer,
            row_kind: text(node, "x-row-kind").map(str::to_owned),
            versions: versions.and_then(|one| Versions::deserialize(one).ok()),
        })
    }

    /// The parameters that go to a place, in the spec's order.
    pub fn parameters_in(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        let parameters = self.parameters.iter();
        parameters.filter(move |one| one.location == location)
    }

    /// The query parameters that choose rows: all but `page` and `size`.
    pub fn filters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters_in(Location::Query)
            .filter(|one| !PAGING.contains(&one.name.as_str()))
    }
}

/// Path, method and value of each member of a path that may be an operation.
fn nodes(spec: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&spec["paths"]).flat_map(|(path, item)| {
        members(item).map(move |(method, node)| (path.as_str(), method.as_str(), node))
    })
}

/// The parameters of the operation at a pointer: those of its path item that it does not
/// replace, then its own.
fn parameters(spec: &Value, operation: &str) -> Vec<Parameter> {
    let of = |holder: &str| -> Vec<Parameter> {
        let pointer = format!("{holder}/parameters");
        let list = spec.pointer(&pointer).and_then(Value::as_array);
        let list = list.into_iter().flatten().enumerate();
        let parameters = list.filter_map(|(index, node)| {
            let parameter = Schema::at(spec, node, &format!("{pointer}/{index}"));
            Parameter::read(&parameter.ok()?)
        });
        parameters.collect()
    };
    let own = of(operation);
    let mut all = of(operation.rsplit_once('/').map_or("", |(item, _)| item));
    all.retain(|one| {
        let is_it = |other: &Parameter| (other.location, &other.name) == (one.location, &one.name);
        !own.iter().any(is_it)
    });
    all.extend(own);
    all
}

impl Parameter {
    fn read(parameter: &Schema<'_>) -> Option<Self> {
        let node = parameter.node;
        let name = text(node, "name")?;
        let argument = text(node, "x-argument").map(str::to_owned);
        let filter = node.get("x-filter");
        Some(Self {
            name: name.to_owned(),
            argument: argument.unwrap_or_else(|| name.to_snake_case()),
            location: Location::deserialize(node.get("in")?).ok()?,
            required: node.get("required") == Some(&Value::Bool(true)),
            schema: parameter.below(&["schema"])?.node.clone(),
            filter: filter.and_then(|filter| Filter::deserialize(filter).ok()),
            pointer: parameter.pointer.clone(),
        })
    }
}

/// The rows that an operation lists.
fn list(operation: &Schema<'_>, parameters: &[Parameter]) -> Option<List> {
    let query = || {
        parameters
            .iter()
            .filter(|one| one.location == Location::Query)
    };
    if !PAGING
        .iter()
        .all(|name| query().any(|one| one.name == *name))
    {
        return None;
    }
    let body = ["responses", "200", "content", "application/json", "schema"];
    let rows = ["properties", "data", "properties", "contents", "items"];
    let row = operation.below(&body)?.below(&rows)?;
    let id = row.below(&["properties", "id"]);
    let identity = match row.node.get("x-identity") {
        Some(_) => texts(row.node, "x-identity").map(str::to_owned).collect(),
        None if id.is_some_and(|id| id.node["type"] == "integer") => vec!["id".to_owned()],
        None => Vec::new(),
    };
    let required = query().filter(|one| one.required);
    let filters = query().filter_map(|one| Some((one.name.clone(), one.filter.clone()?)));
    Some(List {
        identity,
        required: required.map(|one| one.name.clone()).collect(),
        filters: filters.collect(),
        row: row.node.clone(),
    })
}
