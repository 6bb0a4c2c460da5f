//! Spec and evidence, held against each other: that they agree, and that no
//! part of either can go or change unnoticed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use ocp_contract::evidence::Evidence;
use ocp_contract::{Document, read_text};
use serde_json::{Value, json};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> Document {
    let text = read_text(&folder().join("ocp.yaml"), "ocp.yaml").unwrap();
    Document::parse("ocp.yaml", &text).unwrap()
}

fn evidence() -> Evidence {
    Evidence::read(folder()).unwrap()
}

/// Spec and evidence as they are. Without this start, every change would seem
/// to be noticed.
fn clean() -> (Value, Evidence) {
    let (spec, evidence) = (document().value().clone(), evidence());
    assert_eq!(evidence.gaps(&spec), []);
    (spec, evidence)
}

#[test]
fn every_claim_has_its_evidence_and_all_evidence_its_claim() {
    let document = document();
    let gaps: Vec<String> = evidence()
        .gaps(document.value())
        .iter()
        .map(|gap| {
            format!(
                "openapi/ocp.yaml:{}: {gap}",
                document.position(&gap.pointer).0
            )
        })
        .collect();
    assert!(gaps.is_empty(), "{} gaps:\n{}", gaps.len(), gaps.join("\n"));
}

/// Pointers of everything in a value, the root left out.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
            members
                .iter()
                .map(|(name, child)| (escape(name), child))
                .collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, child)| (index.to_string(), child))
            .collect(),
        _ => return,
    };
    for (step, child) in children {
        let pointer = format!("{at}/{step}");
        found.push(pointer.clone());
        pointers(child, &pointer, found);
    }
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, step) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => {
            members.remove(&step.replace("~1", "/").replace("~0", "~"));
        }
        Value::Array(items) => {
            items.remove(step.parse().unwrap());
        }
        _ => {}
    }
    value
}

/// What of a spec is no claim: prose, and what only a reader or a generator of
/// pages looks at.
fn is_prose(pointer: &str) -> bool {
    ["/info", "/externalDocs", "/servers", "/tags", "/openapi"].iter().any(|root| pointer.starts_with(root))
        || ["/description", "/summary", "/externalDocs", "/tags"].iter().any(|step| pointer.contains(step))
        // The example in the component repeats those of the parameters.
        || pointer == "/components/schemas/QueryTime/example"
}

#[test]
fn nothing_can_be_taken_out_of_the_spec() {
    let (spec, evidence) = clean();
    let mut all = Vec::new();
    pointers(&spec, "", &mut all);
    let all: Vec<_> = all
        .into_iter()
        .filter(|pointer| !is_prose(pointer))
        .collect();
    assert!(all.len() > 300, "only {} nodes", all.len());
    let unnoticed: Vec<_> = all
        .iter()
        .filter(|pointer| evidence.gaps(&without(&spec, pointer)).is_empty())
        .collect();
    assert!(unnoticed.is_empty(), "not missed: {unnoticed:#?}");
}

#[test]
fn the_spec_cannot_be_loosened_or_changed() {
    let (spec, evidence) = clean();
    let mut all = Vec::new();
    pointers(&spec, "", &mut all);
    let mut unnoticed = Vec::new();
    let mut mutants = 0;
    let mut try_one = |name: String, mutant: &Value| {
        mutants += 1;
        if mutant != &spec && evidence.gaps(mutant).is_empty() {
            unnoticed.push(name);
        }
    };
    for pointer in all.iter().filter(|pointer| !is_prose(pointer)) {
        let node = spec.pointer(pointer).unwrap();
        let mut replace = |value: Value| {
            let mut mutant = spec.clone();
            let name = format!("{pointer} = {value}");
            *mutant.pointer_mut(pointer).unwrap() = value;
            try_one(name, &mutant);
        };
        match node {
            Value::String(text) => {
                replace(json!(format!("{text}X")));
                replace(json!(text.to_lowercase()));
                replace(json!("string"));
            }
            Value::Bool(value) => replace(json!(!value)),
            Value::Number(_) => replace(json!(9999)),
            Value::Array(items) => {
                let mut more = items.clone();
                more.push(json!("invented"));
                replace(more.into());
            }
            Value::Object(_) => {
                let is_schema = node.get("type").is_some() || node.get("anyOf").is_some();
                let is_scheme = pointer.contains("securitySchemes");
                for (key, value) in [
                    ("nullable", json!(true)),
                    ("additionalProperties", json!(true)),
                    ("minimum", json!(0)),
                    ("pattern", json!(".*")),
                ] {
                    let mut changed = node.clone();
                    if is_schema && !is_scheme {
                        changed[key] = value;
                        replace(changed);
                    }
                }
                if pointer.ends_with("/properties") {
                    let mut changed = node.clone();
                    changed["invented"] = json!({"type": "string"});
                    replace(changed);
                }
                if pointer.ends_with("/get") {
                    let mut changed = node.clone();
                    changed["deprecated"] = json!(true);
                    replace(changed);
                }
                if pointer.ends_with("/responses") {
                    let mut changed = node.clone();
                    changed["202"] = changed["200"].clone();
                    replace(changed);
                }
            }
            Value::Null => {}
        }
    }
    assert!(mutants > 900, "only {mutants} mutants");
    assert!(
        unnoticed.is_empty(),
        "{} of {mutants} not noticed: {unnoticed:#?}",
        unnoticed.len()
    );
}

fn yaml(name: &str) -> Value {
    let text = read_text(&folder().join(name), name).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

/// Takes out one item or member after the other that `counts`, and expects a gap
/// each time.
fn nothing_can_be_taken_out(
    whole: &Value,
    counts: impl Fn(&str, &Value) -> bool,
    put: impl Fn(&mut Evidence, Value),
) -> usize {
    let (spec, _) = clean();
    let mut all = Vec::new();
    pointers(whole, "", &mut all);
    let all: Vec<_> = all
        .into_iter()
        .filter(|at| counts(at, whole.pointer(at).unwrap()))
        .collect();
    for pointer in &all {
        let mut evidence = evidence();
        put(&mut evidence, without(whole, pointer));
        let gaps = evidence.gaps(&spec);
        assert!(
            !gaps.is_empty(),
            "{pointer} ({}) is not missed",
            whole.pointer(pointer).unwrap()
        );
    }
    all.len()
}

#[test]
fn no_row_and_no_value_can_be_taken_out_of_the_documentation() {
    let taken = nothing_can_be_taken_out(
        &yaml("documentation.yaml"),
        |at, node| {
            let row =
                at.contains("/members/") || at.contains("/parameters/") || at.contains("/headers/");
            let keys = ["/values/", "/authentication/", "/samples/"];
            row && node.get("name").is_some()
                || keys.iter().any(|key| at.contains(key)) && node.is_string() && !at.starts_with("/2/")
                || at.ends_with("/format")
                // The sibling's examples are not in the spec; a header's cannot be left out.
                || at.ends_with("/example") && !at.starts_with("/2/") && !at.contains("/headers/")
        },
        |evidence, pages| evidence.pages = serde_json::from_value(pages).unwrap(),
    );
    assert!(taken > 75, "only {taken}");
}

#[test]
fn no_entry_place_or_claim_can_be_taken_out_of_the_register() {
    let taken = nothing_can_be_taken_out(
        &yaml("discrepancies.yaml"),
        |at, _| {
            at.matches('/').count() == 1
                || [
                    "/places/",
                    "/types/",
                    "/claims/",
                    "/vocabularies/",
                    "/unstated/",
                ]
                .iter()
                .any(|key| at.contains(key))
        },
        |evidence, register| evidence.register = serde_json::from_value(register).unwrap(),
    );
    assert!(taken > 120, "only {taken}");
}

#[test]
fn a_gap_names_both_sides() {
    let (mut spec, evidence) = clean();
    spec["components"]["schemas"]["RestoreHistoryTask"]["properties"]["id"]["type"] =
        json!("string");
    let parameters = spec.pointer_mut("/paths/~1api~1v2~1ob~1clusters~1{id}~1tenants~1{tenantId}~1backup~1task~1restoreTasks/get/parameters").unwrap();
    parameters[4]["name"] = json!("clusterName");
    spec["components"]["schemas"]["BackupMode"]["x-extensible-enum"][0] = json!("LOGICAL");
    let gaps: Vec<String> = evidence
        .gaps(&spec)
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(gaps.join("\n"));
}

#[test]
fn no_spec_makes_the_gates_panic() {
    let (spec, evidence) = clean();
    let mut all = Vec::new();
    pointers(&spec, "", &mut all);
    for odd in [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!(-1),
        json!({"$ref": "#/components/schemas/PageInfo"}),
        json!({"$ref": "#"}),
    ] {
        evidence.gaps(&odd);
        for pointer in all.iter().step_by(3) {
            let mut mutant = spec.clone();
            *mutant.pointer_mut(pointer).unwrap() = odd.clone();
            evidence.gaps(&mutant);
        }
    }
}
