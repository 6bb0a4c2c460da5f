//! One way through the schemas of a spec, for all who read them: references and
//! single `allOf` are followed, because the place counts and not the components
//! that it is made of. What carries a schema is followed in the same way.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{escape, text};

/// Depth at which a spec is taken to refer to itself.
const DEEPEST: usize = 30;

/// A schema, or a node that carries one, where it stands; references followed.
pub(crate) struct Schema<'a> {
    spec: &'a Value,
    /// The node that says the type.
    pub(crate) node: &'a Value,
    /// JSON pointer of `node`.
    pub(crate) pointer: String,
    /// Numbers in `x-discrepancy` of `node` and of all that refers to it here.
    pub(crate) marks: BTreeSet<u32>,
    /// The first description on the way.
    pub(crate) description: &'a str,
    depth: usize,
}

/// The reason why a schema cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It refers to itself.
    Circle,
    /// It refers to what is not there.
    Dangling,
}

impl<'a> Schema<'a> {
    /// The node whose pointer is given.
    pub(crate) fn at(spec: &'a Value, node: &'a Value, pointer: &str) -> Result<Self, Broken> {
        Self::follow(spec, node, pointer.to_owned(), 0)
    }

    /// The node at a pointer, if there is one that can be followed.
    pub(crate) fn find(spec: &'a Value, pointer: &str) -> Option<Self> {
        Self::at(spec, spec.pointer(pointer)?, pointer).ok()
    }

    fn follow(
        spec: &'a Value,
        mut node: &'a Value,
        mut pointer: String,
        mut depth: usize,
    ) -> Result<Self, Broken> {
        let (mut all_marks, mut description) = (BTreeSet::new(), "");
        loop {
            if depth > DEEPEST {
                return Err(Broken::Circle);
            }
            depth += 1;
            all_marks.extend(marks(node));
            if description.is_empty() {
                description = text(node, "description").unwrap_or_default();
            }
            let all_of = node.get("allOf").and_then(Value::as_array);
            if let Some([only]) = all_of.map(Vec::as_slice) {
                pointer.push_str("/allOf/0");
                node = only;
            } else if let Some(target) = text(node, "$ref") {
                let found = target.strip_prefix('#');
                let found = found.and_then(|at| Some((at, spec.pointer(at)?)));
                let (at, found) = found.ok_or(Broken::Dangling)?;
                (pointer, node) = (at.to_owned(), found);
            } else {
                break;
            }
        }
        Ok(Self {
            spec,
            node,
            pointer,
            marks: all_marks,
            description,
            depth,
        })
    }

    /// The node at a member, such as `items`.
    pub(crate) fn child(&self, key: &str) -> Option<Result<Self, Broken>> {
        let pointer = format!("{}/{}", self.pointer, escape(key));
        let node = self.node.get(key)?;
        Some(Self::follow(self.spec, node, pointer, self.depth))
    }

    /// The node that a way of members leads to, if it leads somewhere.
    pub(crate) fn below(&self, way: &[&str]) -> Option<Self> {
        let (first, rest) = way.split_first()?;
        let child = self.child(first)?.ok()?;
        match rest {
            [] => Some(child),
            rest => child.below(rest),
        }
    }

    /// Name and node of each member of a member, such as `properties`.
    pub(crate) fn members(
        &self,
        key: &str,
    ) -> impl Iterator<Item = (&'a str, Result<Self, Broken>)> {
        let members = self.node.get(key).and_then(Value::as_object);
        members.into_iter().flatten().map(move |(name, node)| {
            let pointer = format!("{}/{key}/{}", self.pointer, escape(name));
            let child = Self::follow(self.spec, node, pointer, self.depth);
            (name.as_str(), child)
        })
    }

    /// One of the alternatives of `anyOf` or `oneOf`.
    pub(crate) fn alternative(&self, node: &'a Value) -> Result<Self, Broken> {
        Self::follow(self.spec, node, self.pointer.clone(), self.depth)
    }
}

/// The numbers in `x-discrepancy` of a node.
fn marks(node: &Value) -> BTreeSet<u32> {
    let list = node.get("x-discrepancy").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        // A mark that is no number refers to an entry that cannot be: 0.
        .map(|number| number.as_u64().and_then(|number| number.try_into().ok()))
        .map(Option::unwrap_or_default)
        .collect()
}
