//! Locks on files, also on file systems without locks and in folders where other users can put links.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

#[derive(Debug)]
pub enum Lock {
    /// Until the file is closed.
    Held(File),
    /// Another process holds the lock; [`wait`] takes the file.
    Busy(File),
    /// The file cannot be locked, as on Lustre without `-o flock` and on some network file systems.
    Unsupported(io::Error),
}

/// Opens or creates a lock file and locks it without waiting. Links are not followed.
pub fn try_lock(path: &Path) -> Lock {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) => return Lock::Unsupported(error),
    };
    match system_lock(&file) {
        Ok(()) => Lock::Held(file),
        Err(TryLockError::WouldBlock) => Lock::Busy(file),
        // A network file system may report this for a lock that another process holds, as POSIX allows.
        #[cfg(unix)]
        Err(TryLockError::Error(error))
            if error.raw_os_error() == Some(rustix::io::Errno::ACCESS.raw_os_error()) =>
        {
            Lock::Busy(file)
        }
        Err(TryLockError::Error(error)) => Lock::Unsupported(error),
    }
}

pub fn wait(file: File) -> Lock {
    loop {
        match file.lock() {
            Ok(()) => return Lock::Held(file),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Lock::Unsupported(error),
        }
    }
}

/// Opens or creates a lock file. That of another user can often only be read, which is enough to lock it.
pub fn open(path: &Path) -> io::Result<File> {
    let create = no_follow().read(true).append(true).create(true).open(path);
    let file = match create {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            no_follow().read(true).open(path).map_err(|_| error)?
        }
        created => created?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
}

/// Options that do not follow links and do not wait for pipes.
pub fn no_follow() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as _);
    }
    options
}

fn system_lock(file: &File) -> Result<(), TryLockError> {
    #[cfg(test)]
    if let Some(errno) = tests::FAULT.get() {
        return Err(TryLockError::Error(io::Error::from_raw_os_error(errno)));
    }
    file.try_lock()
}

#[cfg(test)]
pub mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// The error of every attempt to lock in this thread.
        pub static FAULT: Cell<Option<i32>> = const { Cell::new(None) };
    }

    /// Runs as on a file system on which every lock fails with this error.
    #[cfg(unix)]
    pub fn with_fault<T>(errno: i32, run: impl FnOnce() -> T) -> T {
        FAULT.set(Some(errno));
        let result = run();
        FAULT.set(None);
        result
    }

    #[test]
    fn a_held_lock_is_busy_for_everyone_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let Lock::Held(first) = try_lock(&path) else { panic!("it is free") };
        assert!(matches!(try_lock(&path), Lock::Busy(_)));
        drop(first);
        assert!(matches!(try_lock(&path), Lock::Held(_)));
    }

    #[cfg(unix)]
    #[test]
    fn missing_lock_support_is_not_a_held_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        for errno in [libc::ENOSYS, libc::ENOTSUP, libc::EOPNOTSUPP, libc::ENOLCK, libc::EINVAL, libc::EIO] {
            let lock = with_fault(errno, || try_lock(&path));
            assert!(matches!(lock, Lock::Unsupported(_)), "{errno}: {lock:?}");
        }
        let lock = with_fault(libc::EACCES, || try_lock(&path));
        assert!(matches!(lock, Lock::Busy(_)), "{lock:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("lock"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(try_lock(&link), Lock::Unsupported(_)));
        assert!(!target.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_lock_file_is_locked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(try_lock(&path), Lock::Held(_)));
    }
}
