//! Moments of 500 classes of 10 steps in an hour of video at 10 frames per second: 180 million cells.

use std::hint::black_box;
use std::time::{Duration, Instant};

use actalign_tui::align::{MomentLimits, moments};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use rayon::prelude::*;

const FRAMES: usize = 36_000;
const CLASSES: usize = 500;
const STEPS: usize = 10;
/// Classes whose gains are in memory; the others take theirs again.
const KEPT: usize = 20;
const LIMITS: MomentLimits = MomentLimits { frames: (5, 300), gap: 0.25 };

/// Gains that look random, are the same every time, and change as slowly as smoothed frames do: a tenth is above 0.
fn gains(seed: u32) -> Array2<f32> {
    let mut state = seed;
    let mut gain = 0.0;
    Array2::from_shape_simple_fn((STEPS, FRAMES), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        gain = 0.9 * gain + (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
        gain * 1.2 - 1.0
    })
}

fn an_hour(criterion: &mut Criterion) {
    let kept: Vec<Array2<f32>> = (0..KEPT as u32).map(gains).collect();
    let mut group = criterion.benchmark_group("moments");
    group.throughput(Throughput::Elements((CLASSES * STEPS * FRAMES) as u64));
    group.sample_size(10);
    group.bench_function("500 classes, an hour", |bencher| {
        bencher.iter_custom(|rounds| {
            let start = Instant::now();
            for _ in 0..rounds {
                let found: usize = (0..CLASSES)
                    .into_par_iter()
                    .map(|class| moments(black_box(kept[class % KEPT].view()), LIMITS, 100).unwrap().len())
                    .sum();
                assert!(found > 0);
            }
            start.elapsed().max(Duration::from_nanos(1))
        });
    });
    group.finish();
}

criterion_group!(benches, an_hour);
criterion_main!(benches);
