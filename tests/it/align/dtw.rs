//! Dynamic time warping against every path there is.

use actalign_tui::align::{AlignError, Aligner, Alignment, align};
use ndarray::{Array2, ArrayView2, array};
use proptest::prelude::*;

fn dtw(cells: ArrayView2<f32>) -> Result<Alignment, AlignError> {
    align(Aligner::Dtw, cells)
}

type Path = Vec<(usize, usize)>;

/// All warping paths from (0, 0) to `end`, in the order of the tie rule: by their last move, then by the one
/// before it, and so on, with diagonal before previous frame before previous step.
fn paths(end: (usize, usize)) -> Vec<Path> {
    let (step, frame) = end;
    if end == (0, 0) {
        return vec![vec![end]];
    }
    let mut all = Vec::new();
    for (dk, dt) in [(1, 1), (0, 1), (1, 0)] {
        if step >= dk && frame >= dt {
            all.extend(paths((step - dk, frame - dt)).into_iter().map(|mut path| {
                path.push(end);
                path
            }));
        }
    }
    all
}

fn sum(cells: &Array2<f32>, path: &Path) -> f64 {
    path.iter().map(|&cell| f64::from(cells[cell])).sum()
}

/// The first of the paths of highest sum, and that sum.
fn brute_force(cells: &Array2<f32>) -> (Path, f64) {
    let (steps, frames) = cells.dim();
    let mut best: Option<(Path, f64)> = None;
    for path in paths((steps - 1, frames - 1)) {
        let sum = sum(cells, &path);
        if best.as_ref().is_none_or(|(_, highest)| sum > *highest) {
            best = Some((path, sum));
        }
    }
    best.unwrap()
}

/// Matrices of up to 4 steps and 6 frames.
fn matrices(cell: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = Array2<f32>> {
    (1..=4_usize, 1..=6_usize).prop_flat_map(move |shape| {
        prop::collection::vec(cell.clone(), shape.0 * shape.1)
            .prop_map(move |cells| Array2::from_shape_vec(shape, cells).unwrap())
    })
}

/// Few different whole numbers: sums are exact and ties are everywhere.
fn whole() -> impl Strategy<Value = f32> + Clone {
    (-2..=2_i8).prop_map(f32::from)
}

proptest! {
    #[test]
    fn finds_the_path_that_brute_force_finds(cells in matrices(whole())) {
        let (path, sum) = brute_force(&cells);
        let found = dtw(cells.view()).unwrap();
        prop_assert_eq!(found.score, sum / path.len() as f64);
        prop_assert_eq!(found.path, path);
    }

    #[test]
    fn finds_the_highest_sum_of_real_cells(cells in matrices(-1.0..1.0_f32)) {
        let found = dtw(cells.view()).unwrap();
        let (_, highest) = brute_force(&cells);
        prop_assert!((sum(&cells, &found.path) - highest).abs() < 1e-12);
        prop_assert!((found.score * found.path.len() as f64 - highest).abs() < 1e-12);
    }

    #[test]
    fn counts_the_path_cells_of_every_step(cells in matrices(whole())) {
        let found = dtw(cells.view()).unwrap();
        let counted: Vec<usize> =
            (0..cells.nrows()).map(|step| found.path.iter().filter(|cell| cell.0 == step).count()).collect();
        prop_assert_eq!(found.frames_per_step, counted);
    }

    #[test]
    fn a_scale_changes_the_score_and_not_the_path(cells in matrices(whole()), power in -3..=3_i32) {
        let scale = 2_f32.powi(power);
        let found = dtw(cells.view()).unwrap();
        let scaled = dtw(cells.mapv(|cell| scale * cell).view()).unwrap();
        prop_assert_eq!(found.path, scaled.path);
        prop_assert!((found.score * f64::from(scale) - scaled.score).abs() < 1e-12);
    }

    #[test]
    fn positive_cells_never_take_the_diagonal(cells in matrices(0.001..1.0_f32)) {
        let (steps, frames) = cells.dim();
        prop_assert_eq!(dtw(cells.view()).unwrap().path.len(), steps + frames - 1);
    }

    #[test]
    fn the_layout_in_memory_does_not_matter(cells in matrices(whole())) {
        let transposed = cells.t().as_standard_layout().into_owned();
        prop_assert_eq!(dtw(transposed.t()).unwrap(), dtw(cells.view()).unwrap());
    }
}

#[test]
fn one_step_takes_every_frame() {
    let found = dtw(array![[0.5, 0.25, 1.0, 0.25]].view()).unwrap();
    assert_eq!(found.path, [(0, 0), (0, 1), (0, 2), (0, 3)]);
    assert_eq!((found.score, found.frames_per_step), (0.5, vec![4]));
}

#[test]
fn one_frame_takes_every_step() {
    let found = dtw(array![[0.5], [0.25], [0.75]].view()).unwrap();
    assert_eq!(found.path, [(0, 0), (1, 0), (2, 0)]);
    assert_eq!((found.score, found.frames_per_step), (0.5, vec![1, 1, 1]));
}

#[test]
fn more_steps_than_frames_share_frames() {
    let cells = array![[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let found = align(Aligner::Dtw, cells.view()).unwrap();
    assert_eq!(found.path, [(0, 0), (1, 0), (2, 0), (3, 1)]);
    assert_eq!(found.score, 1.0);
}

#[test]
fn a_late_start_collapses_the_script() {
    // Six steps; the clip waits through 50 frames that look most like step 0, then like step 4.
    let cells = Array2::from_shape_fn((6, 100), |(step, frame)| match (step, frame / 50) {
        (0, 0) | (4, 1) => 0.5,
        _ => 0.125,
    });
    let found = dtw(cells.view()).unwrap();
    assert!(found.collapsed);
    assert_eq!(found.frames_per_step.iter().filter(|&&n| n == 1).count(), 4);
    assert_eq!(found.frames_per_step.iter().sum::<usize>(), 105);
}

#[test]
fn a_collapse_needs_four_frames_per_step_and_more_than_half_of_the_steps() {
    // Two steps of which one holds a single frame: half, not more.
    let half = Array2::from_shape_fn((2, 8), |(step, _)| if step == 0 { 1.0 } else { 0.5 });
    assert_eq!(dtw(half.view()).unwrap().frames_per_step, [8, 1]);
    assert!(!dtw(half.view()).unwrap().collapsed);
    // Two steps of three.
    let most = |frames| Array2::from_shape_fn((3, frames), |(step, _)| if step == 0 { 1.0 } else { 0.5 });
    assert!(!dtw(most(11).view()).unwrap().collapsed);
    assert!(dtw(most(12).view()).unwrap().collapsed);
}

#[test]
fn an_empty_matrix_is_refused() {
    for (steps, frames) in [(0, 3), (3, 0), (0, 0)] {
        let cells = Array2::zeros((steps, frames));
        assert_eq!(dtw(cells.view()), Err(AlignError::Empty { steps, frames }));
    }
}

#[test]
fn cells_that_are_not_finite_are_refused_with_their_place() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut cells = Array2::zeros((3, 4));
        cells[(1, 2)] = value;
        let error = dtw(cells.view()).unwrap_err();
        assert!(matches!(error, AlignError::NotFinite { step: 1, frame: 2, .. }), "{error:?}");
        assert!(error.to_string().contains("step 1 and frame 2"), "{error}");
    }
}
