//! The operations of a spec, as far as a request is concerned.

use std::collections::BTreeMap;
use std::fmt;

use heck::ToSnakeCase;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::escape;

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
    /// Schema of a row, references at its top resolved.
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

/// One parameter of an operation, references resolved.
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
    /// Its schema, with a reference at the top resolved.
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
        let mut operation = Self {
            id: text(node, "operationId")?.to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters: parameters(spec, &pointer),
            pointer,
            row_kind: text(node, "x-row-kind").map(str::to_owned),
            versions: versions.and_then(|one| Versions::deserialize(one).ok()),
            list: None,
        };
        operation.list = list(spec, &operation);
        Some(operation)
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

fn parameters(spec: &Value, operation: &str) -> Vec<Parameter> {
    let declared = declared(spec, operation).into_iter();
    let parameters = declared.filter_map(|(pointer, parameter)| {
        let name = text(parameter, "name")?;
        let argument = text(parameter, "x-argument").map(str::to_owned);
        Some(Parameter {
            name: name.to_owned(),
            argument: argument.unwrap_or_else(|| name.to_snake_case()),
            location: Location::deserialize(parameter.get("in")?).ok()?,
            required: parameter.get("required") == Some(&Value::Bool(true)),
            schema: resolve(spec, parameter.get("schema")?)?.clone(),
            filter: parameter
                .get("x-filter")
                .and_then(|filter| Filter::deserialize(filter).ok()),
            pointer,
        })
    });
    parameters.collect()
}

/// Pointer and value of each parameter of the operation at a pointer, references resolved:
/// those of its path item that it does not replace, then its own.
pub(crate) fn declared<'a>(spec: &'a Value, operation: &str) -> Vec<(String, &'a Value)> {
    let item = operation.rsplit_once('/').map_or("", |(item, _)| item);
    let of = |holder: &str| {
        let pointer = format!("{holder}/parameters");
        let list = spec.pointer(&pointer).and_then(Value::as_array);
        let list = list.into_iter().flatten().enumerate();
        list.filter_map(move |(index, parameter)| {
            Some((format!("{pointer}/{index}"), resolve(spec, parameter)?))
        })
    };
    let own: Vec<_> = of(operation).collect();
    let key = |parameter: &'a Value| (parameter.get("in"), parameter.get("name"));
    let is_own = |parameter| own.iter().any(|(_, one)| key(one) == key(parameter));
    let mut declared: Vec<_> = of(item).filter(|(_, one)| !is_own(*one)).collect();
    declared.extend(own);
    declared
}

/// The rows that the operation lists.
fn list(spec: &Value, operation: &Operation) -> Option<List> {
    let query = || operation.parameters_in(Location::Query);
    if !PAGING
        .iter()
        .all(|name| query().any(|one| one.name == *name))
    {
        return None;
    }
    let member = |schema, name| resolve(spec, property(schema, name)?);
    let response = spec.pointer(&format!("{}/responses/200", operation.pointer))?;
    let body = resolve(spec, response)?.pointer("/content/application~1json/schema")?;
    let data = member(resolve(spec, body)?, "data")?;
    let row = resolve(spec, member(data, "contents")?.get("items")?)?;
    let is_integer = member(row, "id").is_some_and(|id| id["type"] == "integer");
    let identity = match row.get("x-identity") {
        Some(_) => texts(row, "x-identity").map(str::to_owned).collect(),
        None if is_integer => vec!["id".to_owned()],
        None => Vec::new(),
    };
    let required = query().filter(|one| one.required);
    let filters = query().filter_map(|one| Some((one.name.clone(), one.filter.clone()?)));
    Some(List {
        identity,
        required: required.map(|one| one.name.clone()).collect(),
        filters: filters.collect(),
        row: row.clone(),
    })
}

/// A member that an object is described with.
fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// A member that is a text.
pub(crate) fn text<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str()
}

/// Follows `$ref` within the document; a reference that leads nowhere, or in a
/// circle, is `None`.
pub(crate) fn resolve<'a>(spec: &'a Value, mut node: &'a Value) -> Option<&'a Value> {
    for _ in 0..16 {
        match node.get("$ref") {
            None => return Some(node),
            Some(target) => node = spec.pointer(target.as_str()?.strip_prefix('#')?)?,
        }
    }
    None
}

/// Name and value of each member of an object; of anything else, nothing.
pub(crate) fn members(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.as_object().into_iter().flatten()
}

/// The texts of a member that is a list, such as `required`.
pub(crate) fn texts<'a>(node: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    let list = node.get(member).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}
