//! The frames of a clip that are embedded so far.

use ndarray::{Array1, ArrayView1};

use crate::align::{Preset, ScaledFrame};

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
#[derive(Clone, Debug)]
pub struct FrameTable {
    dim: usize,
    ordinals: Vec<u64>,
    times: Vec<f64>,
    raw: Vec<f32>,
    lengths: Vec<f64>,
    by_time: Vec<usize>,
    /// Sum of the frames as each preset scales them.
    sums: [Array1<f64>; 2],
}

impl FrameTable {
    /// An empty table of embeddings with `dim` values.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            ordinals: Vec::new(),
            times: Vec::new(),
            raw: Vec::new(),
            lengths: Vec::new(),
            by_time: Vec::new(),
            sums: [Array1::zeros(dim), Array1::zeros(dim)],
        }
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
            let slot = self.len();
            self.by_time.insert(at, slot);
            self.ordinals.push(frame.ordinal);
            self.times.push(frame.time);
            let embedding = ArrayView1::from(&frame.embedding);
            self.lengths.push(embedding.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt());
            for preset in [Preset::Paper, Preset::Released] {
                let scale = self.scale(slot, preset);
                self.sums[preset as usize].zip_mut_with(&embedding, |sum, &x| *sum += scale * f64::from(x));
            }
            self.raw.extend(frame.embedding);
        }
    }

    /// Keeps the frames that arrived as these numbers, in that order, and forgets the others.
    pub fn keep(&mut self, slots: &[usize]) {
        let frames: Vec<EmbeddedFrame> = slots.iter().map(|&slot| self.frame(slot)).collect();
        *self = Self::new(self.dim);
        self.extend(frames);
    }

    /// The frame that arrived as number `slot`.
    pub fn frame(&self, slot: usize) -> EmbeddedFrame {
        let embedding = self.raw(slot).to_vec();
        EmbeddedFrame { ordinal: self.ordinals[slot], time: self.times[slot], embedding }
    }

    /// Ordinal of the frame that arrived as number `slot`.
    pub fn ordinal(&self, slot: usize) -> u64 {
        self.ordinals[slot]
    }

    /// Presentation time of the frame that arrived as number `slot`, in seconds.
    pub fn time(&self, slot: usize) -> f64 {
        self.times[slot]
    }

    /// Raw embedding of the frame that arrived as number `slot`.
    pub fn raw(&self, slot: usize) -> &[f32] {
        let start = slot * self.dim;
        &self.raw[start..start + self.dim]
    }

    /// What a preset multiplies the raw embedding of a frame with; 0 where it has no length to divide by.
    pub fn scale(&self, slot: usize, preset: Preset) -> f64 {
        match preset {
            Preset::Paper if self.lengths[slot] > 0.0 => self.lengths[slot].recip(),
            Preset::Paper => 0.0,
            Preset::Released => 1.0,
        }
    }

    /// The frames that a preset smooths, in order of presentation.
    pub fn scaled_by_time(&self, preset: Preset) -> Vec<ScaledFrame<'_>> {
        let frame = |&slot: &usize| {
            let scale = self.scale(slot, preset);
            ScaledFrame { raw: self.raw(slot), scale, length: scale * self.lengths[slot] }
        };
        self.by_time.iter().map(frame).collect()
    }

    /// Sum of all frames that a preset smooths.
    pub fn sum(&self, preset: Preset) -> ArrayView1<'_, f64> {
        self.sums[preset as usize].view()
    }

    /// Arrival numbers in order of presentation, each with what a preset multiplies the frame with.
    pub fn scales_by_time(&self, preset: Preset) -> Vec<(usize, f64)> {
        self.by_time.iter().map(|&slot| (slot, self.scale(slot, preset))).collect()
    }

    /// Presentation times in seconds, ascending.
    pub fn times(&self) -> Vec<f64> {
        self.by_time.iter().map(|&slot| self.times[slot]).collect()
    }

    /// Ordinals in order of presentation.
    pub fn ordinals(&self) -> Vec<u64> {
        self.by_time.iter().map(|&slot| self.ordinals[slot]).collect()
    }
}
