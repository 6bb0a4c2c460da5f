//! Files of the checkout: the description, and the way to replace a file.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use ocp_contract::Document;
use ocp_contract::lint::lint;

use crate::codegen;

pub(crate) const SPEC: &str = "openapi/ocp.yaml";

/// The description, if it passes every rule; else its faults, for people.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn description(root: &Path) -> anyhow::Result<Result<Document, String>> {
    let bytes = std::fs::read(root.join(SPEC)).with_context(|| format!("cannot read {SPEC}"))?;
    Ok(utf8(&bytes).and_then(checked))
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("error: {SPEC}:{line}: this line is not UTF-8")
    })
}

fn checked(text: &str) -> Result<Document, String> {
    let document = Document::parse(SPEC, text).map_err(|error| error.to_string())?;
    let findings = lint(document.value(), &codegen::HAND_WRITTEN);
    match findings.is_empty() {
        true => Ok(document),
        false => Err(document.render(&findings)),
    }
}

/// Writes a file so that a crash leaves the old or the new one, never a part.
pub(crate) fn replace(path: &Path, content: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("the file has no folder")?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private; this one is to become an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
