//! The forms of GELU, softmax, and the exponential under all, as code without branches that the compiler turns into
//! vector code.

use std::f32::consts::FRAC_1_SQRT_2;

use super::kernel::for_each_isa;
use crate::align::exponential::{exp_parts, multiply_add, power_of_two};
use crate::backbone::activation::Activation;

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

#[cfg(test)]
for_each_isa! {
    pub fn activate(values: &mut [f32], activation: Activation) = activate_portable<FUSED>
}

for_each_isa! {
    /// Softmax of `scale · row` for every row of `length` values.
    pub fn softmax_rows(values: &mut [f32], length: usize, scale: f32) = softmax_portable<FUSED>
}

#[inline(always)]
pub fn activate_portable<const FUSED: bool>(values: &mut [f32], activation: Activation) {
    match activation {
        Activation::GeluTanh => values.iter_mut().for_each(|x| {
            let z = *x * multiply_add::<FUSED>(CUBIC * *x, *x, 1.0) * (2.0 * SQRT_2_OVER_PI);
            *x /= 1.0 + exp::<FUSED>(-z);
        }),
        Activation::Gelu => values.iter_mut().for_each(|x| {
            let upper = 0.5 * erfc::<FUSED>(x.abs() * FRAC_1_SQRT_2);
            *x *= if *x >= 0.0 { 1.0 - upper } else { upper };
        }),
        Activation::QuickGelu => values.iter_mut().for_each(|x| *x /= 1.0 + exp::<FUSED>(-1.702 * *x)),
    }
}

/// 1 − erf(x) for x ≥ 0, to 2e-7 of its value near 0: the Chebyshev fit of Numerical Recipes (Press et al., 6.2).
#[inline(always)]
fn erfc<const FUSED: bool>(x: f32) -> f32 {
    const FIT: [f32; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_9,
        -1.135_204,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_7,
        -1.265_512_2,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    t * exp::<FUSED>(FIT.iter().fold(0.0, |sum, factor| multiply_add::<FUSED>(sum, t, *factor)) - x * x)
}

/// The least power of e in a softmax. A share of it is still a normal number; the processor is slow with others.
const LEAST: f32 = -80.0;

#[inline(always)]
fn softmax_portable<const FUSED: bool>(values: &mut [f32], length: usize, scale: f32) {
    for row in values.chunks_exact_mut(length) {
        let largest = reduce(row, f32::NEG_INFINITY, |x| x, |a, b| if a > b { a } else { b });
        for x in &mut *row {
            *x = exp_within::<FUSED>(((*x - largest) * scale).clamp(LEAST, 0.0));
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
fn exp<const FUSED: bool>(x: f32) -> f32 {
    exp_within::<FUSED>(x.clamp(-87.0, 87.0))
}

/// The same for x within ±87.
#[inline(always)]
fn exp_within<const FUSED: bool>(x: f32) -> f32 {
    let (p, n) = exp_parts::<FUSED>(x);
    p * power_of_two(n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::kernel::Isa;
    use super::*;

    fn reference(activation: Activation, x: f32) -> f64 {
        let x = f64::from(x);
        match activation {
            Activation::GeluTanh => {
                0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
            }
            Activation::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
            Activation::QuickGelu => x / (1.0 + (-1.702 * x).exp()),
        }
    }

    /// Its series, or 1 in absolute value where it differs from that by less than 2e-8, and the series loses digits.
    fn erf(x: f64) -> f64 {
        if x.abs() > 4.0 {
            return x.signum();
        }
        let mut term = x;
        let mut sum = x;
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    const ALL: [Activation; 3] = [Activation::GeluTanh, Activation::Gelu, Activation::QuickGelu];

    #[test]
    fn activations_are_accurate_everywhere() {
        let line = (-400_000..=400_000).map(|i| i as f32 * 5e-5);
        let inputs: Vec<f32> = line.chain([-1e4, 1e4, -0.0, 1e-30, f32::MAX]).collect();
        for (isa, activation) in Isa::all().into_iter().flat_map(|isa| ALL.map(|which| (isa, which))) {
            let mut values = inputs.clone();
            activate(isa, &mut values, activation);
            for (x, y) in inputs.iter().zip(&values) {
                let want = reference(activation, *x);
                // Relative to the value, and absolute where the value itself vanishes.
                assert!(
                    (f64::from(*y) - want).abs() <= 4e-7 * want.abs() + 1e-7,
                    "{isa}: {activation:?} of {x} = {y}, not {want}"
                );
            }
        }
    }

    #[test]
    fn nan_stays_nan() {
        for isa in Isa::all() {
            for activation in ALL {
                let mut values = [f32::NAN];
                activate(isa, &mut values, activation);
                assert!(values[0].is_nan());
            }
            let mut values = [1.0, f32::NAN, 2.0];
            softmax_rows(isa, &mut values, 3, 1.0);
            assert!(values.iter().all(|v| v.is_nan()));
        }
    }

    #[test]
    fn shares_of_what_is_masked_are_normal_numbers() {
        for isa in Isa::all() {
            let mut values = [0.0; 1000];
            values[0] = f32::NEG_INFINITY;
            softmax_rows(isa, &mut values, 1000, 1.0);
            assert!(values[0].is_normal() && values[0] < 1e-30, "{isa}: {}", values[0]);
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
