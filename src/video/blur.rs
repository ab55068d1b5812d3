//! Gaussian blur of 8-bit RGB, byte for byte that of OpenCV's `GaussianBlur` without a sigma.
//!
//! OpenCV blurs bytes in fixed point: weights of 8 fractional bits, exact sums, one rounding at the end. At the widths of
//! masks that differs by up to 6 levels from a blur in floating point.

use std::ops::Range;

const BITS: u32 = 8;

/// The weights of an odd number of taps; they sum to 256.
fn weights(taps: usize) -> Vec<u32> {
    let half = taps / 2;
    let sigma = 0.3 * ((taps as f64 - 1.0) * 0.5 - 1.0) + 0.8;
    let bell = |tap: usize| (-(half as f64 - tap as f64).powi(2) / (2.0 * sigma * sigma)).exp();
    let sum = 1.0 + 2.0 * (0..half).map(bell).sum::<f64>();
    let one = f64::from(1_u32 << BITS);
    let mut weights = vec![0; taps];
    // The rounding error of a weight is carried to its neighbour, and the rest to the middle.
    let mut error = 0.0;
    for tap in 0..half {
        let exact = bell(tap) / sum * one + error;
        let rounded = exact.round_ties_even();
        error = exact - rounded;
        weights[tap] = rounded as u32;
        weights[taps - 1 - tap] = rounded as u32;
    }
    weights[half] = (1 << BITS) - 2 * weights[..half].iter().sum::<u32>();
    weights
}

/// Mirrors an index into `0..len`, around the first and the last element, as often as needed.
fn reflect(index: isize, len: usize) -> usize {
    if len == 1 {
        return 0;
    }
    let period = 2 * (len - 1);
    let index = index.rem_euclid(period as isize) as usize;
    if index < len { index } else { period - index }
}

/// Blurs a box of a picture of `width` columns, with an odd number of taps each way. Pixels outside the box do not count.
pub(super) fn blur(rgb: &mut [u8], width: usize, x: Range<usize>, y: Range<usize>, taps: usize) {
    let weights = weights(taps);
    let half = (taps / 2) as isize;
    let (columns, rows) = (x.len(), y.len());
    let stride = 3 * columns;
    let start = |row: usize| 3 * ((y.start + row) * width + x.start);

    // Along the rows: each tap adds a shifted copy of the row, mirrored at its ends.
    let mut across = vec![0_u32; rows * stride];
    let mut mirrored = vec![0_u32; stride + 3 * (taps - 1)];
    for (row, sums) in across.chunks_exact_mut(stride).enumerate() {
        let pixels = &rgb[start(row)..start(row) + stride];
        for (place, to) in (-half..).zip(mirrored.chunks_exact_mut(3)) {
            let from = 3 * reflect(place, columns);
            to.iter_mut().zip(&pixels[from..from + 3]).for_each(|(to, &from)| *to = u32::from(from));
        }
        for (tap, weight) in weights.iter().enumerate() {
            sums.iter_mut().zip(&mirrored[3 * tap..]).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    // Across the rows.
    let mut sums = vec![0_u32; stride];
    for row in 0..rows {
        sums.fill(1 << (2 * BITS - 1));
        for (place, weight) in (row as isize - half..).zip(&weights) {
            let from = stride * reflect(place, rows);
            let values = &across[from..from + stride];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        let pixels = &mut rgb[start(row)..start(row) + stride];
        pixels.iter_mut().zip(&sums).for_each(|(pixel, sum)| *pixel = (sum >> (2 * BITS)) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        picture: String,
        width: usize,
        height: usize,
        kernel: usize,
        fnv: String,
        /// The bytes themselves, where they are few.
        rgb: Option<Vec<u8>>,
    }

    fn noise(count: usize, seed: u64) -> Vec<u8> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    fn fnv(bytes: &[u8]) -> u64 {
        bytes
            .iter()
            .fold(0xcbf29ce484222325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100000001b3))
    }

    /// Made by `tests/reference/blur.py`.
    #[test]
    fn boxes_equal_opencvs_byte_for_byte_and_the_rest_is_untouched() {
        let cases = include_str!("../../tests/fixtures/video/blur.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() >= 40);
        for Case { picture, width, height, kernel, fnv: expected, rgb } in cases {
            let (full_width, full_height) = (width + 4, height + 3);
            let mut before = noise(3 * full_width * full_height, (width * 10000 + height) as u64);
            if picture == "stark" {
                before.iter_mut().for_each(|byte| *byte = if *byte > 127 { 255 } else { 0 });
            }
            let mut after = before.clone();
            blur(&mut after, full_width, 2..2 + width, 1..1 + height, kernel);
            let mut inside = Vec::new();
            for (i, (before, after)) in before.iter().zip(&after).enumerate() {
                let (x, y) = (i / 3 % full_width, i / 3 / full_width);
                if (2..2 + width).contains(&x) && (1..1 + height).contains(&y) {
                    inside.push(*after);
                } else {
                    assert_eq!(before, after, "outside the box, at {x}, {y}");
                }
            }
            let name = format!("{picture} {width}×{height}, {kernel} taps");
            if let Some(rgb) = rgb {
                assert_eq!(inside, rgb, "{name}");
            }
            assert_eq!(format!("{:016x}", fnv(&inside)), expected, "{name}");
        }
    }
}
