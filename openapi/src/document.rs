//! The description as written: its value, and the place of each node in the text.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::Finding;

/// A YAML document, its value and the place of every node.
pub struct Document {
    name: String,
    text: String,
    value: Value,
    /// Bytes of each node by JSON pointer: of its key for a member, of itself
    /// for an item of a list.
    places: BTreeMap<String, Range<usize>>,
}

/// A file cannot be read, is no YAML, or says what it must not.
///
/// Its text names the file; of YAML also line and column, and it shows the line.
#[derive(Debug)]
pub struct SpecError(String);

impl SpecError {
    pub(crate) fn new(file: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self(format!("{file}: {what}"))
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpecError {}

/// Reads YAML; `name` is what messages call the file. Only `true` and `false`
/// are booleans: the documentation's `Yes` is a word.
pub(crate) fn read_yaml<'de, T: Deserialize<'de>>(
    text: &'de str,
    name: &str,
) -> Result<T, SpecError> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        SpecError(error.render_with_options(serde_saphyr::render_options! {
            source_name: Some(name),
            formatter: &serde_saphyr::UserMessageFormatter,
        }))
    })
}

/// Reads a text file; `name` is what messages call it.
///
/// # Errors
///
/// When the file is missing, unreadable or not UTF-8.
pub fn read_text(path: &Path, name: &str) -> Result<String, SpecError> {
    std::fs::read_to_string(path).map_err(|error| SpecError(format!("cannot read {name}: {error}")))
}

impl Document {
    /// Parses YAML; `name` is the file name that messages show.
    ///
    /// # Errors
    ///
    /// When the text is not YAML (tabs, wrong indentation, a duplicate
    /// member, an unknown alias …), with the place and the offending line.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        let root: Spanned<Node> = read_yaml(text, name)?;
        let mut places = BTreeMap::new();
        let value = take(root.value, "", &mut places);
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            value,
            places,
        })
    }

    /// The document as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Line and column, from 1, of the node at a JSON pointer, or of the
    /// nearest node above it that stands in the text.
    pub fn position(&self, pointer: &str) -> (usize, usize) {
        let before = &self.text[..self.place(pointer).start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    fn place(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return place.clone();
            }
            match pointer.rfind('/') {
                Some(cut) => pointer = &pointer[..cut],
                None => return 0..0,
            }
        }
    }

    /// Findings for people, in the order of the text: the rule, the place, the line, the
    /// reason, and the text to write instead.
    pub fn render(&self, findings: &[Finding]) -> String {
        let mut findings: Vec<&Finding> = findings.iter().collect();
        findings.sort_by_key(|finding| self.place(&finding.pointer).start);
        let texts: Vec<String> = findings.into_iter().map(|one| self.report(one)).collect();
        texts.join("\n\n")
    }

    fn report(&self, finding: &Finding) -> String {
        let snippet = Snippet::source(&self.text)
            .path(&self.name)
            .annotation(AnnotationKind::Primary.span(self.place(&finding.pointer)));
        let report =
            [
                Group::with_title(Level::ERROR.primary_title(&finding.what).id(&finding.rule))
                    .element(snippet)
                    .element(Level::NOTE.message(&finding.why))
                    .element(Level::HELP.message(&finding.instead)),
            ];
        Renderer::plain().render(&report)
    }
}

/// A YAML node whose members and items know where they stand.
enum Node {
    Scalar(Value),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping, a list, text, a number, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Node::Mapping(members))
    }
}

/// The value of a node; `places` learns where its parts stand.
fn take(node: Node, pointer: &str, places: &mut BTreeMap<String, Range<usize>>) -> Value {
    match node {
        Node::Scalar(value) => value,
        Node::Sequence(items) => {
            let items = items.into_iter().enumerate().map(|(index, item)| {
                let pointer = format!("{pointer}/{index}");
                places.insert(pointer.clone(), bytes(&item));
                take(item.value, &pointer, places)
            });
            items.collect()
        }
        Node::Mapping(members) => {
            let members = members.into_iter().map(|(name, member)| {
                let pointer = format!("{pointer}/{}", escape(&name.value));
                places.insert(pointer.clone(), bytes(&name));
                (name.value, take(member.value, &pointer, places))
            });
            Value::Object(members.collect())
        }
    }
}

fn bytes<T>(spanned: &Spanned<T>) -> Range<usize> {
    let span = spanned.defined.span();
    let start = span.byte_offset().unwrap_or(0) as usize;
    let length = span.byte_len().unwrap_or(0) as usize;
    start..start + length
}

/// Calls `visit` for a JSON value and everything in it, with its JSON pointer: containers
/// first, and what is in them only if `visit` returns true.
pub fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value, &str) -> bool) {
    step(value, "", visit);
}

fn step<'a>(value: &'a Value, pointer: &str, visit: &mut impl FnMut(&'a Value, &str) -> bool) {
    if !visit(value, pointer) {
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                step(item, &format!("{pointer}/{index}"), visit);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                step(member, &format!("{pointer}/{}", escape(name)), visit);
            }
        }
        _ => {}
    }
}

/// A member that is a text.
pub(crate) fn text<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key)?.as_str()
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

/// One step of a JSON pointer (RFC 6901).
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The name in a step of a JSON pointer.
pub(crate) fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn every_node_knows_its_line_and_column() {
        let spec = Document::parse("a.yaml", "a:\n  b/c: [1, ü, {d: 2}]\n").unwrap();
        assert_eq!(spec.position("/a"), (1, 1));
        assert_eq!(spec.position("/a/b~1c"), (2, 3));
        assert_eq!(spec.position("/a/b~1c/2/d"), (2, 16));
        assert_eq!(spec.position("/a/b~1c/2/missing"), (2, 15), "nearest");
        assert_eq!(spec.value().pointer("/a/b~1c/2/d").unwrap(), 2);
    }
}
