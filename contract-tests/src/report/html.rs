//! The report for people to read in a browser.

use minijinja::{AutoEscape, Environment};

use super::values::values;
use crate::verify::finding::Report;

const TEMPLATE: &str = include_str!("report.html");

/// One file without scripts, which loads nothing.
pub(super) fn html(report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(environment.render_str(TEMPLATE, values(report))?)
}
