//! The spec, place by place: the form that the sources are brought into as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kind;
use crate::document::escape;
use crate::operation::{declared, resolve, texts};
use crate::place::Place;
use crate::schema::{Schema, marks};
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

/// One operation of the spec. Whatever the spec, nothing panics; the lint reports what is
/// malformed.
pub(crate) fn claims_of(spec: &Value, operation: &Operation) -> Places {
    let mut walk = Walk {
        spec,
        places: Places::new(),
        bodies: BTreeMap::new(),
    };
    walk.operation(operation);
    walk.places
}

/// The status or class by which the spec describes a status.
pub(crate) fn described(places: &Places, status: u16) -> Place {
    let exact = Place::response(status);
    let class = Place::response(format!("{}XX", status / 100));
    match places.get(&class) {
        Some(node) if !places.contains_key(&exact) => match &node.like {
            Some(first) => first.clone(),
            None => class,
        },
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
        let pointer = &operation.pointer;
        let node = self.spec.pointer(pointer).unwrap_or(&Value::Null);
        let request = self.put(&Place::request(), node, pointer);
        request.kind = Some(format!("{} {}", operation.method, operation.path));
        request.values = operation.versions.iter().map(Versions::to_string).collect();
        self.security(node);
        for (at, parameter) in declared(self.spec, pointer) {
            let word = |key: &str| parameter.get(key).and_then(Value::as_str);
            if let (Some(location), Some(name)) = (word("in"), word("name")) {
                self.carrier(&Place::parameter(location, name), parameter, &at);
            }
        }
        let responses = node.get("responses").and_then(Value::as_object);
        // Sorted, so that `like` refers to an exact status.
        let responses: BTreeMap<_, _> = responses.into_iter().flatten().collect();
        for (status, response) in responses {
            let pointer = format!("{pointer}/responses/{}", escape(status));
            if let Some(response) = resolve(self.spec, response) {
                self.response(status, response, &pointer);
            }
        }
    }

    /// The place of a node, added if it is new.
    fn put(&mut self, place: &Place, node: &Value, pointer: &str) -> &mut Node {
        let text = node.get("description").and_then(Value::as_str);
        self.add(place, text.unwrap_or_default(), marks(node), pointer)
    }

    fn add(
        &mut self,
        place: &Place,
        description: &str,
        marks: BTreeSet<u32>,
        pointer: &str,
    ) -> &mut Node {
        let node = self.places.entry(place.clone()).or_default();
        node.marks.extend(marks);
        if node.pointer.is_empty() {
            pointer.clone_into(&mut node.pointer);
        }
        if node.description.is_empty() {
            description.clone_into(&mut node.description);
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
            let scheme = self.spec.pointer(&pointer).unwrap_or(&Value::Null);
            let words = ["type", "scheme", "in", "name"].map(|key| scheme.get(key)?.as_str());
            let words: Vec<&str> = words.into_iter().flatten().collect();
            let node = self.put(&Place::security(), scheme, &pointer);
            node.values.push(words.join(" "));
        }
    }

    /// A parameter or a header: what carries a schema.
    fn carrier(&mut self, place: &Place, node: &Value, pointer: &str) {
        self.put(place, node, pointer).required = node.get("required") == Some(&Value::Bool(true));
        if let Some(schema) = node.get("schema")
            && let Ok(schema) = Schema::at(self.spec, schema, &format!("{pointer}/schema"))
        {
            self.schema(&schema, place);
        }
    }

    fn response(&mut self, status: &str, response: &Value, pointer: &str) {
        let place = Place::response(status);
        self.put(&place, response, pointer);
        let headers = response.get("headers").and_then(Value::as_object);
        for (name, header) in headers.into_iter().flatten() {
            let at = format!("{pointer}/headers/{}", escape(name));
            if let Some(header) = resolve(self.spec, header) {
                self.carrier(&place.header(name), header, &at);
            }
        }
        let content = response.get("content").and_then(Value::as_object);
        for (media_type, content) in content.into_iter().flatten() {
            let at = format!("{pointer}/content/{}/schema", escape(media_type));
            let schema = content.get("schema");
            let Some(Ok(schema)) = schema.map(|one| Schema::at(self.spec, one, &at)) else {
                continue;
            };
            if let Some(first) = self.bodies.get(&schema.pointer).cloned() {
                self.put(&place, response, pointer).like = Some(first);
            } else {
                self.bodies.insert(schema.pointer.clone(), place.clone());
                self.schema(&schema, &place);
            }
        }
    }

    fn schema(&mut self, schema: &Schema<'_>, place: &Place) {
        let (marks, pointer) = (schema.marks.clone(), &schema.pointer);
        let node = self.add(place, schema.description, marks, pointer);
        node.kind = Some(kind::of_schema(schema.node));
        let values = texts(schema.node, "x-extensible-enum").map(str::to_owned);
        node.values.extend(values);
        let required: BTreeSet<&str> = texts(schema.node, "required").collect();
        for (member, child) in schema.children() {
            let below = member.map_or_else(|| place.items(), |name| place.member(name));
            if let Ok(child) = child {
                self.schema(&child, &below);
            }
            if let (Some(name), Some(node)) = (member, self.places.get_mut(&below)) {
                node.required = required.contains(name);
            }
        }
    }
}
