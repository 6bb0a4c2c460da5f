//! What git knows of the checkout.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// What git prints; `None` where it fails.
///
/// # Errors
///
/// When there is no git, or it prints what is not UTF-8.
pub(crate) fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let mut command = Command::new("git");
    let output = command.arg("-C").arg(root).args(arguments).output();
    let output = output.context("cannot run git, which knows earlier descriptions and tags")?;
    if !output.status.success() {
        return Ok(None);
    }
    let Ok(text) = String::from_utf8(output.stdout) else {
        bail!("`git {}` printed what is not UTF-8", arguments.join(" "));
    };
    Ok(Some(text))
}

/// The tag of the last release that the checkout is made of.
///
/// # Errors
///
/// When this is no git checkout.
pub(crate) fn last_release(root: &Path) -> anyhow::Result<Option<String>> {
    git(root, &["rev-parse", "--git-dir"])?
        .context("this is no git checkout; nothing to compare with")?;
    let tag = git(
        root,
        &["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"],
    )?;
    Ok(tag.map(|tag| tag.trim().to_owned()))
}
