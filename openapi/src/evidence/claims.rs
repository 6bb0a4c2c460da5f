//! The spec, place by place: the form that the sources are brought into as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kind;
use crate::document::{escape, text, texts};
use crate::place::Place;
use crate::schema::Schema;
use crate::{Operation, Versions};

/// One place, as the spec describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The type; method and path of a request.
    pub kind: Option<String>,
    /// A parameter, or a member of an object, is always there.
    pub required: bool,
    /// Values of an open list, schemes of the credentials, or the versions that have the
    /// operation.
    pub values: Vec<String>,
    /// An earlier response with the same body, which is not walked again.
    pub like: Option<Place>,
    /// Numbers in `x-discrepancy`.
    pub marks: BTreeSet<u32>,
    /// JSON pointer of the node in the spec.
    pub pointer: String,
    /// Description, for people.
    pub description: String,
}

/// Places of an operation.
pub type Places = BTreeMap<Place, Node>;

/// An operation of the spec, and its places.
pub type Claims = (Operation, Places);

/// The spec, operation by operation.
pub fn claims(spec: &Value) -> Vec<Claims> {
    let operations = Operation::all(spec).into_iter();
    operations.map(|one| claims_of(spec, one)).collect()
}

/// One operation of the spec. Whatever the spec, nothing panics; the lint reports what is
/// malformed.
pub fn claims_of(spec: &Value, operation: Operation) -> Claims {
    let mut walk = Walk {
        spec,
        places: Places::new(),
        bodies: BTreeMap::new(),
    };
    walk.operation(&operation);
    (operation, walk.places)
}

/// The nodes that cover a place, the nearest first: all of them are sorted before it, and those
/// near it just before.
pub(crate) fn above<'a>(places: &'a Places, place: &Place) -> impl Iterator<Item = &'a Node> {
    let before = places.range(..=place).rev();
    let above = before.filter(move |(above, _)| above.covers(place));
    above.map(|(_, node)| node)
}

/// The status or class by which the spec describes a status.
pub(crate) fn described(places: &Places, status: u16) -> Place {
    let exact = Place::response(status);
    let class = Place::response(format!("{}XX", status / 100));
    match places.get(&class) {
        Some(node) if !places.contains_key(&exact) => node.like.clone().unwrap_or(class),
        _ => exact,
    }
}

struct Walk<'a> {
    spec: &'a Value,
    places: Places,
    /// The first response with a body, by the pointer of its schema.
    bodies: BTreeMap<String, Place>,
}

impl Walk<'_> {
    fn operation(&mut self, operation: &Operation) {
        let Some(node) = Schema::find(self.spec, &operation.pointer) else {
            return;
        };
        let request = self.put(&Place::request(), &node);
        request.kind = Some(format!("{} {}", operation.method, operation.path));
        request.values = operation.versions.iter().map(Versions::to_string).collect();
        self.security(node.node);
        for one in &operation.parameters {
            if let Some(parameter) = Schema::find(self.spec, &one.pointer) {
                let location = text(parameter.node, "in").unwrap_or_default();
                self.carrier(&Place::parameter(location, &one.name), &parameter);
            }
        }
        // Sorted, so that `like` refers to an exact status.
        let responses: BTreeMap<_, _> = node.members("responses").collect();
        for (status, response) in responses {
            if let Ok(response) = response {
                self.response(&Place::response(status), &response);
            }
        }
    }

    /// The place of a node, added if it is new.
    fn put(&mut self, place: &Place, schema: &Schema<'_>) -> &mut Node {
        let node = self.places.entry(place.clone()).or_default();
        node.marks.extend(&schema.marks);
        if node.pointer.is_empty() {
            schema.pointer.clone_into(&mut node.pointer);
        }
        if node.description.is_empty() {
            schema.description.clone_into(&mut node.description);
        }
        node
    }

    /// The schemes of the credentials, one of which will do.
    fn security(&mut self, operation: &Value) {
        let own = operation.get("security");
        let list = own.or_else(|| self.spec.get("security"));
        let list = list.and_then(Value::as_array).into_iter().flatten();
        for name in list.filter_map(Value::as_object).flat_map(|one| one.keys()) {
            let pointer = format!("/components/securitySchemes/{}", escape(name));
            if let Some(scheme) = Schema::find(self.spec, &pointer) {
                let words = ["type", "scheme", "in", "name"].map(|key| text(scheme.node, key));
                let words: Vec<&str> = words.into_iter().flatten().collect();
                let node = self.put(&Place::security(), &scheme);
                node.values.push(words.join(" "));
            }
        }
    }

    /// A parameter or a header: what carries a schema.
    fn carrier(&mut self, place: &Place, carrier: &Schema<'_>) {
        let required = carrier.node.get("required");
        self.put(place, carrier).required = required == Some(&Value::Bool(true));
        if let Some(Ok(schema)) = carrier.child("schema") {
            self.schema(&schema, place);
        }
    }

    fn response(&mut self, place: &Place, response: &Schema<'_>) {
        self.put(place, response);
        for (name, header) in response.members("headers") {
            if let Ok(header) = header {
                self.carrier(&place.header(name), &header);
            }
        }
        for (_, content) in response.members("content") {
            let schema = content.ok().and_then(|content| content.child("schema"));
            let Some(Ok(schema)) = schema else {
                continue;
            };
            match self.bodies.get(&schema.pointer).cloned() {
                Some(first) => self.put(place, &schema).like = Some(first),
                None => {
                    self.bodies.insert(schema.pointer.clone(), place.clone());
                    self.schema(&schema, place);
                }
            }
        }
    }

    fn schema(&mut self, schema: &Schema<'_>, place: &Place) {
        let node = self.put(place, schema);
        node.kind = Some(kind::of_schema(schema.node));
        let values = texts(schema.node, "x-extensible-enum").map(str::to_owned);
        node.values.extend(values);
        let required: BTreeSet<&str> = texts(schema.node, "required").collect();
        for (name, child) in schema.members("properties") {
            if let Ok(child) = child {
                let below = place.member(name);
                self.schema(&child, &below);
                self.places.entry(below).or_default().required = required.contains(name);
            }
        }
        if let Some(Ok(items)) = schema.child("items") {
            self.schema(&items, &place.items());
        }
    }
}
