//! Files that appear whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write};
use std::path::Path;

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
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}
