//! What is read in the description.

use serde_json::Value;

pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(super) fn property<'a>(spec: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    Some(resolved(spec, schema.get("properties")?.get(name)?))
}

/// What a `$ref` names, or the node itself.
pub(super) fn resolved<'a>(spec: &'a Value, node: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| spec.pointer(target.trim_start_matches('#')));
    target.map_or(node, |target| resolved(spec, target))
}

/// How many operations the spec has.
pub(super) fn operations(spec: &Value) -> usize {
    let operations = members(&spec["paths"]).flat_map(|(_, item)| members(item));
    operations
        .filter(|(_, operation)| operation.get("operationId").is_some())
        .count()
}
