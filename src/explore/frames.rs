//! The frames of a clip that are embedded so far.

use ndarray::{Array2, ArrayView1};

/// One embedded frame: which one, when it is shown and where it lies in the embedding space.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedFrame {
    /// Ordinal of the decoded picture.
    pub ordinal: u64,
    /// Presentation time in seconds.
    pub time: f64,
    /// Raw embedding, d values.
    pub embedding: Vec<f32>,
}

/// Frames in the order in which they arrived, and that order sorted by presentation time.
#[derive(Clone, Debug, Default)]
pub struct FrameTable {
    dim: usize,
    ordinals: Vec<u64>,
    times: Vec<f64>,
    raw: Vec<f32>,
    inverse_norms: Vec<f32>,
    by_time: Vec<usize>,
}

impl FrameTable {
    /// An empty table of embeddings with `dim` values.
    pub fn new(dim: usize) -> Self {
        Self { dim, ..Self::default() }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Adds frames in any order. A frame whose ordinal and time are already there is ignored.
    ///
    /// # Panics
    /// If an embedding does not have `dim` values.
    pub fn extend(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) {
        for frame in frames {
            assert_eq!(frame.embedding.len(), self.dim, "an embedding of another model");
            let Err(at) = self.by_time.binary_search_by(|&slot| {
                self.times[slot].total_cmp(&frame.time).then(self.ordinals[slot].cmp(&frame.ordinal))
            }) else {
                continue;
            };
            self.by_time.insert(at, self.times.len());
            self.ordinals.push(frame.ordinal);
            self.times.push(frame.time);
            let norm = frame.embedding.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
            self.inverse_norms.push(if norm > 0.0 { norm.recip() as f32 } else { 0.0 });
            self.raw.extend(frame.embedding);
        }
    }

    /// Raw embedding of the frame that arrived as number `slot`.
    pub fn raw(&self, slot: usize) -> ArrayView1<'_, f32> {
        ArrayView1::from(&self.raw[slot * self.dim..(slot + 1) * self.dim])
    }

    /// What the raw embedding of a frame is multiplied with to have length 1; 0 where it has no length.
    pub fn inverse_norm(&self, slot: usize) -> f32 {
        self.inverse_norms[slot]
    }

    /// Arrival numbers in order of presentation.
    pub fn slots_by_time(&self) -> &[usize] {
        &self.by_time
    }

    /// Presentation times in seconds, ascending.
    pub fn times(&self) -> Vec<f64> {
        self.by_time.iter().map(|&slot| self.times[slot]).collect()
    }

    /// Ordinals in order of presentation.
    pub fn ordinals(&self) -> Vec<u64> {
        self.by_time.iter().map(|&slot| self.ordinals[slot]).collect()
    }

    /// Raw embeddings in order of presentation, T×d.
    pub fn raw_by_time(&self) -> Array2<f32> {
        let mut out = Array2::zeros((self.len(), self.dim));
        for (mut row, &slot) in out.rows_mut().into_iter().zip(&self.by_time) {
            row.assign(&self.raw(slot));
        }
        out
    }
}
