//! SigLIP's activation: GELU in its tanh form.

use burn::tensor::{Device, Tensor, activation};
use rayon::prelude::*;

/// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, any shape.
///
/// Written as `x · sigmoid(2·…)`, which is the same. On the CPU without gradients it works on the
/// tensor's own buffer: the backend's activation is scalar and takes a third of a forward pass.
pub(super) fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let device = x.device();
    if device == Device::flex() && !device.is_autodiff() {
        let mut data = x.into_data();
        // Any other element type than f32 takes the road below.
        if let Ok(values) = data.as_mut_slice::<f32>() {
            gelu_tanh_slice(values);
            return Tensor::from_data(data, &device);
        }
        return gelu_tanh_tensor(Tensor::from_data(data, &device));
    }
    gelu_tanh_tensor(x)
}

fn gelu_tanh_tensor<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let inner = x.clone() + x.clone().powi_scalar(3) * CUBIC;
    x * activation::sigmoid(inner * (2.0 * SQRT_2_OVER_PI))
}

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

/// A piece for one thread: large enough to pay for handing it over.
const PIECE: usize = 1 << 14;

/// [`gelu_tanh`] of every value, in place, on all threads of the current rayon pool.
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

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn gelu_avx2(values: &mut [f32]) {
    gelu_portable(values);
}

/// Written without branches, so that the compiler turns it into vector code for the caller's processor.
#[inline(always)]
fn gelu_portable(values: &mut [f32]) {
    for x in values {
        let v = *x;
        let z = v * (1.0 + CUBIC * v * v) * (2.0 * SQRT_2_OVER_PI);
        *x = v / (1.0 + exp(-z));
    }
}

/// eˣ for |x| ≤ 87 (clamped there), to 2 units in the last place: 2ⁿ times a polynomial on ±ln 2 / 2.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
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

    fn reference(x: f32) -> f64 {
        let x = f64::from(x);
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
    }

    #[test]
    fn slice_is_accurate_everywhere() {
        let inputs: Vec<f32> =
            (-400_000..=400_000).map(|i| i as f32 * 5e-5).chain([-1e4, 1e4, -0.0, 1e-30]).collect();
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
}
