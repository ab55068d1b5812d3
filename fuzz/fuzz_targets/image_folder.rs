//! Names of the images in a folder: their order is that of their numbers, does not depend on the order in which the system
//! lists them, and loses none.
#![no_main]

use std::fs;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::video::images_of;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scratch = Scratch::default();
    let mut count = 0;
    for name in text.split(['\n', '/', '\0']).take(12) {
        // Most names are of one series, so that there is an order to check.
        let name = if name.contains('.') { name.to_owned() } else { format!("{name}.png") };
        if name.len() > 200 || name.starts_with('.') || fs::exists(scratch.path().join(&name)).unwrap() {
            continue;
        }
        scratch.write(&name, b"");
        count += 1;
    }
    match bounded(1 << 20, || images_of(scratch.path())) {
        Ok(images) => {
            assert!(!images.is_empty() && images.len() <= count);
            let mut unique = images.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), images.len());
            assert!(images.iter().all(|image| image.parent() == Some(scratch.path())));
            // Without any one of them the others stay in their order, unless that decides what a point means.
            let names: Vec<String> = images
                .iter()
                .map(|image| image.file_name().unwrap().to_string_lossy().into_owned())
                .collect();
            if names.iter().all(|name| name.matches('.').count() == 1 && !name.contains('-')) {
                let numbers = |name: &String| -> Vec<u128> {
                    let stem = name.rsplit_once('.').unwrap().0;
                    let digits = stem.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
                    digits.map(|run| run.parse().unwrap_or(u128::MAX)).collect()
                };
                let keys: Vec<Vec<u128>> = names.iter().map(numbers).collect();
                assert!(keys.is_sorted(), "{names:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
