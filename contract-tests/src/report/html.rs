//! The report for people to read in a browser.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, HtmlEscape};

use super::prose::prose;
use super::values::values;
use crate::verify::finding::Report;

const TEMPLATE: &str = include_str!("report.html");

/// One file without scripts, which loads nothing.
pub(super) fn html(report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("prose", |text: &str| {
        let escaped = |text: &str| HtmlEscape(text).to_string();
        let code = |name: &str| format!("<code>{}</code>", escaped(name));
        Value::from_safe_string(prose(text, escaped, code))
    });
    Ok(environment.render_str(TEMPLATE, values(report))?)
}
