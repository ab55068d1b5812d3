use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use blake3::Hasher;
use serde::{Deserialize, Serialize};

use crate::backbone::{Checkpoint, Tower};
use crate::cache::Cache;
use crate::files::input_file::open_regular;
use crate::script::library;
use crate::video::named_files;

/// BLAKE3 digests in hexadecimal digits; `None` for files that could not be read, such as pipes.
///
/// A file's digest is that of its bytes, as `b3sum` prints it; a folder's, of the lines that `b3sum *` prints in it; a
/// playlist's, of the lines that `b3sum` prints for it and the files that it names, in the order of their paths. A tower's
/// digest is that of its tensors alone: for each file of weights a line per tensor with name, type and shape, then the
/// digest of the tensors' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    pub clip: Option<String>,
    /// The weights of the image tower.
    pub vision: Option<String>,
    /// The weights of the text tower.
    pub text: Option<String>,
    pub tokenizer: Option<String>,
    pub scripts: Option<String>,
}

impl Hashes {
    /// Reads all files in full, unless the cache has their digests: to be called in the background.
    pub fn of(clip: &Path, scripts: &Path, checkpoint: &Checkpoint, cache: Option<&Cache>) -> Self {
        let scripts = match library::bytes(scripts) {
            Some(bytes) => Some(blake3::hash(bytes).to_string()),
            None => content(scripts, cache),
        };
        Self { clip: digest_of_clip(clip, cache), scripts, ..Self::of_model(checkpoint, cache) }
    }

    /// Of the checkpoint alone.
    pub fn of_model(checkpoint: &Checkpoint, cache: Option<&Cache>) -> Self {
        Self {
            vision: weights(checkpoint, Tower::Vision, cache),
            text: weights(checkpoint, Tower::Text, cache),
            tokenizer: content(checkpoint.tokenizer_file(), cache),
            ..Self::default()
        }
    }
}

fn content(path: &Path, cache: Option<&Cache>) -> Option<String> {
    digest(path, &[], "bytes", cache, |hasher| read(path, hasher))
}

fn digest_of_clip(clip: &Path, cache: Option<&Cache>) -> Option<String> {
    let named = named_files(clip).ok()?;
    if named.is_empty() {
        return content(clip, cache);
    }
    digest(clip, &named, "bytes", cache, |hasher| {
        let folder = clip.canonicalize()?.parent().map(Path::to_owned).unwrap_or_default();
        for file in std::iter::once(&clip.to_owned()).chain(&named) {
            let name = file.strip_prefix(&folder).ok().or(file.file_name().map(Path::new)).unwrap_or(file);
            hash_line(file, &name.to_string_lossy(), hasher)?;
        }
        Ok(())
    })
}

/// The digest of the part of a file that `take` hashes; `part` names it.
fn digest(
    path: &Path,
    named: &[PathBuf],
    part: &str,
    cache: Option<&Cache>,
    take: impl FnOnce(&mut Hasher) -> io::Result<()>,
) -> Option<String> {
    if let Some(cache) = cache {
        return Some(cache.contents_by(path, named, part, take).ok()??.digest().to_owned());
    }
    let mut hasher = Hasher::new();
    take(&mut hasher).ok()?;
    Some(hasher.finalize().to_string())
}

/// A file's bytes, or a line for each file in a folder. A pipe is not read: its bytes come only once.
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
        hash_line(&file.path(), &file.file_name().to_string_lossy(), hasher)?;
    }
    Ok(())
}

/// Hashes the line that `b3sum` prints for a file of that name.
fn hash_line(file: &Path, name: &str, hasher: &mut Hasher) -> io::Result<()> {
    let mut of_file = Hasher::new();
    of_file.update_reader(open_regular(file)?)?;
    hasher.update(format!("{}  {name}\n", of_file.finalize()).as_bytes());
    Ok(())
}

fn weights(checkpoint: &Checkpoint, tower: Tower, cache: Option<&Cache>) -> Option<String> {
    let mut hasher = Hasher::new();
    for share in checkpoint.weight_shares(tower) {
        let tensors = share.describe();
        // Named as in a model's identity, so that they share the cache.
        let digest = digest(share.path(), &[], &tensors, cache, |hasher| {
            share.read(|piece| {
                hasher.update(piece);
            })
        })?;
        hasher.update(tensors.as_bytes()).update(digest.as_bytes());
    }
    Some(hasher.finalize().to_string())
}
