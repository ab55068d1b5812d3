//! The evidence in the order of a script, against alignments of the same steps in other orders.

use actalign_tui::align::{
    AlignError, Aligner, OrderEvidence, Shuffles, align, margin_evidence, order_evidence, score as score_of,
};
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
        let mut found = Shuffles::new(Aligner::Dtw, cells.view(), 1).unwrap();
        found.draw(usize::MAX);
        prop_assert_eq!(bits(found.scores().to_vec()), bits(expected.collect()));
    }

    #[test]
    fn every_drawn_order_is_one_of_all(cells in matrices(6..=6_usize, (-2..=2_i8).prop_map(f32::from))) {
        let all: Vec<u64> = orders(6).iter().map(|order| score(&cells.select(Axis(0), order)).to_bits()).collect();
        let mut found = Shuffles::new(Aligner::Dtw, cells.view(), 1).unwrap();
        found.draw(200);
        prop_assert_eq!(found.scores().len(), 200);
        prop_assert!(found.scores().iter().all(|score| all.contains(&score.to_bits())));
    }

    #[test]
    fn the_evidence_is_what_its_definition_says(cells in matrices(2..=7_usize, -1.0..1.0_f32)) {
        let score = score(&cells);
        let mut shuffles = Shuffles::new(Aligner::Dtw, cells.view(), 1).unwrap();
        let OrderEvidence { mean: found, z, p, permutations, .. } = shuffles.evidence(|| false).unwrap();
        let others = shuffles.scores();
        prop_assert_eq!(permutations, others.len());
        let as_high = others.iter().filter(|&&other| other >= score - 1e-12).count();
        prop_assert_eq!(p, (1.0 + as_high as f64) / (1.0 + others.len() as f64));
        let n = others.len() as f64;
        let mean = others.iter().sum::<f64>() / n;
        prop_assert!((found - mean).abs() < 1e-12);
        let spread = (others.iter().map(|other| other * other).sum::<f64>() / n - mean * mean).max(0.0).sqrt();
        if spread > 1e-3 {
            prop_assert!((z - (score - mean) / spread).abs() < 1e-6 * (1.0 + z.abs()), "{}", z);
        }
    }

    /// Steps that share the only frame add up in any order.
    #[test]
    fn one_frame_tells_nothing_of_an_order(cells in prop::collection::vec(1e-7..1.0_f32, 2..9)) {
        let cells = Array2::from_shape_vec((cells.len(), 1), cells).unwrap();
        let evidence = order_evidence(Aligner::Dtw, cells.view(), 1).unwrap().unwrap();
        prop_assert_eq!((evidence.z, evidence.p), (0.0, 1.0));
    }
}

#[test]
fn a_script_in_order_stands_out() {
    let cells = Array2::from_shape_fn((4, 20), |(step, frame)| if frame / 5 == step { 0.9 } else { 0.1 });
    let evidence = order_evidence(Aligner::Dtw, cells.view(), 1).unwrap().unwrap();
    assert_eq!((evidence.p, evidence.permutations), (1.0 / 24.0, 23), "no other order is as good");
    assert!(evidence.z > 2.0, "{}", evidence.z);

    let backwards = cells.select(Axis(0), &[3, 2, 1, 0]);
    let evidence = order_evidence(Aligner::Dtw, backwards.view(), 1).unwrap().unwrap();
    assert!(evidence.z < 0.0 && evidence.p > 0.9, "{evidence:?}");
}

#[test]
fn a_script_of_equal_steps_has_no_evidence() {
    for steps in [2, 5, 9] {
        let cells = Array2::from_shape_fn((steps, 7), |(_, frame)| 0.1 * frame as f32);
        let evidence = order_evidence(Aligner::Dtw, cells.view(), 1).unwrap().unwrap();
        assert_eq!((evidence.z, evidence.p), (0.0, 1.0), "{steps} steps");
    }
}

#[test]
fn a_single_step_has_no_other_order() {
    assert_eq!(order_evidence(Aligner::Dtw, array![[0.5, 0.25]].view(), 1), Ok(None));
}

#[test]
fn what_cannot_be_aligned_has_no_evidence() {
    let refused = order_evidence(Aligner::Dtw, array![[0.5, f32::NAN]].view(), 1);
    assert!(matches!(refused, Err(AlignError::NotFinite { step: 0, frame: 1, .. })), "{refused:?}");
    assert!(order_evidence(Aligner::Dtw, Array2::zeros((0, 3)).view(), 1).is_err());
    assert!(Shuffles::new(Aligner::Dtw, Array2::zeros((3, 0)).view(), 1).is_err());
}

#[test]
fn the_layout_in_memory_does_not_matter() {
    let cells = Array2::from_shape_fn((6, 9), |(step, frame)| ((step * 7 + frame * 5) % 11) as f32);
    let columns_first = cells.t().as_standard_layout().into_owned();
    assert_eq!(
        order_evidence(Aligner::Dtw, columns_first.t(), 1),
        order_evidence(Aligner::Dtw, cells.view(), 1)
    );
}

/// A script of which each step fits its part of the clip a little better than the others do, in noise.
fn weak_order(steps: usize, frames: usize, lift: f32, seed: u64) -> Array2<f32> {
    let mut state = seed;
    Array2::from_shape_fn((steps, frames), |(step, frame)| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> 40) as f32 / (1 << 24) as f32;
        noise + if frame * steps / frames == step { lift } else { 0.0 }
    })
}

/// p and z over all orders but the written one.
fn exact(cells: &Array2<f32>) -> (f64, f64) {
    let shuffled = orders(cells.nrows()).into_iter().filter(|order| !order.is_sorted());
    let scores: Vec<f64> =
        shuffled.map(|order| score_of(Aligner::Dtw, cells.select(Axis(0), &order).view()).unwrap()).collect();
    let (n, score) = (scores.len() as f64, score(cells));
    let mean = scores.iter().sum::<f64>() / n;
    let deviation = (scores.iter().map(|other| (other - mean).powi(2)).sum::<f64>() / n).sqrt();
    let as_high = scores.iter().filter(|&&other| other >= score - 1e-12).count();
    ((1 + as_high) as f64 / (1.0 + n), (score - mean) / deviation)
}

#[test]
fn drawn_evidence_is_that_of_all_orders_within_its_error() {
    let mut counts = Vec::new();
    for (lift, seed) in [(0.0, 1), (0.1, 2), (0.2, 3), (0.6, 4)] {
        let cells = weak_order(7, 14, lift, seed);
        let (p, z) = exact(&cells);
        for seed in 0..6 {
            let found = order_evidence(Aligner::Dtw, cells.view(), seed).unwrap().unwrap();
            let n = found.permutations as f64;
            let error = (p * (1.0 - p) / n).sqrt() + 1.0 / n;
            assert!((found.p - p).abs() < 4.0 * error, "{found:?}, p {p}");
            assert!(found.z_error > 0.0 || found.permutations == 5039, "{found:?}");
            assert!((found.z - z).abs() < 4.0 * found.z_error + 1e-9, "{found:?}, z {z}");
            assert_eq!(found.is_clear(), p < 0.05, "{found:?}, p {p}");
            counts.push(found.permutations);
        }
    }
    assert!(counts.contains(&200), "{counts:?}");
}

#[test]
fn more_orders_are_drawn_near_the_decision_and_none_remain_unseen_where_they_are_few() {
    let near = (0..400).map(|seed| weak_order(6, 12, 0.15, seed));
    let near = near.map(|cells| (exact(&cells).0, cells)).find(|(p, _)| (0.046..0.054).contains(p)).unwrap();
    let found = order_evidence(Aligner::Dtw, near.1.view(), 1).unwrap().unwrap();
    assert_eq!((found.permutations, found.z_error), (719, 0.0), "all are known: {found:?}");
    assert!((found.p - near.0).abs() < 1e-12);
}

#[test]
fn the_error_of_z_is_its_spread_over_seeds() {
    for (lift, seed) in [(0.0, 5), (0.5, 6)] {
        let cells = weak_order(9, 18, lift, seed);
        let found: Vec<_> =
            (0..60).map(|seed| order_evidence(Aligner::Dtw, cells.view(), seed).unwrap().unwrap()).collect();
        let found: Vec<_> = found.into_iter().filter(|found| found.permutations == 200).collect();
        assert!(found.len() > 30, "{}", found.len());
        let n = found.len() as f64;
        let mean = found.iter().map(|found| found.z).sum::<f64>() / n;
        let spread = (found.iter().map(|found| (found.z - mean).powi(2)).sum::<f64>() / n).sqrt();
        let error = found.iter().map(|found| found.z_error).sum::<f64>() / n;
        assert!((0.65..1.5).contains(&(spread / error)), "{spread} {error}");
    }
}

#[test]
fn seeds_draw_different_orders() {
    let cells = weak_order(8, 16, 0.1, 7);
    let z = |seed| order_evidence(Aligner::Dtw, cells.view(), seed).unwrap().unwrap().z;
    assert_eq!(z(1), z(1));
    assert_ne!(z(1), z(2));
}

/// The margins of two scripts over all pairs of their orders, against drawn pairs.
#[test]
fn the_evidence_of_a_margin_is_that_of_all_pairs_within_its_error() {
    let scores = |cells: &Array2<f32>| -> Vec<f64> {
        let shuffled = orders(cells.nrows()).into_iter().filter(|order| !order.is_sorted());
        shuffled.map(|order| score(&cells.select(Axis(0), &order))).collect()
    };
    let leader = weak_order(6, 12, 0.25, 8);
    for rival in [weak_order(6, 12, 0.0, 9), weak_order(3, 12, 0.0, 10)] {
        let margin = score(&leader) - score(&rival);
        let (leads, lags) = (scores(&leader), scores(&rival));
        let pairs: Vec<f64> = leads.iter().flat_map(|lead| lags.iter().map(move |lag| lead - lag)).collect();
        let n = pairs.len() as f64;
        let mean = pairs.iter().sum::<f64>() / n;
        let deviation = (pairs.iter().map(|pair| (pair - mean).powi(2)).sum::<f64>() / n).sqrt();
        let p = pairs.iter().filter(|&&pair| pair >= margin - 1e-12).count() as f64 / n;
        let z = (margin - mean) / deviation;
        for seed in 0..5 {
            let [mut first, mut second] = [&leader, &rival]
                .map(|cells| Shuffles::new(Aligner::Dtw, cells.view(), seed + cells.nrows() as u64).unwrap());
            let found = margin_evidence(&mut first, &mut second, || false).unwrap();
            assert!((found.z - z).abs() < 4.0 * found.z_error + 1e-9, "{found:?}, z {z}");
            let drawn = found.permutations as f64;
            assert!(
                (found.p - p).abs() < 4.0 * (p * (1.0 - p) / drawn).sqrt() + 2.0 / drawn,
                "{found:?}, p {p}"
            );
            assert!((found.mean - mean).abs() < 4.0 * deviation / drawn.sqrt(), "{found:?}, mean {mean}");
        }
    }
}

#[test]
fn a_margin_that_comes_from_order_alone_falls_when_shuffled_and_another_does_not() {
    let in_order = Array2::from_shape_fn((4, 20), |(step, frame)| if frame / 5 == step { 0.9 } else { 0.1 });
    let evidence = |leader: &Array2<f32>, rival: &Array2<f32>| {
        let [mut leader, mut rival] =
            [leader, rival].map(|cells| Shuffles::new(Aligner::Dtw, cells.view(), 3).unwrap());
        margin_evidence(&mut leader, &mut rival, || false).unwrap()
    };
    // The same steps, the rival's in the wrong order: shuffled, the two are alike.
    let backwards = in_order.select(Axis(0), &[3, 2, 1, 0]);
    let found = evidence(&in_order, &backwards);
    assert!(found.is_clear() && found.mean.abs() < 0.05, "{found:?}");
    // Better in every cell, in any order.
    let everywhere = Array2::from_elem((4, 20), 0.6);
    let nowhere = Array2::from_elem((4, 20), 0.1);
    let found = evidence(&everywhere, &nowhere);
    assert_eq!((found.z, found.p), (0.0, 1.0));
    assert!((found.mean - 0.5).abs() < 1e-6, "{found:?}");
}

#[test]
fn a_cancelled_search_has_no_evidence() {
    let cells = weak_order(8, 16, 0.1, 7);
    let shuffles = || Shuffles::new(Aligner::Dtw, cells.view(), 1).unwrap();
    assert_eq!(shuffles().evidence(|| true), None);
    assert_eq!(margin_evidence(&mut shuffles(), &mut shuffles(), || true), None);
}
