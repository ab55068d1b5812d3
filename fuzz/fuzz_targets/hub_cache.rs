//! The hub's cache, which other programs write to: whatever a branch or an index says, what is found is a folder of the
//! model, and no name leads out of it.
#![no_main]

use std::cell::RefCell;
use std::fs;

use actalign_fuzz::{Scratch, bounded, choice, fuzz_target};
use actalign_tui::hub::{HubCache, ModelId, TOKENIZER, TRANSFORMERS};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = choice(data, 3) else { return };
    SCRATCH.with_borrow(|scratch| {
        let root = scratch.path().join("hub");
        let model = root.join("models--org--name");
        let snapshot = model.join("snapshots").join(COMMIT);
        fs::create_dir_all(&snapshot).unwrap();
        fs::create_dir_all(model.join("refs")).unwrap();
        fs::write(model.join("refs/main"), COMMIT).unwrap();
        fs::write(snapshot.join(TRANSFORMERS.config), "{}").unwrap();
        fs::write(snapshot.join(TOKENIZER), "{}").unwrap();
        fs::write(snapshot.join("a.safetensors"), "a").unwrap();
        // Outside of the checkpoint, where no index may lead.
        fs::write(model.join("b.safetensors"), "b").unwrap();
        let index = r#"{"weight_map": {"a": "a.safetensors"}}"#;
        fs::write(snapshot.join(TRANSFORMERS.index), index).unwrap();
        let cache = HubCache::new(root.clone());
        let find = |id: &str| {
            let id: ModelId = id.parse().ok()?;
            bounded(1 << 20 | rest.len() * 256, || cache.find(&id))
        };
        assert_eq!(find("org/name"), Some(snapshot.clone()));
        match form {
            0 => {
                let Ok(text) = std::str::from_utf8(rest) else { return };
                if let Some(found) = find(text) {
                    assert_eq!(found, snapshot);
                    assert!(text.starts_with("org/name"));
                }
            }
            1 => {
                fs::write(model.join("refs/main"), rest).unwrap();
                let found = find("org/name");
                assert!(found.is_none_or(|found| found == snapshot));
            }
            _ => {
                fs::write(snapshot.join(TRANSFORMERS.index), rest).unwrap();
                if find("org/name").is_some() {
                    assert!(rest.windows(13).any(|name| name == b"a.safetensors"), "another name was taken");
                }
            }
        }
    });
});
