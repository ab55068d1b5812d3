//! A `.npy` file of embeddings: finite, no larger in memory than on disk, and the same when it was written again.
#![no_main]

use std::cell::RefCell;

use actalign_fuzz::{Scratch, bounded, fuzz_target};
use actalign_tui::embeddings::{read_matrix, save_npy};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    SCRATCH.with_borrow(|scratch| {
        let path = scratch.write("frames.npy", data);
        // A header of nested brackets takes more than its bytes while it is parsed.
        match bounded(1 << 20 | data.len() * 1024, || read_matrix(&path)) {
            Ok(matrix) => {
                assert!(!matrix.is_empty() && matrix.len() * 4 <= data.len());
                assert!(matrix.iter().all(|value| value.is_finite()));
                let again = scratch.path().join("again.npy");
                save_npy(&matrix, &again).unwrap();
                assert_eq!(read_matrix(&again).unwrap(), matrix);
            }
            Err(error) => {
                assert!(error.to_string().contains("frames.npy"), "an error names the file: {error}");
            }
        }
    });
});
