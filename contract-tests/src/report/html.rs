//! The report for people to read in a browser.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use crate::verify::finding::Report;

const TEMPLATE: &str = include_str!("report.html");

/// One file without scripts, which loads nothing.
pub(super) fn html(report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let values = context! {
        report => Serde(report),
        verdict => report.verdict(),
        made_by => report.made_by(),
        exit_code => report.exit_code(),
    };
    Ok(environment.render_str(TEMPLATE, values)?)
}
