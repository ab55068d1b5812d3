//! Resizes 8-bit RGB images, byte-equal to Pillow's `Image.resize`, with which the models were trained: separable,
//! antialiased (the filter widens with the scale when shrinking), 22-bit fixed-point weights, and an 8-bit image between
//! the horizontal and the vertical pass.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::align::simd::wide;

/// An image as a model takes it: 8-bit RGB, row by row from the top, `3 · width · height` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedImage {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl PreparedImage {
    /// An image as wide as high.
    pub fn square(size: usize, rgb: Vec<u8>) -> Self {
        Self { width: size, height: size, rgb }
    }
}

/// Makes pictures into images of a size that the model takes. See
/// [`Checkpoint::preprocessor`](super::Checkpoint::preprocessor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preprocessor {
    /// Width and height of a square image in pixels.
    pub size: usize,
    /// The filter of `preprocessor_config.json`.
    pub filter: Filter,
    pub fit: Fit,
}

/// How a picture that is not square becomes an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Both sides are resized to that of a square: nothing is lost.
    Squash,
    /// The shorter side is resized to so many pixels, the longer one with it; the square is cut from the middle.
    Crop { shortest: usize },
    /// The same, but where the margins differ by a pixel, they are halved as torchvision does it: to an even number.
    CropRounded { shortest: usize },
    /// Flexible resolution: the image keeps its proportions, up to whole patches of a side in pixels, and has as many patches
    /// as possible, but at most `most`.
    Patches { side: usize, most: usize },
}

/// A part of a picture, as shares of the picture's width and height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Default for Region {
    /// The whole picture.
    fn default() -> Self {
        Self { left: 0.0, top: 0.0, width: 1.0, height: 1.0 }
    }
}

impl Region {
    /// A part of this part.
    pub fn part(self, inner: Self) -> Self {
        Self {
            left: self.left + inner.left * self.width,
            top: self.top + inner.top * self.height,
            width: inner.width * self.width,
            height: inner.height * self.height,
        }
    }
}

/// How a picture is resized, and what is cut from the result. Widths come before heights.
struct Plan {
    resized: (usize, usize),
    /// The left and upper edge of the image in the resized picture.
    corner: (usize, usize),
    image: (usize, usize),
}

impl Preprocessor {
    fn plan(&self, width: usize, height: usize) -> Plan {
        let whole = |size| Plan { resized: size, corner: (0, 0), image: size };
        match self.fit {
            Fit::Squash => whole((self.size, self.size)),
            Fit::Patches { side, most } => whole(within_patches((width, height), side, most)),
            Fit::Crop { shortest } => self.crop((width, height), shortest, false),
            Fit::CropRounded { shortest } => self.crop((width, height), shortest, true),
        }
    }

    fn crop(&self, (width, height): (usize, usize), shortest: usize, rounds: bool) -> Plan {
        // At least the square, should a caller ask for less.
        let shortest = shortest.max(self.size);
        let longest = |long: usize, short: usize| shortest * long / short;
        let (across, down) = if width <= height {
            (shortest, longest(height, width))
        } else {
            (longest(width, height), shortest)
        };
        let margin = |length: usize| {
            let both = length - self.size;
            both / 2 + usize::from(rounds && both % 4 == 3)
        };
        let (resized, corner) = ((across, down), (margin(across), margin(down)));
        Plan { resized, corner, image: (self.size, self.size) }
    }

    /// The part of a picture that becomes the image.
    pub fn region(&self, width: u32, height: u32) -> Region {
        let Plan { resized, corner, image } = self.plan(width as usize, height as usize);
        let share = |part: usize, whole: usize| part as f64 / whole as f64;
        Region {
            left: share(corner.0, resized.0),
            top: share(corner.1, resized.1),
            width: share(image.0, resized.0),
            height: share(image.1, resized.1),
        }
    }

    /// `rgb` holds `height` rows of `width` pixels of 3 bytes. The result equals Pillow's `Image.resize`, and with a crop or
    /// at flexible resolution that of transformers (with Pillow) or torchvision, byte for byte.
    ///
    /// # Panics
    /// If `rgb` is not `3 · width · height` bytes long, or if it is empty.
    pub fn prepare(&self, rgb: &[u8], width: u32, height: u32) -> PreparedImage {
        let (width, height) = (width as usize, height as usize);
        assert!(
            !rgb.is_empty() && rgb.len() == 3 * width * height,
            "a picture of 3 · {width} · {height} bytes"
        );
        let plan = self.plan(width, height);
        let rgb = resize(rgb, (width, height), &plan, self.filter);
        PreparedImage { width: plan.image.0, height: plan.image.1, rgb }
    }

    /// Whether it makes images of that size.
    pub(super) fn makes(&self, width: usize, height: usize) -> bool {
        match self.fit {
            Fit::Squash | Fit::Crop { .. } | Fit::CropRounded { .. } => {
                (width, height) == (self.size, self.size)
            }
            Fit::Patches { side, most } => {
                let [columns, rows] = [width, height].map(|length| length.checked_div(side).unwrap_or(0));
                let patches = columns.saturating_mul(rows);
                (columns * side, rows * side) == (width, height) && (1..=most).contains(&patches)
            }
        }
    }

    /// The largest number of pixels of an image.
    pub fn most_pixels(&self) -> usize {
        match self.fit {
            Fit::Squash | Fit::Crop { .. } | Fit::CropRounded { .. } => self.size * self.size,
            Fit::Patches { side, most } => most * side * side,
        }
    }

    /// The sizes of its images in words.
    pub fn sizes(&self) -> String {
        match self.fit {
            Fit::Squash | Fit::Crop { .. } | Fit::CropRounded { .. } => format!("{0}×{0}", self.size),
            Fit::Patches { most, .. } => format!("of their own proportions, up to {most} patches"),
        }
    }
}

/// Width and height of the largest image of at most `most` patches, with the proportions of a picture and both sides rounded
/// up to whole patches of `side` pixels. The scale is found as transformers finds it, so that it is also off by as much: to
/// 1e-5, and at most 100.
fn within_patches((width, height): (usize, usize), side: usize, most: usize) -> (usize, usize) {
    const PRECISION: f64 = 1e-5;
    let patches = |scale: f64| {
        [width, height].map(|length| ((length as f64 * scale / side as f64).ceil() as usize).max(1))
    };
    let (mut fits, mut exceeds) = (PRECISION / 10.0, 100.0);
    while exceeds - fits >= PRECISION {
        let scale = (fits + exceeds) / 2.0;
        let [columns, rows] = patches(scale);
        *(if columns * rows <= most { &mut fits } else { &mut exceeds }) = scale;
    }
    let [columns, rows] = patches(fits);
    (columns * side, rows * side)
}

/// An interpolation filter; the numbers in `preprocessor_config.json` are Pillow's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// `"resample": 2`, a triangle.
    Bilinear,
    /// `"resample": 3`, Keys' cubic with a = −1/2.
    Bicubic,
}

impl Filter {
    /// Half the width of the filter, in pixels of the larger image.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    /// The filter's value at a distance. The order of the operations matters to the last bit.
    fn at(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// Bits after the point of a weight: 32, less 8 for the pixel and 2 for overshoot and sign.
const PRECISION: u32 = 22;

/// Resampling of one axis: for each output position in a window, the first input position and the weights from there.
pub(super) fn taps(
    input: usize,
    output: usize,
    window: Range<usize>,
    filter: Filter,
) -> Vec<(usize, Vec<f64>)> {
    let scale = input as f64 / output as f64;
    let filter_scale = scale.max(1.0);
    let support = filter.support() * filter_scale;
    let inverse = 1.0 / filter_scale;
    let taps = |position| {
        let centre = (position as f64 + 0.5) * scale;
        // The cast truncates, and makes negative values zero.
        let first = (centre - support + 0.5) as usize;
        let end = ((centre + support + 0.5) as usize).min(input);
        let mut weights: Vec<f64> =
            (first..end).map(|i| filter.at((i as f64 - centre + 0.5) * inverse)).collect();
        let sum: f64 = weights.iter().sum();
        if sum != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        (first, weights)
    };
    window.map(taps).collect()
}

/// [`taps`] with weights in fixed point.
struct Axis {
    taps: Vec<(usize, Vec<i32>)>,
}

impl Axis {
    /// For the output positions in a window.
    fn new(input: usize, output: usize, window: Range<usize>, filter: Filter) -> Self {
        let taps = taps(input, output, window, filter).into_iter();
        Self {
            taps: taps
                .map(|(first, weights)| (first, weights.into_iter().map(fixed_point).collect()))
                .collect(),
        }
    }

    /// The range of input positions in use.
    fn reach(&self) -> Range<usize> {
        let start = self.taps.first().map_or(0, |(first, _)| *first);
        let end = self.taps.last().map_or(0, |(first, weights)| first + weights.len());
        start..end
    }

    /// For an input without its first rows.
    fn shift(&mut self, rows: usize) {
        for (first, _) in &mut self.taps {
            *first -= rows;
        }
    }
}

fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PRECISION);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

/// Takes the fraction off; the sums start at one half, so this rounds.
#[inline(always)]
fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (PRECISION - 1);

wide! {
    /// Resizes `rgb`, rows of pixels of 3 bytes, of a width and height as planned. No side may be 0.
    fn resize(rgb: &[u8], from: (usize, usize), plan: &Plan, filter: Filter) -> Vec<u8> {
        let ((width, height), Plan { resized, corner, image }) = (from, plan);
        let axis = |input: usize, output: usize, start: usize, kept: usize| {
            let is_kept = input == output && kept == output;
            (!is_kept).then(|| Axis::new(input, output, start..start + kept, filter))
        };
        let across = axis(width, resized.0, corner.0, image.0);
        let down = axis(height, resized.1, corner.1, image.1);
        match (across, down) {
            (None, None) => rgb.to_vec(),
            (Some(across), None) => horizontal(rgb, width, &across),
            (None, Some(down)) => vertical(rgb, width, &down),
            (Some(across), Some(down)) if vertical_first(from, *resized) => {
                horizontal(&vertical(rgb, width, &down), width, &across)
            }
            (Some(across), Some(mut down)) => {
                // Only the rows that the vertical pass uses.
                let rows = down.reach();
                down.shift(rows.start);
                let rgb = &rgb[3 * width * rows.start..3 * width * rows.end];
                vertical(&horizontal(rgb, width, &across), image.0, &down)
            }
        }
    }
}

/// Pillow 13 and later take the vertical pass first if the height shrinks by more than twice as many pixels as the width.
fn vertical_first((width, height): (usize, usize), (out_width, out_height): (usize, usize)) -> bool {
    height > out_height && height + 2 * out_width > out_height + 2 * width
}

/// Resamples every row of `width` pixels.
#[inline(always)]
fn horizontal(rgb: &[u8], width: usize, axis: &Axis) -> Vec<u8> {
    let rows = rgb.len() / (3 * width);
    let mut out = vec![0; 3 * axis.taps.len() * rows];
    // A fourth byte, so that a pixel fills a vector.
    let mut pixels = vec![[0; 4]; width];
    for (row, out) in rgb.chunks_exact(3 * width).zip(out.chunks_exact_mut(3 * axis.taps.len())) {
        for (wide, pixel) in pixels.iter_mut().zip(row.chunks_exact(3)) {
            *wide = [pixel[0], pixel[1], pixel[2], 0];
        }
        for ((first, weights), out) in axis.taps.iter().zip(out.chunks_exact_mut(3)) {
            let mut sums = [HALF; 4];
            for (weight, pixel) in weights.iter().zip(&pixels[*first..]) {
                for (sum, colour) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*colour) * weight;
                }
            }
            for (byte, sum) in out.iter_mut().zip(sums) {
                *byte = to_byte(sum);
            }
        }
    }
    out
}

/// Resamples every column of rows of `width` pixels.
#[inline(always)]
fn vertical(rgb: &[u8], width: usize, axis: &Axis) -> Vec<u8> {
    let row = 3 * width;
    let mut out = vec![0; row * axis.taps.len()];
    let mut sums = vec![0; row];
    for ((first, weights), out) in axis.taps.iter().zip(out.chunks_exact_mut(row)) {
        sums.fill(HALF);
        for (weight, row) in weights.iter().zip(rgb[row * first..].chunks_exact(row)) {
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += i32::from(*byte) * weight;
            }
        }
        for (byte, sum) in out.iter_mut().zip(&sums) {
            *byte = to_byte(*sum);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `tests/reference/naflex.py`.
    #[test]
    fn flexible_sizes_equal_those_of_transformers() {
        /// Width and height of the picture, side and number of patches, width and height of the image, hash of its bytes.
        type Case = (usize, usize, usize, usize, usize, usize, Option<String>);
        let cases = include_str!("../../tests/fixtures/siglip/naflex_sizes.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() >= 200);
        for (width, height, side, most, image_width, image_height, _) in cases {
            let size = within_patches((width, height), side, most);
            assert_eq!(size, (image_width, image_height), "{width}×{height} in {most} patches of {side}");
        }
    }
}
