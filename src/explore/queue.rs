//! What waits to be embedded: decoded frames in the order in which they cover the clip, and texts by urgency.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::Poll;

use color_eyre::eyre::Report;

use crate::backbone::PreparedImage;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::job::Update;
use crate::explore::strip::{Picture, Strip};
use crate::video::{DecodeAhead, Faults, Shown};

/// A decoded frame as the decoding thread hands it on.
pub struct Decoded {
    /// The frame, if another sampling has embedded it.
    pub known: Option<EmbeddedFrame>,
    pub picture: Option<Arc<Picture>>,
    /// `None` if the frame is embedded already.
    pub to_embed: Option<Prepared>,
}

/// A frame ready for the vision tower.
pub struct Prepared {
    pub ordinal: u64,
    pub time: f64,
    pub shown: Shown,
    pub image: PreparedImage,
}

/// Decoded frames that wait to be embedded.
#[derive(Default)]
pub struct FrameQueue {
    /// `None` after the last frame.
    decoder: Option<DecodeAhead<Decoded>>,
    cover_evenly: bool,
    waiting: BTreeMap<u64, Prepared>,
    known: Vec<EmbeddedFrame>,
    decoded: usize,
    faults: Faults,
    strip: Strip,
}

impl FrameQueue {
    /// Takes frames from a decoder, in its order or in one that covers the clip evenly.
    pub fn new(decoder: DecodeAhead<Decoded>, cover_evenly: bool) -> Self {
        Self { decoder: Some(decoder), cover_evenly, ..Self::default() }
    }

    /// Takes decoded frames, until `capacity` of them wait. Blocks for one frame if none waits.
    pub fn fill(&mut self, capacity: usize, emit: &impl Fn(Update)) -> Result<(), Report> {
        let mut may_wait = self.waiting.is_empty();
        while self.waiting.len() < capacity {
            let Some(decoder) = &mut self.decoder else { break };
            let next = if may_wait { Poll::Ready(decoder.next()) } else { decoder.poll() };
            may_wait = false;
            match next {
                Poll::Ready(Some(frame)) => {
                    let Decoded { known, picture, to_embed } = frame?;
                    self.known.extend(known);
                    self.strip.push(picture);
                    let index = self.decoded;
                    let place = if self.cover_evenly { even_coverage(index) } else { index as u64 };
                    self.waiting.extend(to_embed.map(|frame| (place, frame)));
                    self.decoded += 1;
                }
                Poll::Pending => break,
                Poll::Ready(None) => {
                    self.faults = decoder.faults();
                    self.decoder = None;
                    emit(Update::AllDecoded { frames: self.decoded, faults: self.faults.clone() });
                }
            }
        }
        Ok(())
    }

    /// Removes and returns decoded frames that are embedded already.
    pub fn take_known(&mut self) -> Vec<EmbeddedFrame> {
        std::mem::take(&mut self.known)
    }

    /// The next frames to embed, at most `count`; `None` if none waits.
    pub fn take(&mut self, count: usize) -> Option<Vec<Prepared>> {
        let batch: Vec<Prepared> =
            std::iter::from_fn(|| self.waiting.pop_first()).map(|(_, frame)| frame).take(count).collect();
        (!batch.is_empty()).then_some(batch)
    }

    /// Whether all frames are decoded and none waits.
    pub fn is_finished(&self) -> bool {
        self.decoder.is_none() && self.waiting.is_empty()
    }

    /// Damage found in the clip; complete once all frames are decoded.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    pub fn strip(&self) -> &Strip {
        &self.strip
    }
}

/// Place of frame `index` in an order that covers a clip evenly at every moment: bit reversal, so that
/// the frames embedded first are the first, the middle, the quarters, the eighths …
///
/// The reversal is over 64 bits: the order among the frames of a clip does not depend on how many there are.
pub fn even_coverage(index: usize) -> u64 {
    (index as u64).reverse_bits()
}

/// A request to a running pipeline.
pub enum Request {
    /// Texts needed now.
    Texts(Vec<String>),
    /// Texts that may be needed later.
    Prefetch(Vec<String>),
}

#[derive(Default)]
pub struct Texts {
    pub wanted: Vec<String>,
    /// Embedded one at a time, so that a request never waits long.
    pub later: VecDeque<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_the_order_covers_the_clip_evenly() {
        let n = 100;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&i| even_coverage(i));
        for taken in 2..n {
            let mut seen = order[..taken].to_vec();
            seen.sort_unstable();
            seen.push(n);
            let widest = seen.windows(2).map(|w| w[1] - w[0]).max().unwrap();
            // 128 slots halved ⌊log2⌋ times bound the widest gap.
            assert!(widest <= 128 >> taken.ilog2(), "{taken} frames leave a gap of {widest}");
        }
    }
}
