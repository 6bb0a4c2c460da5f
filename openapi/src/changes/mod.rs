//! What differs between two versions of the description, and what each difference means
//! for callers of the client and for an OCP that conformed.

mod compare;
mod rules;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

pub use compare::Difference;
use compare::{Found, Step};
pub use rules::Class;
use rules::{Callers, Direction, Rule};
use view::members;

/// One difference between two descriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What differs, for people: ``schema `Task`, member `id` ``.
    pub place: String,
    /// The keyword there, such as `required`; `None` where it is the whole.
    pub keyword: Option<String>,
    /// How it differs.
    pub difference: Difference,
    /// What it means for callers of the Rust crate.
    pub callers: Class,
    /// Whether code that it breaks may compile all the same.
    pub may_compile: bool,
    /// Whether an OCP that conformed may no longer do so.
    pub stricter: bool,
    /// Why, in short.
    pub why: &'static str,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(keyword) = &self.keyword {
            write!(f, "`{keyword}` ")?;
        }
        match &self.difference {
            Difference::Added => f.write_str("added"),
            Difference::Removed => f.write_str("removed"),
            Difference::Renamed(from) => write!(f, "renamed from `{from}`"),
            Difference::Changed(..) if self.callers == Class::Text => f.write_str("reworded"),
            Difference::Changed(old, new) => {
                let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
                write!(f, "changed from `{}` to `{}`", text(old), text(new))
            }
        }
    }
}

/// Lists what differs, in the order of names. The order of members, parameters, required
/// names and enum values does not count.
///
/// ```
/// use ocp_contract::changes::{Class, between};
/// use serde_json::json;
///
/// let task = |required: &[&str]| {
///     let id = json!({"type": "integer"});
///     let task = json!({"type": "object", "required": required, "properties": {"id": id}});
///     json!({"components": {"schemas": {"Task": task}}})
/// };
/// let changes = between(&task(&[]), &task(&["id"]));
/// assert_eq!(changes[0].to_string(), "schema `Task`, member `id`: `required` added");
/// assert_eq!(changes[0].callers, Class::Breaking);
/// ```
pub fn between(old: &Value, new: &Value) -> Vec<Change> {
    let views = [view::view(old), view::view(new)];
    let directions = directions(&views);
    let found = compare::compare(&views[0], &views[1]);
    found
        .iter()
        .map(|found| change(found, &directions))
        .collect()
}

/// In which directions each schema goes.
type Directions = BTreeMap<String, BTreeSet<Direction>>;

fn directions(views: &[Value; 2]) -> Directions {
    let mut directions = Directions::new();
    for view in views {
        for (_, operation) in members(&view["operations"]) {
            for (key, direction) in [
                ("parameters", Direction::Request),
                ("requestBody", Direction::Request),
                ("responses", Direction::Response),
            ] {
                reach(view, &operation[key], direction, &mut directions);
            }
        }
    }
    directions
}

/// Notes the direction of every schema that a node refers to, near or far.
fn reach(view: &Value, node: &Value, direction: Direction, directions: &mut Directions) {
    crate::document::walk(node, &mut |value, pointer| {
        let name = value.as_str().filter(|_| pointer.ends_with("/$ref"));
        if let Some(name) = name.and_then(|target| target.rsplit('/').next())
            && directions
                .entry(name.to_owned())
                .or_default()
                .insert(direction)
        {
            reach(view, &view["schemas"][name], direction, directions);
        }
        true
    });
}

/// The rules for a difference, one for each direction that it goes in.
fn rules(found: &Found<'_>, directions: &Directions) -> Vec<&'static Rule> {
    let one = |direction| rules::rule_of(found, direction);
    match found.path.as_slice() {
        [Step::Key(_), Step::Name(name), ..] if directions.contains_key(name) => {
            directions[name].iter().copied().map(one).collect()
        }
        [_, _, Step::Key(key), ..] if ["parameters", "requestBody"].contains(&key.as_str()) => {
            vec![one(Direction::Request)]
        }
        _ => vec![one(Direction::Response)],
    }
}

fn change(found: &Found<'_>, directions: &Directions) -> Change {
    let rules = rules(found, directions);
    let worst = rules
        .iter()
        .max_by_key(|rule| (rule.class(), rule.stricter));
    let (keyword, path) = match found.path.split_last() {
        Some((Step::Key(key), path)) if !path.is_empty() => (Some(key.clone()), path),
        _ => (None, found.path.as_slice()),
    };
    Change {
        place: place(path),
        keyword,
        difference: found.difference.clone(),
        callers: worst.map_or(Class::Text, |rule| rule.class()),
        may_compile: rules.iter().any(|rule| rule.callers == Callers::Behaviour),
        stricter: rules.iter().any(|rule| rule.stricter),
        why: worst.map_or("", |rule| rule.why),
    }
}

/// A path as people read it.
fn place(path: &[Step]) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut steps = path.iter().peekable();
    while let Some(step) = steps.next() {
        let (Step::Key(key) | Step::Name(key)) = step;
        let Some(Step::Name(name)) = steps.peek() else {
            // Between a place and what is in it, and said by that.
            names.extend((key != "schema").then(|| key.clone()));
            continue;
        };
        steps.next();
        names.push(match (key.as_str(), name.split_once(' ')) {
            ("parameters", Some((location, name))) => format!("{location} parameter `{name}`"),
            // A name of a response has no location before it.
            (key, _) => {
                let noun = match key {
                    "content" => "media type",
                    "values" => "enum value",
                    "securitySchemes" => "security scheme",
                    "x-filter-labels" => "filter label of",
                    _ => key.strip_suffix('s').unwrap_or(key),
                };
                format!("{noun} `{name}`")
            }
        });
    }
    names.join(", ")
}
