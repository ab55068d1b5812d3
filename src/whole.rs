//! Files that appear whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How the name of a temporary file begins and ends.
pub const TEMPORARY: (&str, &str) = (".actalign-", ".part");

/// Writes a file under a temporary name and renames it.
///
/// # Errors
/// If the file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    temporary(folder, bytes)?.persist(path)?;
    Ok(())
}

/// Writes a file into `folder` under the first free of the names that `name` gives to 1, 2, …, and returns its path. It
/// appears whole or not at all, and never replaces another.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write_new(folder: &Path, bytes: &[u8], name: impl Fn(usize) -> String) -> io::Result<PathBuf> {
    let mut file = temporary(folder, bytes)?;
    for number in 1.. {
        let path = folder.join(name(number));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    unreachable!("some number is free")
}

/// A complete temporary file in the folder where it will be renamed, on disk.
///
/// # Errors
/// If the file cannot be written.
pub fn temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let file = temporary_unsynced(folder, bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The same, which a failing machine may tear.
///
/// # Errors
/// If the file cannot be written.
pub fn temporary_unsynced(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    // As other programs make files: readable by whom the user's umask says, not by the user alone.
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    // Its own words name the temporary file, which says nothing to a user.
    let mut file = builder.tempfile_in(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            io::Error::new(error.kind(), format!("there is no folder {}", folder.display()))
        }
        kind => io::Error::from(kind),
    })?;
    file.write_all(bytes)?;
    Ok(file)
}
