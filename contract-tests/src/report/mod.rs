//! The forms of a report. Each is rendered from [`Report`] alone.

mod html;
mod junit;
mod markdown;
mod text;
mod values;

use std::path::Path;
use std::str::FromStr;

use anyhow::Context;

use crate::verify::finding::Report;

pub use text::text;

/// A form that a report can be written in, beside the text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// All there is, for programs.
    Json,
    /// For people, one file that needs nothing else.
    Html,
    /// For the test views of CI servers.
    Junit,
    /// For the summary of a CI job.
    Markdown,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "html" => Ok(Self::Html),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            "markdown" => Ok(Self::Markdown),
            _ => Err("expected html, json, junit or markdown".into()),
        }
    }
}

/// The JSON Schema of the report in JSON, published as `report.schema.json`.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}

/// Renders a report.
///
/// # Errors
///
/// When a text of the report does not fit the form.
pub fn render(report: &Report, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Html => html::html(report)?,
        Format::Junit => junit::junit(report)?,
        Format::Markdown => markdown::markdown(report)?,
    })
}

/// Replaces a file by a report, whole.
///
/// # Errors
///
/// When it cannot be rendered or written.
pub fn write(report: &Report, format: Format, file: &Path) -> anyhow::Result<()> {
    save(&render(report, format)?, file)
}

/// Replaces a file by a text, whole.
///
/// # Errors
///
/// When it cannot be written.
pub fn save(text: &str, file: &Path) -> anyhow::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let save = || -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // Temporary files are private; this one is to become an ordinary file,
        // as the umask wants it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let draft = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        std::io::Write::write_all(&mut draft.as_file(), text.as_bytes())?;
        draft.persist(file)?;
        Ok(())
    };
    save().with_context(|| format!("cannot write {}", file.display()))
}
