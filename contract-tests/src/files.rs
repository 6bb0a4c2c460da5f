//! The one way in which a file is written.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The readers of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// All that the umask allows.
    Umask,
    /// The owner alone.
    Owner,
}

/// Replaces a regular file by a text, whole, also behind a symbolic link. What exists and is
/// no regular file, such as a pipe or `/dev/null`, is written into.
///
/// # Errors
///
/// If it cannot be written.
pub fn save(text: &str, file: &Path, readers: Readers) -> io::Result<()> {
    match draft(file, readers)? {
        Some((mut draft, file)) => {
            draft.write_all(text.as_bytes())?;
            draft.persist(file)?;
            Ok(())
        }
        None => {
            let mut open = std::fs::OpenOptions::new().write(true).open(file)?;
            open.write_all(text.as_bytes())
        }
    }
}

/// Finds out if a file can be written.
///
/// # Errors
///
/// If it cannot.
pub fn is_writable(file: &Path) -> io::Result<()> {
    draft(file, Readers::Umask).map(drop)
}

/// A temporary file, and the file beside it that it is to replace; `None` if that is no regular
/// file.
fn draft(file: &Path, readers: Readers) -> io::Result<Option<(NamedTempFile, PathBuf)>> {
    let file = file.canonicalize().unwrap_or(file.to_owned());
    if file.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if file.exists() && !file.is_file() {
        return Ok(None);
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if readers == Readers::Umask {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let folder = file.parent().filter(|one| !one.as_os_str().is_empty());
    let draft = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    Ok(Some((draft, file)))
}
