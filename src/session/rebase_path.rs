//! Paths from a document of another folder, rebased onto the current folder.

use std::path::{Path, PathBuf};

use crate::hub::ModelId;
use crate::script::library;

/// A path relative to `folder`. Names that are not paths stay: the empty name, `-` and `lib:NAME`.
pub fn file(folder: &Path, path: &Path) -> PathBuf {
    let is_path = !(path.as_os_str().is_empty() || path == Path::new("-") || library::is_name(path));
    if is_path { folder.join(path) } else { path.to_owned() }
}

/// A checkpoint named relative to `folder`. `demo` stays, and so does a hub name unless a folder of that name exists.
pub fn model(folder: &Path, path: &Path) -> PathBuf {
    let rebased = file(folder, path);
    let is_of_hub = || path.to_str().is_some_and(|name| name.parse::<ModelId>().is_ok());
    let is_name = path == Path::new("demo") || (!rebased.exists() && is_of_hub());
    if is_name { path.to_owned() } else { rebased }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_rebased_and_names_stay() {
        let folder = Path::new("/nowhere");
        for (named, from_here) in [
            ("manifest.jsonl", "/nowhere/manifest.jsonl"),
            // It could be the name of a model, and is none here.
            ("data/manifest.jsonl", "/nowhere/data/manifest.jsonl"),
            ("demo", "/nowhere/demo"),
            ("/clips", "/clips"),
            ("lib:chess", "lib:chess"),
            ("-", "-"),
            ("", ""),
        ] {
            assert_eq!(file(folder, Path::new(named)), Path::new(from_here));
        }
        for (named, from_here) in [
            ("demo", "demo"),
            ("model", "/nowhere/model"),
            ("../models/siglip", "/nowhere/../models/siglip"),
            ("google/siglip-base-patch16-224@main", "google/siglip-base-patch16-224@main"),
        ] {
            assert_eq!(model(folder, Path::new(named)), Path::new(from_here));
        }
    }

    #[test]
    fn an_existing_folder_comes_before_a_hub_name() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("models/siglip");
        std::fs::create_dir_all(&there).unwrap();
        assert_eq!(model(folder.path(), Path::new("models/siglip")), there);
    }
}
