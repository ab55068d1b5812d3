//! Names that were written down in another folder, as they lead from here.

use std::path::{Path, PathBuf};

use crate::hub::ModelId;
use crate::script::library;

/// A file or folder that was named in `folder`. What is no path stays as it is: nothing, standard input, scripts of the
/// library.
pub fn file(folder: &Path, path: &Path) -> PathBuf {
    let is_path = !(path.as_os_str().is_empty() || path == Path::new("-") || library::is_name(path));
    if is_path { folder.join(path) } else { path.to_owned() }
}

/// A checkpoint that was named in `folder`. The bundled one is no path, nor is one of the hub where no folder has its name.
pub fn model(folder: &Path, path: &Path) -> PathBuf {
    let there = file(folder, path);
    let is_of_hub = || path.to_str().is_some_and(|name| name.parse::<ModelId>().is_ok());
    let is_name = path == Path::new("demo") || (!there.exists() && is_of_hub());
    if is_name { path.to_owned() } else { there }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_their_folder_and_names_stay() {
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
    fn a_folder_that_is_there_is_no_model_of_the_hub() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("models/siglip");
        std::fs::create_dir_all(&there).unwrap();
        assert_eq!(model(folder.path(), Path::new("models/siglip")), there);
    }
}
