//! The parameters of an operation, and what they are called in Rust. The bridge of
//! `contract-tests` uses this file by its path, so that it calls what was generated.

use heck::ToSnakeCase;
use serde_json::Value;

/// So many references in a row are taken for a circle.
const DEEPEST: usize = 16;

/// Words that Rust keeps for itself. Progenitor and typify put `_` behind each of them.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The method or member for a name: `startTime` is `start_time`, and `type` is `type_`.
pub(crate) fn snake(name: &str) -> String {
    let mut name = name.to_snake_case();
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// The parameters of an operation: its own, and those of its path that it does
/// not replace.
pub(crate) fn parameters<'a>(
    spec: &'a Value,
    item: &'a Value,
    operation: &'a Value,
) -> Vec<&'a Value> {
    let of = |node: &'a Value| {
        let list = node.get("parameters").and_then(Value::as_array);
        let list = list.into_iter().flatten();
        list.map(|parameter| resolved(spec, parameter))
    };
    let mut parameters: Vec<_> = of(operation).collect();
    for shared in of(item) {
        let is_same = |own: &&Value| own["name"] == shared["name"] && own["in"] == shared["in"];
        if !parameters.iter().any(is_same) {
            parameters.push(shared);
        }
    }
    parameters
}

/// What a `$ref` names, or the node itself.
pub(crate) fn resolved<'a>(spec: &'a Value, mut node: &'a Value) -> &'a Value {
    for _ in 0..DEEPEST {
        let target = node.get("$ref").and_then(Value::as_str);
        match target.and_then(|target| spec.pointer(target.trim_start_matches('#'))) {
            Some(target) => node = target,
            None => break,
        }
    }
    node
}
