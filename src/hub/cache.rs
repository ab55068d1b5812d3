//! The cache that the tools of the hub share: `models--ORG--NAME` with the files in `blobs`, named by their hashes, the
//! commits of branches in `refs`, and for each commit a folder of links in `snapshots`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::files::{CONFIG, INDEX, SINGLE, TOKENIZER, shards};
use super::hash::Etag;
use super::id::ModelId;
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
        let commit = fs::read_to_string(repo.root.join("refs").join(id.revision()))
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
        || fs::read(snapshot.join(INDEX))
            .ok()
            .and_then(|index| shards(&index).ok())
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
        // Another program may have been faster, or an older file of that name is in the way.
        let _ = fs::remove_file(&link);
        match symlink(etag, &target, &link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && link.exists() => Ok(()),
            outcome => outcome,
        }
    }

    /// Remembers which commit a branch or a tag was. A commit needs no such note.
    pub fn remember(&self, revision: &str, commit: &str) -> io::Result<()> {
        let path = self.root.join("refs").join(revision);
        if revision == commit || fs::read_to_string(&path).is_ok_and(|known| known == commit) {
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

#[cfg(unix)]
fn symlink(etag: &Etag, _: &Path, link: &Path) -> io::Result<()> {
    // Relative, so that the cache can be moved.
    std::os::unix::fs::symlink(Path::new("../../blobs").join(etag.as_str()), link)
}

/// Links need rights there that users seldom have.
#[cfg(not(unix))]
fn symlink(_: &Etag, target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link).or_else(|_| fs::copy(target, link).map(|_| ()))
}
