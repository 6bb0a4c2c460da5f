//! Where two descriptions differ, node by node; see [`view`](super::view) for their form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::view::members;

/// One step of the way to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A keyword of OpenAPI or JSON Schema.
    Key(String),
    /// A name that the description gives, below a keyword of [`NAMED`].
    Name(String),
}

/// Keywords whose members are names.
const NAMED: [&str; 10] = [
    "content",
    "headers",
    "members",
    "operations",
    "parameters",
    "responses",
    "schemas",
    "securitySchemes",
    "values",
    "x-filter-labels",
];

/// Keywords of what is written for people, and changes nothing.
pub(super) const TEXT: [&str; 13] = [
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "info",
    "openapi",
    "servers",
    "summary",
    "tags",
    "title",
    "x-discrepancy",
    "x-documented-versions",
];

/// What happened to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Only the new description has it.
    Added,
    /// Only the old description has it.
    Removed,
    /// It had this name.
    Renamed(String),
    /// It had the first value and has the second.
    Changed(Value, Value),
}

/// A node that differs.
pub(super) struct Found<'a> {
    pub(super) path: Vec<Step>,
    pub(super) difference: Difference,
    /// The node, or that which is gone.
    pub(super) node: &'a Value,
    /// What it is a member of, in the new description.
    pub(super) holder: &'a Value,
}

/// Lists where two views differ, by name.
pub(super) fn compare<'a>(old: &'a Value, new: &'a Value) -> Vec<Found<'a>> {
    let mut comparison = Comparison::default();
    // A schema may be the same only once those that it refers to have their new names.
    loop {
        let known = comparison.renamed.len();
        let renames = comparison.renames("schemas", &old["schemas"], &new["schemas"]);
        let renames = renames.into_iter().map(|(new, old)| (old, new));
        comparison.renamed.extend(renames);
        if comparison.renamed.len() == known {
            break;
        }
    }
    comparison.node(old, new, new);
    comparison.found
}

#[derive(Default)]
struct Comparison<'a> {
    /// New names of schemas by the old ones.
    renamed: BTreeMap<String, String>,
    path: Vec<Step>,
    found: Vec<Found<'a>>,
}

impl<'a> Comparison<'a> {
    fn put(&mut self, difference: Difference, node: &'a Value, holder: &'a Value) {
        self.found.push(Found {
            path: self.path.clone(),
            difference,
            node,
            holder,
        });
    }

    fn node(&mut self, old: &'a Value, new: &'a Value, holder: &'a Value) {
        let key = match self.path.last() {
            Some(Step::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let key = key.as_deref();
        if !(old.is_object() && new.is_object()) || key.is_some_and(|key| TEXT.contains(&key)) {
            if old != new {
                self.put(Difference::Changed(old.clone(), new.clone()), new, holder);
            }
        } else if let Some(key) = key.filter(|key| NAMED.contains(key)) {
            self.names(key, old, new);
        } else {
            self.keys(old, new);
        }
    }

    /// What stands below names.
    fn names(&mut self, key: &str, old: &'a Value, new: &'a Value) {
        let renames = self.renames(key, old, new);
        let gone = members(old).filter(|(name, _)| new.get(*name).is_none());
        for (name, node) in gone.filter(|(name, _)| !renames.values().any(|old| old == *name)) {
            self.at(Step::Name(name.clone()), |this| {
                this.put(Difference::Removed, node, new);
            });
        }
        for (name, node) in members(new) {
            self.at(Step::Name(name.clone()), |this| {
                if let Some(before) = renames.get(name) {
                    this.put(Difference::Renamed(before.clone()), node, new);
                }
                match old.get(renames.get(name).unwrap_or(name)) {
                    None => this.put(Difference::Added, node, new),
                    Some(_) if key == "values" => {}
                    Some(before) => this.node(before, node, new),
                }
            });
        }
    }

    /// What stands below keywords. Of a schema of another type or reference, the rest is
    /// another schema: not a change of each keyword.
    fn keys(&mut self, old: &'a Value, new: &'a Value) {
        let (before, after) = (self.kind(old), self.kind(new));
        let is_other = before != after;
        if is_other {
            let is_reference = [old, new].iter().any(|node| node.get("$ref").is_some());
            let key = if is_reference { "$ref" } else { "type" };
            let difference = Difference::Changed(before.into(), after.into());
            self.at(Step::Key(key.into()), |this| this.put(difference, new, new));
        }
        let keys: BTreeSet<&String> = members(old)
            .chain(members(new))
            .map(|(key, _)| key)
            .collect();
        let seen = |key: &&String| match key.as_str() {
            "$ref" | "type" | "format" => false,
            "required" | "nullable" => true,
            _ => !is_other,
        };
        for key in keys.into_iter().filter(seen) {
            self.at(Step::Key(key.clone()), |this| {
                match (old.get(key), new.get(key)) {
                    (Some(before), Some(after)) => this.node(before, after, new),
                    (None, Some(after)) => this.put(Difference::Added, after, new),
                    (before, _) => {
                        this.put(Difference::Removed, before.unwrap_or(&Value::Null), new);
                    }
                }
            });
        }
    }

    /// The old names of what has a new one: one node is gone, one has come, and no other
    /// pair is as much the same.
    fn renames(&self, key: &str, old: &Value, new: &Value) -> BTreeMap<String, String> {
        let only = |one: &'_ Value, other: &Value| {
            let only = members(one).filter(|(name, _)| other.get(*name).is_none());
            only.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let (gone, come) = (only(old, new), only(new, old));
        let pairs = gone
            .iter()
            .flat_map(|old| come.iter().map(move |new| (old, new)));
        let pairs = pairs.filter(|(before, after)| match key {
            "operations" => {
                let at = |node: &Value| [node["method"].clone(), node["path"].clone()];
                at(&old[before.as_str()]) == at(&new[after.as_str()])
            }
            "parameters" if wire_name(before) == wire_name(after) => true,
            "parameters" | "members" | "schemas" | "responses" | "content" => {
                self.is_same(&old[before.as_str()], &new[after.as_str()])
            }
            _ => false,
        });
        let pairs: Vec<_> = pairs.collect();
        let once = |(old, new): &&(&String, &String)| {
            pairs
                .iter()
                .filter(|pair| pair.0 == *old || pair.1 == *new)
                .count()
                == 1
        };
        let pairs = pairs.iter().filter(once);
        pairs
            .map(|(old, new)| ((*new).clone(), (*old).clone()))
            .collect()
    }

    /// Whether only texts differ; and not even those, where there is little else.
    fn is_same(&self, old: &Value, new: &Value) -> bool {
        let mut comparison = Comparison {
            renamed: self.renamed.clone(),
            ..Comparison::default()
        };
        comparison.node(old, new, new);
        let is_rich = ["members", "values"]
            .iter()
            .any(|key| new.get(key).is_some());
        let is_mark = |found: &Found| found.path == [Step::Key("x-discrepancy".into())];
        let mut found = comparison.found.iter();
        found.all(|one| is_mark(one) || is_rich && one.is_text())
    }

    /// What a node is: the schema that it refers to, or type and format.
    fn kind(&self, node: &Value) -> String {
        if let Some(target) = node["$ref"].as_str() {
            let name = target.rsplit('/').next().unwrap_or(target);
            return self
                .renamed
                .get(name)
                .map_or(name, String::as_str)
                .to_owned();
        }
        let texts = ["type", "format"].map(|key| node[key].as_str());
        texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn at(&mut self, step: Step, work: impl FnOnce(&mut Self)) {
        self.path.push(step);
        work(self);
        self.path.pop();
    }
}

impl Found<'_> {
    fn is_text(&self) -> bool {
        matches!(self.path.last(), Some(Step::Key(key)) if TEXT.contains(&key.as_str()))
    }
}

/// A parameter is named by its location and its name.
fn wire_name(parameter: &str) -> &str {
    parameter
        .split_once(' ')
        .map_or(parameter, |(_, name)| name)
}
