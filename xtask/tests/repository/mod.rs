//! A scratch repository of git, where a test may do as it likes.

use std::path::Path;
use std::process::Command;

/// Git as on a machine that nobody has set up.
pub(crate) fn git(root: &Path, arguments: &[&str]) {
    let settings = ["user.name=a", "user.email=a@b", "commit.gpgSign=false"];
    let output = Command::new("git")
        .current_dir(root)
        .args(settings.iter().flat_map(|one| ["-c", one]))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Replaces a text that a file must have, once.
#[expect(clippy::disallowed_methods, reason = "a file of the test alone")]
pub(crate) fn edit(root: &Path, file: &str, old: &str, new: &str) {
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} no longer says {old}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}
