//! What the file of an image says before it is decoded: JPEG codes, EXIF, WebP, TIFF, HEIF, OpenEXR and others. Any bytes are
//! looked through in time that their number explains.
#![no_main]

use actalign_fuzz::{bounded, fuzz_target};
use actalign_tui::video::damage_of;

fuzz_target!(|data: &[u8]| {
    let damage = bounded(1 << 20 | data.len() * 64, || damage_of(data));
    assert_eq!(damage_of(data), damage);
    assert!(damage.is_none_or(|reason| !reason.is_empty()));
});
