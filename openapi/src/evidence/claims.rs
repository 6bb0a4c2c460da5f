//! What a spec says, place by place: the same flat form that the evidence is
//! brought into, so that the two can be compared both ways.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::claim::Claim;
use super::kind::Kind;
use super::place::{Place, Root, Step};
use crate::document::escape;
use crate::operation::{declared, operations, resolve, texts};
use crate::schema::{Broken, Schema, marks};
use crate::{Location, Operation};

/// What a spec says about one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// What is said about the type, if anything; one for a place.
    pub kind: Option<Kind>,
    /// Everything else that is said.
    pub claims: BTreeSet<Claim>,
    /// Numbers in `x-discrepancy` here and above.
    pub marks: BTreeSet<u32>,
    /// Numbers in `x-discrepancy` here.
    pub own_marks: BTreeSet<u32>,
    /// JSON pointer of the node in the spec.
    pub pointer: String,
    /// Description, for people.
    pub description: String,
}

impl Node {
    /// The values of the open list that is described here.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().filter_map(|claim| match claim {
            Claim::Value(value) => Some(value.as_str()),
            _ => None,
        })
    }
}

/// Places of an operation.
pub type Places = BTreeMap<Place, Node>;

/// Everything that the spec says, by operation id and place. Never panics,
/// whatever the value.
pub fn claims(spec: &Value) -> BTreeMap<String, Places> {
    operations(spec)
        .map(|(pointer, path, method, operation)| {
            let id = operation.get("operationId").and_then(Value::as_str);
            let id = id.unwrap_or("(no operationId)").to_owned();
            let request = format!("{} {path}", method.to_uppercase());
            (id, places(spec, operation, &pointer, request))
        })
        .collect()
}

/// What the spec says of one operation.
pub(crate) fn claims_of(spec: &Value, operation: &Operation) -> Places {
    let request = format!("{} {}", operation.method, operation.path);
    match spec.pointer(&operation.pointer) {
        Some(node) => places(spec, node, &operation.pointer, request),
        None => Places::new(),
    }
}

fn places(spec: &Value, operation: &Value, pointer: &str, request: String) -> Places {
    let mut walk = Walk {
        spec,
        places: Places::new(),
    };
    walk.operation(operation, pointer, request);
    walk.places
}

/// The status or class by which the spec describes a status.
pub(crate) fn described(places: &Places, status: u16) -> Place {
    let exact = Place::response(status);
    if places.contains_key(&exact) {
        return exact;
    }
    let class = Place::response(format!("{}XX", status / 100));
    match places.get(&class).map(|node| &node.kind) {
        Some(Some(Kind::Like(status))) => Place::response(status),
        Some(_) => class,
        None => exact,
    }
}

struct Walk<'a> {
    spec: &'a Value,
    places: Places,
}

/// What of an operation is said elsewhere, or is no claim.
const NO_CLAIM: [&str; 11] = [
    "operationId",
    "parameters",
    "responses",
    "security",
    "requestBody",
    "x-discrepancy",
    "x-row-kind",
    "tags",
    "summary",
    "description",
    "externalDocs",
];

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a Value, pointer: &str, line: String) {
        let none = BTreeSet::new();
        let request = Place::of(Root::Request);
        self.put(
            &request,
            Some(Kind::Request(line)),
            operation,
            pointer,
            &none,
        );
        for (key, value) in operation.as_object().into_iter().flatten() {
            if !NO_CLAIM.contains(&key.as_str()) {
                self.say(&request, Claim::keyword(key, value));
            }
        }
        self.security(operation, pointer);
        for (at, parameter) in declared(self.spec, pointer) {
            self.parameter(parameter, &at);
        }
        if let Some(body) = operation.get("requestBody") {
            let kind = Some(Kind::Verbatim(body.to_string()));
            self.put(&Place::of(Root::RequestBody), kind, body, pointer, &none);
        }
        let responses = operation.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let pointer = format!("{pointer}/responses/{}", escape(status));
            self.response(status, response, &pointer);
        }
        self.fold_alike();
    }

    /// Adds a place, and returns the marks that hold for what is below it.
    fn put(
        &mut self,
        place: &Place,
        kind: Option<Kind>,
        node: &Value,
        pointer: &str,
        above: &BTreeSet<u32>,
    ) -> BTreeSet<u32> {
        let text = node.get("description").and_then(Value::as_str);
        self.add(
            place,
            kind,
            text.unwrap_or_default(),
            marks(node),
            pointer,
            above,
        )
    }

    fn add(
        &mut self,
        place: &Place,
        kind: Option<Kind>,
        description: &str,
        own: BTreeSet<u32>,
        pointer: &str,
        above: &BTreeSet<u32>,
    ) -> BTreeSet<u32> {
        let marks: BTreeSet<u32> = above.union(&own).copied().collect();
        let entry = self.places.entry(place.clone()).or_default();
        match (&entry.kind, kind) {
            // The same place twice, as with a parameter that is declared again.
            (Some(before), Some(now)) if *before != now => {
                entry.claims.insert(Claim::Malformed(format!("also {now}")));
            }
            (None, kind) => entry.kind = kind,
            _ => {}
        }
        entry.marks.extend(&marks);
        entry.own_marks.extend(own);
        if entry.pointer.is_empty() {
            pointer.clone_into(&mut entry.pointer);
        }
        if entry.description.is_empty() {
            description.clone_into(&mut entry.description);
        }
        marks
    }

    fn say(&mut self, place: &Place, claim: Claim) {
        let node = self.places.entry(place.clone()).or_default();
        node.claims.insert(claim);
    }

    fn security(&mut self, operation: &Value, pointer: &str) {
        let (list, at) = match operation.get("security") {
            Some(own) => (Some(own), format!("{pointer}/security")),
            None => (self.spec.get("security"), "/security".to_owned()),
        };
        let Some(list) = list else { return };
        let place = Place::of(Root::Security);
        let none = BTreeSet::new();
        self.put(&place, Some(Kind::Alternatives), &Value::Null, &at, &none);
        let mut marks_of_schemes = Vec::new();
        for alternative in list.as_array().into_iter().flatten() {
            let schemes: Vec<String> = alternative
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, scopes)| {
                    let pointer = format!("/components/securitySchemes/{}", escape(name));
                    let scheme = self.spec.pointer(&pointer).unwrap_or(&Value::Null);
                    marks_of_schemes.push(marks(scheme));
                    let words =
                        ["type", "scheme", "in", "name"].map(|key| scheme.get(key)?.as_str());
                    let mut words: Vec<&str> = words.into_iter().flatten().collect();
                    let scopes = scopes.to_string();
                    words.extend((scopes != "[]").then_some(scopes.as_str()));
                    words.join(" ")
                })
                .collect();
            let schemes = match schemes.as_slice() {
                [] => "none".to_owned(),
                schemes => schemes.join(" and "),
            };
            self.say(&place, Claim::Scheme(schemes));
        }
        // A list bears no mark; the schemes that it names do.
        let node = self.places.entry(place).or_default();
        node.own_marks = marks_of_schemes.first().cloned().unwrap_or_default();
        node.marks = node.own_marks.clone();
        if marks_of_schemes
            .iter()
            .any(|marks| *marks != node.own_marks)
        {
            let what = "schemes that rest on different entries".into();
            node.claims.insert(Claim::Malformed(what));
        }
    }

    fn parameter(&mut self, parameter: &'a Value, pointer: &str) {
        let word = |key: &str| parameter.get(key).and_then(Value::as_str);
        let location = word("in").and_then(Location::named);
        let (Some(location), Some(name)) = (location, word("name")) else {
            return;
        };
        let place = Place::parameter(location, name);
        self.carrier(&place, parameter, pointer, &BTreeSet::new());
        for key in [
            "style",
            "explode",
            "allowReserved",
            "allowEmptyValue",
            "content",
            "deprecated",
        ] {
            if let Some(value) = parameter.get(key) {
                self.say(&place, Claim::keyword(key, value));
            }
        }
    }

    /// A parameter or a header: what carries a schema.
    fn carrier(&mut self, place: &Place, node: &'a Value, pointer: &str, above: &BTreeSet<u32>) {
        let marks = self.put(place, None, node, pointer, above);
        if let Some(schema) = node.get("schema") {
            let schema = Schema::at(self.spec, schema, &format!("{pointer}/schema"));
            self.schema(schema, place, &marks);
        }
        if let Some(example) = node.get("example") {
            self.say(place, Claim::keyword("example", example));
        }
        if node.get("required") == Some(&Value::Bool(true)) {
            self.say(place, Claim::Required);
        }
    }

    fn response(&mut self, status: &str, response: &'a Value, pointer: &str) {
        let Some(response) = resolve(self.spec, response) else {
            return;
        };
        let place = Place::response(status);
        let marks = self.put(&place, None, response, pointer, &BTreeSet::new());
        let headers = response.get("headers").and_then(Value::as_object);
        for (name, header) in headers.into_iter().flatten() {
            let at = format!("{pointer}/headers/{}", escape(name));
            let place = Place::of(Root::Header(status.to_owned(), name.clone()));
            if let Some(header) = resolve(self.spec, header) {
                self.carrier(&place, header, &at, &marks);
            }
        }
        let content = response.get("content").and_then(Value::as_object);
        for (media_type, content) in content.into_iter().flatten() {
            self.say(&place, Claim::MediaType(media_type.clone()));
            if let Some(schema) = content.get("schema") {
                let at = format!("{pointer}/content/{}/schema", escape(media_type));
                self.schema(Schema::at(self.spec, schema, &at), &place, &marks);
            }
        }
    }

    fn schema(&mut self, schema: Result<Schema<'a>, Broken>, place: &Place, above: &BTreeSet<u32>) {
        let schema = match schema {
            Ok(schema) => schema,
            Err(broken) => {
                let what = match broken {
                    Broken::Circle => "refers to itself".into(),
                    Broken::Dangling(target) => format!("refers to {target}"),
                };
                return self.say(place, Claim::Malformed(what));
            }
        };
        let node = schema.node;
        let marks = self.add(
            place,
            Some(Kind::of_schema(node)),
            schema.description,
            schema.marks.clone(),
            &schema.pointer,
            above,
        );
        for name in texts(node, "required") {
            self.say(place, Claim::Requires(name.to_owned()));
        }
        for value in texts(node, "x-extensible-enum") {
            self.say(place, Claim::Value(value.to_owned()));
        }
        let labels = node.get("x-filter-labels").and_then(Value::as_object);
        for (value, label) in labels.into_iter().flatten() {
            let (value, label) = (value.clone(), label.as_str().unwrap_or_default().to_owned());
            self.say(place, Claim::FilterLabel { value, label });
        }
        for (key, value) in node.as_object().into_iter().flatten() {
            let is_said = matches!(
                key.as_str(),
                "type"
                    | "format"
                    | "description"
                    | "title"
                    | "example"
                    | "required"
                    | "properties"
                    | "items"
                    | "anyOf"
                    | "x-extensible-enum"
                    | "x-filter-labels"
                    | "x-discrepancy"
            );
            if !is_said {
                self.say(place, Claim::keyword(key, value));
            }
        }
        for (step, child) in schema.children() {
            self.schema(child, &place.step(step), &marks);
        }
    }

    /// Says `like 429` of a response whose body is described exactly as that of
    /// an earlier one, and nothing more about its members.
    fn fold_alike(&mut self) {
        let responses: Vec<(Place, String)> = self
            .places
            .keys()
            .filter_map(|place| match &place.root {
                Root::Response(status) if place.path.is_empty() => {
                    Some((place.clone(), status.clone()))
                }
                _ => None,
            })
            .collect();
        let body = |places: &Places, response: &Place| -> Vec<_> {
            let within = places
                .range(response..)
                .take_while(|(place, _)| place.root == response.root);
            within
                .map(|(place, node)| (place.path.clone(), node.kind.clone(), node.claims.clone()))
                .collect()
        };
        let bodies: Vec<Vec<(Vec<Step>, _, _)>> = responses
            .iter()
            .map(|(place, _)| body(&self.places, place))
            .collect();
        for (index, (place, _)) in responses.iter().enumerate() {
            let Some(first) = (0..index).find(|first| bodies[*first] == bodies[index]) else {
                continue;
            };
            self.places
                .retain(|other, _| other == place || other.root != place.root);
            if let Some(node) = self.places.get_mut(place) {
                node.claims.clear();
                node.own_marks = self
                    .spec
                    .pointer(&node.pointer)
                    .map(marks)
                    .unwrap_or_default();
                node.kind = Some(Kind::Like(responses[first].1.clone()));
            }
        }
    }
}
