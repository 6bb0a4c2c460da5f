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

/// Finds out if a file can be written, and at which place, behind symbolic links.
///
/// # Errors
///
/// If it cannot.
pub fn writable_place(file: &Path) -> io::Result<PathBuf> {
    draft(file, Readers::Umask)?;
    place(file)
}

/// The place of a file, also of one that is not there yet.
fn place(file: &Path) -> io::Result<PathBuf> {
    let folder = file.parent().filter(|one| !one.as_os_str().is_empty());
    match (file.canonicalize(), file.file_name()) {
        (Err(_), Some(name)) => Ok(folder.unwrap_or(Path::new(".")).canonicalize()?.join(name)),
        (place, _) => place,
    }
}

/// A temporary file, and the file beside it that it is to replace; `None` if that is no regular
/// file.
fn draft(file: &Path, readers: Readers) -> io::Result<Option<(NamedTempFile, PathBuf)>> {
    let file = place(file)?;
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
    let draft = builder.tempfile_in(file.parent().unwrap_or(&file))?;
    Ok(Some((draft, file)))
}
