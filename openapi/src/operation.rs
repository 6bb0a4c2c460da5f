//! The operations of a spec, as far as a request is concerned.

use serde_json::Value;

use crate::document::escape;

/// The methods that a path item may hold.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation: what to send, and what names it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// HTTP method in capitals.
    pub method: String,
    /// Path template, such as `/clusters/{id}`.
    pub path: String,
    /// Parameters of the path item and of the operation, in the spec's order.
    pub parameters: Vec<Parameter>,
    /// JSON pointer of the operation in the spec.
    pub pointer: String,
}

/// One parameter of an operation, references resolved.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Whether a request without it is refused.
    pub required: bool,
    /// Its schema, with a reference at the top resolved.
    pub schema: Value,
    /// JSON pointer of the parameter in the spec.
    pub pointer: String,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl Operation {
    /// Every operation of the spec that has an id. What is malformed is left
    /// out; `lint` reports it.
    pub fn all(spec: &Value) -> Vec<Self> {
        operations(spec)
            .filter_map(|(pointer, path, method, operation)| {
                let item = spec.get("paths")?.get(path)?;
                let item_pointer = format!("/paths/{}", escape(path));
                Some(Self {
                    id: operation.get("operationId")?.as_str()?.to_owned(),
                    method: method.to_uppercase(),
                    path: path.to_owned(),
                    parameters: parameters(spec, item, &item_pointer)
                        .chain(parameters(spec, operation, &pointer))
                        .collect(),
                    pointer,
                })
            })
            .collect()
    }

    /// The operation with this id.
    pub fn find(spec: &Value, id: &str) -> Option<Self> {
        Self::all(spec).into_iter().find(|one| one.id == id)
    }
}

/// Pointer, path, method and value of every operation.
pub(crate) fn operations(spec: &Value) -> impl Iterator<Item = (String, &str, &str, &Value)> {
    let paths = spec.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let pointer = format!("/paths/{}/{method}", escape(path));
            Some((pointer, path.as_str(), *method, item.get(method)?))
        })
    })
}

fn parameters<'a>(
    spec: &'a Value,
    holder: &'a Value,
    holder_pointer: &str,
) -> impl Iterator<Item = Parameter> + use<'a> {
    let pointer = format!("{holder_pointer}/parameters");
    let list = holder.get("parameters").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .enumerate()
        .filter_map(move |(index, parameter)| {
            let parameter = resolve(spec, parameter)?;
            Some(Parameter {
                name: parameter.get("name")?.as_str()?.to_owned(),
                place: match parameter.get("in")?.as_str()? {
                    "path" => Place::Path,
                    "query" => Place::Query,
                    "header" => Place::Header,
                    "cookie" => Place::Cookie,
                    _ => return None,
                },
                required: parameter.get("required") == Some(&Value::Bool(true)),
                schema: resolve(spec, parameter.get("schema")?)?.clone(),
                pointer: format!("{pointer}/{index}"),
            })
        })
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

/// The texts of a member that is a list, such as `required`.
pub(crate) fn texts<'a>(node: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    let list = node.get(member).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}
