//! GELU in its tanh form, softmax, and the exponential under both, as code without branches that the compiler
//! turns into vector code.

use super::kernel::for_each_isa;
use crate::align::exponential::{exp_parts, power_of_two};

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

#[cfg(test)]
for_each_isa! {
    /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))` of every value.
    pub fn gelu_tanh(values: &mut [f32]) = gelu_portable
}

for_each_isa! {
    /// Softmax of `scale · row` for every row of `length` values.
    pub fn softmax_rows(values: &mut [f32], length: usize, scale: f32) = softmax_portable
}

/// The same as `x · sigmoid(2·…)`.
#[inline(always)]
pub fn gelu_portable(values: &mut [f32]) {
    for x in values {
        let v = *x;
        let z = v * (1.0 + CUBIC * v * v) * (2.0 * SQRT_2_OVER_PI);
        *x = v / (1.0 + exp(-z));
    }
}

#[inline(always)]
fn softmax_portable(values: &mut [f32], length: usize, scale: f32) {
    for row in values.chunks_exact_mut(length) {
        let largest = reduce(row, f32::NEG_INFINITY, |x| x, |a, b| if a > b { a } else { b });
        for x in &mut *row {
            *x = exp((*x - largest) * scale);
        }
        let inverse = 1.0 / reduce(row, 0.0, |x| x, |a, b| a + b);
        for x in row {
            *x *= inverse;
        }
    }
}

/// Folds `map` of the values in strands that fill a vector; a single strand would fix the order of the operations.
#[inline(always)]
pub fn reduce(
    values: &[f32],
    start: f32,
    map: impl Fn(f32) -> f32 + Copy,
    fold: impl Fn(f32, f32) -> f32 + Copy,
) -> f32 {
    let mut strands = [start; 32];
    let (chunks, rest) = values.as_chunks::<32>();
    for chunk in chunks {
        for (strand, value) in strands.iter_mut().zip(chunk) {
            *strand = fold(*strand, map(*value));
        }
    }
    let rest = rest.iter().fold(start, |a, b| fold(a, map(*b)));
    strands.into_iter().fold(rest, fold)
}

/// eˣ to 2 units in the last place, x kept within ±87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let (p, n) = exp_parts(x.clamp(-87.0, 87.0));
    p * power_of_two(n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::kernel::Isa;
    use super::*;

    fn reference(x: f32) -> f64 {
        let x = f64::from(x);
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
    }

    #[test]
    fn gelu_is_accurate_everywhere() {
        let line = (-400_000..=400_000).map(|i| i as f32 * 5e-5);
        let inputs: Vec<f32> = line.chain([-1e4, 1e4, -0.0, 1e-30, f32::MAX]).collect();
        for isa in Isa::all() {
            let mut values = inputs.clone();
            gelu_tanh(isa, &mut values);
            for (x, y) in inputs.iter().zip(&values) {
                let want = reference(*x);
                // Relative to the value, and absolute where the value itself vanishes.
                assert!(
                    (f64::from(*y) - want).abs() <= 3e-7 * want.abs() + 1e-7,
                    "{isa}: gelu({x}) = {y}, not {want}"
                );
            }
        }
    }

    #[test]
    fn nan_stays_nan() {
        for isa in Isa::all() {
            let mut values = [f32::NAN];
            gelu_tanh(isa, &mut values);
            assert!(values[0].is_nan());
            let mut values = [1.0, f32::NAN, 2.0];
            softmax_rows(isa, &mut values, 3, 1.0);
            assert!(values.iter().all(|v| v.is_nan()));
        }
    }

    proptest! {
        #[test]
        fn softmax_is_accurate(
            rows in prop::collection::vec(prop::collection::vec(-50f32..50.0, 1..70), 1..5),
            scale in 0.01f32..2.0,
        ) {
            for row in rows {
                let logits: Vec<f64> = row.iter().map(|x| f64::from(*x) * f64::from(scale)).collect();
                let largest = logits.iter().copied().fold(f64::MIN, f64::max);
                let sum: f64 = logits.iter().map(|x| (x - largest).exp()).sum();
                for isa in Isa::all() {
                    let mut twice = [row.clone(), row.clone()].concat();
                    softmax_rows(isa, &mut twice, row.len(), scale);
                    for (got, logit) in twice.iter().zip(logits.iter().chain(&logits)) {
                        let want = (logit - largest).exp() / sum;
                        prop_assert!((f64::from(*got) - want).abs() < 2e-5 * want + 1e-12, "{got} is not {want}");
                    }
                }
            }
        }
    }
}
