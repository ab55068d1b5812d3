//! Entries of the cache of embeddings: damage is found, and what is sound comes back to the last bit.
#![no_main]

use std::cell::RefCell;
use std::fs;

use actalign_fuzz::{Scratch, bounded, choice, fuzz_target};
use actalign_tui::cache::{Cache, Key, Kind, Size};
use actalign_tui::explore::{CachedFrames, Strip};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    let Some((form, payload)) = choice(data, 4) else { return };
    let most = 4 << 20 | payload.len() * 64;
    match form {
        // Bytes that no entry has: nothing is taken from them, and they go.
        0 => SCRATCH.with_borrow(|scratch| {
            let cache = Cache::new(scratch.path(), Size(1 << 30));
            let key = Key::new(Kind::Frames, [&b"key"[..]]);
            cache.put(&key, b"a payload");
            let path = find(cache.folder(), key.as_str());
            let sound = fs::read(&path).unwrap();
            fs::write(&path, payload).unwrap();
            let entry = bounded(most, || cache.get(&key));
            assert_eq!(entry.is_some(), payload == sound);
            assert_eq!(cache.has(&key), payload == sound);
        }),
        1 => SCRATCH.with_borrow(|scratch| {
            let cache = Cache::new(scratch.path(), Size(1 << 30));
            let key = Key::new(Kind::Text, [payload]);
            cache.put(&key, payload);
            assert_eq!(cache.get(&key).unwrap().payload(), payload);
            cache.remove(&key);
            assert!(!cache.has(&key));
        }),
        2 => {
            for dim in 1..5 {
                let Some(known) = bounded(most, || CachedFrames::decode(payload, dim)) else { continue };
                assert!(known.frames.iter().all(|frame| frame.embedding.len() == dim));
                if let Some(bytes) = CachedFrames::encode(&known.info, &known.frames, &known.faults) {
                    let again = CachedFrames::decode(&bytes, dim).unwrap();
                    let bytes = CachedFrames::encode(&again.info, &again.frames, &again.faults).unwrap();
                    // Debug, for a number that is none is not equal to itself.
                    assert_eq!(
                        format!("{:?}", CachedFrames::decode(&bytes, dim)),
                        format!("{:?}", Some(again))
                    );
                }
            }
        }
        _ => {
            let Some(strip) = bounded(most, || Strip::decode(payload)) else { return };
            if let Some(bytes) = strip.encode() {
                assert_eq!(Strip::decode(&bytes).unwrap().encode(), Some(bytes));
            }
        }
    }
});

/// The file of an entry, wherever the cache keeps it.
fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if let Some(found) = Some(find(&path, name)).filter(|found| found.is_file()) {
                return found;
            }
        } else if path.file_name().is_some_and(|found| found == name) {
            return path;
        }
    }
    folder.join(name)
}
