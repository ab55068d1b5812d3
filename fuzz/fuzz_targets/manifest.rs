//! An evaluation manifest in any of its formats: what is accepted can be evaluated.
#![no_main]

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::align::Preset;
use actalign_tui::eval::{Context, read_manifest};
use actalign_tui::video::{Frame, Shown};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    SCRATCH.with_borrow(|scratch| {
        let path = scratch.write("manifest.jsonl", data);
        let read = |path: &Path, preset| read_manifest(path, Context { folder: scratch.path(), preset });
        let manifest = match bounded(1 << 20 | data.len() * 1024, || read(&path, Preset::Paper)) {
            Ok(manifest) => manifest,
            Err(error) => {
                assert!(error.to_string().contains("manifest.jsonl"), "an error names the file: {error}");
                return;
            }
        };
        let mut ids = HashSet::new();
        assert!(!manifest.clips.is_empty());
        let released = read(&path, Preset::Released).unwrap();
        for (clip, released) in manifest.clips.iter().zip(&released.clips) {
            let entry = &clip.entry;
            assert!(ids.insert(&entry.id));
            assert!(entry.answer < entry.candidates.len());
            assert!(entry.candidates.len() >= 2);
            let names: HashSet<&String> = entry.candidates.iter().collect();
            assert_eq!(names.len(), entry.candidates.len());
            for seconds in [entry.start, entry.end].into_iter().flatten() {
                assert!(seconds.is_finite());
            }
            if let Some(steps) = &clip.steps {
                assert_eq!(steps.len(), entry.candidates.len());
                let whole = |steps: &Vec<String>| steps.iter().all(|step| !step.trim().is_empty());
                assert!(steps.iter().flatten().all(|steps| !steps.is_empty() && whole(steps)));
            }
            for masks in [&clip.masks, &released.masks] {
                for ordinal in 0..4 {
                    let rgb = (0..8 * 6 * 3).collect();
                    let shown = Shown::once(0.0);
                    let mut frame = Frame { ordinal, time: 0.0, shown, width: 8, height: 6, rgb };
                    masks.apply(0, &mut frame);
                    assert_eq!(frame.rgb.len(), 8 * 6 * 3);
                }
            }
        }
        // Editors put a byte order mark before a text, which changes nothing.
        if !data.starts_with(BYTE_ORDER_MARK) {
            let marked = scratch.write("marked.jsonl", &[BYTE_ORDER_MARK, data].concat());
            assert_eq!(read(&marked, Preset::Paper).unwrap().clips, manifest.clips);
        }
    });
});
