//! The report for the summary of a CI job.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment};

use super::prose::prose;
use super::values::values;
use crate::verify::finding::Report;

const TEMPLATE: &str = include_str!("report.md");

pub(super) fn markdown(report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    // The filters escape, each for its place.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("plain", |text: String| plain(&text));
    environment.add_filter("prose", |text: String| prose(&text, plain, code));
    environment.add_filter("code", |text: String| code(&text));
    Ok(environment.render_str(TEMPLATE, values(report))?)
}

/// A text as it is, in a line or a cell of a table.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text as code, whatever backticks it has.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default() + 1);
    match longest {
        Some(0) | None => format!("{fence}{text}{fence}"),
        Some(_) => format!("{fence} {text} {fence}"),
    }
}
