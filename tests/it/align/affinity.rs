//! Cells far from zero, rankings, and vectors without length.

use actalign_tui::align::{Calibration, Cell, Preset, cells, dot, mean_pool, rank, unit_rows};
use ndarray::{Array2, array};
use proptest::prelude::*;

/// The affinity of a logit.
fn sigmoid(logit: f32) -> f32 {
    cells(&array![[logit]], Cell::Affinity, Calibration { alpha: 1.0, beta: 0.0 })[(0, 0)]
}

#[test]
fn the_sigmoid_holds_at_both_ends() {
    assert_eq!(sigmoid(0.0), 0.5);
    assert_eq!(sigmoid(1000.0), 1.0);
    assert_eq!(sigmoid(-1000.0), 0.0);
    // Real logits lie near -16, where 1 - σ(16) in f32 would have lost all but two digits.
    let exact = 1.125_351_6e-7;
    assert!((sigmoid(-16.0) / exact - 1.0).abs() < 1e-6, "{}", sigmoid(-16.0));
    assert!(sigmoid(-95.0) > 0.0);
}

#[test]
fn logits_and_cosines_are_cells_too() {
    let calibration = Calibration { alpha: 2.0, beta: -1.0 };
    let cosines = array![[0.5, -0.25]];
    assert_eq!(cells(&cosines, Cell::Logit, calibration), array![[0.0, -1.5]]);
    assert_eq!(cells(&cosines, Cell::Cosine, calibration), cosines);
}

#[test]
fn a_row_of_zeros_stays_zero() {
    assert_eq!(unit_rows(array![[0.0, 0.0], [3.0, 4.0]].view()), array![[0.0, 0.0], [0.6, 0.8]]);
    let nothing = Array2::zeros((2, 2));
    assert_eq!(mean_pool(Preset::Paper, nothing.view(), array![[1.0, 0.0]].view()), [0.0]);
    assert_eq!(mean_pool(Preset::Released, array![[1.0, 0.0]].view(), nothing.view()), [0.0, 0.0]);
}

/// The authors divide the matrix of names by one norm: a name twice as long scores twice as much.
#[test]
fn released_names_keep_their_lengths() {
    let frames = array![[1.0, 0.0], [1.0, 1.0]];
    let names = array![[2.0, 1.0], [4.0, 2.0], [2.0, 0.0]];
    let scores = mean_pool(Preset::Released, frames.view(), names.view());
    assert!((scores[1] - 2.0 * scores[0]).abs() < 1e-12);
    assert!((scores[0] - 5.0 / (5f64.sqrt() * 29f64.sqrt())).abs() < 1e-12, "{scores:?}");
    let cosines = mean_pool(Preset::Paper, frames.view(), names.view());
    assert!((cosines[0] - cosines[1]).abs() < 1e-12);
}

#[test]
fn unit_rows_survive_squares_beyond_f32() {
    let unit = unit_rows(array![[3e30_f32, 4e30], [3e-30, 4e-30]].view());
    assert!((unit - array![[0.6, 0.8], [0.6, 0.8]]).iter().all(|difference| difference.abs() < 1e-6));
}

proptest! {
    #[test]
    fn a_dot_product_is_the_sum_of_products(
        rows in prop::collection::vec((-1.0..1.0_f32, -1.0..1.0_f32), 0..100),
    ) {
        let (a, b): (Vec<f32>, Vec<f32>) = rows.iter().copied().unzip();
        let exact: f64 = rows.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
        prop_assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-5);
    }
}

#[test]
fn ranking_is_descending_and_keeps_the_order_of_ties() {
    assert_eq!(rank(&[1.0, 3.0, 2.0]), [1, 2, 0]);
    assert_eq!(rank(&[2.0, 3.0, 2.0, 3.0]), [1, 3, 0, 2]);
    assert_eq!(rank(&[-0.0, 0.0]), [0, 1]);
    assert_eq!(rank(&[f64::NAN, 1.0, f64::NEG_INFINITY, f64::NAN]), [1, 2, 0, 3]);
    assert!(rank(&[]).is_empty());
}
