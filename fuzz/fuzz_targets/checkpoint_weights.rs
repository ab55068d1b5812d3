//! The weights of a checkpoint: a safetensors header, a whole file of it, or the index of several. What is accepted can be
//! read to its last byte.
#![no_main]

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::Path;

use actalign_fuzz::{Scratch, bounded, choice, fuzz_target};
use actalign_tui::backbone::{Checkpoint, Tower, inspect};
use serde_json::Value;

/// Bytes of data that a fuzzed header may claim and get.
const DATA: u64 = 1 << 20;

struct Folders {
    /// A checkpoint whose weights are replaced.
    single: Scratch,
    /// A checkpoint with its weights in `a.safetensors`, whose index is replaced.
    sharded: Scratch,
}

thread_local! {
    static FOLDERS: RefCell<Option<Folders>> = RefCell::default();
}

fn folders_with_tiny() -> Folders {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/siglip/tiny");
    let file = |name: &str| fs::read(tiny.join(name)).unwrap();
    let folders = Folders { single: Scratch::default(), sharded: Scratch::default() };
    for folder in [&folders.single, &folders.sharded] {
        for name in ["config.json", "preprocessor_config.json", "tokenizer.json"] {
            folder.write(name, &file(name));
        }
    }
    folders.sharded.write("a.safetensors", &file("model.safetensors"));
    folders
}

/// A safetensors file of a header, with as many zeros behind it as it asks for.
fn of_header(folder: &Scratch, header: &[u8]) {
    let size = (header.len() as u64).to_le_bytes();
    let path = folder.write("model.safetensors", &[&size, header].concat());
    let end = |tensor: &Value| tensor.get("data_offsets")?.get(1)?.as_u64();
    let ends = |tensors: &Value| tensors.as_object().map(|all| all.values().filter_map(end).max());
    let wanted = serde_json::from_slice(header).ok().as_ref().and_then(ends).flatten();
    let length = 8 + header.len() as u64 + wanted.unwrap_or(0).min(DATA);
    File::options().write(true).open(path).and_then(|file| file.set_len(length)).unwrap();
}

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = choice(data, 3) else { return };
    FOLDERS.with_borrow_mut(|folders| {
        let folders = folders.get_or_insert_with(folders_with_tiny);
        let folder = match form {
            0 => {
                of_header(&folders.single, rest);
                &folders.single
            }
            1 => {
                folders.single.write("model.safetensors", rest);
                &folders.single
            }
            _ => {
                folders.sharded.write("model.safetensors.index.json", rest);
                &folders.sharded
            }
        };
        let most = 32 << 20 | rest.len() * 1024;
        let found = bounded(most, || inspect(folder.path()));
        match bounded(most, || Checkpoint::open_lazily(folder.path())) {
            Ok(checkpoint) => {
                assert!(found.problems.is_empty(), "{:?}", found.problems);
                assert!(checkpoint.calibration().logit_scale.is_finite());
                for tower in [Tower::Vision, Tower::Text] {
                    for share in checkpoint.weight_shares(tower) {
                        assert!(!share.describe().is_empty());
                        let mut bytes = 0;
                        share.read(|piece| bytes += piece.len()).unwrap();
                        assert!(bytes as u64 <= fs::metadata(share.path()).unwrap().len());
                    }
                }
            }
            Err(error) => {
                assert!(!found.problems.is_empty(), "only opening says: {error}");
                assert!(!error.to_string().is_empty());
            }
        }
    });
});
