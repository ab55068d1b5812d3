//! The exponential without branches, so that the compiler can vectorise it.

/// a · b + c, rounded once if it is `FUSED`: faster where the processor has an instruction for it, else many times slower.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// eˣ as p · 2ⁿ, to 2 units in the last place: p is a polynomial on ±ln 2 / 2, n a whole number. For x within ±110.
#[inline(always)]
pub(crate) fn exp_parts<const FUSED: bool>(x: f32) -> (f32, i32) {
    // Adding 1.5·2²³ leaves no bits for a fraction, which rounds; the subtraction takes it off again.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that n · LN2_HIGH is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let fma = multiply_add::<FUSED>;
    let shifted = fma(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fma(-n, LN2_LOW, fma(-n, LN2_HIGH, x));
    const FACTORS: [f32; 7] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let p = FACTORS.iter().fold(1.0 / 5040.0, |p, factor| fma(p, r, *factor));
    // The lowest bits of `shifted` are n.
    (p, shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32)
}

/// 2ⁿ for n from -126 to 127.
#[inline(always)]
pub(crate) fn power_of_two(n: i32) -> f32 {
    // 127 is the exponent's offset.
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
