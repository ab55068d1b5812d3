//! What a path leads to.

use std::fs::{self, File};
use std::io;
#[cfg(unix)]
use std::io::Read;
use std::path::{Path, PathBuf};

use super::VideoError;
#[cfg(unix)]
use super::pipe;

/// Where a clip or an image is, and what errors call it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The path to open. What came through a pipe has one of its own.
    pub(super) path: PathBuf,
    /// The name for messages.
    pub(super) name: PathBuf,
    pub(super) is_folder: bool,
}

impl Place {
    /// A file that a folder has named.
    pub(super) fn listed(path: PathBuf) -> Self {
        Self { name: path.clone(), path, is_folder: false }
    }

    /// Refuses what is missing, may not be read or holds no bytes. `-` is standard input. A pipe is read to its end.
    pub(super) fn of(path: &Path) -> Result<Self, VideoError> {
        let is_stdin = path == "-" || path == "/dev/stdin";
        let name = if is_stdin { PathBuf::from("standard input") } else { path.to_owned() };
        let path = if is_stdin { Path::new("/dev/stdin") } else { path };
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => VideoError::NotFound { path: name.clone() },
            _ => VideoError::Unreadable { path: name.clone(), source },
        };
        let metadata = fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Ok(Self { path: path.to_owned(), name, is_folder: true });
        }
        #[cfg(unix)]
        if is_pipe(&metadata) {
            let open = || -> io::Result<Box<dyn Read>> {
                if is_stdin { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(path)?)) }
            };
            return Ok(Self { path: pipe::keep(&name, open)?, name, is_folder: false });
        }
        if !metadata.is_file() {
            return Err(VideoError::Device { path: name });
        }
        File::open(path).map_err(failed)?;
        if metadata.len() == 0 {
            return Err(VideoError::EmptyFile { path: name });
        }
        Ok(Self { path: path.to_owned(), name, is_folder: false })
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_socket()
}
