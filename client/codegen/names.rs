//! Names in Rust. The bridge of `contract-tests` uses this file by its path, so that it calls
//! what was generated.

use heck::ToSnakeCase;

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
