//! Files that appear whole or not at all.
//!
//! A file is written under a temporary name beside it and renamed. Errors name the folder, and callers the file. Temporary
//! files of killed processes are removed by the next process that writes to the folder.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// Prefix and suffix of temporary files.
pub const TEMPORARY: (&str, &str) = (".actalign-", ".part");

/// Age after which a temporary file counts as abandoned, even if another machine wrote it.
const STALE: Duration = Duration::from_secs(60 * 60);

/// Makes writing past the limit of `ulimit -f` an error that can be reported, instead of a signal that ends the process.
#[cfg(unix)]
pub fn report_size_limit() {
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Writes a file under a temporary name and renames it. A device or a pipe is written to directly.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Renaming onto /dev/null would replace it for everybody.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let written = OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes));
        return written.map_err(|error| explain(error, folder));
    }
    temporary(folder, bytes)?.persist(path).map_err(|error| explain(error.error, folder))?;
    Ok(())
}

/// Writes a file into `folder` under the first free name of `name(1)`, `name(2)`, …, and returns its path. It appears whole
/// or not at all, and never replaces another.
pub fn write_new(folder: &Path, bytes: &[u8], name: impl Fn(usize) -> String) -> io::Result<PathBuf> {
    let mut file = temporary(folder, bytes)?;
    for number in 1.. {
        let path = folder.join(name(number));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(explain(error.error, folder)),
        }
    }
    unreachable!("some number is free")
}

/// A complete temporary file, synced to disk, in the folder where it will be renamed.
pub fn temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let file = temporary_unsynced(folder, bytes)?;
    file.as_file().sync_all().map_err(|error| explain(error, folder))?;
    Ok(file)
}

/// As [`temporary`], but not synced: a crash of the machine may tear it.
pub fn temporary_unsynced(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    sweep_once(folder);
    let mut builder = tempfile::Builder::new();
    let prefix = format!("{}{}-{}-", TEMPORARY.0, &*HOST, process::id());
    builder.prefix(&prefix).suffix(TEMPORARY.1);
    // Readable by whom the user's umask allows, as files of other programs, and not by the user alone.
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|error| explain(error, folder))?;
    // Locked while it is written, so that nobody takes it for abandoned.
    let _ = file.as_file().try_lock();
    // Through the file itself: the wrapper's errors name the temporary file, which users do not know.
    file.as_file_mut().write_all(bytes).map_err(|error| explain(error, folder))?;
    Ok(file)
}

/// An error of writing in a folder, with what to do. The kind stays.
pub fn explain(error: io::Error, folder: &Path) -> io::Error {
    use io::ErrorKind as Kind;
    let name = folder.display();
    let text = match error.kind() {
        Kind::NotFound if !folder.is_dir() => format!("there is no folder {name}"),
        Kind::NotADirectory => format!("{name} is not a folder"),
        Kind::IsADirectory => "a folder has that name; name a file".to_owned(),
        Kind::StorageFull => {
            format!("the disk of {name} is full; free space there, or write to another disk")
        }
        Kind::QuotaExceeded => {
            format!("your disk quota in {name} is used up; delete files there, or write to another disk")
        }
        Kind::FileTooLarge => {
            "it is larger than this shell lets files become; raise the limit with ulimit -f".to_owned()
        }
        Kind::ReadOnlyFilesystem => format!("{name} is on a read-only file system; write to another folder"),
        Kind::PermissionDenied => {
            format!("no permission to write in {name}; change that with chmod, or write to another folder")
        }
        // Without the path of the temporary file.
        kind => match error.raw_os_error() {
            Some(code) => return io::Error::from_raw_os_error(code),
            None => return io::Error::new(kind, kind.to_string()),
        },
    };
    io::Error::new(error.kind(), text)
}

/// [`sweep`], the first time that this process writes to a folder.
fn sweep_once(folder: &Path) {
    static SWEPT: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);
    if SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        sweep(folder, SystemTime::now());
    }
}

/// Removes temporary files of killed processes from a folder.
pub fn sweep(folder: &Path, now: SystemTime) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten() {
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let Some(middle) = name.strip_prefix(TEMPORARY.0).and_then(|rest| rest.strip_suffix(TEMPORARY.1))
        else {
            continue;
        };
        let Some(found) = file.metadata().ok().filter(fs::Metadata::is_file) else { continue };
        let is_old =
            found.modified().ok().and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age > STALE);
        if (is_old || is_of_dead_process(middle)) && !is_locked(&file.path()) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// A short hash of the host name. Empty where it is unknown, so that no process is taken for dead.
static HOST: LazyLock<String> = LazyLock::new(|| {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.is_empty() { name } else { blake3::hash(name.as_bytes()).to_hex()[..8].to_owned() }
});

/// Whether a temporary file's name is that of a dead process of this machine.
fn is_of_dead_process(name: &str) -> bool {
    let mut parts = name.split('-');
    let (Some(host), Some(process)) = (parts.next(), parts.next()) else { return false };
    let is_here = !HOST.is_empty() && host == *HOST && Path::new("/proc/self").exists();
    is_here && process.parse::<u32>().is_ok_and(|id| !Path::new("/proc").join(id.to_string()).exists())
}

/// Whether another process has locked a file; false on file systems without locks.
fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn names(folder: &TempDir) -> Vec<String> {
        let files = fs::read_dir(folder.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_temporary_files_of_killed_processes_are_removed() {
        let folder = TempDir::new().unwrap();
        let old = SystemTime::now() - 2 * STALE;
        let place = |name: &str| folder.path().join(name);
        for name in [".actalign-old.part", "own.part", ".actalign-new.part"] {
            fs::write(place(name), "half").unwrap();
        }
        for name in [".actalign-old.part", "own.part"] {
            File::options().append(true).open(place(name)).unwrap().set_modified(old).unwrap();
        }
        // No process has this number.
        let dead = format!("{}{}-4294967295-x{}", TEMPORARY.0, &*HOST, TEMPORARY.1);
        fs::write(place(&dead), "half").unwrap();
        let held = temporary(folder.path(), b"whole").unwrap();
        held.as_file().set_modified(old).unwrap();
        sweep(folder.path(), SystemTime::now());
        let mut left = names(&folder);
        left.sort();
        let own = held.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut expected = vec![own, ".actalign-new.part".to_owned(), "own.part".to_owned()];
        if HOST.is_empty() {
            expected.push(dead);
        }
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn the_first_write_to_a_folder_sweeps_it() {
        let folder = TempDir::new().unwrap();
        let left = folder.path().join(".actalign-old.part");
        fs::write(&left, "half").unwrap();
        let old = SystemTime::now() - 2 * STALE;
        File::options().append(true).open(&left).unwrap().set_modified(old).unwrap();
        write_atomically(&folder.path().join("out"), b"whole").unwrap();
        assert_eq!(names(&folder), ["out"]);
    }

    #[test]
    fn errors_say_what_to_do_and_do_not_name_the_temporary_file() {
        use io::ErrorKind as Kind;
        let folder = TempDir::new().unwrap();
        let missing = folder.path().join("missing");
        let error = write_atomically(&missing.join("out"), b"").unwrap_err();
        assert_eq!(error.to_string(), format!("there is no folder {}", missing.display()));
        let error = write_atomically(folder.path(), b"").unwrap_err();
        assert!(!error.to_string().contains(TEMPORARY.0), "{error}");
        for kind in [
            Kind::StorageFull,
            Kind::QuotaExceeded,
            Kind::FileTooLarge,
            Kind::ReadOnlyFilesystem,
            Kind::PermissionDenied,
        ] {
            let error = explain(io::Error::new(kind, "at path \"/x/.actalign-1.part\""), Path::new("/x"));
            assert_eq!(error.kind(), kind);
            assert!(!error.to_string().contains(TEMPORARY.0) && error.to_string().contains(' '), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = TempDir::new().unwrap();
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        write_atomically(&link, b"bytes").unwrap();
        assert!(fs::metadata(&link).unwrap().file_type().is_char_device());
    }
}
