//! What the files contain that a snapshot came from.

use std::fs;
use std::io;
use std::path::Path;

use blake3::Hasher;
use serde::{Deserialize, Serialize};

use crate::input_file::open_regular;
use crate::script::library;
use crate::siglip::{Checkpoint, Tower};
use crate::store::Cache;

/// BLAKE3 digests in hexadecimal digits; none of what could not be read, such as a pipe.
///
/// A file's digest is that of its bytes, as `b3sum` prints it; a folder's is that of the lines `b3sum *` prints in it.
/// A tower's digest is that of its tensors: for each file of weights a line per tensor with name, type and shape, then
/// the digest of the tensors' bytes. So it does not depend on the other tower.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    /// The clip.
    pub clip: Option<String>,
    /// The image tower's weights.
    pub vision: Option<String>,
    /// The text tower's weights.
    pub text: Option<String>,
    /// The tokenizer's file.
    pub tokenizer: Option<String>,
    /// The script file.
    pub scripts: Option<String>,
}

impl Hashes {
    /// Reads all files in full, but for those that the cache remembers: to be called in the background.
    pub fn of(clip: &Path, scripts: &Path, checkpoint: &Checkpoint, cache: Option<&Cache>) -> Self {
        let content = |path: &Path| digest(path, "bytes", cache, |hasher| read(path, hasher));
        let scripts = match library::bytes(scripts) {
            Some(bytes) => Some(blake3::hash(bytes).to_string()),
            None => content(scripts),
        };
        Self { clip: content(clip), scripts, ..Self::of_model(checkpoint, cache) }
    }

    /// The same of the checkpoint alone.
    pub fn of_model(checkpoint: &Checkpoint, cache: Option<&Cache>) -> Self {
        Self {
            vision: weights(checkpoint, Tower::Vision, cache),
            text: weights(checkpoint, Tower::Text, cache),
            tokenizer: digest(checkpoint.tokenizer_file(), "bytes", cache, |hasher| {
                read(checkpoint.tokenizer_file(), hasher)
            }),
            ..Self::default()
        }
    }
}

/// The digest of what `take` reads of a file; `part` says what that is.
fn digest(
    path: &Path,
    part: &str,
    cache: Option<&Cache>,
    take: impl FnOnce(&mut Hasher) -> io::Result<()>,
) -> Option<String> {
    if let Some(cache) = cache {
        return Some(cache.contents_by(path, part, take).ok()??.digest().to_owned());
    }
    let mut hasher = Hasher::new();
    take(&mut hasher).ok()?;
    Some(hasher.finalize().to_string())
}

/// A file's bytes, or a line for each file in a folder. A pipe is left alone: its bytes come only once.
fn read(path: &Path, hasher: &mut Hasher) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        hasher.update_reader(open_regular(path)?)?;
        return Ok(());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if fs::metadata(entry.path())?.is_file() {
            files.push(entry);
        }
    }
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let mut of_file = Hasher::new();
        of_file.update_reader(open_regular(&file.path())?)?;
        let line = format!("{}  {}\n", of_file.finalize(), file.file_name().to_string_lossy());
        hasher.update(line.as_bytes());
    }
    Ok(())
}

fn weights(checkpoint: &Checkpoint, tower: Tower, cache: Option<&Cache>) -> Option<String> {
    let mut hasher = Hasher::new();
    for share in checkpoint.weight_shares(tower) {
        let tensors = share.describe();
        // As a model's identity names it, so that the cache remembers it from there.
        let digest = digest(share.path(), &tensors, cache, |hasher| {
            share.read(|piece| {
                hasher.update(piece);
            })
        })?;
        hasher.update(tensors.as_bytes()).update(digest.as_bytes());
    }
    Some(hasher.finalize().to_string())
}
