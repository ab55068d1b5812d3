//! PNG and JPEG files: what is decoded has its size, also upright and as a thumbnail, and takes no more memory than a
//! picture of its size.
#![no_main]

use std::cell::RefCell;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::video::{load_image, thumbnail};

/// Bytes of memory: the decoders bound themselves at half of it.
const MOST: usize = 1 << 30;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    // Everything else is FFmpeg's to decode.
    if !data.starts_with(b"\x89PNG\r\n\x1a\n") && !data.starts_with(b"\xff\xd8\xff") {
        return;
    }
    SCRATCH.with_borrow(|scratch| {
        let path = scratch.write("picture", data);
        match bounded(MOST, || load_image(&path)) {
            Ok(frame) => {
                assert!(frame.width > 0 && frame.height > 0);
                assert_eq!(frame.rgb.len(), frame.width as usize * frame.height as usize * 3);
                assert_eq!((frame.ordinal, frame.time), (0, 0.0));
                // A small file may hold a large picture.
                if frame.rgb.len() < 1 << 20 {
                    let small = thumbnail(&frame, 1.0, 16, 16);
                    assert!((1..=16).contains(&small.width()) && (1..=16).contains(&small.height()));
                    assert_eq!(load_image(&path).unwrap(), frame);
                }
            }
            Err(error) => assert!(error.to_string().contains("picture"), "an error names the file: {error}"),
        }
    });
});
