//! Overlap of stretches of time.

use std::ops::Range;

/// Whether two stretches have anything in common.
pub fn overlap<U: PartialOrd>(a: &Range<U>, b: &Range<U>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Keeps what does not overlap anything kept before: of moments from the best down, the best where several overlap.
pub fn without_overlaps<T, U: PartialOrd>(moments: Vec<T>, span: impl Fn(&T) -> Range<U>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for moment in moments {
        if !kept.iter().any(|other| overlap(&span(other), &span(&moment))) {
            kept.push(moment);
        }
    }
    kept
}
