//! A snapshot: what is accepted comes back as it was written, opens, and can be exported in every format.
#![no_main]

use actalign_fuzz::{bounded, fuzz_target};
use actalign_tui::export::{self, Ink};
use actalign_tui::snapshot::Snapshot;

fuzz_target!(|data: &[u8]| {
    let snapshot = match bounded(1 << 20 | data.len() * 256, || Snapshot::read(data)) {
        Ok(snapshot) => snapshot,
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            return;
        }
    };
    let written = serde_json::to_vec(&snapshot).unwrap();
    assert_eq!(Snapshot::read(&written).unwrap(), snapshot);

    let mut exploration = snapshot.exploration().expect("a snapshot that was read has a clip");
    assert_eq!(exploration.candidates().len(), snapshot.candidates.len());
    if exploration.refresh().is_ok() {
        for (candidate, class) in exploration.candidates().iter().zip(&exploration.outcome().classes) {
            if let Some(class) = class {
                assert_eq!(class.cosines.dim(), (candidate.steps.len(), exploration.frame_count()));
            }
        }
    }

    bounded(64 << 20 | data.len() * 4096, || {
        assert!(!export::csv(&snapshot).is_empty());
        assert!(!export::markdown(&snapshot).is_empty());
        if let Ok(classes) = export::classes_shown(&snapshot) {
            if let Ok(svg) = export::svg(&snapshot, &classes) {
                assert!(svg.trim_end().ends_with("</svg>"));
                // Numbers that are none make a figure that no program draws.
                assert!(!svg.contains("NaN") || written.windows(3).any(|word| word == b"NaN"));
            }
            for ink in [Ink::Plain, Ink::Ansi] {
                let _ = export::text(&snapshot, &classes, 100, ink);
            }
        }
    });
});
