//! Reading input files: regular files only, and never more than a bound.
//!
//! A named pipe, a terminal or `/dev/zero` instead of a file would hang the program or fill the memory. Pipes that the shell
//! opened for this program (`--scripts <(command)`, `/dev/stdin`) are read, up to the same bound.
//!
//! Errors do not name the file; callers do.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a script file, manifest or file of texts. The bundled ones have a few KiB.
pub const MOST_TEXT: u64 = 256 << 20;
/// Bytes of a configuration, prompt, index of weights, certificate or token.
pub const MOST_CONFIG: u64 = 16 << 20;
/// Bytes of a matrix, cache entry or journal of an evaluation: four hours of a clip at 30 frames per second.
pub const MOST_DATA: u64 = 2 << 30;

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is no regular file, or is larger.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if is_null_device(&found) {
        return Ok(Vec::new());
    }
    let is_pipe = is_shell_pipe(path, &found);
    let file = if is_pipe { File::open(path)? } else { open_regular(path)? };
    let length = file.metadata()?.len();
    if !is_pipe && length > limit {
        return Err(too_large(&in_units(length), limit));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // The file may grow, and those of /proc have a length of 0.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(&format!("more than {}", in_units(limit)), limit));
    }
    Ok(bytes)
}

/// Opens a regular file for reading. Never waits for the other end of a pipe.
pub fn open_regular(path: &Path) -> io::Result<File> {
    check_regular(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A file replaced by a pipe since then opens at once, and is refused below.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as _);
    }
    let file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

fn check_regular(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let fault = format!("{}, not a regular file; copy what it gives to a file", kind(found.file_type()));
    Err(io::Error::new(io::ErrorKind::InvalidData, fault))
}

fn kind(of: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if of.is_fifo() {
            return "a pipe";
        }
        if of.is_socket() {
            return "a socket";
        }
    }
    let _ = of;
    "a device"
}

/// Whether the shell opened this pipe for the program, as for `<(command)` and `/dev/stdin`.
#[cfg(unix)]
fn is_shell_pipe(path: &Path, found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_handed = path == Path::new("/dev/stdin")
        || path.starts_with("/dev/fd")
        || (path.starts_with("/proc") && path.parent().is_some_and(|folder| folder.ends_with("fd")));
    is_handed && (found.file_type().is_fifo() || found.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_shell_pipe(_: &Path, _: &Metadata) -> bool {
    false
}

/// Whether a file is `/dev/null`, which users give for an empty file.
#[cfg(unix)]
fn is_null_device(found: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    found.file_type().is_char_device()
        && std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == found.rdev())
}

#[cfg(not(unix))]
fn is_null_device(_: &Metadata) -> bool {
    false
}

fn too_large(size: &str, limit: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("{size}, and at most {} are read of such a file", in_units(limit)),
    )
}

fn in_units(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn a_file_is_read_up_to_the_bound_and_refused_beyond_it() {
        let file = file(b"12345");
        assert_eq!(read_bounded(file.path(), 5).unwrap(), b"12345");
        let error = read_bounded(file.path(), 4).unwrap_err();
        assert_eq!(error.to_string(), "5 bytes, and at most 4 bytes are read of such a file");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_refused_at_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for (path, what) in [(&*pipe, "a pipe"), (Path::new("/dev/zero"), "a device")] {
            let error = read_bounded(path, 99).unwrap_err().to_string();
            assert_eq!(error, format!("{what}, not a regular file; copy what it gives to a file"));
            assert_eq!(open_regular(path).unwrap_err().to_string(), error);
        }
        assert_eq!(read_bounded(Path::new("/dev/null"), 99).unwrap(), b"");
        let folder = read_bounded(folder.path(), 99).unwrap_err();
        assert_eq!(folder.kind(), io::ErrorKind::IsADirectory);
    }
}
