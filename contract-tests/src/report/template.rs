//! The forms that templates render: text, HTML and Markdown.

use anstyle::{AnsiColor, Style};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, HtmlEscape, context};
use ocp_contract::strict::Severity;

use super::parts::parts;
use crate::verify::report::Report;

/// The report for people: a line for each check, then the findings, then the verdict; with
/// colours, which the printer removes if they are not wanted.
///
/// # Errors
///
/// If the template is wrong; so for the other forms.
pub fn text(report: &Report) -> anyhow::Result<String> {
    render(Form::Text, include_str!("report.txt"), report)
}

/// One file for a browser, without scripts, which loads nothing.
pub(super) fn html(report: &Report) -> anyhow::Result<String> {
    render(Form::Html, include_str!("report.html"), report)
}

/// The report for the summary of a CI job.
pub(super) fn markdown(report: &Report) -> anyhow::Result<String> {
    render(Form::Markdown, include_str!("report.md"), report)
}

fn render(form: Form, template: &str, report: &Report) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_formatter(move |out, _, value| match value.is_safe() {
        true => Ok(write!(out, "{value}")?),
        false => Ok(out.write_str(&form.plain(&value.to_string()))?),
    });
    let safe = Value::from_safe_string;
    environment.add_filter("prose", move |text: &str| safe(form.prose(text)));
    environment.add_filter("code", move |text: &str| safe(form.code(text)));
    environment.add_filter("pad", |text: &str, width: usize| format!("{text:width$}"));
    environment.add_filter("paint", move |text: &str, style: &str| {
        let style = style_of(style);
        safe(format!("{style}{}{style:#}", form.plain(text)))
    });
    environment.add_filter("hanging", move |text: &str, width: usize| {
        let lines: Vec<String> = text
            .trim_end()
            .lines()
            .map(|line| form.plain(line))
            .collect();
        safe(lines.join(&format!("\n{:width$}", "")))
    });
    let worst = report.worst();
    let context = context! {
        report => Serde(report),
        parts => report.findings.iter().map(parts).collect::<Vec<_>>(),
        exit_code => report.exit_code(),
        worst => worst.map_or("passed".to_owned(), |worst| worst.to_string()),
        mark => match report.exit_code() {
            0 if worst == Some(Severity::Drift) => "🟡",
            0 => "🟢",
            1 => "🔴",
            _ => "⚪",
        },
        verdict => report.verdict(),
        made_by => report.made_by(),
        width => report.checks.iter().map(|check| check.id.len()).max(),
    };
    Ok(environment.render_str(template, context)?)
}

/// The style of an outcome or a severity; quiet, if it is none.
fn style_of(name: &str) -> Style {
    match name {
        "passed" => AnsiColor::Green.on_default(),
        "drift" => AnsiColor::Yellow.on_default(),
        "violation" => AnsiColor::Red.on_default().bold(),
        _ => Style::new().dimmed(),
    }
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    Html,
    Markdown,
}

impl Form {
    /// A text as it is, on one line. A server's control characters must not move the cursor,
    /// or end a table.
    fn plain(self, text: &str) -> String {
        let text = text.replace(char::is_control, " ");
        match self {
            Self::Text => text,
            Self::Html => HtmlEscape(&text).to_string(),
            Self::Markdown => {
                let special = ['\\', '`', '*', '_', '[', ']', '|', '~', '#'];
                let text = text.chars().flat_map(|c| {
                    let escape = special.contains(&c).then_some('\\');
                    escape.into_iter().chain([c])
                });
                let text: String = text.collect();
                text.replace('&', "&amp;").replace('<', "&lt;")
            }
        }
    }

    /// A text as code, whatever backticks it has.
    fn code(self, text: &str) -> String {
        if !matches!(self, Self::Markdown) {
            return format!("<code>{}</code>", self.plain(text));
        }
        let text = text.replace(char::is_control, " ");
        let longest = text.split(|c| c != '`').map(str::len).max();
        let fence = "`".repeat(longest.unwrap_or_default() + 1);
        match longest {
            Some(0) | None => format!("{fence}{text}{fence}"),
            Some(_) => format!("{fence} {text} {fence}"),
        }
    }

    /// A sentence, with the names between backticks as code.
    fn prose(self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        // A backtick without its second one is a character like any other.
        while let Some((before, after)) = rest.split_once('`')
            && let Some((name, after)) = after.split_once('`')
            && !name.is_empty()
        {
            out += &self.plain(before);
            out += &self.code(name);
            rest = after;
        }
        out + &self.plain(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_two_backticks_is_a_name() {
        for (text, expected) in [
            ("`size` is <5>", "<code>size</code> is &lt;5>"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
            ("`` is no name", "`` is no name"),
        ] {
            let html = Form::Html.prose(text).replace("&gt;", ">");
            assert_eq!(html, expected);
        }
    }
}
