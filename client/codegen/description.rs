//! What is read in the description, and the copy of it that progenitor gets.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::{Map, Value};

use super::parameters::{parameters, resolved, snake};

/// The query parameters that choose a page.
pub(super) const PAGING: [&str; 2] = ["page", "size"];

/// The description as callers see it, for progenitor.
///
/// A parameter has the name that `x-argument` gives it: one of a path is nameless on the
/// wire, and `requests` gives one of the query its name back. And `page` and `size` are
/// optional wherever rows are listed, because the pager sets them; `lists` lets `send`
/// refuse to go without those that are required.
///
/// # Errors
///
/// A sentence, when an `x-argument` cannot name a method.
pub(super) fn as_called(spec: &Value) -> Result<Value, String> {
    let mut paths = Map::new();
    for (path, item) in members(&spec["paths"]) {
        let mut called = Map::new();
        let mut names = BTreeMap::new();
        for (key, node) in members(item).filter(|(key, _)| *key != "parameters") {
            let mut node = node.clone();
            if node.get("operationId").is_some() {
                node["parameters"] = arguments(spec, item, &node, &mut names)?;
            }
            called.insert(key.clone(), node);
        }
        paths.insert(template(path, &names), called.into());
    }
    let mut called = spec.clone();
    called["paths"] = paths.into();
    Ok(called)
}

/// The parameters of an operation as callers name them. `names` has the path
/// parameters: each by its name on the wire.
fn arguments(
    spec: &Value,
    item: &Value,
    operation: &Value,
    names: &mut BTreeMap<String, String>,
) -> Result<Value, String> {
    let is_list = list(spec, item, operation).is_some();
    let mut methods = BTreeSet::new();
    let mut arguments: Vec<Value> = Vec::new();
    for parameter in parameters(spec, item, operation) {
        let wire = parameter["name"].as_str().unwrap_or_default();
        let name = argument(parameter)?.unwrap_or(wire);
        if !methods.insert(snake(name)) {
            return Err(format!(
                "two parameters of one operation would be called `{name}`"
            ));
        }
        let mut parameter = parameter.clone();
        parameter["name"] = name.into();
        if is_list && parameter["in"] == "query" && PAGING.contains(&wire) {
            parameter["required"] = false.into();
        }
        if parameter["in"] == "path"
            && let Some(other) = names.insert(wire.to_owned(), name.to_owned())
            && other != name
        {
            return Err(format!(
                "`{wire}` is called `{other}` and `{name}` in one path"
            ));
        }
        arguments.push(parameter);
    }
    Ok(arguments.into())
}

/// What `x-argument` says.
fn argument(parameter: &Value) -> Result<Option<&str>, String> {
    let Some(argument) = parameter.get("x-argument") else {
        return Ok(None);
    };
    let name = &parameter["name"];
    let is_query = parameter["in"] == "query";
    let is_paging = name.as_str().is_some_and(|name| PAGING.contains(&name));
    if !is_query && parameter["in"] != "path" || is_query && is_paging {
        return Err(format!(
            "the parameter {name} has an `x-argument`: only one of a path, or a filter, can be called other than on the wire"
        ));
    }
    let argument = argument.as_str().filter(|argument| {
        argument.to_snake_case() == *argument
            && syn::parse_str::<syn::Ident>(&snake(argument)).is_ok()
    });
    match argument {
        Some(argument) => Ok(Some(argument)),
        None => Err(format!(
            "the `x-argument` of the parameter {name} cannot name a method: write it like `cluster_id`"
        )),
    }
}

/// The query parameters of an operation that are called other than on the wire: what
/// callers say, and what the wire says.
pub(super) fn renamed(spec: &Value, item: &Value, operation: &Value) -> Vec<(String, String)> {
    let parameters = parameters(spec, item, operation).into_iter();
    let query = parameters.filter(|parameter| parameter["in"] == "query");
    let renamed = query.filter_map(|parameter| {
        let (called, wire) = (&parameter["x-argument"], &parameter["name"]);
        Some((called.as_str()?.to_owned(), wire.as_str()?.to_owned()))
    });
    renamed.collect()
}

/// A path with other names for its parameters.
fn template(path: &str, names: &BTreeMap<String, String>) -> String {
    let mut parts = path.split('{');
    let mut template = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let name = names.get(name).map_or(name, String::as_str);
        template += &format!("{{{name}}}{rest}");
    }
    template
}

/// What the description says of an operation that lists something.
pub(super) struct List {
    /// Whether a page says where it stands, in `data.page`.
    pub(super) has_page: bool,
    /// The members that make a row the same: the id, then the time of its creation, then
    /// the rest. Empty if nothing does.
    pub(super) identity: Vec<String>,
    /// The optional query parameters but `page` and `size`, as callers name them.
    pub(super) filters: Vec<String>,
    /// Those of `page` and `size` that no request may lack.
    pub(super) required: Vec<String>,
}

/// `None` where the operation has no `page` and `size`, or no `data.contents[]`.
pub(super) fn list(spec: &Value, item: &Value, operation: &Value) -> Option<List> {
    let query: BTreeMap<&str, bool> = parameters(spec, item, operation)
        .into_iter()
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| {
            let called = parameter["x-argument"].as_str();
            let name = called.or_else(|| parameter["name"].as_str())?;
            Some((name, parameter["required"] == true))
        })
        .collect();
    if !PAGING.iter().all(|name| query.contains_key(name)) {
        return None;
    }
    let response = resolved(spec, operation.pointer("/responses/200")?);
    let body = response.pointer("/content/application~1json/schema")?;
    let data = property(spec, resolved(spec, body), "data")?;
    let contents = property(spec, data, "contents")?;
    let row = resolved(spec, contents.get("items")?);
    let has_id = property(spec, row, "id").is_some_and(is_long);
    let identity = match row["x-identity"].as_array() {
        Some(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None if has_id => vec!["id".to_owned()],
        None => Vec::new(),
    };
    let chosen = |of_paging: bool, required: bool| {
        let query = query.iter().filter(move |(name, is_required)| {
            PAGING.contains(name) == of_paging && **is_required == required
        });
        query.map(|(name, _)| (*name).to_owned()).collect()
    };
    Some(List {
        has_page: property(spec, data, "page").is_some(),
        identity,
        filters: chosen(false, false),
        required: chosen(true, true),
    })
}

/// Whether a schema becomes an `i64`.
fn is_long(schema: &Value) -> bool {
    schema["type"] == "integer" && schema["format"] != "int32"
}

/// Path item, operation and id of every operation.
pub(super) fn operations(spec: &Value) -> impl Iterator<Item = (&Value, &Value, &str)> {
    let items = members(&spec["paths"]).map(|(_, item)| item);
    let nodes = items.flat_map(|item| members(item).map(move |(_, node)| (item, node)));
    nodes.filter_map(|(item, node)| Some((item, node, node.get("operationId")?.as_str()?)))
}

pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(super) fn property<'a>(spec: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    Some(resolved(spec, schema.get("properties")?.get(name)?))
}
