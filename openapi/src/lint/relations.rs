//! Rules that compare two places of the description.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rule::finding;
use crate::Finding;
use crate::document::{escape, members, text, texts};
use crate::operation::{Comparison, Location, Operation};
use crate::schema::Schema;

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    for (name, schema) in members(&spec["components"]["schemas"]) {
        let pointer = format!("/components/schemas/{}", escape(name));
        described(schema, &pointer, findings);
        arrays(schema, &pointer, findings);
        let filter = &spec["components"]["schemas"][format!("{name}Filter")];
        labels(schema, filter, &pointer, findings);
    }
    let mut ids = BTreeSet::new();
    for operation in Operation::all(spec) {
        if !ids.insert(operation.id.clone()) {
            let pointer = format!("{}/operationId", operation.pointer);
            let mut finding = finding("operation-id", pointer, &operation.id);
            finding.what = format!("`{}` names another operation, too", operation.id);
            findings.push(finding);
        }
        tags(spec, &operation, findings);
        path(&operation, findings);
        filters(spec, &operation, findings);
        failures(spec, &operation, findings);
    }
}

/// Lists of members name `properties` of the schema.
fn described(schema: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let lists = [
        ("required", "required-property"),
        ("x-identity", "identity"),
    ];
    for (list, rule) in lists {
        for (index, name) in texts(schema, list).enumerate() {
            if schema["properties"].get(name).is_none() {
                let what = format!("`{name}` is no member of this schema");
                findings.push(finding(rule, format!("{pointer}/{list}/{index}"), &what));
            }
        }
    }
}

/// An array that may be absent may be null.
fn arrays(schema: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let required: BTreeSet<&str> = texts(schema, "required").collect();
    for (name, member) in members(&schema["properties"]) {
        let is_optional = member["type"] == "array" && !required.contains(name.as_str());
        if is_optional && member["nullable"] != true {
            let pointer = format!("{pointer}/properties/{}", escape(name));
            findings.push(finding("optional-array", pointer, ""));
        }
    }
}

/// The labels of a vocabulary lead from its own values to those of its filter.
fn labels(schema: &Value, filter: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let lists = |vocabulary: &Value, value: &str| {
        texts(vocabulary, "x-extensible-enum").any(|one| one == value)
    };
    for (value, label) in members(&schema["x-filter-labels"]) {
        let label = label.as_str().unwrap_or_default();
        let unknown = if !lists(schema, value) {
            value
        } else if !lists(filter, label) {
            label
        } else {
            continue;
        };
        let what = format!("`{unknown}` is no value of the vocabulary");
        let pointer = format!("{pointer}/x-filter-labels/{}", escape(value));
        findings.push(finding("filter-labels", pointer, &what));
    }
}

/// The tags of an operation are described.
fn tags(spec: &Value, operation: &Operation, findings: &mut Vec<Finding>) {
    let described = spec["tags"].as_array().into_iter().flatten();
    let described: BTreeSet<&str> = described.filter_map(|tag| text(tag, "name")).collect();
    let pointer = format!("{}/tags", operation.pointer);
    let tags = spec.pointer(&pointer).and_then(Value::as_array);
    for (index, tag) in tags.into_iter().flatten().enumerate() {
        let tag = tag.as_str().unwrap_or_default();
        if !described.contains(tag) {
            findings.push(finding("tag", format!("{pointer}/{index}"), tag));
        }
    }
}

/// The path has a place for each of its parameters; the generator misses the others.
fn path(operation: &Operation, findings: &mut Vec<Finding>) {
    for parameter in operation.parameters_in(Location::Path) {
        let place = format!("{{{}}}", parameter.name);
        if !operation.path.contains(&place) {
            let pointer = format!("{}/name", parameter.pointer);
            let what = format!("the path has no `{place}`");
            findings.push(finding("path-parameter", pointer, &what));
        }
    }
}

/// A filter compares a member of the rows.
fn filters(spec: &Value, operation: &Operation, findings: &mut Vec<Finding>) {
    for parameter in &operation.parameters {
        let Some(filter) = &parameter.filter else {
            continue;
        };
        let name = &filter.member;
        let row = operation.list.as_ref().map(|list| &list.row["properties"]);
        let member = row.map(|row| Schema::at(spec, row.get(name)?, "").ok());
        let is_time = matches!(filter.comparison, Comparison::From | Comparison::To);
        let what = match member {
            None => "the operation lists no rows".to_owned(),
            Some(None) => format!("`{name}` is no member of the rows"),
            Some(Some(member)) if is_time && member.node["format"] != "date-time" => {
                format!("`{name}` is no time")
            }
            Some(Some(_)) => continue,
        };
        let pointer = format!("{}/x-filter", parameter.pointer);
        findings.push(finding("filter", pointer, &what));
    }
}

/// All failures of an operation have one schema.
fn failures(spec: &Value, operation: &Operation, findings: &mut Vec<Finding>) {
    let Some(node) = Schema::find(spec, &operation.pointer) else {
        return;
    };
    let failures = node.members("responses");
    let failures = failures.filter(|(status, _)| status.starts_with(['4', '5']));
    let mut failures = failures.map(|(status, response)| {
        let node = response.ok().map(|response| response.node);
        let schema = node.and_then(|node| node.pointer("/content/application~1json/schema"));
        (status, schema)
    });
    let Some((first, expected)) = failures.next() else {
        return;
    };
    for (status, _) in failures.filter(|(_, schema)| *schema != expected) {
        let pointer = format!("{}/responses/{}", operation.pointer, escape(status));
        findings.push(finding("response-schema", pointer, first));
    }
}
