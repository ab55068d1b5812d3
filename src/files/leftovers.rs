//! Removing old files of killed processes, also where clocks are wrong.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Clocks of machines that share a file system differ by less.
const SKEW: Duration = Duration::from_secs(60 * 60);

/// Removes files older than `age` whose names `is_temporary` accepts. Links are neither followed nor removed.
pub fn sweep_files(folder: &Path, now: SystemTime, age: Duration, is_temporary: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_named = entry.file_name().to_str().is_some_and(&is_temporary);
        let Ok(found) = entry.metadata() else { continue };
        if is_named && is_older(&path, &found, age, now) && found.is_file() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a file was written more than `age` ago. A time in the future, from a wrong clock, is set to now, so that the
/// file ages from now on.
pub fn is_older(path: &Path, found: &Metadata, age: Duration, now: SystemTime) -> bool {
    let Ok(written) = found.modified() else { return false };
    if written > now + SKEW {
        set_time(path, now);
        return false;
    }
    now.duration_since(written).is_ok_and(|passed| passed > age)
}

/// Sets the modification time of a file, where that is allowed. Links are not followed.
pub fn set_time(path: &Path, time: SystemTime) {
    let _ = crate::files::lock::no_follow().read(true).open(path).and_then(|file| file.set_modified(time));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_old_temporary_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let at = |name: &str| folder.path().join(name);
        for (name, hours) in [("old.incomplete", 2), ("new.incomplete", 0), ("results.json", 2)] {
            fs::write(at(name), "x").unwrap();
            set_time(&at(name), now - hours * Duration::from_secs(3600));
        }
        let is_part = |name: &str| name.ends_with(".incomplete");
        sweep_files(folder.path(), now, HOUR, is_part);
        assert_eq!(names(folder.path()), ["new.incomplete", "results.json"]);
        sweep_files(&at("no such folder"), now, HOUR, is_part);
    }

    #[test]
    fn a_file_from_the_future_ages_from_now_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".actalign-future.part");
        let now = SystemTime::now();
        fs::write(&path, "x").unwrap();
        set_time(&path, now + Duration::from_secs(10 * 365 * 24 * 3600));
        let sweep_at = |now| sweep_files(folder.path(), now, HOUR, |_| true);
        sweep_at(now);
        assert!(path.exists());
        sweep_at(now + 2 * HOUR);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_neither_followed_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("mine"), folder.path().join(".actalign-link.part"));
        let now = SystemTime::now();
        fs::write(&target, "x").unwrap();
        set_time(&target, now - 10 * HOUR);
        std::os::unix::fs::symlink(&target, &link).unwrap();
        sweep_files(folder.path(), now + 2 * HOUR, HOUR, |name| name.starts_with(".actalign-"));
        assert_eq!(names(folder.path()), [".actalign-link.part", "mine"]);
        let before = fs::metadata(&target).unwrap().modified().unwrap();
        set_time(&link, now);
        assert_eq!(fs::metadata(&target).unwrap().modified().unwrap(), before);
    }
}
