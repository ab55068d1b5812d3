//! Reads the files of a checkpoint: regular files of bounded size. Recognises files of other kinds.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::ModelError;
use crate::files::input_file::open_regular;

/// Largest configuration or index in bytes.
pub(super) const MAX_JSON: u64 = 64 << 20;
/// Largest tokenizer in bytes; Gemma's has 34 MB.
pub(super) const MAX_TOKENIZER: u64 = 512 << 20;

/// Whether a file exists. A dangling link and a folder that cannot be searched are errors.
pub(super) fn is_there(path: &Path) -> Result<bool, ModelError> {
    match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(ModelError::read(path, error)),
        Ok(facts) if facts.is_symlink() && !path.exists() => {
            let to = fs::read_link(path).map_err(|error| ModelError::read(path, error))?;
            let what = format!("a link to {}, which cannot be reached", to.display());
            Err(ModelError::wrong_file(path, what, "fetch the checkpoint again, or remove the link"))
        }
        Ok(_) => Ok(true),
    }
}

/// Opens a regular file and returns its length.
pub(super) fn open(path: &Path) -> Result<(File, u64), ModelError> {
    let read = |error| ModelError::read(path, error);
    // Checked first: opening a FIFO waits for its writer.
    if !fs::metadata(path).map_err(read)?.is_file() {
        let what = if path.is_dir() { "a folder" } else { "a device, a pipe or a socket" };
        return Err(ModelError::wrong_file(
            path,
            format!("{what}, not a file"),
            "fetch the checkpoint again",
        ));
    }
    let file = open_regular(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    Ok((file, length))
}

/// Reads a file of at most `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, ModelError> {
    let (file, length) = open(path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| ModelError::read(path, error))?;
    if bytes.len() as u64 > most {
        return Err(ModelError::damaged(path, format!("it has {length} bytes, more than any such file")));
    }
    Ok(bytes)
}

/// Reads a JSON file. A byte order mark before it is skipped.
pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    let bytes = read(path, MAX_JSON)?;
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(json).map_err(|error| unreadable(path, json, error))
}

/// The error of a file that cannot be parsed: its true kind if recognised, else the parser's message.
pub(super) fn unreadable(path: &Path, start: &[u8], error: impl ToString) -> ModelError {
    match kind(start) {
        Some((what, help)) => ModelError::wrong_file(path, what, help),
        None if start.iter().all(u8::is_ascii_whitespace) => ModelError::damaged(path, "it is empty"),
        None => ModelError::damaged(path, error),
    }
}

/// Kind of a file by its first bytes, if it is often mistaken for part of a checkpoint, and advice.
fn kind(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const CONVERT: &str = "use a checkpoint in safetensors";
    const DOWNLOAD: &str = "download it again: the address of a file on the hub has /resolve/, not /blob/";
    let text = start.trim_ascii_start();
    let begins =
        |word: &str| text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word.as_bytes());
    if begins("version https://git-lfs.github.com/spec") {
        const PULL: &str =
            "run `git lfs pull` in its folder, or fetch the checkpoint with `actalign-tui model fetch`";
        return Some(("a git-LFS pointer, not the file itself", PULL));
    }
    if ["<!doctype", "<html", "<head", "<?xml", "<!--"].into_iter().any(begins) {
        return Some(("a web page, not the file itself", DOWNLOAD));
    }
    match start {
        [b'G', b'G', b'U', b'F', ..] => Some(("a GGUF file, which is not read", CONVERT)),
        [b'P', b'K', 3, 4, ..] => {
            Some(("a ZIP archive, as torch.save writes it, which is not read", CONVERT))
        }
        [0x80, 2..=5, ..] => Some(("a Python pickle, which is not read because it is a program", CONVERT)),
        [0x89, b'H', b'D', b'F', ..] => Some(("an HDF5 file, which is not read", CONVERT)),
        [0x1f, 0x8b, ..] => Some(("a gzip archive", "unpack it")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("UTF-16 text", "save it as UTF-8")),
        [8, 3..=20, 0x12 | 0x1a | 0x22 | 0x32 | 0x3a, ..] => {
            Some(("an ONNX file, which is not read", CONVERT))
        }
        _ => None,
    }
}

/// The error of weights that are not a safetensors file, given its first bytes.
pub(super) fn not_safetensors(path: &Path, start: &[u8]) -> ModelError {
    if kind(start).is_none() && start.trim_ascii_start().starts_with(b"{") {
        return ModelError::wrong_file(path, "JSON, not weights", "fetch the checkpoint again");
    }
    unreadable(path, start, "it is not a safetensors file")
}

/// Advice for a folder that lacks a file of every checkpoint.
pub(super) fn folder_hint(dir: &Path) -> String {
    if dir.is_file() {
        return "name the folder that holds the checkpoint, not a file in it".into();
    }
    if !dir.is_dir() {
        return "check the name of the folder".into();
    }
    let Ok(entries) = fs::read_dir(dir) else {
        return "the folder cannot be listed: check its permissions".into();
    };
    let names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    let ends = |ending: &str| names.iter().find(|name| name.ends_with(ending));
    if has("snapshots") && has("refs") {
        return "this is the folder of a model in the hub's cache: name the folder under its snapshots/"
            .into();
    }
    let wanted =
        if has("open_clip_config.json") { "open_clip_model.safetensors" } else { "model.safetensors" };
    if has("open_clip_model.safetensors") && !has("open_clip_config.json") {
        return "this is an OpenCLIP checkpoint without its open_clip_config.json: fetch that too".into();
    }
    for (ending, what) in [
        (".gguf", "a GGUF file"),
        (".onnx", "an ONNX file"),
        (".h5", "TensorFlow weights"),
        (".msgpack", "Flax weights"),
        (".npz", "NumPy weights"),
        (".bin", "pickled weights"),
        (".pt", "pickled weights"),
        (".pth", "pickled weights"),
        (".ckpt", "pickled weights"),
    ] {
        if let Some(name) = ends(ending) {
            return format!("{name} is not read ({what}): use a checkpoint with {wanted}");
        }
    }
    if has("onnx") {
        return "this is a folder of ONNX files: use a checkpoint with model.safetensors".into();
    }
    if let Some(name) = ends(".safetensors").filter(|_| !has(wanted)) {
        return format!("{name} has another name: checkpoints have {wanted} beside their configuration");
    }
    "fetch the checkpoint again".into()
}

/// The file of that name in a folder of a checkpoint, or the error that it is missing.
pub(super) fn present(dir: &Path, name: &str) -> Result<PathBuf, ModelError> {
    let path = dir.join(name);
    if is_there(&path)? {
        return Ok(path);
    }
    refuse_adapters(dir)?;
    Err(ModelError::MissingFile { path, hint: folder_hint(dir) })
}

/// Refuses a folder of adapters (LoRA): a base model in it would be used without them.
pub(super) fn refuse_adapters(dir: &Path) -> Result<(), ModelError> {
    for name in ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"] {
        let path = dir.join(name);
        if is_there(&path)? {
            return Err(ModelError::wrong_file(
                &path,
                "part of a folder of adapters (PEFT, LoRA), which are not applied here",
                "merge them into their base model (`merge_and_unload()`) and save that as a checkpoint",
            ));
        }
    }
    Ok(())
}
