//! What changed between two versions of the spec, in words.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// One difference between two specs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A node that only the new spec has.
    Added(String),
    /// A node that only the old spec has.
    Removed(String),
    /// A node that both have, with another value.
    Changed {
        /// The node.
        place: String,
        /// Its value in both, unless it is prose.
        values: Option<(Value, Value)>,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(place) => write!(f, "added    {place}"),
            Self::Removed(place) => write!(f, "removed  {place}"),
            Self::Changed {
                place,
                values: None,
            } => write!(f, "reworded {place}"),
            Self::Changed {
                place,
                values: Some((old, new)),
            } => write!(f, "changed  {place}: {old} -> {new}"),
        }
    }
}

/// Lists what differs, in the order of the spec's nodes. The order of members,
/// parameters, required names and words does not count.
///
/// ```
/// use serde_json::json;
///
/// let old = json!({"components": {"schemas": {"Task": {"required": ["id"]}}}});
/// let new = json!({"components": {"schemas": {"Task": {"required": ["id", "status"]}}}});
/// let changes = ocp_contract::changes::describe(&old, &new);
/// assert_eq!(changes[0].to_string(), "added    schema Task, required `status`");
/// ```
pub fn describe(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(old, new, &mut Vec::new(), &mut changes);
    changes
}

fn compare(old: &Value, new: &Value, path: &mut Vec<String>, changes: &mut Vec<Change>) {
    let (Some(old_members), Some(new_members)) = (keyed(old), keyed(new)) else {
        if old != new {
            let prose = matches!(
                path.last().map(String::as_str),
                Some("description" | "summary")
            );
            changes.push(Change::Changed {
                place: place(path),
                values: (!prose).then(|| (old.clone(), new.clone())),
            });
        }
        return;
    };
    let mut names: Vec<&String> = old_members.keys().chain(new_members.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        path.push(name.clone());
        match (old_members.get(name), new_members.get(name)) {
            (Some(old), Some(new)) => compare(old, new, path, changes),
            (None, Some(_)) => changes.push(Change::Added(place(path))),
            (_, None) => changes.push(Change::Removed(place(path))),
        }
        path.pop();
    }
}

/// The members of a node by a name that survives reordering; `None` for a
/// scalar. Lists of words are keyed by the word, parameters by place and name.
fn keyed(node: &Value) -> Option<BTreeMap<String, &Value>> {
    match node {
        Value::Object(members) => Some(members.iter().map(|(k, v)| (k.clone(), v)).collect()),
        Value::Array(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let parameter = item.get("in").zip(item.get("name"));
                    let key = match (item, parameter) {
                        (Value::String(word), _) => word.clone(),
                        (_, Some((Value::String(place), Value::String(name)))) => {
                            format!("{place} {name}")
                        }
                        _ => index.to_string(),
                    };
                    (key, item)
                })
                .collect(),
        ),
        _ => None,
    }
}

/// Reads a path through the spec aloud.
fn place(path: &[String]) -> String {
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    let (head, rest) = match steps.as_slice() {
        ["paths", path, method, rest @ ..] => (format!("{} {path}", method.to_uppercase()), rest),
        ["paths", path] => (format!("path {path}"), &[][..]),
        ["components", kind, name, rest @ ..] => (
            format!("{} {name}", kind.strip_suffix('s').unwrap_or(kind)),
            rest,
        ),
        steps => (String::new(), steps),
    };
    let mut words = Vec::new();
    words.extend((!head.is_empty()).then_some(head));
    let mut rest = rest.iter();
    while let Some(step) = rest.next() {
        let noun = match *step {
            // Keyed by place and name, see `keyed`.
            "parameters" => {
                words.push(
                    match rest
                        .next()
                        .map(|key| key.split_once(' ').unwrap_or(("", key)))
                    {
                        Some((place, name)) => format!("{place} parameter `{name}`"),
                        None => (*step).to_owned(),
                    },
                );
                continue;
            }
            "properties" => "property",
            "responses" => "response",
            "headers" => "header",
            "required" => "required",
            "x-extensible-enum" => "word",
            other => {
                words.push(other.to_owned());
                continue;
            }
        };
        words.push(match rest.next() {
            Some(name) => format!("{noun} `{name}`"),
            None => (*step).to_owned(),
        });
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::describe;

    #[test]
    fn differences_are_read_aloud_and_order_does_not_count() {
        let old = json!({
            "info": {"version": "0.1.0"},
            "paths": {"/tasks": {"get": {"parameters": [
                {"in": "query", "name": "page", "schema": {"type": "integer"}},
                {"in": "query", "name": "size"},
            ]}}},
            "components": {"schemas": {
                "State": {"x-extensible-enum": ["A", "B"], "description": "one"},
                "Task": {"properties": {"id": {"format": "int64"}, "gone": {}}, "required": ["id"]},
            }},
        });
        let new = json!({
            "info": {"version": "0.1.0"},
            "paths": {
                "/other": {},
                "/tasks": {"get": {"parameters": [
                    {"in": "query", "name": "size"},
                    {"in": "query", "name": "page", "schema": {"type": "string"}},
                    {"in": "query", "name": "sort"},
                ]}},
            },
            "components": {"schemas": {
                "State": {"x-extensible-enum": ["C", "A"], "description": "two"},
                "Task": {"properties": {"id": {"format": "int32"}}},
            }},
        });
        let words: Vec<String> = describe(&old, &new)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            words,
            [
                "reworded schema State, description",
                "removed  schema State, word `B`",
                "added    schema State, word `C`",
                "removed  schema Task, property `gone`",
                "changed  schema Task, property `id`, format: \"int64\" -> \"int32\"",
                "removed  schema Task, required",
                "added    path /other",
                "changed  GET /tasks, query parameter `page`, schema, type: \"integer\" -> \"string\"",
                "added    GET /tasks, query parameter `sort`",
            ]
        );
        assert_eq!(describe(&new, &new), []);
    }
}
