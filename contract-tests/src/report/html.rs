//! The report for people to read in a browser.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, HtmlEscape};

use super::values::values;
use crate::verify::finding::Report;

const TEMPLATE: &str = include_str!("report.html");

/// One file without scripts, which loads nothing.
pub(super) fn html(report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("prose", |text: &str| prose(text));
    Ok(environment.render_str(TEMPLATE, values(report))?)
}

/// A sentence, in which names in backticks are code.
fn prose(text: &str) -> Value {
    let pieces: Vec<String> = text
        .split('`')
        .map(|piece| HtmlEscape(piece).to_string())
        .collect();
    let mut html = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match index % 2 {
            0 => html += piece,
            _ if index + 1 < pieces.len() => html += &format!("<code>{piece}</code>"),
            // A backtick without its second one is a character like any other.
            _ => html += &format!("`{piece}"),
        }
    }
    Value::from_safe_string(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_are_code_and_nothing_is_markup() {
        for (text, html) in [
            ("`size` is 5", "<code>size</code> is 5"),
            (
                "`a` and `b<c>`",
                "<code>a</code> and <code>b&lt;c&gt;</code>",
            ),
            ("<b>", "&lt;b&gt;"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
        ] {
            assert_eq!(prose(text).to_string(), html, "{text}");
        }
    }
}
