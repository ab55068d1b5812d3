//! Overlap of stretches of time.

use std::ops::Range;

/// Keeps what does not overlap anything kept before.
pub fn without_overlaps<T>(moments: Vec<T>, frames: impl Fn(&T) -> &Range<usize>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for moment in moments {
        let own = frames(&moment);
        if kept.iter().map(&frames).all(|other| other.end <= own.start || own.end <= other.start) {
            kept.push(moment);
        }
    }
    kept
}
