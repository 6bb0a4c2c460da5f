//! Mutants of the description.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is not worth a reference"
)]

use std::collections::BTreeSet;

use ocp_contract::escape;
use serde_json::{Value, json};

use super::grades::Grades;
use super::mutant::{Family, Mutant};

/// What of a description is no claim: prose, what only readers look at, and names
/// that OCP never sees.
const PROSE: [&str; 12] = [
    "x-argument",
    "x-row-kind",
    "description",
    "summary",
    "externalDocs",
    "tags",
    "info",
    "servers",
    "openapi",
    "example",
    "title",
    "license",
];

/// Whether a node is a schema that says nothing of its type itself.
fn is_untyped(node: &Value, pointer: &str) -> bool {
    let mut steps = pointer.rsplit('/');
    let (last, parent) = (steps.next(), steps.next());
    let is_schema = matches!(last, Some("schema" | "items"))
        || matches!(parent, Some("properties" | "schemas"));
    is_schema && node.get("type").is_none() && node.get("$ref").is_none()
}

/// Collects mutants while it walks over the description.
struct Walk<'a> {
    spec: &'a Value,
    grades: &'a Grades,
    mutants: Vec<Mutant>,
}

pub(super) fn mutants(spec: &Value, grades: &Grades) -> Vec<Mutant> {
    let mut walk = Walk {
        spec,
        grades,
        mutants: Vec::new(),
    };
    walk.node(spec, "");
    let touched = walk.mutants.iter().filter_map(|one| one.change.as_array());
    let touched = touched
        .filter_map(|change| match change.as_slice() {
            [only] => Some((only["op"].as_str()?, only["path"].as_str()?)),
            _ => None,
        })
        .map(|(operator, path)| (operator.to_owned(), path.to_owned()))
        .collect();
    walk.rest(spec, "", &touched);
    walk.mutants
}

impl Walk<'_> {
    fn put(&mut self, operator: &str, pointer: &str, change: Value) {
        let grade = self.grades.of_pointer(pointer);
        self.mutants
            .push(Mutant::new(Family::Spec, operator, pointer, grade, change));
    }

    fn replace(&mut self, operator: &str, pointer: &str, value: Value) {
        self.put(
            operator,
            pointer,
            json!([{ "op": "replace", "path": pointer, "value": value }]),
        );
    }

    fn remove(&mut self, operator: &str, pointer: &str) {
        self.put(
            operator,
            pointer,
            json!([{ "op": "remove", "path": pointer }]),
        );
    }

    fn add(&mut self, operator: &str, pointer: &str, name: &str, value: Value) {
        self.set(operator, pointer, &format!("{pointer}/{name}"), value);
    }

    /// Sets a member, whether it is there or not; `id` is what the mutant is called.
    fn set(&mut self, operator: &str, id: &str, path: &str, value: Value) {
        self.put(
            operator,
            id,
            json!([{ "op": "add", "path": path, "value": value }]),
        );
    }

    fn rename(&mut self, operator: &str, pointer: &str, name: &str) {
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let path = format!("{parent}/{}", escape(name));
        self.put(
            operator,
            pointer,
            json!([{ "op": "move", "from": pointer, "path": path }]),
        );
    }

    /// Takes out and changes whatever no other operator has: a claim of a kind
    /// that nobody thought of is mutated all the same.
    fn rest(&mut self, node: &Value, pointer: &str, touched: &BTreeSet<(String, String)>) {
        let is_new =
            |operator: &str, path: &str| !touched.contains(&(operator.to_owned(), path.to_owned()));
        if !pointer.is_empty() && is_new("remove", pointer) {
            self.remove("node-dropped", pointer);
        }
        if is_new("replace", pointer) && is_new("add", pointer) {
            match node {
                Value::String(text) => {
                    self.replace("text-changed", pointer, json!(format!("{text}X")));
                }
                Value::Number(_) => self.replace("number-changed", pointer, json!(9999)),
                Value::Bool(flag) => self.replace("flag-flipped", pointer, json!(!flag)),
                _ => {}
            }
        }
        match node {
            Value::Object(members) => {
                for (name, member) in members {
                    let is_claim = pointer.ends_with("/properties")
                        || !PROSE.contains(&name.as_str())
                        // What stands beside a schema is documented.
                        || name == "example" && members.contains_key("schema");
                    if is_claim {
                        self.rest(member, &format!("{pointer}/{}", escape(name)), touched);
                    }
                }
            }
            Value::Array(items) => {
                if is_new("add", &format!("{pointer}/-")) {
                    self.add("item-added", pointer, "-", json!("invented"));
                }
                for (index, item) in items.iter().enumerate() {
                    self.rest(item, &format!("{pointer}/{index}"), touched);
                }
            }
            _ => {}
        }
    }

    fn node(&mut self, node: &Value, pointer: &str) {
        match node {
            Value::Object(members) => {
                if is_untyped(node, pointer) {
                    self.add("type-added", pointer, "type", json!("string"));
                    self.add("nullable-added", pointer, "nullable", json!(true));
                    self.add("bound-added", pointer, "pattern", json!("^[a-z]+$"));
                }
                if node.get("type").is_some_and(Value::is_string)
                    && !pointer.contains("securitySchemes")
                {
                    self.schema(node, pointer);
                }
                if node.get("in").is_some() && node.get("schema").is_some() {
                    self.parameter(node, pointer);
                }
                if let Some(target) = node.get("$ref").and_then(Value::as_str) {
                    self.reference(target, &format!("{pointer}/$ref"));
                }
                match pointer.rsplit('/').next().unwrap_or_default() {
                    "paths" => self.paths(members, pointer),
                    "responses" => self.responses(members, pointer),
                    "properties" => self.properties(members, pointer),
                    "headers" if pointer.contains("/responses/") => {
                        for name in members.keys() {
                            let at = format!("{pointer}/{}", escape(name));
                            self.remove("header-dropped", &at);
                            self.rename("header-renamed", &at, &format!("{name}-X"));
                        }
                    }
                    "content" => {
                        for name in members.keys() {
                            self.rename(
                                "media-type-changed",
                                &format!("{pointer}/{}", escape(name)),
                                "text/plain",
                            );
                        }
                    }
                    _ => {}
                }
                for (name, member) in members {
                    let is_member = pointer.ends_with("/properties");
                    if !is_member && PROSE.contains(&name.as_str()) {
                        continue;
                    }
                    let at = format!("{pointer}/{}", escape(name));
                    match name.as_str() {
                        "x-discrepancy" if !is_member => self.marks(member, &at),
                        "security" if !is_member => self.security(member, &at),
                        "operationId" => {
                            self.replace("operation-id-changed", &at, json!("listRestoreTasks"));
                            self.add("operation-deprecated", pointer, "deprecated", json!(true));
                        }
                        _ => self.node(member, &at),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &format!("{pointer}/{index}"));
                }
            }
            _ => {}
        }
    }

    fn schema(&mut self, node: &Value, pointer: &str) {
        let kind = node["type"].as_str().unwrap_or_default();
        for other in ["string", "integer", "number", "boolean"] {
            if other != kind && kind != "object" {
                self.set(
                    "type-changed",
                    &format!("{pointer} to {other}"),
                    &format!("{pointer}/type"),
                    json!(other),
                );
            }
        }
        if kind != "array" {
            self.replace(
                "scalar-to-array",
                pointer,
                json!({ "type": "array", "items": node }),
            );
        } else {
            self.replace("array-to-scalar", pointer, node["items"].clone());
            self.set(
                "bound-added",
                &format!("{pointer}/minItems"),
                &format!("{pointer}/minItems"),
                json!(1),
            );
        }
        match node.get("nullable") {
            Some(_) => self.remove("nullable-dropped", &format!("{pointer}/nullable")),
            None => self.add("nullable-added", pointer, "nullable", json!(true)),
        }
        match node.get("format").and_then(Value::as_str) {
            Some(format) => {
                let at = format!("{pointer}/format");
                self.remove("format-dropped", &at);
                let other = match format {
                    "int64" => "int32",
                    "date-time" => "date",
                    _ => "int64",
                };
                self.replace("format-changed", &at, json!(other));
            }
            None if kind == "string" => {
                self.add("format-added", pointer, "format", json!("date-time"));
            }
            None => {}
        }
        self.bounds(node, pointer);
        if kind == "object" {
            for value in [json!(true), json!(false), json!({ "type": "string" })] {
                self.set(
                    "additional-properties",
                    &format!("{pointer} {value}"),
                    &format!("{pointer}/additionalProperties"),
                    value,
                );
            }
        }
        self.required(node, pointer);
        self.enum_values(node, pointer);
    }

    fn bounds(&mut self, node: &Value, pointer: &str) {
        let bounds: &[(&str, Value)] = match node["type"].as_str().unwrap_or_default() {
            "integer" => &[("minimum", json!(1)), ("maximum", json!(2_147_483_647))],
            "string" => &[
                ("minLength", json!(1)),
                ("maxLength", json!(64)),
                ("pattern", json!("^[a-z]+$")),
            ],
            _ => &[],
        };
        for (name, value) in bounds {
            let at = format!("{pointer}/{name}");
            match node.get(*name) {
                Some(_) => {
                    self.remove("bound-dropped", &at);
                    self.replace("bound-moved", &at, value.clone());
                }
                None => self.set("bound-added", &at, &at, value.clone()),
            }
        }
    }

    fn required(&mut self, node: &Value, pointer: &str) {
        let required: Vec<&str> = node["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (index, name) in required.iter().enumerate() {
            let at = format!("{pointer}/required/{index}");
            self.put(
                "required-dropped",
                &format!("{pointer} {name}"),
                json!([{ "op": "remove", "path": at }]),
            );
        }
        for name in node["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            if required.contains(&name.as_str()) {
                continue;
            }
            let mut more = required.clone();
            more.push(name);
            self.set(
                "required-added",
                &format!("{pointer} {name}"),
                &format!("{pointer}/required"),
                json!(more),
            );
        }
    }

    fn enum_values(&mut self, node: &Value, pointer: &str) {
        let Some(enum_values) = node.get("x-extensible-enum").and_then(Value::as_array) else {
            return;
        };
        let at = format!("{pointer}/x-extensible-enum");
        for (index, value) in enum_values.iter().enumerate() {
            let one = format!("{at}/{index}");
            self.remove("value-dropped", &one);
            let text = value.as_str().unwrap_or_default();
            self.replace("value-misspelt", &one, json!(format!("{text}E")));
            self.replace("value-in-small-letters", &one, json!(text.to_lowercase()));
        }
        self.set("value-added", &at, &format!("{at}/-"), json!("INVENTED"));
        self.remove("vocabulary-dropped", &at);
        self.rename("vocabulary-closed", &at, "enum");
    }

    fn properties(&mut self, members: &serde_json::Map<String, Value>, pointer: &str) {
        for name in members.keys() {
            let at = format!("{pointer}/{}", escape(name));
            self.remove("property-dropped", &at);
            self.rename("property-renamed", &at, &format!("{name}X"));
        }
        self.add(
            "property-added",
            pointer,
            "invented",
            json!({ "type": "string", "description": "Invented." }),
        );
    }

    fn parameter(&mut self, node: &Value, pointer: &str) {
        self.remove("parameter-dropped", pointer);
        let name = node["name"].as_str().unwrap_or_default();
        self.replace(
            "parameter-renamed",
            &format!("{pointer}/name"),
            json!(format!("{name}X")),
        );
        let places = ["query", "header", "path", "cookie"];
        for place in places.iter().filter(|place| node["in"] != **place) {
            self.set(
                "parameter-moved",
                &format!("{pointer} to {place}"),
                &format!("{pointer}/in"),
                json!(place),
            );
        }
        let flipped = node["required"] != json!(true);
        self.set(
            "parameter-required",
            &format!("{pointer}/required"),
            &format!("{pointer}/required"),
            json!(flipped),
        );
        let is_list = node["schema"]["type"] == "array";
        for style in ["spaceDelimited", "pipeDelimited"] {
            if is_list {
                self.set(
                    "style-changed",
                    &format!("{pointer} to {style}"),
                    &format!("{pointer}/style"),
                    json!(style),
                );
            }
        }
        if is_list {
            self.set(
                "explode-changed",
                &format!("{pointer}/explode"),
                &format!("{pointer}/explode"),
                json!(node["explode"] != json!(true)),
            );
        }
        if node.get("example").is_some() {
            let at = format!("{pointer}/example");
            self.remove("example-dropped", &at);
            let other = if is_list { json!(["x"]) } else { json!(7) };
            self.replace("example-changed", &at, other);
        }
        self.add("parameter-deprecated", pointer, "deprecated", json!(true));
    }

    fn reference(&mut self, target: &str, pointer: &str) {
        let Some((section, name)) = target.rsplit_once('/') else {
            return;
        };
        let members = self
            .spec
            .pointer(section.trim_start_matches('#'))
            .and_then(Value::as_object);
        let others: Vec<&String> = members
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .filter(|one| *one != name)
            .collect();
        // The neighbours in the alphabet: enough to tell, and few enough to read.
        for other in others.iter().take(1).chain(others.iter().rev().take(1)) {
            self.set(
                "reference-swapped",
                &format!("{pointer} to {other}"),
                pointer,
                json!(format!("{section}/{other}")),
            );
        }
    }

    fn paths(&mut self, members: &serde_json::Map<String, Value>, pointer: &str) {
        for (path, item) in members {
            let at = format!("{pointer}/{}", escape(path));
            let segments: Vec<&str> = path.split('/').collect();
            for (index, segment) in segments.iter().enumerate().skip(1) {
                let mut other: Vec<String> = segments.iter().map(ToString::to_string).collect();
                other[index] = match segment.strip_suffix('}') {
                    Some(name) => format!("{name}X}}"),
                    None => format!("{segment}x"),
                };
                let path = format!("{pointer}/{}", escape(&other.join("/")));
                self.put(
                    "segment-changed",
                    &format!("{at} {segment}"),
                    json!([{ "op": "move", "from": at, "path": path }]),
                );
            }
            for method in item
                .as_object()
                .into_iter()
                .flatten()
                .map(|(method, _)| method)
            {
                for other in ["post", "head"] {
                    self.put("method-changed", &format!("{at}/{method} to {other}"), json!([
                        { "op": "move", "from": format!("{at}/{method}"), "path": format!("{at}/{other}") }
                    ]));
                }
            }
        }
    }

    fn responses(&mut self, members: &serde_json::Map<String, Value>, pointer: &str) {
        for status in members.keys() {
            let at = format!("{pointer}/{status}");
            self.remove("status-dropped", &at);
            for other in ["201", "418", "default"] {
                self.put(
                    "status-changed",
                    &format!("{at} to {other}"),
                    json!([
                        { "op": "move", "from": at, "path": format!("{pointer}/{other}") }
                    ]),
                );
            }
        }
        for status in ["202", "404"] {
            self.set(
                "status-added",
                &format!("{pointer}/{status}"),
                &format!("{pointer}/{status}"),
                json!(members.get("4XX")),
            );
        }
    }

    fn security(&mut self, node: &Value, pointer: &str) {
        self.remove("security-dropped", pointer);
        for index in 0..node.as_array().map_or(0, Vec::len) {
            self.remove("security-dropped", &format!("{pointer}/{index}"));
        }
        self.set(
            "security-added",
            pointer,
            &format!("{pointer}/-"),
            json!({}),
        );
    }

    fn marks(&mut self, node: &Value, pointer: &str) {
        for index in 0..node.as_array().map_or(0, Vec::len) {
            let at = format!("{pointer}/{index}");
            self.remove("mark-dropped", &at);
            self.replace("mark-changed", &at, json!(13));
        }
        let known = node
            .as_array()
            .is_some_and(|marks| marks.contains(&json!(12)));
        let other = if known { 14 } else { 12 };
        self.set("mark-added", pointer, &format!("{pointer}/-"), json!(other));
    }
}
