//! Alignment from embeddings: 900 frames, 5 classes of 10 steps, 1152 values each; and the inner loop of each aligner.
//! `benches/alignment.py` runs this beside the arithmetic of the method's authors in NumPy.

use std::hint::black_box;

use actalign_tui::align::{
    Aligner, Calibration, Cell, Preset, Rule, Smoothing, align, cells, products, rank, unit_rows,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use rayon::prelude::*;

const FRAMES: usize = 900;
const CLASSES: usize = 5;
const STEPS: usize = 10;
const DIM: usize = 1152;
/// As of so400m-patch14-384.
const CALIBRATION: Calibration = Calibration { alpha: 112.7, beta: -16.5 };

/// Values between -1 and 1 that look random and are the same every time.
fn embeddings(rows: usize, seed: u32) -> Array2<f32> {
    let mut state = seed;
    Array2::from_shape_simple_fn((rows, DIM), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// What `align` does from raw embeddings to the ranking.
fn ranking(preset: Preset, width: usize, frames: &Array2<f32>, scripts: &[Array2<f32>]) -> Vec<usize> {
    let smoothing = Smoothing { width, preset };
    let prepared = smoothing.prepare(frames.view());
    let norms = smoothing.window_norms(prepared.view());
    let score = |steps: &Array2<f32>| {
        let products = products(unit_rows(steps.view()).view(), prepared.view());
        let cells = cells(&smoothing.cosines(products.view(), &norms), Cell::Affinity, CALIBRATION);
        align(Aligner::Dtw, cells.view()).unwrap().score
    };
    rank(&scripts.par_iter().map(score).collect::<Vec<_>>())
}

fn from_embeddings(criterion: &mut Criterion) {
    let frames = embeddings(FRAMES, 1);
    let scripts: Vec<_> = (0..CLASSES).map(|class| embeddings(STEPS, 2 + class as u32)).collect();
    let mut group = criterion.benchmark_group("alignment");
    group.bench_function("released", |bencher| {
        bencher.iter(|| ranking(Preset::Released, 0, black_box(&frames), &scripts));
    });
    group.bench_function("paper_smoothed", |bencher| {
        bencher.iter(|| ranking(Preset::Paper, 30, black_box(&frames), &scripts));
    });
    group.finish();
}

fn inner_loop(criterion: &mut Criterion) {
    let matrix = embeddings(STEPS, 9).slice(ndarray::s![.., ..FRAMES]).to_owned();
    let mut group = criterion.benchmark_group("cells");
    group.throughput(Throughput::Elements((STEPS * FRAMES) as u64));
    for aligner in [Aligner::Dtw, Aligner::Segment, Aligner::MeanPath, Aligner::Drop] {
        let rule = Rule { background: 0.5, ..Rule::from(aligner) };
        group.bench_function(aligner.to_string(), |bencher| {
            bencher.iter(|| align(rule, black_box(matrix.view())).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, from_embeddings, inner_loop);
criterion_main!(benches);
