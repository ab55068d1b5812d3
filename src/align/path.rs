//! Steps and frames along a path.

use std::ops::Range;

/// Frames of each step along the path; a frame of several steps belongs to the last.
pub fn runs(path: &[(usize, usize)], frames: usize) -> Vec<(usize, Range<usize>)> {
    let last_step = |span: Option<(usize, usize)>| span.map(|(_, last)| last);
    let steps: Vec<Option<usize>> = spans(path, frames).into_iter().map(last_step).collect();
    let mut start = 0;
    let runs = steps.chunk_by(|a, b| a == b).filter_map(|run| {
        let range = start..start + run.len();
        start = range.end;
        Some((run[0]?, range))
    });
    runs.collect()
}

/// First and last step of each frame; `None` if the path leaves it out.
pub fn spans(path: &[(usize, usize)], frames: usize) -> Vec<Option<(usize, usize)>> {
    let mut spans: Vec<Option<(usize, usize)>> = vec![None; frames];
    for &(step, frame) in path {
        if let Some(span) = spans.get_mut(frame) {
            let (low, high) = span.unwrap_or((step, step));
            *span = Some((low.min(step), high.max(step)));
        }
    }
    spans
}

/// Corners of a path, in pieces where it leaves frames out.
pub fn corners(path: &[(usize, usize)]) -> Vec<Vec<(usize, usize)>> {
    let pieces = path.chunk_by(|a, b| b.1 <= a.1 + 1);
    let is_corner = |piece: &[(usize, usize)], at: usize| {
        let inner = at.checked_sub(1).and_then(|before| Some((piece[before].0, piece.get(at + 1)?.0)));
        inner != Some((piece[at].0, piece[at].0))
    };
    pieces
        .map(|piece| (0..piece.len()).filter(|&at| is_corner(piece, at)).map(|at| piece[at]).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_runs_and_corners() {
        let path = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 3), (2, 6), (2, 7)];
        assert_eq!(runs(&path, 9), [(0, 0..2), (2, 2..4), (2, 6..8)]);
        assert_eq!(corners(&path), [vec![(0, 0), (0, 2), (1, 2), (2, 2), (2, 3)], vec![(2, 6), (2, 7)]]);
        assert_eq!(spans(&path, 9)[1..5], [Some((0, 0)), Some((0, 2)), Some((2, 2)), None]);
    }
}
