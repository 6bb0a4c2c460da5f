//! Names and types in Rust. The bridge of `contract-tests` uses this file by its path, so that it
//! calls what was generated.

use heck::ToSnakeCase;
use serde_json::Value;

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

/// The type of an argument, in a module that has `types`.
pub(crate) fn rust_type(schema: &Value) -> String {
    let target = schema["$ref"].as_str();
    if let Some(name) = target.and_then(|target| target.rsplit('/').next()) {
        return format!("types::{name}");
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("Vec<{}>", rust_type(&schema["items"])),
        (Some("integer"), Some("int32")) => "i32".into(),
        (Some("integer"), _) => "i64".into(),
        (Some("boolean"), _) => "bool".into(),
        (Some("number"), _) => "f64".into(),
        (_, Some("date-time")) => "chrono::DateTime<chrono::Utc>".into(),
        _ => "String".into(),
    }
}
