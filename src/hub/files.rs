use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::files::text_file;

/// The names of the files of a checkpoint.
#[derive(Debug)]
pub struct Layout {
    /// The sizes of both towers.
    pub config: &'static str,
    /// How images are prepared, if not in the configuration. A checkpoint may lack any.
    pub preparation: &'static [&'static str],
    /// The weights in one file.
    pub single: &'static str,
    /// Which of several weight files holds which tensor.
    pub index: &'static str,
}

/// Of transformers. The preparation has one name in transformers 5, and another in earlier versions.
pub static TRANSFORMERS: Layout = Layout {
    config: "config.json",
    preparation: &["processor_config.json", "preprocessor_config.json"],
    single: "model.safetensors",
    index: "model.safetensors.index.json",
};

/// Of OpenCLIP.
pub static OPEN_CLIP: Layout = Layout {
    config: "open_clip_config.json",
    preparation: &[],
    single: "open_clip_model.safetensors",
    index: "open_clip_model.safetensors.index.json",
};

pub const TOKENIZER: &str = "tokenizer.json";

/// No checkpoint has more weight files.
const MAX_SHARDS: usize = 1000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The weight files that an index names, each once.
///
/// # Errors
/// If it is not an index, or names anything but safetensors files beside it.
pub fn shards(index: &[u8]) -> Result<BTreeSet<String>, String> {
    let index = text_file::without_mark(index).map_err(|error| error.to_string())?;
    let Index { weight_map } = serde_json::from_slice(index).map_err(|error| error.to_string())?;
    let names: BTreeSet<String> = weight_map.into_values().collect();
    if let Some(name) = names.iter().find(|name| !is_shard(name)) {
        return Err(format!("{name:?} is not a safetensors file beside it"));
    }
    match names.len() {
        0 => Err("no file is named".into()),
        1..=MAX_SHARDS => Ok(names),
        many => Err(format!("{many} files are named")),
    }
}

/// Whether this is the plain name of a weight file.
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
    fn an_index_names_safetensors_beside_it_and_nothing_else() {
        let index = |name: &str| serde_json::json!({"weight_map": {"a": name, "b": name}}).to_string();
        let names = shards(index("model-00001-of-00002.safetensors").as_bytes()).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["model-00001-of-00002.safetensors"]);
        let names = "../model.safetensors /etc/model.safetensors a/b.safetensors a\\b.safetensors .safetensors model.bin .. \
                     model.safetensors?x";
        for name in names.split(' ').chain([""]) {
            let error = shards(index(name).as_bytes()).unwrap_err();
            assert!(error.contains(&format!("{name:?}")), "{error}");
        }
        for broken in ["", "{", "[]", r#"{"weight_map": 3}"#, r#"{"weight_map": {}}"#] {
            shards(broken.as_bytes()).unwrap_err();
        }
    }
}
