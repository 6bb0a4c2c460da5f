//! An operation that lists something else is added with YAML and recorded JSON
//! alone: beside the operations that are there, and without them.
//!
//! What needs no build is tested here. `.ci/another-operation` lets this test leave
//! the changed files in a copy of the checkout, and builds and runs everything there.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use ocp_contract::evidence::Evidence;
use ocp_contract::lint::lint;
use ocp_contract::strict::{Rule, Strict};
use ocp_contract::{Document, Interaction, Operation, page, read_text};
use serde_json::{Map, Value, json};

const ADDED: &str = "listRegions";

fn yaml(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = read_text(&folder.join(name), name).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

fn added(name: &str) -> Value {
    yaml(&format!("tests/another-operation/{name}"))
}

/// The files of the contract, changed.
struct Contract {
    spec: Value,
    documentation: Value,
    register: Value,
    interactions: Vec<Interaction>,
}

impl Contract {
    /// With the added operation, and without those that were there if it is `alone`.
    fn new(alone: bool) -> Self {
        let mut spec = yaml("ocp.yaml");
        let mut documentation = yaml("documentation.yaml");
        let mut register = yaml("discrepancies.yaml");
        let mut interactions = Interaction::embedded().unwrap();
        if alone {
            spec["paths"] = json!({});
            interactions.clear();
            let pages = documentation.as_array_mut().unwrap();
            pages.retain(|page| page.get("operation").is_none());
            let entries = register.as_array_mut().unwrap();
            entries.retain(|entry| entry.get("operations").is_none());
        }
        merge(&mut spec, added("ocp.yaml"));
        drop_unused_schemas(&mut spec);
        for (list, name) in [
            (&mut documentation, "documentation.yaml"),
            (&mut register, "discrepancies.yaml"),
        ] {
            let more = added(name).as_array().unwrap().clone();
            list.as_array_mut().unwrap().extend(more);
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/another-operation");
        interactions.extend(Interaction::read_all(&folder.join("interactions")).unwrap());
        Self {
            spec,
            documentation,
            register,
            interactions,
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            pages: serde_json::from_value(self.documentation.clone()).unwrap(),
            register: serde_json::from_value(self.register.clone()).unwrap(),
            interactions: self.interactions.clone(),
        }
    }

    /// Leaves the files in the folder `openapi` of a checkout.
    #[expect(clippy::disallowed_methods, reason = "nobody else reads the copy")]
    fn write(&self, folder: &Path) {
        let write = |name: &str, value: &Value| {
            // JSON is YAML, too.
            std::fs::write(folder.join(name), format!("{value:#}\n")).unwrap();
        };
        write("ocp.yaml", &self.spec);
        write("documentation.yaml", &self.documentation);
        write("discrepancies.yaml", &self.register);
        write("mutants.yaml", &added("mutants.yaml"));
        write("rejections/bodies.yaml", &json!([]));
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Takes out the schemas that no operation refers to.
fn drop_unused_schemas(spec: &mut Value) {
    let mut used = BTreeSet::new();
    let mut texts = vec![spec["paths"].to_string()];
    while let Some(text) = texts.pop() {
        for (name, schema) in spec["components"]["schemas"].as_object().unwrap() {
            let reference = format!("\"#/components/schemas/{name}\"");
            if text.contains(&reference) && used.insert(name.clone()) {
                texts.push(schema.to_string());
            }
        }
    }
    let schemas = spec["components"]["schemas"].as_object_mut().unwrap();
    let kept: Map<String, Value> = std::mem::take(schemas)
        .into_iter()
        .filter(|(name, _)| used.contains(name))
        .collect();
    *schemas = kept;
}

fn passes_the_gates(contract: &Contract, operations: usize) {
    let evidence = contract.evidence();
    let gaps = evidence.gaps(&contract.spec);
    let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));

    let document = Document::parse("ocp.yaml", &contract.spec.to_string()).unwrap();
    assert_eq!(lint(&document, &["ErrorCode", "QueryTime"]).unwrap(), []);
    assert_eq!(Operation::all(&contract.spec).len(), operations);

    let operation = Operation::find(&contract.spec, ADDED).unwrap();
    assert!(operation.list.is_some());
    assert_eq!(operation.filters().count(), 0);

    let strict = Strict::new(&contract.spec, ADDED, &evidence).unwrap();
    for interaction in &contract.interactions {
        if interaction.operation_id == ADDED {
            interaction.arguments(&contract.spec).unwrap();
            let body: Value = serde_json::from_str(&interaction.body).unwrap();
            let status = interaction.recorded.response.status;
            assert_eq!(strict.departures(status, &body), []);
        }
    }
    let page = page::render(&contract.spec, &evidence);
    assert!(page.contains("\n## listRegions\n"), "{page}");
}

#[test]
fn an_operation_is_added_beside_the_others() {
    passes_the_gates(&Contract::new(false), 3);
}

#[test]
fn an_operation_is_added_in_place_of_the_others() {
    let contract = Contract::new(true);
    passes_the_gates(&contract, 1);
    if let Some(folder) = std::env::var_os("LEAVE_ANOTHER_OPERATION_IN") {
        contract.write(Path::new(&folder));
    }
}

#[test]
fn a_member_of_another_operation_that_is_forgotten_is_noticed() {
    for name in ["id", "name", "description", "createTime", "updateTime"] {
        let mut contract = Contract::new(false);
        let region = &mut contract.spec["components"]["schemas"]["Region"];
        region["properties"].as_object_mut().unwrap().remove(name);
        let gaps = contract.evidence().gaps(&contract.spec);
        let place = format!("200 data.contents[].{name}");
        assert!(
            gaps.iter()
                .any(|gap| gap.operation == ADDED && gap.place == place),
            "{name}: {gaps:?}"
        );
    }
}

#[test]
fn the_strict_view_of_another_operation_has_teeth() {
    let contract = Contract::new(false);
    let strict = Strict::new(&contract.spec, ADDED, &contract.evidence()).unwrap();
    let interactions = contract.interactions.iter();
    let mut interactions = interactions.filter(|one| one.operation_id == ADDED);
    let sample = interactions.find(|one| one.case == "documented-sample");
    let body: Value = serde_json::from_str(&sample.unwrap().body).unwrap();
    for (patch, rule) in [
        (json!({ "name": null }), Rule::Type),
        (json!({ "id": "one" }), Rule::Wire),
        (json!({ "restoreUri": "file:///" }), Rule::Undocumented),
    ] {
        let mut body = body.clone();
        merge(&mut body["data"]["contents"][1], patch);
        let found = strict.departures(200, &body);
        assert!(
            found.iter().any(|one| one.rule == rule),
            "{rule}: {found:?}"
        );
    }
}
