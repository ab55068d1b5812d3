//! The frames of a clip that are embedded so far.

use std::cmp::Ordering;
use std::collections::HashMap;

use ndarray::{Array1, ArrayView1};

use crate::align::{Preset, ScaledFrame};
use crate::video::Shown;

/// One embedded frame: which one, when it is shown and where it lies in the embedding space.
///
/// A frame that stays on screen over several ticks of the sampling is embedded once and fills a row for each.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedFrame {
    /// Ordinal of the decoded picture.
    pub ordinal: u64,
    /// Presentation time in seconds.
    pub time: f64,
    /// How long it stays on screen, and the rows that it fills.
    pub shown: Shown,
    /// Raw embedding, d values.
    pub embedding: Vec<f32>,
}

/// Frames in the order in which they arrived, each in a slot, and the rows of the clip in order of time, each with the slot
/// of the frame that fills it.
#[derive(Clone, Debug)]
pub struct FrameTable {
    dim: usize,
    ordinals: Vec<u64>,
    times: Vec<f64>,
    shown: Vec<Shown>,
    raw: Vec<f32>,
    lengths: Vec<f64>,
    /// Slots by ordinal and time, which together tell frames apart.
    slots: HashMap<(u64, u64), usize>,
    rows: Vec<Row>,
    /// Sum of the frames as each preset scales them.
    sums: [Array1<f64>; 2],
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Seconds.
    time: f64,
    ordinal: u64,
    slot: usize,
}

impl Row {
    fn in_time(&self, other: &Self) -> Ordering {
        self.time.total_cmp(&other.time).then(self.ordinal.cmp(&other.ordinal))
    }
}

impl FrameTable {
    /// An empty table of embeddings with `dim` values.
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            ordinals: Vec::new(),
            times: Vec::new(),
            shown: Vec::new(),
            raw: Vec::new(),
            lengths: Vec::new(),
            slots: HashMap::new(),
            rows: Vec::new(),
            sums: [Array1::zeros(dim), Array1::zeros(dim)],
        }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Adds frames in any order. A frame that is already there is ignored, but for its rows, which may be others under
    /// another sampling.
    ///
    /// # Panics
    /// If an embedding does not have `dim` values.
    pub fn extend(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) {
        for frame in frames {
            assert_eq!(frame.embedding.len(), self.dim, "an embedding of another model");
            let identity = (frame.ordinal, frame.time.to_bits());
            if let Some(&slot) = self.slots.get(&identity) {
                if self.shown[slot].rows != frame.shown.rows {
                    self.remove_rows(slot);
                    self.add_rows(slot, &frame.shown.rows);
                }
                self.shown[slot] = frame.shown;
                continue;
            }
            let slot = self.len();
            self.slots.insert(identity, slot);
            self.ordinals.push(frame.ordinal);
            self.times.push(frame.time);
            let embedding = frame.embedding.iter();
            self.lengths.push(embedding.map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt());
            self.raw.extend(frame.embedding);
            self.add_rows(slot, &frame.shown.rows);
            self.shown.push(frame.shown);
        }
        self.rows.sort_by(Row::in_time);
    }

    fn add_rows(&mut self, slot: usize, times: &[f64]) {
        let ordinal = self.ordinals[slot];
        self.rows.extend(times.iter().map(|&time| Row { time, ordinal, slot }));
        self.add_to_sums(slot, times.len() as f64);
    }

    fn remove_rows(&mut self, slot: usize) {
        self.rows.retain(|row| row.slot != slot);
        self.add_to_sums(slot, -(self.shown[slot].rows.len() as f64));
    }

    fn add_to_sums(&mut self, slot: usize, times: f64) {
        for preset in [Preset::Paper, Preset::Released] {
            let scale = times * self.scale(slot, preset);
            let embedding = ArrayView1::from(&self.raw[slot * self.dim..][..self.dim]);
            self.sums[preset as usize].zip_mut_with(&embedding, |sum, &x| *sum += scale * f64::from(x));
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
        let shown = self.shown[slot].clone();
        EmbeddedFrame { ordinal: self.ordinals[slot], time: self.times[slot], shown, embedding }
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

    /// The rows that a preset smooths, in order of time.
    pub fn scaled_by_time(&self, preset: Preset) -> Vec<ScaledFrame<'_>> {
        let frame = |&Row { slot, .. }: &Row| {
            let scale = self.scale(slot, preset);
            ScaledFrame { raw: self.raw(slot), scale, length: scale * self.lengths[slot] }
        };
        self.rows.iter().map(frame).collect()
    }

    /// Sum of all rows that a preset smooths.
    pub fn sum(&self, preset: Preset) -> ArrayView1<'_, f64> {
        self.sums[preset as usize].view()
    }

    /// Slots of the rows in order of time, each with what a preset multiplies the frame with.
    pub fn scales_by_time(&self, preset: Preset) -> Vec<(usize, f64)> {
        self.rows.iter().map(|row| (row.slot, self.scale(row.slot, preset))).collect()
    }

    /// Times of the rows in seconds, ascending.
    pub fn row_times(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row.time).collect()
    }

    /// Ordinals of the frames that fill the rows, in order of time.
    pub fn row_ordinals(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.ordinal).collect()
    }
}
