//! Values from tests/reference/align.py.

use std::iter;

use actalign_tui::align::{
    Aligner, Alignment, Calibration, Cell, Preset, Smoothing, align, cells, mean_pool, order_free, products,
    unit_rows,
};
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    log_scale: f32,
    bias: f32,
    alpha: f32,
    clips: Vec<Clip>,
}

#[derive(Deserialize)]
struct Clip {
    frames: Vec<Vec<f32>>,
    steps: Vec<Vec<f32>>,
    name: Vec<f32>,
    mean_pool: MeanPool,
    smoothed: Vec<Smoothed>,
}

/// With the steps as further names.
#[derive(Deserialize)]
struct MeanPool {
    paper: Vec<f64>,
    released: Vec<f64>,
}

#[derive(Deserialize)]
struct Smoothed {
    preset: Preset,
    width: usize,
    cosines: Vec<Vec<f32>>,
    affinities: Vec<Vec<f32>>,
    affinity: Aligned,
    cosine: Aligned,
}

#[derive(Deserialize)]
struct Aligned {
    score: f64,
    path: Vec<(usize, usize)>,
    frames_per_step: Vec<usize>,
    collapsed: bool,
    order_free: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../fixtures/align/reference.json")).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> Array2<f32> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| rows[row][column])
}

fn assert_close(ours: &Array2<f32>, rows: &[Vec<f32>], what: &str) {
    let expected = matrix(rows);
    assert_eq!(ours.dim(), expected.dim(), "{what}");
    let worst = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-6, "{what} differ by {worst}");
}

fn assert_aligned(matrix: &Array2<f32>, expected: &Aligned, what: &str) {
    let Alignment { score, path, frames_per_step, collapsed } = align(Aligner::Dtw, matrix.view()).unwrap();
    assert!((score - expected.score).abs() < 1e-6, "{what}: score {score}, not {}", expected.score);
    assert_eq!(path, expected.path, "{what}");
    assert_eq!(frames_per_step, expected.frames_per_step, "{what}");
    assert_eq!(collapsed, expected.collapsed, "{what}");
    assert!((order_free(matrix.view()) - expected.order_free).abs() < 1e-6, "{what}");
}

#[test]
fn the_slope_is_the_exponential_of_the_stored_scale() {
    let Reference { log_scale, bias, alpha, .. } = reference();
    let calibration = Calibration::from_log_scale(log_scale, bias);
    assert!((calibration.alpha - alpha).abs() < 1e-6);
    assert_eq!(calibration.beta, bias);
}

#[test]
fn smoothing_affinity_and_alignment_agree() {
    let Reference { log_scale, bias, clips, .. } = reference();
    let calibration = Calibration::from_log_scale(log_scale, bias);
    for clip in clips {
        let frames = matrix(&clip.frames);
        let steps = unit_rows(matrix(&clip.steps).view());
        for expected in clip.smoothed {
            let Smoothed { width, preset, .. } = expected;
            let what = format!("{}×{} {preset} {width}", clip.steps.len(), clip.frames.len());
            let smoothing = Smoothing { width, preset };
            let prepared = smoothing.prepare(frames.view());
            let norms = smoothing.window_norms(prepared.view());
            let cosines = smoothing.cosines(products(steps.view(), prepared.view()).view(), &norms);
            assert_close(&cosines, &expected.cosines, &what);
            let affinities = cells(&cosines, Cell::Affinity, calibration);
            assert_close(&affinities, &expected.affinities, &what);
            assert_aligned(&affinities, &expected.affinity, &what);
            assert_aligned(&cells(&cosines, Cell::Cosine, calibration), &expected.cosine, &what);
        }
    }
}

#[test]
fn the_mean_pool_baseline_agrees() {
    for clip in reference().clips {
        let frames = matrix(&clip.frames);
        let names: Vec<Vec<f32>> = iter::once(clip.name).chain(clip.steps).collect();
        for (preset, expected) in
            [(Preset::Paper, clip.mean_pool.paper), (Preset::Released, clip.mean_pool.released)]
        {
            let scores = mean_pool(preset, frames.view(), matrix(&names).view());
            assert_eq!(scores.len(), expected.len());
            for (score, expected) in scores.iter().zip(expected) {
                assert!((score - expected).abs() < 1e-6, "{preset}: {score}, not {expected}");
            }
        }
    }
}
