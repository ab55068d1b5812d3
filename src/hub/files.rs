//! The files of a checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::text_file;

/// Both towers' sizes.
pub const CONFIG: &str = "config.json";
/// How images are prepared: as transformers 5 writes it, and as earlier versions do. A checkpoint may lack either.
pub const PREPARATION: [&str; 2] = ["processor_config.json", "preprocessor_config.json"];
/// How text is cut into tokens.
pub const TOKENIZER: &str = "tokenizer.json";
/// The weights in one file.
pub const SINGLE: &str = "model.safetensors";
/// Which file holds which tensor where there are several.
pub const INDEX: &str = "model.safetensors.index.json";

/// More files than this no checkpoint has.
const MOST: usize = 1000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The weight files that an index names, each once.
///
/// # Errors
/// What is wrong with it: it cannot be read, or it names what is no safetensors file beside it.
pub fn shards(index: &[u8]) -> Result<BTreeSet<String>, String> {
    let index = text_file::without_mark(index).map_err(|error| error.to_string())?;
    let Index { weight_map } = serde_json::from_slice(index).map_err(|error| error.to_string())?;
    let names: BTreeSet<String> = weight_map.into_values().collect();
    if let Some(name) = names.iter().find(|name| !is_shard(name)) {
        return Err(format!("it names {name:?}, which is no safetensors file beside it"));
    }
    match names.len() {
        0 => Err("it names no file".into()),
        1..=MOST => Ok(names),
        many => Err(format!("it names {many} files")),
    }
}

/// Whether this is the name of a weight file and leads nowhere else.
fn is_shard(name: &str) -> bool {
    name.ends_with(".safetensors")
        && !name.starts_with('.')
        && name.len() <= 200
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_files_beside_it_and_nothing_else() {
        let index = |name: &str| serde_json::json!({"weight_map": {"a": name, "b": name}}).to_string();
        let names = shards(index("model-00001-of-00002.safetensors").as_bytes()).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["model-00001-of-00002.safetensors"]);
        for name in [
            "../model.safetensors",
            "/etc/model.safetensors",
            "a/b.safetensors",
            "a\\b.safetensors",
            ".safetensors",
            "model.bin",
            "",
            "..",
            "model.safetensors?x",
        ] {
            let error = shards(index(name).as_bytes()).unwrap_err();
            assert!(error.contains(&format!("{name:?}")), "{error}");
        }
        for broken in ["", "{", "[]", r#"{"weight_map": 3}"#, r#"{"weight_map": {}}"#] {
            shards(broken.as_bytes()).unwrap_err();
        }
    }
}
