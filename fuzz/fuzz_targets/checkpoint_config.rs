//! The small JSON files of a checkpoint beside sound weights: what is accepted prepares pictures as it says, and what is
//! wrong is told by `model info` and by opening alike.
#![no_main]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use actalign_fuzz::{Scratch, bounded, choice, fuzz_target};
use actalign_tui::backbone::{Checkpoint, check_config, inspect};

/// What is fuzzed, one at a time; the others are as they are published.
const FILES: [&str; 3] = ["config.json", "preprocessor_config.json", "processor_config.json"];

thread_local! {
    static FOLDER: RefCell<Option<Scratch>> = RefCell::default();
}

/// A folder with a small checkpoint.
fn folder() -> Scratch {
    let scratch = Scratch::default();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/siglip/tiny");
    for name in ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"] {
        scratch.write(name, &fs::read(tiny.join(name)).unwrap());
    }
    scratch
}

fuzz_target!(|data: &[u8]| {
    let Some((place, json)) = choice(data, FILES.len() as u8) else { return };
    let name = FILES[usize::from(place)];
    FOLDER.with_borrow_mut(|scratch| {
        let scratch = scratch.get_or_insert_with(folder);
        let before = fs::read(scratch.path().join(name)).ok();
        scratch.write(name, json);
        let found = bounded(32 << 20 | json.len() * 256, || inspect(scratch.path()));
        match bounded(32 << 20 | json.len() * 256, || Checkpoint::open(scratch.path())) {
            Ok(checkpoint) => {
                assert!(found.problems.is_empty(), "{:?}", found.problems);
                check_config(&scratch.path().join("config.json")).unwrap();
                let facts = found.model.unwrap();
                assert_eq!((checkpoint.dim(), checkpoint.image_size()), (facts.dim, facts.image_size));
                assert_eq!(checkpoint.text_len(), facts.text_len);
                let preprocessor = checkpoint.preprocessor();
                let image = preprocessor.prepare(&[0, 128, 255, 255, 128, 0], 2, 1);
                assert_eq!(image.rgb.len(), 3 * image.width * image.height);
                assert!(image.width * image.height <= preprocessor.most_pixels());
                let square = preprocessor.prepare(&[0, 128, 255], 1, 1);
                assert_eq!((square.width, square.height), (checkpoint.image_size(), checkpoint.image_size()));
                let tokens = checkpoint.tokenizer().unwrap().encode("a goalkeeper dives").unwrap();
                assert_eq!(tokens.ids.len(), checkpoint.text_len());
            }
            Err(error) => {
                assert!(!found.problems.is_empty(), "only opening says: {error}");
                assert!(!error.to_string().is_empty());
            }
        }
        match before {
            Some(bytes) => _ = scratch.write(name, &bytes),
            None => scratch.remove(name),
        }
    });
});
