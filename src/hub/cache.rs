//! The cache that the tools of the hub share: `models--ORG--NAME` with the files in `blobs`, named by their hashes, the
//! commits of branches in `refs`, and for each commit a folder of links in `snapshots`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::files::{CONFIG, INDEX, SINGLE, TOKENIZER, shards};
use super::hash::Etag;
use super::id::ModelId;
use crate::input_file::{MOST_CONFIG, read_bounded};
use crate::text_file;
#[cfg(any(not(unix), test))]
use crate::whole::temporary_unsynced;
use crate::whole::write_whole;

/// The cache folder. It need not exist.
#[derive(Clone, Debug)]
pub struct HubCache {
    root: PathBuf,
}

impl HubCache {
    /// The cache in that folder.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The snapshot of a model where all files of a checkpoint are there. No network is used.
    pub fn find(&self, id: &ModelId) -> Option<PathBuf> {
        let repo = self.repo(id);
        let commit = text_file::read(&repo.root.join("refs").join(id.revision()), MOST_CONFIG)
            .map_or_else(|_| id.revision().to_owned(), |commit| commit.trim().to_owned());
        let snapshot = repo.snapshot(&commit)?;
        is_complete(&snapshot).then_some(snapshot)
    }

    pub(super) fn repo(&self, id: &ModelId) -> Repo {
        let locks = self.root.join(".locks").join(id.folder());
        Repo { root: self.root.join(id.folder()), locks }
    }
}

/// Whether a folder has all files without which a checkpoint is none.
fn is_complete(snapshot: &Path) -> bool {
    let has = |name: &str| snapshot.join(name).is_file();
    let has_weights = has(SINGLE)
        || read_bounded(&snapshot.join(INDEX), MOST_CONFIG)
            .ok()
            .and_then(|index: Vec<u8>| shards(&index).ok())
            .is_some_and(|names| names.iter().all(|name| has(name)));
    has(CONFIG) && has(TOKENIZER) && has_weights
}

/// The folder of a model in the cache.
#[derive(Debug)]
pub(super) struct Repo {
    root: PathBuf,
    locks: PathBuf,
}

impl Repo {
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a commit. None where this is no name of a commit.
    pub fn snapshot(&self, commit: &str) -> Option<PathBuf> {
        is_commit(commit).then(|| self.root.join("snapshots").join(commit))
    }

    /// The file of that hash.
    pub fn blob(&self, etag: &Etag) -> PathBuf {
        self.root.join("blobs").join(etag.as_str())
    }

    /// Where a file grows until it is whole. The hub's own tools resumed files of this name for years and now use other
    /// names, so that neither gets into the way of the other.
    pub fn incomplete(&self, etag: &Etag) -> PathBuf {
        self.root.join("blobs").join(format!("{}.incomplete", etag.as_str()))
    }

    /// The file that a program locks while it fetches a blob.
    pub fn lock(&self, etag: &Etag) -> io::Result<File> {
        fs::create_dir_all(&self.locks)?;
        File::options().create(true).append(true).open(self.locks.join(format!("{}.lock", etag.as_str())))
    }

    /// Makes the folders.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(self.root.join("blobs"))?;
        fs::create_dir_all(self.root.join("refs"))?;
        fs::create_dir_all(self.root.join("snapshots"))
    }

    /// Puts a blob into the folder of a commit under its name.
    pub fn link(&self, snapshot: &Path, name: &str, etag: &Etag) -> io::Result<()> {
        fs::create_dir_all(snapshot)?;
        let (link, target) = (snapshot.join(name), self.blob(etag));
        if leads_to(&link, etag, &target) {
            return Ok(());
        }
        // An older file of that name is in the way.
        let _ = fs::remove_file(&link);
        match symlink(etag, &target, &link) {
            // Another program was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && link.exists() => Ok(()),
            outcome => outcome,
        }
    }

    /// Remembers which commit a branch or a tag was. A commit needs no such note.
    pub fn remember(&self, revision: &str, commit: &str) -> io::Result<()> {
        let path = self.root.join("refs").join(revision);
        if revision == commit || text_file::read(&path, MOST_CONFIG).is_ok_and(|known| known == commit) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        write_whole(&path, commit.as_bytes())
    }
}

/// Whether this is the full name of a commit, which becomes the name of a folder.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Relative, so that the cache can be moved.
#[cfg(unix)]
fn relative(etag: &Etag) -> PathBuf {
    Path::new("../../blobs").join(etag.as_str())
}

#[cfg(unix)]
fn leads_to(link: &Path, etag: &Etag, _: &Path) -> bool {
    fs::read_link(link).is_ok_and(|to| to == relative(etag)) && link.is_file()
}

#[cfg(unix)]
fn symlink(etag: &Etag, _: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(relative(etag), link)
}

/// A hard link, which symbolic ones need rights for there that users seldom have: it has the size and the time of its
/// target.
#[cfg(not(unix))]
fn leads_to(link: &Path, _: &Etag, target: &Path) -> bool {
    let facts = |path: &Path| fs::metadata(path).ok().map(|facts| (facts.len(), facts.modified().ok()));
    facts(link).is_some_and(|link| Some(link) == facts(target))
}

#[cfg(not(unix))]
fn symlink(_: &Etag, target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link).or_else(|_| copy(target, link))
}

/// Copies under a temporary name: a copy that was ended must not look like the file.
#[cfg(any(not(unix), test))]
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
        let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&target), time(&link));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_right_stays() {
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
