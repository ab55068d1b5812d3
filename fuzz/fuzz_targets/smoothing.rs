//! Smoothing three ways: window by window as the equation has it, from prefix sums, and sliding. All agree, and no cosine
//! leaves its range.
#![no_main]

use actalign_fuzz::{Unstructured, fuzz_target};
use actalign_tui::align::{Preset, ScaledFrame, Smoothing, Windows, products, unit_rows};
use ndarray::{Array1, Array2, Axis};

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let mut size = |most: usize| data.int_in_range(1..=most).unwrap_or(1);
    let (steps, frames, dim, width) = (size(4), size(40), size(5), size(50) - 1);
    let preset = if data.arbitrary().unwrap_or(false) { Preset::Paper } else { Preset::Released };
    let mut value = || f32::from(data.arbitrary::<i8>().unwrap_or_default()) / 16.0;
    let frames = Array2::from_shape_simple_fn((frames, dim), &mut value);
    let steps = unit_rows(Array2::from_shape_simple_fn((steps, dim), &mut value).view());

    let smoothing = Smoothing { width, preset };
    let prepared = smoothing.prepare(frames.view());
    let norms = smoothing.window_norms(prepared.view());
    let products = products(steps.view(), prepared.view());
    let cosines = smoothing.cosines(products.view(), &norms);
    assert_eq!(cosines.dim(), (steps.nrows(), smoothing.output_len(frames.nrows())));
    assert!(cosines.iter().all(|cosine| cosine.abs() <= 1.001), "{cosines}");

    let length =
        |row: ndarray::ArrayView1<f32>| row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let scaled: Vec<ScaledFrame> = frames
        .axis_iter(Axis(0))
        .map(|row| {
            let own = length(row);
            let scale = match preset {
                Preset::Released => 1.0,
                Preset::Paper if own > 0.0 => own.recip(),
                Preset::Paper => 0.0,
            };
            ScaledFrame { raw: row.to_slice().unwrap(), scale, length: scale * own }
        })
        .collect();
    let windows = Windows::new(smoothing, &scaled);
    assert_eq!(windows.len(), norms.len());
    let sums: Vec<Vec<f64>> = steps
        .axis_iter(Axis(0))
        .map(|step| {
            let product = |frame: &ScaledFrame| {
                step.iter().zip(frame.raw).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
                    * frame.scale
            };
            let mut sum = 0.0;
            [0.0]
                .into_iter()
                .chain(scaled.iter().map(|frame| {
                    sum += product(frame);
                    sum
                }))
                .collect()
        })
        .collect();
    let slid = windows.cosines(&sums.iter().map(Vec::as_slice).collect::<Vec<_>>());

    let longest = scaled.iter().map(|frame| frame.length).fold(0.0, f64::max);
    for t in 0..norms.len() {
        let mut mean = Array1::<f64>::zeros(dim);
        for frame in smoothing.window(t, frames.nrows()) {
            mean += &prepared.row(frame).mapv(f64::from);
        }
        let norm = mean.dot(&mean).sqrt();
        // Where frames cancel out, what is left is rounding.
        if norm < 1e-3 * longest || longest == 0.0 {
            continue;
        }
        assert!((norms[t] - norm).abs() <= 1e-4 * norm);
        for (k, step) in steps.axis_iter(Axis(0)).enumerate() {
            let exact = step.mapv(f64::from).dot(&mean) / norm;
            for cosine in [cosines[(k, t)], slid[(k, t)]] {
                assert!((f64::from(cosine) - exact).abs() < 1e-3, "{cosine} for {exact}");
            }
        }
    }
});
