//! The cache shared with the hub's own tools: `models--ORG--NAME` with the files in `blobs`, named by their hashes, the
//! commits of branches in `refs`, and a folder of links for each commit in `snapshots`.
//!
//! Other users may share it too. Nothing is written through a link in it, except for a model's folder that this user, the
//! owner of the cache or root has put elsewhere.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::{Layout, OPEN_CLIP, TOKENIZER, TRANSFORMERS, shards};
use super::hash::Etag;
use super::model_id::ModelId;
use crate::files::atomic_write::{sweep, temporary_unsynced, write_atomically};
use crate::files::input_file::{MOST_CONFIG, read_bounded};
use crate::files::leftovers::sweep_files;
use crate::files::lock::{self, Lock};
use crate::files::text_file;

/// Partial downloads that were not resumed for this long are deleted.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
const INCOMPLETE: &str = ".incomplete";

/// The cache folder. It need not exist.
#[derive(Clone, Debug)]
pub struct HubCache {
    root: PathBuf,
}

impl HubCache {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The snapshot of a model, if all files of a checkpoint are there. Uses no network.
    pub fn find(&self, id: &ModelId) -> Option<PathBuf> {
        let repo = self.repo(id);
        let commit = text_file::read(&repo.root.join("refs").join(id.revision()), MOST_CONFIG)
            .map_or_else(|_| id.revision().to_owned(), |commit| commit.trim().to_owned());
        let snapshot = repo.snapshot(&commit)?;
        is_complete(&snapshot).then_some(snapshot)
    }

    /// The first file of a snapshot whose hash is not the name of its blob, as on a failing disk.
    pub(super) fn damaged(
        snapshot: &Path,
        is_right: impl Fn(&Path, &Etag, u64) -> bool,
    ) -> io::Result<Option<PathBuf>> {
        for entry in fs::read_dir(snapshot)? {
            let path = entry?.path();
            // Other files of the repository are not read.
            if !path.extension().is_some_and(|end| end == "json" || end == "safetensors") {
                continue;
            }
            let Ok(blob) = path.canonicalize() else { continue };
            let etag = blob.file_name().and_then(|name| Etag::parse(name.to_str()?));
            let Some(etag) = etag else { continue };
            if !is_right(&blob, &etag, fs::metadata(&blob)?.len()) {
                return Ok(Some(blob));
            }
        }
        Ok(None)
    }

    pub(super) fn repo(&self, id: &ModelId) -> Repo {
        let locks = self.root.join(".locks").join(id.folder());
        Repo { cache: self.root.clone(), root: self.root.join(id.folder()), locks }
    }
}

/// Whether a folder has all files that a checkpoint needs.
fn is_complete(snapshot: &Path) -> bool {
    let has = |name: &str| snapshot.join(name).is_file();
    let has_weights = |layout: &Layout| {
        has(layout.single)
            || read_bounded(&snapshot.join(layout.index), MOST_CONFIG)
                .ok()
                .and_then(|index: Vec<u8>| shards(&index).ok())
                .is_some_and(|names| names.iter().all(|name| has(name)))
    };
    has(TOKENIZER)
        && [&TRANSFORMERS, &OPEN_CLIP].iter().any(|layout| has(layout.config) && has_weights(layout))
}

/// The folder of a model in the cache.
#[derive(Debug)]
pub(super) struct Repo {
    cache: PathBuf,
    root: PathBuf,
    locks: PathBuf,
}

impl Repo {
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a commit; `None` for anything but a full commit name.
    pub fn snapshot(&self, commit: &str) -> Option<PathBuf> {
        is_commit(commit).then(|| self.root.join("snapshots").join(commit))
    }

    pub fn blob(&self, etag: &Etag) -> PathBuf {
        self.root.join("blobs").join(etag.as_str())
    }

    /// The partial download of a file. The hub's own tools used this name for years and now use another, so neither
    /// disturbs the other.
    pub fn incomplete(&self, etag: &Etag) -> PathBuf {
        self.root.join("blobs").join(format!("{}{INCOMPLETE}", etag.as_str()))
    }

    /// Takes the lock that programs hold while they fetch a blob.
    pub fn lock(&self, etag: &Etag) -> Lock {
        let folders = [self.cache.join(".locks"), self.locks.clone()];
        match folders.iter().try_for_each(|folder| make_folder(folder)) {
            Ok(()) => lock::try_lock(&self.locks.join(format!("{}.lock", etag.as_str()))),
            Err(error) => Lock::Unsupported(error),
        }
    }

    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(&self.cache)?;
        if !is_link_of_ours(&self.root, &self.cache) {
            make_folder(&self.root)?;
        }
        ["blobs", "refs", "snapshots"].iter().try_for_each(|name| make_folder(&self.root.join(name)))
    }

    /// Puts a blob into the folder of a commit under its name.
    pub fn link(&self, snapshot: &Path, name: &str, etag: &Etag) -> io::Result<()> {
        let (link, target) = (snapshot.join(name), self.blob(etag));
        if leads_to(&link, &target) {
            return Ok(());
        }
        self.create()?;
        make_folder(snapshot)?;
        // An older version may be in the way.
        let _ = fs::remove_file(&link);
        match symlink(etag, &target, &link) {
            Ok(()) => Ok(()),
            // Another program was faster.
            Err(_) if leads_to(&link, &target) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => place_without_symlink(&target, &link),
        }
    }

    /// Records the commit of a branch or tag.
    pub fn record(&self, revision: &str, commit: &str) -> io::Result<()> {
        let path = self.root.join("refs").join(revision);
        if revision == commit || text_file::read(&path, MOST_CONFIG).is_ok_and(|known| known == commit) {
            return Ok(());
        }
        self.create()?;
        // A revision may have several parts, such as refs/pr/3.
        let mut folder = self.root.join("refs");
        for part in Path::new(revision).parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            make_folder(&folder)?;
        }
        // A link is not a record, whatever it leads to.
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            fs::remove_file(&path)?;
        }
        write_atomically(&path, commit.as_bytes())
    }

    /// Removes what killed programs left: temporary files, and partial downloads that are not `wanted` and were abandoned.
    pub fn sweep(&self, snapshot: &Path, wanted: &[&Etag]) {
        let now = SystemTime::now();
        sweep(snapshot, now);
        sweep(&self.root.join("refs"), now);
        let wanted: Vec<String> =
            wanted.iter().map(|etag| format!("{}{INCOMPLETE}", etag.as_str())).collect();
        let is_abandoned =
            |name: &str| name.ends_with(INCOMPLETE) && !wanted.iter().any(|wanted| wanted == name);
        sweep_files(&self.root.join("blobs"), now, ABANDONED, is_abandoned);
    }
}

/// Makes a folder, unless it exists. A link in its place is refused: its owner would decide where files go.
fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = folder.parent().ok_or(error)?;
            fs::create_dir_all(parent)?;
            fs::create_dir(folder)
        }
        // A read-only file system fails even if the folder exists.
        Err(error) => match fs::symlink_metadata(folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(found) if found.is_symlink() => Err(io::Error::other(format!(
                "{} is a link, which is not followed; remove it",
                folder.display()
            ))),
            _ => Err(error),
        },
        made => made,
    }
}

/// Whether this is a link to a folder that this user, the owner of the cache or root made.
#[cfg(unix)]
fn is_link_of_ours(link: &Path, cache: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(found) = fs::symlink_metadata(link) else { return false };
    // SAFETY: it only reads the process's own user ID.
    let user = unsafe { libc::geteuid() };
    let owner = fs::metadata(cache).map_or(user, |cache| cache.uid());
    found.is_symlink() && link.is_dir() && [user, owner, 0].contains(&found.uid())
}

#[cfg(not(unix))]
fn is_link_of_ours(link: &Path, _: &Path) -> bool {
    link.is_dir()
}

pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Relative, so that the cache can be moved.
#[cfg(unix)]
fn symlink(etag: &Etag, _: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(Path::new("../../blobs").join(etag.as_str()), link)
}

/// Symbolic links need rights that Windows users seldom have.
#[cfg(not(unix))]
fn symlink(_: &Etag, target: &Path, link: &Path) -> io::Result<()> {
    place_without_symlink(target, link)
}

/// Whether a file of a snapshot is that blob: a link to it, or a hard link or copy with its size and time.
fn leads_to(link: &Path, target: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(link) else { return false };
    if found.is_symlink() {
        return matches!((link.canonicalize(), target.canonicalize()), (Ok(link), Ok(target)) if link == target);
    }
    let facts = |found: fs::Metadata| (found.is_file(), found.len(), found.modified().ok());
    fs::metadata(target).is_ok_and(|target| facts(target) == facts(found))
}

/// For file systems without symbolic links: a hard link, else a copy.
fn place_without_symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link).or_else(|_| copy(target, link))
}

/// Copies under a temporary name, so that an interrupted copy does not look like the file.
fn copy(target: &Path, link: &Path) -> io::Result<()> {
    let mut copy = temporary_unsynced(link.parent().unwrap_or(Path::new(".")), b"")?;
    io::copy(&mut File::open(target)?, copy.as_file_mut())?;
    copy.as_file().set_modified(fs::metadata(target)?.modified()?)?;
    copy.persist(link)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("blob"), folder.path().join("config.json"));
        assert!(copy(&target, &link).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        fs::write(&target, "{}").unwrap();
        copy(&target, &link).unwrap();
        assert_eq!(fs::read_to_string(&link).unwrap(), "{}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_system_without_symbolic_links_gets_hard_links_or_copies() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("blob"), "{}").unwrap();
        place_without_symlink(&at("blob"), &at("hard")).unwrap();
        copy(&at("blob"), &at("copy")).unwrap();
        fs::write(at("other"), "[]").unwrap();
        assert!(leads_to(&at("hard"), &at("blob")) && leads_to(&at("copy"), &at("blob")));
        assert!(!leads_to(&at("other"), &at("blob")) && !leads_to(&at("none"), &at("blob")));
    }

    #[cfg(unix)]
    #[test]
    fn a_correct_link_is_kept() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let repo = HubCache::new(folder.path().to_owned()).repo(&"org/name".parse().unwrap());
        repo.create().unwrap();
        let etag = |digit: &str| Etag::parse(&digit.repeat(40)).unwrap();
        let snapshot = repo.snapshot(&"a".repeat(40)).unwrap();
        let place = |digit| {
            fs::write(repo.blob(&etag(digit)), digit).unwrap();
            repo.link(&snapshot, "config.json", &etag(digit)).unwrap();
            fs::symlink_metadata(snapshot.join("config.json")).unwrap().ino()
        };
        let first = place("1");
        assert_eq!(place("1"), first);
        place("2");
        assert_eq!(fs::read_to_string(snapshot.join("config.json")).unwrap(), "2");
    }
}
