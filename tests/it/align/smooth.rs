//! Smoothing by window sums against smoothing by the definition.

use actalign_tui::align::{
    Preset, ScaledFrame, Smoothing, Windows, mean_rate, products, unit_rows, width_in_frames,
};
use ndarray::{Array2, Axis, array, s};
use proptest::prelude::*;

/// Smoothed frames by the definition: a weighted sum over a zero-padded clip, divided by w, normalised.
fn smooth(smoothing: Smoothing, prepared: &Array2<f32>) -> Array2<f64> {
    let (frames, dimensions) = prepared.dim();
    let width = smoothing.width.max(1);
    let (taps, padding) = match smoothing.preset {
        Preset::Paper => (2 * (width / 2) + 1, width / 2),
        Preset::Released => (width, (width - 1) / 2),
    };
    let mut padded = Array2::<f64>::zeros((frames + 2 * padding, dimensions));
    padded.slice_mut(s![padding..padding + frames, ..]).assign(&prepared.mapv(f64::from));
    let mut smoothed = Array2::zeros((frames + 2 * padding + 1 - taps, dimensions));
    for (t, mut row) in smoothed.axis_iter_mut(Axis(0)).enumerate() {
        let mean = padded.slice(s![t..t + taps, ..]).sum_axis(Axis(0)) / width as f64;
        let length = mean.dot(&mean).sqrt();
        row.assign(&(mean / length));
    }
    smoothed
}

fn clips() -> impl Strategy<Value = (Array2<f32>, Smoothing)> {
    (1..30_usize, 0..40_usize, any::<bool>()).prop_flat_map(|(frames, width, paper)| {
        let preset = if paper { Preset::Paper } else { Preset::Released };
        // The first dimension keeps every window away from zero, where the cosine has no meaning.
        let row = (1.0..2.0_f32, -3.0..3.0_f32, -3.0..3.0_f32);
        prop::collection::vec(row, frames).prop_map(move |rows| {
            let frames = rows.iter().flat_map(|&(x, y, z)| [x, y, z]).collect();
            (Array2::from_shape_vec((rows.len(), 3), frames).unwrap(), Smoothing { width, preset })
        })
    })
}

proptest! {
    #[test]
    fn window_sums_give_the_cosines_of_smoothed_frames((frames, smoothing) in clips()) {
        let steps = unit_rows(array![[1.0, 2.0, -1.0], [0.5, -1.0, 0.25]].view());
        let prepared = smoothing.prepare(frames.view());
        let norms = smoothing.window_norms(prepared.view());
        let cosines = smoothing.cosines(products(steps.view(), prepared.view()).view(), &norms);
        let expected = steps.mapv(f64::from).dot(&smooth(smoothing, &prepared).t());
        prop_assert_eq!(cosines.dim(), expected.dim());
        prop_assert_eq!(cosines.ncols(), smoothing.output_len(frames.nrows()));
        for (ours, exact) in cosines.iter().zip(&expected) {
            prop_assert!((f64::from(*ours) - exact).abs() < 1e-6, "{ours} and {exact}");
        }
    }

    #[test]
    fn every_window_is_inside_the_clip_and_holds_its_frame(
        frames in 1..50_usize,
        width in prop_oneof![0..60_usize, Just(usize::MAX), Just(usize::MAX - 1)],
        paper in any::<bool>(),
    ) {
        let preset = if paper { Preset::Paper } else { Preset::Released };
        let smoothing = Smoothing { width, preset };
        for t in 0..smoothing.output_len(frames) {
            let window = smoothing.window(t, frames);
            prop_assert!(window.contains(&t) && window.end <= frames);
        }
    }
}

/// A clip that is scaled by `scales`, and the windows that slide over it.
fn windows(smoothing: Smoothing, raw: &Array2<f32>, scales: &[f64]) -> (Array2<f32>, Windows) {
    let mut scaled = raw.clone();
    for (mut row, &scale) in scaled.rows_mut().into_iter().zip(scales) {
        row *= scale as f32;
    }
    let rows = raw.as_slice().unwrap().chunks_exact(raw.ncols()).zip(scales);
    let frames: Vec<ScaledFrame> = rows
        .map(|(raw, &scale)| {
            let length = raw.iter().map(|&x| (f64::from(x) * scale).powi(2)).sum::<f64>().sqrt();
            ScaledFrame { raw, scale, length }
        })
        .collect();
    let windows = Windows::new(smoothing, &frames);
    (scaled, windows)
}

/// Products of a step with the first 0, 1, … frames.
fn prefix_sums(step: &[f32], frames: &Array2<f32>) -> Vec<f64> {
    let mut sum = 0.0;
    let products = frames.rows().into_iter().map(|frame| {
        sum += frame.iter().zip(step).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        sum
    });
    [0.0].into_iter().chain(products.collect::<Vec<_>>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Clips longer than the stretch of one thread, windows of all widths, dimensions that no vector divides.
    #[test]
    fn sliding_windows_give_the_same_cosines(
        frames in prop_oneof![1..40_usize, 200..700_usize],
        dim in 1..40_usize,
        width in prop_oneof![0..40_usize, 0..1500_usize, Just(usize::MAX)],
        paper in any::<bool>(),
        seed in 0..1000_usize,
    ) {
        let wave = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0;
        // The first dimension keeps every window away from zero, where the cosine has no meaning.
        let raw = Array2::from_shape_fn((frames, dim), |(t, i)| if i == 0 { 2.0 } else { wave(t * dim + i) });
        let scales: Vec<f64> = (0..frames).map(|t| 2_f64.powi(t as i32 % 5 - 2)).collect();
        let preset = if paper { Preset::Paper } else { Preset::Released };
        let smoothing = Smoothing { width, preset };
        let (scaled, windows) = windows(smoothing, &raw, &scales);
        let step: Vec<f32> = (0..dim).map(|i| wave(i + 17)).collect();
        let step = unit_rows(Array2::from_shape_vec((1, dim), step).unwrap().view());

        let found = windows.cosines(&[&prefix_sums(step.as_slice().unwrap(), &scaled)]);
        let norms = smoothing.window_norms(scaled.view());
        let expected = smoothing.cosines(products(step.view(), scaled.view()).view(), &norms);
        prop_assert_eq!(found.dim(), expected.dim());
        prop_assert_eq!(windows.len(), norms.len());
        for (ours, reference) in found.iter().zip(&expected) {
            prop_assert!((ours - reference).abs() < 2e-6, "{ours} and {reference}");
        }
    }

    #[test]
    fn windows_are_those_of_another_width_only_if_it_has_the_same(
        frames in 1..12_usize,
        (a, b) in (0..15_usize, 0..15_usize),
        paper in any::<bool>(),
    ) {
        let preset = if paper { Preset::Paper } else { Preset::Released };
        let raw = Array2::from_elem((frames, 1), 1.0);
        let [a, b] = [a, b].map(|width| Smoothing { width, preset });
        let all = |smoothing: Smoothing| {
            (0..smoothing.output_len(frames)).map(|t| smoothing.window(t, frames)).collect::<Vec<_>>()
        };
        let (_, windows) = windows(a, &raw, &vec![1.0; frames]);
        prop_assert!(windows.are_of(a));
        prop_assert!(!windows.are_of(b) || all(a) == all(b));
    }
}

#[test]
fn a_sliding_window_that_sums_to_nothing_has_no_direction() {
    let mut frames = Array2::zeros((12, 2));
    for t in 0..6 {
        frames.row_mut(t).assign(&array![1e4 / (t + 3) as f32, 0.1 * t as f32]);
    }
    let smoothing = Smoothing { width: 3, preset: Preset::Released };
    let (scaled, windows) = windows(smoothing, &frames, &[1.0; 12]);
    let cosines = windows.cosines(&[&prefix_sums(&[1.0, 0.0], &scaled)]);
    assert!(cosines.iter().take(7).all(|&cosine| cosine > 0.9), "{cosines}");
    assert!(cosines.iter().skip(7).all(|&cosine| cosine == 0.0), "{cosines}");
}

#[test]
fn paper_centres_the_window_and_released_counts_taps() {
    let windows = |width, preset| {
        let smoothing = Smoothing { width, preset };
        (0..smoothing.output_len(5)).map(|t| smoothing.window(t, 5)).collect::<Vec<_>>()
    };
    assert_eq!(windows(4, Preset::Paper), [0..3, 0..4, 0..5, 1..5, 2..5]);
    assert_eq!(windows(5, Preset::Paper), [0..3, 0..4, 0..5, 1..5, 2..5]);
    assert_eq!(windows(4, Preset::Released), [0..3, 0..4, 1..5, 2..5]);
    assert_eq!(windows(3, Preset::Released), [0..2, 0..3, 1..4, 2..5, 3..5]);
    for preset in [Preset::Paper, Preset::Released] {
        assert_eq!(windows(1, preset), [0..1, 1..2, 2..3, 3..4, 4..5]);
        assert_eq!(windows(0, preset), windows(1, preset));
    }
}

#[test]
fn only_released_lets_long_frames_weigh_more() {
    let frames = array![[30.0, 0.0], [0.0, 40.0], [0.0, 40.0]];
    let step = array![[1.0, 0.0]];
    let cosine = |preset| {
        let smoothing = Smoothing { width: 3, preset };
        let prepared = smoothing.prepare(frames.view());
        let norms = smoothing.window_norms(prepared.view());
        smoothing.cosines(products(step.view(), prepared.view()).view(), &norms)[(0, 0)]
    };
    assert!((cosine(Preset::Paper) - 0.5_f32.sqrt()).abs() < 1e-6);
    assert!((cosine(Preset::Released) - 0.6).abs() < 1e-6);
}

#[test]
fn a_window_that_sums_to_nothing_has_no_direction() {
    // After large frames a running sum is left with their rounding error, which must not pass for a direction.
    let mut frames = Array2::zeros((12, 2));
    for t in 0..6 {
        frames.row_mut(t).assign(&array![1e4 / (t + 3) as f32, 0.1 * t as f32]);
    }
    let smoothing = Smoothing { width: 3, preset: Preset::Released };
    let norms = smoothing.window_norms(frames.view());
    assert!(norms[..7].iter().all(|&norm| norm > 0.0), "{norms:?}");
    assert_eq!(norms[7..], [0.0; 5]);
    let cosines = smoothing.cosines(products(array![[1.0, 0.0]].view(), frames.view()).view(), &norms);
    assert!(cosines.iter().take(7).all(|&cosine| cosine > 0.9), "{cosines}");
    assert!(cosines.iter().skip(7).all(|&cosine| cosine == 0.0), "{cosines}");
}

#[test]
fn a_width_in_seconds_is_rounded_to_frames() {
    assert_eq!(width_in_frames(1.0, 29.97), 30);
    assert_eq!(width_in_frames(0.0, 30.0), 0);
    assert_eq!(width_in_frames(1.0, 0.0), 0);
    assert_eq!(width_in_frames(0.25, 10.0), 3);
}

#[test]
fn the_mean_rate_counts_intervals() {
    assert_eq!(mean_rate(&[0.0, 0.5, 1.0]), 2.0);
    assert_eq!(mean_rate(&[3.0, 3.1, 5.0]), 1.0);
    assert_eq!(mean_rate(&[2.0]), 0.0);
    assert_eq!(mean_rate(&[]), 0.0);
    assert_eq!(mean_rate(&[1.0, 1.0]), 0.0);
}
