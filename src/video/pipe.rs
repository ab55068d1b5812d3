//! Clips that come through a pipe.
//!
//! A pipe gives its bytes once and in order. Many containers keep their index at the end, and a reader may open its
//! clip twice. So all that comes is kept in a file without a name, which is gone when the program is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::VideoError;

/// What came through each pipe. A pipe that is named again gives the same clip again.
static KEPT: LazyLock<Mutex<HashMap<PathBuf, File>>> = LazyLock::new(Mutex::default);

/// Reads a pipe to its end and returns the path of what came through, which stays valid.
///
/// # Errors
/// If nothing comes, or if it cannot be read or kept.
pub(super) fn keep(
    pipe: &Path,
    open: impl FnOnce() -> io::Result<Box<dyn Read>>,
) -> Result<PathBuf, VideoError> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if !kept.contains_key(pipe) {
        let unreadable = |source| VideoError::Unreadable { path: pipe.to_owned(), source };
        let mut bytes = open().map_err(unreadable)?;
        let not_kept = |source| VideoError::PipeNotKept { path: pipe.to_owned(), source };
        let mut file = tempfile::tempfile().map_err(not_kept)?;
        if copy(&mut bytes, &mut file).map_err(not_kept)? == 0 {
            return Err(VideoError::EmptyPipe { path: pipe.to_owned() });
        }
        kept.insert(pipe.to_owned(), file);
    }
    let mut file = &kept[pipe];
    // Where this name leads to the open file itself, rather than to a new view of it, its place is shared.
    file.rewind().map_err(|source| VideoError::PipeNotKept { path: pipe.to_owned(), source })?;
    Ok(format!("/dev/fd/{}", file.as_raw_fd()).into())
}

/// Bytes between two looks at how much room is left.
const STRETCH: u64 = 64 << 20;
/// Room that is left to others: so much, or a twentieth of a small disk.
const RESERVE: u64 = 256 << 20;

/// Copies all that comes, unless it would fill the disk: a pipe may have no end.
fn copy(from: &mut dyn Read, to: &mut File) -> io::Result<u64> {
    let mut total = 0;
    loop {
        let disk = rustix::fs::fstatvfs(&*to)?;
        let (free, size) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
        // A disk that does not tell its size has none to leave.
        if free < RESERVE.min(size / 20) {
            let folder = std::env::temp_dir();
            let text = format!(
                "{} MiB have come and {} MiB are left in {}; save the clip as a file, or set TMPDIR to a folder with more room",
                total >> 20,
                free >> 20,
                folder.display()
            );
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        match io::copy(&mut from.take(STRETCH), to)? {
            0 => return Ok(total),
            copied => total += copied,
        }
    }
}
