//! Which parts of a frame carry its similarity to a text: what the cosine loses when a part is masked (occlusion).
//!
//! It needs nothing of a model but its embeddings. A picture is split into windows, and each window is masked in turn. The
//! embeddings of these pictures give the map of any text by dot products.

use std::ops::Range;

use image::imageops::fast_blur;
use image::{ImageBuffer, RgbImage};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use crate::align::{products, unit_rows};
use crate::backbone::{ModelError, PreparedImage, Region, VisionTower};

/// Windows across and down that are aimed at: more take longer, and single patches of a large model change little.
const ACROSS: f64 = 8.0;

/// The windows of a prepared picture, each of one patch or of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Width and height of the picture in pixels.
    size: [usize; 2],
    /// Width and height of a window in pixels.
    window: usize,
    /// Windows in a row, and rows.
    counts: [usize; 2],
}

impl Grid {
    /// About 8 × 8 windows in a square: one per patch, 2 × 2 patches of 14 × 14, 3 × 3 of 27 × 27. Sizes are in pixels.
    pub fn new(width: usize, height: usize, patch_size: usize) -> Self {
        let size = [width, height];
        let patches = size.map(|side| (side / patch_size.max(1)).max(1));
        // As many as a square of this area would have.
        let side = ((patches[0] * patches[1]) as f64).sqrt();
        let patches_in_window = ((side / ACROSS).round() as usize).max(1);
        Self {
            size,
            window: patches_in_window * patch_size.max(1),
            counts: patches.map(|count| count.div_ceil(patches_in_window)),
        }
    }

    /// Rows, and windows in a row.
    pub fn shape(self) -> (usize, usize) {
        let [columns, rows] = self.counts;
        (rows, columns)
    }

    /// Pictures of a frame to embed: the whole, and one for each window.
    pub fn pictures(self) -> usize {
        1 + self.counts[0] * self.counts[1]
    }

    /// Row and column of each window, in reading order.
    pub fn windows(self) -> impl Iterator<Item = (usize, usize)> {
        let (rows, columns) = self.shape();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    /// The pixels of a column (`axis` 0) or row (1) of windows. The last has those that the model passes over, too.
    fn pixels(self, axis: usize, place: usize) -> Range<usize> {
        let end = if place + 1 == self.counts[axis] { self.size[axis] } else { (place + 1) * self.window };
        place * self.window..end
    }

    /// A picture with the windows for which `is_masked` holds, by row and column, taken from another picture.
    pub fn masked(
        self,
        picture: &PreparedImage,
        mask: &PreparedImage,
        is_masked: impl Fn((usize, usize)) -> bool,
    ) -> PreparedImage {
        let mut masked = picture.clone();
        for (row, column) in self.windows().filter(|&window| is_masked(window)) {
            let columns = self.pixels(0, column);
            for y in self.pixels(1, row) {
                let start = 3 * y * self.size[0];
                let bytes = start + 3 * columns.start..start + 3 * columns.end;
                masked.rgb[bytes.clone()].copy_from_slice(&mask.rgb[bytes]);
            }
        }
        masked
    }
}

/// What a masked window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// The mean colour of the picture.
    Mean,
    /// Middle grey, which is zero after SigLIP's normalisation.
    Grey,
    /// The picture blurred until a window shows no detail.
    Blur,
}

impl Mask {
    /// A picture of masked windows alone.
    pub fn picture(self, picture: &PreparedImage, grid: Grid) -> PreparedImage {
        let &PreparedImage { width, height, ref rgb } = picture;
        let rgb = match self {
            Self::Mean => mean_colour(rgb).repeat(width * height),
            Self::Grey => vec![127; rgb.len()],
            Self::Blur => {
                let sharp: Option<RgbImage> = ImageBuffer::from_raw(width as u32, height as u32, rgb.clone());
                let sharp = sharp.expect("a picture holds 3 bytes a pixel");
                fast_blur(&sharp, grid.window as f32).into_raw()
            }
        };
        PreparedImage { width, height, rgb }
    }
}

fn mean_colour(rgb: &[u8]) -> [u8; 3] {
    let pixels = rgb.as_chunks::<3>().0;
    let half = pixels.len() / 2;
    let mean = |channel: usize| {
        let sum: usize = pixels.iter().map(|pixel| usize::from(pixel[channel])).sum();
        ((sum + half) / pixels.len().max(1)) as u8
    };
    [mean(0), mean(1), mean(2)]
}

/// The unit embeddings of a frame and of the frame with each of its windows masked.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePatches {
    grid: Grid,
    /// The part of the frame that the model sees.
    region: Region,
    /// (1 + windows) × d, the whole frame first.
    units: Array2<f32>,
}

impl FramePatches {
    /// Embeds a frame and its masked pictures, `batch` at a time. `goes_on` gets the number of those done before each batch;
    /// once it is false, the answer is `None`.
    ///
    /// # Errors
    /// As [`VisionTower::embed`].
    pub fn embed(
        tower: &VisionTower,
        frame: &PreparedImage,
        grid: Grid,
        mask: Mask,
        batch: usize,
        mut goes_on: impl FnMut(usize) -> bool,
    ) -> Result<Option<Self>, ModelError> {
        let mask = mask.picture(frame, grid);
        let masked = grid.windows().map(|window| grid.masked(frame, &mask, |other| other == window));
        let mut pictures = std::iter::once(frame.clone()).chain(masked).peekable();
        let mut rows = Vec::new();
        let mut done = 0;
        while pictures.peek().is_some() {
            if !goes_on(done) {
                return Ok(None);
            }
            let pictures: Vec<PreparedImage> = pictures.by_ref().take(batch.max(1)).collect();
            rows.extend(tower.embed(&pictures)?);
            done += pictures.len();
        }
        let count = grid.pictures();
        let rows = Array2::from_shape_vec((count, rows.len() / count), rows);
        let rows = rows.map_err(|error| ModelError::Compute(error.to_string()))?;
        Ok(Some(Self::of(grid, rows.view())))
    }

    /// From raw embeddings, (1 + windows) × d: of the frame, and with each window masked, in reading order.
    ///
    /// # Panics
    /// If there are more or fewer.
    pub fn of(grid: Grid, embeddings: ArrayView2<f32>) -> Self {
        assert_eq!(embeddings.nrows(), grid.pictures(), "an embedding for each window");
        Self { grid, region: Region::default(), units: unit_rows(embeddings) }
    }

    /// Places the maps on the part of the frame that the picture shows.
    pub fn within(self, region: Region) -> Self {
        Self { region, ..self }
    }

    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The map of a text, given by its unit embedding.
    pub fn map(&self, text: ArrayView1<f32>) -> PatchMap {
        let cosines = products(text.insert_axis(Axis(0)), self.units.view());
        let (rows, columns) = self.grid.shape();
        let values = Array2::from_shape_fn((rows, columns), |(row, column)| {
            cosines[(0, 0)] - cosines[(0, 1 + row * columns + column)]
        });
        PatchMap { cosine: cosines[(0, 0)], region: self.region, values }
    }
}

/// What each window of a frame adds to its cosine with a text, or to the difference of two cosines.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchMap {
    /// Of the whole frame.
    pub cosine: f32,
    /// The part of the frame that is split into windows.
    pub region: Region,
    /// What the cosine loses without the window, rows × columns; negative where it gains.
    pub values: Array2<f32>,
}

impl PatchMap {
    /// What each window adds to the lead over another text.
    pub fn less(&self, other: &Self) -> Self {
        Self { cosine: self.cosine - other.cosine, values: &self.values - &other.values, ..*self }
    }

    /// The part of the frame that a window shows.
    pub fn part(&self, (row, column): (usize, usize)) -> Region {
        let (rows, columns) = self.values.dim();
        let (width, height) = (1.0 / columns as f64, 1.0 / rows as f64);
        self.region.part(Region { left: column as f64 * width, top: row as f64 * height, width, height })
    }

    /// The value at a point of the frame, in shares of its width and height; `None` outside of what the model sees.
    pub fn at(&self, x: f64, y: f64) -> Option<f32> {
        let Region { left, top, width, height } = self.region;
        let (rows, columns) = self.values.dim();
        let place = |at: f64, start: f64, length: f64, count: usize| {
            let place = ((at - start) / length * count as f64).floor();
            (place >= 0.0 && place < count as f64).then_some(place as usize)
        };
        Some(self.values[(place(y, top, height, rows)?, place(x, left, width, columns)?)])
    }

    /// The smallest and the largest value.
    pub fn range(&self) -> (f32, f32) {
        let ends = |ends: (f32, f32), &value: &f32| (ends.0.min(value), ends.1.max(value));
        self.values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), ends)
    }

    /// The largest absolute value, for a scale with zero in its middle.
    pub fn largest(&self) -> f32 {
        self.values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
    }

    /// Row, column and value of the windows with the highest values, the highest first. Equal ones keep the reading order.
    pub fn strongest(&self, count: usize) -> Vec<((usize, usize), f32)> {
        let mut windows: Vec<_> =
            self.values.indexed_iter().map(|(window, &value)| (window, value)).collect();
        windows.sort_by(|a, b| b.1.total_cmp(&a.1));
        windows.truncate(count);
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{Checkpoint, ComputeDevice, DeviceChoice};

    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny");

    fn picture(width: usize, height: usize) -> PreparedImage {
        PreparedImage { width, height, rgb: (0..3 * width * height).map(|i| (i * i % 251) as u8).collect() }
    }

    #[test]
    fn a_grid_has_about_eight_windows_a_side() {
        for (image, patch, across, window) in [
            (80, 10, 8, 10),
            (224, 16, 7, 32),
            (384, 14, 9, 42),
            (256, 16, 8, 32),
            (224, 32, 7, 32),
            (512, 16, 8, 64),
            (30, 10, 3, 10),
        ] {
            let grid = Grid::new(image, image, patch);
            assert_eq!((grid.shape(), grid.window), ((across, across), window), "{image} / {patch}");
            for axis in [0, 1] {
                let covered: Vec<usize> = (0..across).flat_map(|place| grid.pixels(axis, place)).collect();
                assert_eq!(covered, (0..image).collect::<Vec<_>>(), "every pixel once");
            }
        }
        // As many windows in a picture that is not square.
        let wide = Grid::new(336, 192, 16);
        assert_eq!((wide.shape(), wide.window), ((6, 11), 32));
    }

    #[test]
    fn masking_changes_the_pixels_of_the_window_alone() {
        // 7 rows of 9 windows of 10 × 10 pixels, and two lines of pixels that belong to no patch.
        let (grid, picture) = (Grid::new(90, 72, 10), picture(90, 72));
        assert_eq!(grid.shape(), (7, 9));
        for mask in [Mask::Mean, Mask::Grey, Mask::Blur] {
            let masks = mask.picture(&picture, grid);
            let masked = grid.masked(&picture, &masks, |window| window == (6, 1));
            for (place, (pixel, before)) in masked.rgb.chunks(3).zip(picture.rgb.chunks(3)).enumerate() {
                let (x, y) = (place % 90, place / 90);
                let within = (10..20).contains(&x) && (60..72).contains(&y);
                let expected = if within { &masks.rgb[3 * place..3 * place + 3] } else { before };
                assert_eq!(pixel, expected, "{mask:?} at {x}, {y}");
            }
            assert_eq!(grid.masked(&picture, &masks, |_| true), masks);
        }
    }

    #[test]
    fn masks_are_the_mean_colour_grey_and_a_blur() {
        let size = 40;
        let grid = Grid::new(size, size, 5);
        let half = |place: usize| if place % size < size / 2 { [10, 0, 200] } else { [31, 0, 100] };
        let halves = PreparedImage::square(size, (0..size * size).flat_map(half).collect());
        assert_eq!(Mask::Mean.picture(&halves, grid).rgb[..3], [21, 0, 150], "rounded");
        assert!(Mask::Grey.picture(&halves, grid).rgb.iter().all(|&byte| byte == 127));
        let blurred = Mask::Blur.picture(&halves, grid).rgb;
        let row: Vec<u8> = blurred[..3 * size].chunks(3).map(|pixel| pixel[2]).collect();
        assert!(row.is_sorted_by(|a, b| a >= b) && row[0] > 150 && row[size - 1] < 150, "{row:?}");
        assert!(row.windows(2).all(|pair| pair[0] - pair[1] < 20), "no edge is left: {row:?}");
    }

    #[test]
    fn a_map_is_what_the_cosine_loses_window_by_window() {
        let checkpoint = Checkpoint::open(TINY.as_ref()).unwrap();
        let tower = checkpoint.load_vision(&ComputeDevice::open(DeviceChoice::Cpu).unwrap()).unwrap();
        let side = checkpoint.image_size();
        let (frame, grid) = (picture(side, side), Grid::new(side, side, checkpoint.patch_size()));
        let text: Vec<f32> = (0..checkpoint.dim()).map(|i| (i as f32).sin()).collect();
        let other: Vec<f32> = (0..checkpoint.dim()).map(|i| (i as f32).cos()).collect();
        let unit =
            |text: &[f32]| unit_rows(ArrayView1::from(text).insert_axis(ndarray::Axis(0))).row(0).to_owned();
        let (text, other) = (unit(&text), unit(&other));
        for batch in [1, 3, 1000] {
            let patches = FramePatches::embed(&tower, &frame, grid, Mask::Mean, batch, |_| true);
            let patches = patches.unwrap().unwrap();
            let (map, of_other) = (patches.map(text.view()), patches.map(other.view()));
            let cosine = |picture: PreparedImage, text: &ndarray::Array1<f32>| {
                let embedding = tower.embed(&[picture]).unwrap();
                embedding.row(0).dot(text) / embedding.row(0).dot(&embedding.row(0)).sqrt()
            };
            let masks = Mask::Mean.picture(&frame, grid);
            let difference = map.less(&of_other);
            assert!((map.cosine - cosine(frame.clone(), &text)).abs() < 1e-5);
            for window in grid.windows() {
                let masked = || grid.masked(&frame, &masks, |other| other == window);
                let loss = |text| cosine(frame.clone(), text) - cosine(masked(), text);
                assert!((map.values[window] - loss(&text)).abs() < 1e-5, "{window:?}");
                let expected = loss(&text) - loss(&other);
                assert!((difference.values[window] - expected).abs() < 2e-5, "{window:?}");
            }
        }
    }

    #[test]
    fn embedding_ends_between_batches_once_it_is_not_wanted() {
        let checkpoint = Checkpoint::open(TINY.as_ref()).unwrap();
        let tower = checkpoint.load_vision(&ComputeDevice::open(DeviceChoice::Cpu).unwrap()).unwrap();
        let side = checkpoint.image_size();
        let (frame, grid) = (picture(side, side), Grid::new(side, side, checkpoint.patch_size()));
        let mut done = Vec::new();
        let goes_on = |count| {
            done.push(count);
            count < 4
        };
        assert_eq!(FramePatches::embed(&tower, &frame, grid, Mask::Mean, 2, goes_on).unwrap(), None);
        assert_eq!(done, [0, 2, 4], "before each batch");
    }

    #[test]
    fn a_window_is_a_part_of_the_part_that_the_model_sees() {
        let region = Region { left: 0.25, top: 0.0, width: 0.5, height: 1.0 };
        let map = PatchMap { cosine: 0.5, region, values: Array2::zeros((2, 4)) };
        let expected = Region { left: 0.625, top: 0.5, width: 0.125, height: 0.5 };
        assert_eq!(map.part((1, 3)), expected);
    }

    #[test]
    fn the_strongest_windows_come_first_and_equal_ones_in_reading_order() {
        let map = PatchMap {
            cosine: 0.5,
            region: Region::default(),
            values: ndarray::array![[0.1, -0.3], [0.2, 0.2]],
        };
        assert_eq!(map.strongest(3), [((1, 0), 0.2), ((1, 1), 0.2), ((0, 0), 0.1)]);
        assert_eq!((map.range(), map.largest()), ((-0.3, 0.2), 0.3));
        assert_eq!(map.strongest(9).len(), 4);
    }
}
