//! From the path of a clip to a file that can be opened, also where it comes through a pipe.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Problem, VideoError};

/// A clip or an image on disk.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// The path to open. What came through a pipe has one of its own.
    pub(super) path: PathBuf,
    pub(super) name: PathBuf,
    pub(super) is_folder: bool,
}

impl Input {
    /// A file that a folder lists.
    pub(super) fn listed(path: PathBuf) -> Self {
        Self { name: path.clone(), path, is_folder: false }
    }

    /// Refuses what is missing, unreadable or empty. `-` is standard input. A pipe is read to its end.
    pub(super) fn of(path: &Path) -> Result<Self, VideoError> {
        let is_stdin = path == "-" || path == "/dev/stdin";
        let name = if is_stdin { PathBuf::from("standard input") } else { path.to_owned() };
        let path = if is_stdin { PathBuf::from("/dev/stdin") } else { path.to_owned() };
        let mut input = Self { path, name, is_folder: false };
        let metadata = fs::metadata(&input.path).map_err(|error| input.unopened(error))?;
        input.is_folder = metadata.is_dir();
        if input.is_folder {
            return Ok(input);
        }
        #[cfg(unix)]
        if pipe::is_pipe(&metadata) {
            input.path = pipe::keep(&input.name, || -> io::Result<Box<dyn io::Read>> {
                if is_stdin { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(&input.path)?)) }
            })
            .map_err(|problem| input.error(problem))?;
            return Ok(input);
        }
        if !metadata.is_file() {
            return Err(input.error(Problem::Device));
        }
        File::open(&input.path).map_err(|error| input.unopened(error))?;
        if metadata.len() == 0 {
            return Err(input.error(Problem::EmptyFile));
        }
        Ok(input)
    }

    pub(super) fn error(&self, problem: Problem) -> VideoError {
        VideoError::new(&self.name, problem)
    }

    pub(super) fn unreadable(&self, source: io::Error) -> VideoError {
        self.error(Problem::Unreadable(source))
    }

    fn unopened(&self, source: io::Error) -> VideoError {
        match source.kind() {
            io::ErrorKind::NotFound => self.error(Problem::NotFound),
            _ => self.unreadable(source),
        }
    }
}

/// A pipe gives its bytes once and in order, but many containers keep their index at the end, and a reader may open its
/// clip twice. So all that comes is kept in a file without a name, which is gone when the program is.
#[cfg(unix)]
mod pipe {
    use std::collections::HashMap;
    use std::fs::{File, Metadata};
    use std::io::{self, Read, Seek};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileTypeExt;
    use std::path::{Path, PathBuf};
    use std::sync::{LazyLock, Mutex, PoisonError};

    use crate::video::Problem;

    /// Contents by name: a pipe that is named again gives the same clip again.
    static KEPT: LazyLock<Mutex<HashMap<PathBuf, File>>> = LazyLock::new(Mutex::default);

    /// Bytes copied between two checks of the room that is left.
    const CHUNK: u64 = 64 << 20;
    /// Bytes left to others; on a small disk a twentieth of it.
    const RESERVE: u64 = 256 << 20;

    pub(super) fn is_pipe(metadata: &Metadata) -> bool {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_socket()
    }

    /// Reads a pipe to its end and returns a path of its contents, which stays valid.
    pub(super) fn keep(
        name: &Path,
        open: impl FnOnce() -> io::Result<Box<dyn Read>>,
    ) -> Result<PathBuf, Problem> {
        let not_kept = |error| Problem::PipeNotKept { error };
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.contains_key(name) {
            let mut bytes = open().map_err(Problem::Unreadable)?;
            let mut file = tempfile::tempfile().map_err(not_kept)?;
            if copy(&mut bytes, &mut file).map_err(not_kept)? == 0 {
                return Err(Problem::EmptyPipe);
            }
            kept.insert(name.to_owned(), file);
        }
        let mut file = &kept[name];
        // Where the path leads to the open file itself, rather than to a new view of it, its position is shared.
        file.rewind().map_err(not_kept)?;
        Ok(format!("/dev/fd/{}", file.as_raw_fd()).into())
    }

    /// Copies all that comes, unless it would fill the disk: a pipe may have no end.
    fn copy(from: &mut dyn Read, to: &mut File) -> io::Result<u64> {
        let mut total = 0;
        loop {
            let disk = rustix::fs::fstatvfs(&*to)?;
            let (free, size) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
            // A file system that states no size has none to leave.
            if free < RESERVE.min(size / 20) {
                let text = format!("{} MiB came, {} MiB are left", total >> 20, free >> 20);
                return Err(io::Error::new(io::ErrorKind::StorageFull, text));
            }
            match io::copy(&mut from.take(CHUNK), to)? {
                0 => return Ok(total),
                copied => total += copied,
            }
        }
    }
}
