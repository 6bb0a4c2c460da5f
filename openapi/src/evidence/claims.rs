//! What a spec says, place by place: the same flat form that the evidence is
//! brought into, so that the two can be compared both ways.
//!
//! A *place* is where something stands on the wire, whatever components the
//! spec is made of: `request`, `query status[]`, `200 data.contents[].id`,
//! `429 header RateLimit-Reset`. A *claim* is one thing said about a place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::escape;
use crate::operation::{operations, resolve};

/// Depth at which a spec is taken to refer to itself.
const DEEPEST: usize = 24;

/// What a spec says about one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// What is said about the type; one for a place.
    pub kind: String,
    /// Everything else that is said.
    pub claims: BTreeSet<String>,
    /// Numbers in `x-discrepancy` here and above.
    pub marks: BTreeSet<u32>,
    /// Numbers in `x-discrepancy` here.
    pub own_marks: BTreeSet<u32>,
    /// JSON pointer of the node in the spec.
    pub pointer: String,
    /// Description, for people.
    pub description: String,
}

/// Places of an operation.
pub type Places = BTreeMap<String, Node>;

/// Everything that the spec says, by operation id and place. Never panics,
/// whatever the value.
pub fn claims(spec: &Value) -> BTreeMap<String, Places> {
    operations(spec)
        .map(|(pointer, path, method, operation)| {
            let id = operation.get("operationId").and_then(Value::as_str);
            let mut walk = Walk {
                spec,
                places: Places::new(),
            };
            walk.operation(operation, &pointer, path, method);
            (id.unwrap_or("(no operationId)").to_owned(), walk.places)
        })
        .collect()
}

struct Walk<'a> {
    spec: &'a Value,
    places: Places,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a Value, pointer: &str, path: &str, method: &str) {
        let marks = BTreeSet::new();
        let request = format!("{} {path}", method.to_uppercase());
        self.put("request", &request, operation, pointer, &marks);
        for (key, value) in operation.as_object().into_iter().flatten() {
            let elsewhere = matches!(
                key.as_str(),
                "operationId"
                    | "parameters"
                    | "responses"
                    | "security"
                    | "requestBody"
                    | "x-discrepancy"
            );
            let prose = matches!(
                key.as_str(),
                "tags" | "summary" | "description" | "externalDocs"
            );
            if !elsewhere && !prose {
                self.say("request", format!("{key} {}", plain(value)));
            }
        }
        self.security(operation, pointer);
        let item = pointer.rsplit_once('/').map_or("", |(item, _)| item);
        let shared = self
            .spec
            .pointer(item)
            .and_then(|item| item.get("parameters"));
        let own = operation.get("parameters");
        for (list, at) in [(shared, item), (own, pointer)] {
            for (index, parameter) in list
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .enumerate()
            {
                self.parameter(parameter, &format!("{at}/parameters/{index}"));
            }
        }
        if let Some(body) = operation.get("requestBody") {
            self.put("request body", &body.to_string(), body, pointer, &marks);
        }
        let responses = operation.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            self.response(
                status,
                response,
                &format!("{pointer}/responses/{}", escape(status)),
            );
        }
        self.fold_alike();
    }

    /// Adds a place, and returns the marks that hold for what is below it.
    fn put(
        &mut self,
        place: &str,
        kind: &str,
        node: &Value,
        pointer: &str,
        above: &BTreeSet<u32>,
    ) -> BTreeSet<u32> {
        let own = marks(node);
        let marks: BTreeSet<u32> = above.union(&own).copied().collect();
        let entry = self.places.entry(place.to_owned()).or_default();
        if kind.is_empty() {
            // Nothing is said about the type yet.
        } else if !entry.kind.is_empty() && entry.kind != kind {
            // The same place twice, as with a parameter that is declared again.
            entry.claims.insert(format!("also {kind}"));
        } else {
            kind.clone_into(&mut entry.kind);
        }
        entry.marks.extend(&marks);
        entry.own_marks.extend(&own);
        if entry.pointer.is_empty() {
            pointer.clone_into(&mut entry.pointer);
        }
        if entry.description.is_empty() {
            let text = node.get("description").and_then(Value::as_str);
            text.unwrap_or_default().clone_into(&mut entry.description);
        }
        marks
    }

    fn say(&mut self, place: &str, claim: String) {
        self.places
            .entry(place.to_owned())
            .or_default()
            .claims
            .insert(claim);
    }

    fn security(&mut self, operation: &Value, pointer: &str) {
        let (list, at) = match operation.get("security") {
            Some(own) => (Some(own), format!("{pointer}/security")),
            None => (self.spec.get("security"), "/security".to_owned()),
        };
        if list.is_none() {
            return;
        }
        self.put(
            "security",
            "alternatives",
            &Value::Null,
            &at,
            &BTreeSet::new(),
        );
        let mut marks_of_schemes = Vec::new();
        for alternative in list.and_then(Value::as_array).into_iter().flatten() {
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
            self.say(
                "security",
                if schemes.is_empty() {
                    "none".into()
                } else {
                    schemes.join(" and ")
                },
            );
        }
        // A list bears no mark; the schemes that it names do.
        let node = self.places.entry("security".into()).or_default();
        node.own_marks = marks_of_schemes.first().cloned().unwrap_or_default();
        node.marks = node.own_marks.clone();
        if marks_of_schemes
            .iter()
            .any(|marks| *marks != node.own_marks)
        {
            node.claims
                .insert("schemes that rest on different entries".into());
        }
    }

    fn parameter(&mut self, parameter: &'a Value, pointer: &str) {
        let Some(parameter) = resolve(self.spec, parameter) else {
            return;
        };
        let word = |key: &str| {
            parameter
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or("(none)")
        };
        let place = format!("{} {}", word("in"), word("name"));
        let above = self.put(&place, "", parameter, pointer, &BTreeSet::new());
        if let Some(schema) = parameter.get("schema") {
            self.schema(schema, &place, &format!("{pointer}/schema"), &above, 0);
        }
        if parameter.get("required") == Some(&Value::Bool(true)) {
            self.say(&place, "required".into());
        }
        for key in [
            "style",
            "explode",
            "allowReserved",
            "allowEmptyValue",
            "content",
            "deprecated",
        ] {
            if let Some(value) = parameter.get(key) {
                self.say(&place, format!("{key} {}", plain(value)));
            }
        }
        if let Some(example) = parameter.get("example") {
            self.say(&place, format!("example {example}"));
        }
    }

    fn response(&mut self, status: &str, response: &'a Value, pointer: &str) {
        let Some(response) = resolve(self.spec, response) else {
            return;
        };
        let marks = self.put(status, "", response, pointer, &BTreeSet::new());
        let headers = response.get("headers").and_then(Value::as_object);
        for (name, header) in headers.into_iter().flatten() {
            let at = format!("{pointer}/headers/{}", escape(name));
            let place = format!("{status} header {name}");
            if let Some(header) = resolve(self.spec, header) {
                let marks = self.put(&place, "", header, &at, &marks);
                if let Some(schema) = header.get("schema") {
                    self.schema(schema, &place, &format!("{at}/schema"), &marks, 0);
                }
                if let Some(example) = header.get("example") {
                    self.say(&place, format!("example {example}"));
                }
                if header.get("required") == Some(&Value::Bool(true)) {
                    self.say(&place, "required".into());
                }
            }
        }
        let content = response.get("content").and_then(Value::as_object);
        for (media_type, content) in content.into_iter().flatten() {
            self.say(status, media_type.clone());
            if let Some(schema) = content.get("schema") {
                let at = format!("{pointer}/content/{}/schema", escape(media_type));
                self.schema(schema, status, &at, &marks, 0);
            }
        }
    }

    fn schema(
        &mut self,
        schema: &'a Value,
        place: &str,
        pointer: &str,
        above: &BTreeSet<u32>,
        depth: usize,
    ) {
        let mut above: BTreeSet<u32> = above.union(&marks(schema)).copied().collect();
        if depth > DEEPEST {
            self.say(place, "refers to itself".into());
            return;
        }
        if let Some(text) = schema.get("description").and_then(Value::as_str)
            && let node = self.places.entry(place.to_owned()).or_default()
            && node.description.is_empty()
        {
            text.clone_into(&mut node.description);
        }
        // The place is what counts, not the components that it is made of.
        if let Some([only]) = schema
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            above.extend(self.put(place, "", schema, pointer, &above));
            return self.schema(
                only,
                place,
                &format!("{pointer}/allOf/0"),
                &above,
                depth + 1,
            );
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            return match target
                .strip_prefix('#')
                .and_then(|at| Some((at, self.spec.pointer(at)?)))
            {
                Some((at, target)) => self.schema(target, place, at, &above, depth + 1),
                None => self.say(place, format!("refers to {target}")),
            };
        }
        let kind = match schema.get("anyOf").and_then(Value::as_array) {
            Some(list) => list
                .iter()
                .map(alternative)
                .collect::<Vec<_>>()
                .join(" or "),
            None => type_of(schema),
        };
        let kind = if kind.is_empty() {
            "anything".to_owned()
        } else {
            kind
        };
        let marks = self.put(place, &kind, schema, pointer, &above);

        let separator = if place.contains(' ') { "." } else { " " };
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten() {
            self.say(place, format!("requires {}", plain(name)));
        }
        for word in schema
            .get("x-extensible-enum")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.say(place, format!("word {}", plain(word)));
        }
        let labels = schema.get("x-filter-labels").and_then(Value::as_object);
        for (word, label) in labels.into_iter().flatten() {
            self.say(place, format!("label of {word}: {}", plain(label)));
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            let silent = matches!(
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
            if !silent {
                self.say(place, format!("{key} {}", plain(value)));
            }
        }
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let at = format!("{pointer}/properties/{}", escape(name));
            self.schema(
                property,
                &format!("{place}{separator}{name}"),
                &at,
                &marks,
                depth + 1,
            );
        }
        if let Some(items) = schema.get("items") {
            self.schema(
                items,
                &format!("{place}[]"),
                &format!("{pointer}/items"),
                &marks,
                depth + 1,
            );
        }
    }

    /// Says `like 429` of an answer whose body is described exactly as that of
    /// an earlier one, and nothing more about its members.
    fn fold_alike(&mut self) {
        let statuses: Vec<String> = self
            .places
            .keys()
            .filter(|place| is_status(place))
            .cloned()
            .collect();
        let body =
            |places: &Places, status: &str| -> BTreeMap<String, (String, BTreeSet<String>)> {
                places
                    .iter()
                    .filter_map(|(place, node)| {
                        let rest = place.strip_prefix(status)?;
                        let within = rest.is_empty()
                            || rest.starts_with(' ') && !rest.starts_with(" header ");
                        within.then(|| (rest.to_owned(), (node.kind.clone(), node.claims.clone())))
                    })
                    .collect()
            };
        let bodies: Vec<_> = statuses
            .iter()
            .map(|status| body(&self.places, status))
            .collect();
        for (index, status) in statuses.iter().enumerate() {
            let Some(first) = (0..index).find(|first| bodies[*first] == bodies[index]) else {
                continue;
            };
            self.places.retain(|place, _| {
                !place.starts_with(&format!("{status} ")) || place.contains(" header ")
            });
            if let Some(node) = self.places.get_mut(status) {
                node.claims.clear();
                node.own_marks = self
                    .spec
                    .pointer(&node.pointer)
                    .map(marks)
                    .unwrap_or_default();
                node.kind = format!("like {}", statuses[first]);
            }
        }
    }
}

fn is_status(place: &str) -> bool {
    place.len() == 3 && place.starts_with(|c: char| c.is_ascii_digit())
}

fn marks(node: &Value) -> BTreeSet<u32> {
    let list = node.get("x-discrepancy").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        // What is no number refers to an entry that cannot be: 0.
        .map(|number| {
            number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(0)
        })
        .collect()
}

/// Type and format, as in `integer int64`.
fn type_of(schema: &Value) -> String {
    let word = |key: &str| schema.get(key).map(plain).unwrap_or_default();
    format!("{} {}", word("type"), word("format"))
        .trim()
        .to_owned()
}

/// An alternative; the whole of it where it says more than type and format.
fn alternative(schema: &Value) -> String {
    let members = schema.as_object();
    let mut keys = members.into_iter().flatten().map(|(key, _)| key.as_str());
    if keys.all(|key| matches!(key, "type" | "format" | "description")) {
        type_of(schema)
    } else {
        schema.to_string()
    }
}

/// A value as people write it.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
