//! The evidence in the order of a script, against alignments of the same steps in other orders.

use actalign_tui::align::{AlignError, Aligner, OrderEvidence, align, order_evidence, shuffled_scores};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

/// All orders of `steps` steps.
fn orders(steps: usize) -> Vec<Vec<usize>> {
    let Some(last) = steps.checked_sub(1) else { return vec![Vec::new()] };
    let put = |order: Vec<usize>| {
        (0..=last).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, last);
            longer
        })
    };
    orders(last).into_iter().flat_map(put).collect()
}

fn score(cells: &Array2<f32>) -> f64 {
    align(Aligner::Dtw, cells.view()).unwrap().score
}

fn matrices(
    steps: impl Strategy<Value = usize>,
    cell: impl Strategy<Value = f32> + Clone,
) -> impl Strategy<Value = Array2<f32>> {
    (steps, 1..=12_usize).prop_flat_map(move |shape| {
        prop::collection::vec(cell.clone(), shape.0 * shape.1)
            .prop_map(move |cells| Array2::from_shape_vec(shape, cells).unwrap())
    })
}

/// Few different cells, of both signs, so that ties are everywhere; or any.
fn cells() -> impl Strategy<Value = f32> + Clone {
    prop_oneof![(-2..=2_i8).prop_map(f32::from), Just(-0.0_f32), -1.0..1.0_f32, 1e-7..1e-3_f32,]
}

fn bits(mut scores: Vec<f64>) -> Vec<u64> {
    scores.sort_by(f64::total_cmp);
    scores.into_iter().map(f64::to_bits).collect()
}

proptest! {
    /// To the last bit, whatever the ties and the signs: the length of the path counts, too.
    #[test]
    fn a_shuffled_score_is_the_score_of_the_shuffled_matrix(cells in matrices(1..=5_usize, cells())) {
        let expected = orders(cells.nrows())
            .into_iter()
            .filter(|order| !order.is_sorted())
            .map(|order| score(&cells.select(Axis(0), &order)));
        let found = shuffled_scores(Aligner::Dtw, cells.view()).unwrap();
        prop_assert_eq!(bits(found.collect()), bits(expected.collect()));
    }

    #[test]
    fn every_drawn_order_is_one_of_all(cells in matrices(6..=6_usize, (-2..=2_i8).prop_map(f32::from))) {
        let all: Vec<u64> = orders(6).iter().map(|order| score(&cells.select(Axis(0), order)).to_bits()).collect();
        let found: Vec<f64> = shuffled_scores(Aligner::Dtw, cells.view()).unwrap().collect();
        prop_assert_eq!(found.len(), 200);
        prop_assert!(found.iter().all(|score| all.contains(&score.to_bits())));
    }

    #[test]
    fn the_evidence_is_what_its_definition_says(cells in matrices(2..=7_usize, -1.0..1.0_f32)) {
        let score = score(&cells);
        let others: Vec<f64> = shuffled_scores(Aligner::Dtw, cells.view()).unwrap().collect();
        let OrderEvidence { z, p, permutations } = order_evidence(Aligner::Dtw, cells.view()).unwrap().unwrap();
        prop_assert_eq!(permutations, others.len());
        let as_high = others.iter().filter(|&&other| other >= score - 1e-12).count();
        prop_assert_eq!(p, (1.0 + as_high as f64) / (1.0 + others.len() as f64));
        let n = others.len() as f64;
        let mean = others.iter().sum::<f64>() / n;
        let spread = (others.iter().map(|other| other * other).sum::<f64>() / n - mean * mean).max(0.0).sqrt();
        if spread > 1e-3 {
            prop_assert!((z - (score - mean) / spread).abs() < 1e-6 * (1.0 + z.abs()), "{}", z);
        }
    }

    /// Steps that share the only frame add up in any order.
    #[test]
    fn one_frame_tells_nothing_of_an_order(cells in prop::collection::vec(1e-7..1.0_f32, 2..9)) {
        let cells = Array2::from_shape_vec((cells.len(), 1), cells).unwrap();
        let evidence = order_evidence(Aligner::Dtw, cells.view()).unwrap().unwrap();
        prop_assert_eq!((evidence.z, evidence.p), (0.0, 1.0));
    }
}

#[test]
fn a_script_in_order_stands_out() {
    let cells = Array2::from_shape_fn((4, 20), |(step, frame)| if frame / 5 == step { 0.9 } else { 0.1 });
    let evidence = order_evidence(Aligner::Dtw, cells.view()).unwrap().unwrap();
    assert_eq!((evidence.p, evidence.permutations), (1.0 / 24.0, 23), "no other order is as good");
    assert!(evidence.z > 2.0, "{}", evidence.z);

    let backwards = cells.select(Axis(0), &[3, 2, 1, 0]);
    let evidence = order_evidence(Aligner::Dtw, backwards.view()).unwrap().unwrap();
    assert!(evidence.z < 0.0 && evidence.p > 0.9, "{evidence:?}");
}

#[test]
fn a_script_of_equal_steps_has_no_evidence() {
    for steps in [2, 5, 9] {
        let cells = Array2::from_shape_fn((steps, 7), |(_, frame)| 0.1 * frame as f32);
        let evidence = order_evidence(Aligner::Dtw, cells.view()).unwrap().unwrap();
        assert_eq!((evidence.z, evidence.p), (0.0, 1.0), "{steps} steps");
    }
}

#[test]
fn a_single_step_has_no_other_order() {
    assert_eq!(order_evidence(Aligner::Dtw, array![[0.5, 0.25]].view()), Ok(None));
    assert_eq!(OrderEvidence::new(0.5, &[]), None);
}

#[test]
fn what_cannot_be_aligned_has_no_evidence() {
    let refused = order_evidence(Aligner::Dtw, array![[0.5, f32::NAN]].view());
    assert!(matches!(refused, Err(AlignError::NotFinite { step: 0, frame: 1, .. })), "{refused:?}");
    assert!(order_evidence(Aligner::Dtw, Array2::zeros((0, 3)).view()).is_err());
    assert!(shuffled_scores(Aligner::Dtw, Array2::zeros((3, 0)).view()).is_err());
}

#[test]
fn the_layout_in_memory_does_not_matter() {
    let cells = Array2::from_shape_fn((6, 9), |(step, frame)| ((step * 7 + frame * 5) % 11) as f32);
    let columns_first = cells.t().as_standard_layout().into_owned();
    assert_eq!(order_evidence(Aligner::Dtw, columns_first.t()), order_evidence(Aligner::Dtw, cells.view()),);
}
