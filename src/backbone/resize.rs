//! Resizes 8-bit RGB images, byte-equal to Pillow's `Image.resize`, with which the models were trained: separable,
//! antialiased (the filter widens with the scale when shrinking), 22-bit fixed-point weights, and an 8-bit image between
//! the horizontal and the vertical pass.

use std::ops::Range;

use crate::align::simd::wide;

/// A square image of 8-bit RGB, row by row from the top: `3 · size · size` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    pub size: usize,
    pub rgb: Vec<u8>,
}

/// Makes pictures into squares of the model's size. See [`Checkpoint::preprocessor`](super::Checkpoint::preprocessor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preprocessor {
    /// Width and height of the square in pixels.
    pub size: usize,
    /// The filter of `preprocessor_config.json`.
    pub filter: Filter,
    pub fit: Fit,
}

/// How a picture that is not square becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Both sides are resized to that of the square: nothing is lost.
    Squash,
    /// The shorter side is resized to so many pixels, the longer one with it; the square is cut from the middle.
    Crop { shortest: usize },
}

/// A part of a picture, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Preprocessor {
    /// Width and height of the resized picture, and the left and upper edge of the square in it.
    fn plan(&self, width: usize, height: usize) -> ((usize, usize), (usize, usize)) {
        let Fit::Crop { shortest } = self.fit else { return ((self.size, self.size), (0, 0)) };
        // At least the square, should a caller ask for less.
        let shortest = shortest.max(self.size);
        let longest = |long: usize, short: usize| shortest * long / short;
        let (across, down) = if width <= height {
            (shortest, longest(height, width))
        } else {
            (longest(width, height), shortest)
        };
        ((across, down), ((across - self.size) / 2, (down - self.size) / 2))
    }

    /// The part of a picture that becomes the square.
    pub fn region(&self, width: u32, height: u32) -> Region {
        let ((across, down), (left, top)) = self.plan(width as usize, height as usize);
        let (x, y) = (f64::from(width) / across as f64, f64::from(height) / down as f64);
        let size = self.size as f64;
        Region { left: left as f64 * x, top: top as f64 * y, width: size * x, height: size * y }
    }

    /// `rgb` holds `height` rows of `width` pixels of 3 bytes. The result equals Pillow's `Image.resize`, and with a crop
    /// that of transformers, byte for byte.
    ///
    /// # Panics
    /// If `rgb` is not `3 · width · height` bytes long, or if it is empty.
    pub fn square(&self, rgb: &[u8], width: u32, height: u32) -> Square {
        let (width, height) = (width as usize, height as usize);
        assert!(
            !rgb.is_empty() && rgb.len() == 3 * width * height,
            "a picture of 3 · {width} · {height} bytes"
        );
        let (to, corner) = self.plan(width, height);
        Square { size: self.size, rgb: resize(rgb, (width, height), to, (corner, self.size), self.filter) }
    }
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

/// Resampling of one axis: for each output position, the first input position and the weights from there.
struct Axis {
    taps: Vec<(usize, Vec<i32>)>,
}

impl Axis {
    /// For the output positions in a window.
    fn new(input: usize, output: usize, window: Range<usize>, filter: Filter) -> Self {
        let scale = input as f64 / output as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let inverse = 1.0 / filter_scale;
        let taps = window
            .map(|position| {
                let centre = (position as f64 + 0.5) * scale;
                // The cast truncates, and makes negative values zero.
                let first = (centre - support + 0.5) as usize;
                let end = ((centre + support + 0.5) as usize).min(input);
                let weights: Vec<f64> =
                    (first..end).map(|i| filter.at((i as f64 - centre + 0.5) * inverse)).collect();
                let sum: f64 = weights.iter().sum();
                (first, weights.iter().map(|w| fixed_point(if sum == 0.0 { *w } else { w / sum })).collect())
            })
            .collect();
        Self { taps }
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
    /// Resizes `rgb`, rows of pixels of 3 bytes, from a width and height to others, and cuts a square out of the result, given
    /// by its left and upper edge and its side. No side may be 0.
    fn resize(
        rgb: &[u8],
        from: (usize, usize),
        to: (usize, usize),
        square: ((usize, usize), usize),
        filter: Filter,
    ) -> Vec<u8> {
        let ((width, height), ((left, top), size)) = (from, square);
        let axis = |input: usize, output: usize, start: usize| {
            let is_kept = input == output && size == output;
            (!is_kept).then(|| Axis::new(input, output, start..start + size, filter))
        };
        match (axis(width, to.0, left), axis(height, to.1, top)) {
            (None, None) => rgb.to_vec(),
            (Some(across), None) => horizontal(rgb, width, &across),
            (None, Some(down)) => vertical(rgb, width, &down),
            (Some(across), Some(down)) if vertical_first(from, to) => {
                horizontal(&vertical(rgb, width, &down), width, &across)
            }
            (Some(across), Some(mut down)) => {
                // Only the rows that the vertical pass uses.
                let rows = down.reach();
                down.shift(rows.start);
                let rgb = &rgb[3 * width * rows.start..3 * width * rows.end];
                vertical(&horizontal(rgb, width, &across), size, &down)
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
