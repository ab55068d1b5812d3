//! Resizes images to the square that the model takes.

use super::resize::{Filter, resize};

/// A square image of 8-bit RGB, row by row from the top: `3 · size · size` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    pub size: usize,
    pub rgb: Vec<u8>,
}

/// Resizes images to the model's square without cropping. See [`Checkpoint::preprocessor`](super::Checkpoint::preprocessor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preprocessor {
    /// Width and height of the square in pixels.
    pub size: usize,
    /// The filter of `preprocessor_config.json`.
    pub filter: Filter,
}

impl Preprocessor {
    /// `rgb` holds `height` rows of `width` pixels of 3 bytes. The result equals Pillow's `Image.resize`
    /// byte for byte.
    ///
    /// # Panics
    /// If `rgb` is not `3 · width · height` bytes long, or if it is empty.
    pub fn square(&self, rgb: &[u8], width: u32, height: u32) -> Square {
        let (width, height) = (width as usize, height as usize);
        assert!(
            !rgb.is_empty() && rgb.len() == 3 * width * height,
            "a picture of 3 · {width} · {height} bytes"
        );
        Square { size: self.size, rgb: resize(rgb, (width, height), (self.size, self.size), self.filter) }
    }
}
