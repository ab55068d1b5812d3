//! The model's two activations, GELU in its tanh form and softmax.
//!
//! Without gradients and on the CPU they work in place on the tensor's own buffer, with an exponential that
//! the compiler turns into vector code: the backend computes both value by value, which takes a third of
//! a forward pass. Everywhere else they are tensor operations.

use burn::tensor::{DType, Device, Tensor, activation};
use rayon::prelude::*;

/// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, any shape.
pub(super) fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    in_place(x, gelu_tanh_slice, gelu_tanh_tensor)
}

/// The same as `x · sigmoid(2·…)`.
fn gelu_tanh_tensor<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let inner = x.clone() + x.clone().powi_scalar(3) * CUBIC;
    x * activation::sigmoid(inner * (2.0 * SQRT_2_OVER_PI))
}

/// Whether the tensor's values lie in the program's own memory, with no gradient to follow.
pub(super) fn is_on_host<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device();
    device == Device::flex() && !device.is_autodiff() && x.dtype() == DType::F32
}

/// Gives the values of a tensor on the host to `f`, row after row; any other tensor goes to `otherwise`.
pub(super) fn in_place<const D: usize>(
    x: Tensor<D>,
    f: impl FnOnce(&mut [f32]),
    otherwise: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    if !is_on_host(&x) {
        return otherwise(x);
    }
    let device = x.device();
    let mut data = x.into_data();
    match data.as_mut_slice() {
        Ok(values) => f(values),
        Err(_) => return otherwise(Tensor::from_data(data, &device)),
    }
    Tensor::from_data(data, &device)
}

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

/// Values for one thread at least: enough to pay for handing them over.
const PIECE: usize = 1 << 14;

/// [`gelu_tanh`] of every value.
pub(super) fn gelu_tanh_slice(values: &mut [f32]) {
    values.par_chunks_mut(PIECE).for_each(|piece| {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as just asked.
            unsafe { gelu_avx2(piece) };
            return;
        }
        gelu_portable(piece);
    });
}

/// Softmax of `scale · row` for every row of `length` values.
pub(super) fn softmax_rows(values: &mut [f32], length: usize, scale: f32) {
    values.par_chunks_mut(length * PIECE.div_ceil(length)).for_each(|piece| {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as just asked.
            unsafe { softmax_avx2(piece, length, scale) };
            return;
        }
        softmax_portable(piece, length, scale);
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn gelu_avx2(values: &mut [f32]) {
    gelu_portable(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn softmax_avx2(values: &mut [f32], length: usize, scale: f32) {
    softmax_portable(values, length, scale);
}

// What follows has no branches in its loops and is inlined into callers for different processors, for which
// the compiler then makes vector code.

#[inline(always)]
fn gelu_portable(values: &mut [f32]) {
    for x in values {
        let v = *x;
        let z = v * (1.0 + CUBIC * v * v) * (2.0 * SQRT_2_OVER_PI);
        *x = v / (1.0 + exp(-z));
    }
}

#[inline(always)]
fn softmax_portable(values: &mut [f32], length: usize, scale: f32) {
    for row in values.chunks_exact_mut(length) {
        let largest = reduce(row, f32::NEG_INFINITY, |a, b| if a > b { a } else { b });
        for x in &mut *row {
            *x = exp((*x - largest) * scale);
        }
        let inverse = 1.0 / reduce(row, 0.0, |a, b| a + b);
        for x in row {
            *x *= inverse;
        }
    }
}

/// Folds in eight strands, which a vector holds; one strand would fix the order of the operations.
#[inline(always)]
fn reduce(values: &[f32], start: f32, f: impl Fn(f32, f32) -> f32 + Copy) -> f32 {
    let mut strands = [start; 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(start, |a, b| f(a, *b));
    for chunk in chunks {
        for (strand, value) in strands.iter_mut().zip(chunk) {
            *strand = f(*strand, *value);
        }
    }
    strands.into_iter().fold(rest, f)
}

/// eˣ to 2 units in the last place, x kept within ±87: 2ⁿ times a polynomial on ±ln 2 / 2.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ leaves no bits for a fraction, which rounds; the subtraction takes it off again.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that n · LN2_HIGH is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let p = 1.0 / 720.0 + r * (1.0 / 5040.0);
    let p = 1.0 / 120.0 + r * p;
    let p = 1.0 / 24.0 + r * p;
    let p = 1.0 / 6.0 + r * p;
    let p = 0.5 + r * p;
    let p = 1.0 + r * (1.0 + r * p);
    // The lowest bits of `shifted` are n; 127 is the exponent's offset.
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    p * scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(x: f32) -> f64 {
        let x = f64::from(x);
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
    }

    #[test]
    fn gelu_is_accurate_everywhere() {
        let line = (-400_000..=400_000).map(|i| i as f32 * 5e-5);
        let inputs: Vec<f32> = line.chain([-1e4, 1e4, -0.0, 1e-30, f32::MAX]).collect();
        let mut values = inputs.clone();
        gelu_tanh_slice(&mut values);
        for (x, y) in inputs.iter().zip(&values) {
            let want = reference(*x);
            // Relative to the value, and absolute where the value itself vanishes.
            assert!((f64::from(*y) - want).abs() <= 3e-7 * want.abs() + 1e-7, "gelu({x}) = {y}, not {want}");
        }
    }

    #[test]
    fn nan_stays_nan() {
        let mut values = [f32::NAN];
        gelu_tanh_slice(&mut values);
        assert!(values[0].is_nan());
        let mut values = [1.0, f32::NAN, 2.0];
        softmax_rows(&mut values, 3, 1.0);
        assert!(values.iter().all(|v| v.is_nan()));
    }

    #[test]
    fn tensor_form_agrees() {
        let device = Device::flex();
        let inputs: Vec<f32> = (-80..=80).map(|i| i as f32 * 0.1).collect();
        let x = Tensor::<1>::from_floats(inputs.as_slice(), &device);
        let fast: Vec<f32> = gelu_tanh(x.clone()).into_data().try_into_vec().unwrap();
        let plain: Vec<f32> = gelu_tanh_tensor(x).into_data().try_into_vec().unwrap();
        for (a, b) in fast.iter().zip(&plain) {
            assert!((a - b).abs() < 1e-6, "{a} is not {b}");
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
                let mut twice = [row.clone(), row.clone()].concat();
                softmax_rows(&mut twice, row.len(), scale);
                for (got, logit) in twice.iter().zip(logits.iter().chain(&logits)) {
                    let want = (logit - largest).exp() / sum;
                    prop_assert!((f64::from(*got) - want).abs() < 2e-5 * want + 1e-12, "{got} is not {want}");
                }
            }
        }
    }
}
