//! What waits to be embedded: decoded frames in the order in which they cover the clip, and texts by urgency.

use std::collections::{BTreeMap, HashSet, VecDeque};
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
    pub ordinal: u64,
    /// The ticks that it fills, in seconds.
    pub rows: Vec<f64>,
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
    /// Ordinals of the frames to take before the others, the last first.
    chosen: Vec<u64>,
    /// Whether this is the second pass over the clip.
    is_second: bool,
    /// Frames that were dropped to make room for others that cover the clip better.
    dropped: HashSet<u64>,
    known: Vec<EmbeddedFrame>,
    decoded: usize,
    ticks: Vec<(f64, u64)>,
    faults: Faults,
    strip: Strip,
}

impl FrameQueue {
    /// Takes frames from a decoder, in its order or in one that covers the clip evenly.
    pub fn new(decoder: DecodeAhead<Decoded>, cover_evenly: bool) -> Self {
        Self { decoder: Some(decoder), cover_evenly, ..Self::default() }
    }

    /// Takes decoded frames. Blocks for one frame if none waits; `to_the_end`: until all are decoded.
    ///
    /// At most `capacity` frames wait. In the decoder's order it stops there. In an even order it goes on, and keeps those that
    /// cover the clip best: the others are [`FrameQueue::dropped`], for a second pass.
    pub fn fill(&mut self, capacity: usize, to_the_end: bool, emit: &impl Fn(Update)) -> Result<(), Report> {
        let drops = self.cover_evenly && !self.is_second;
        let mut may_wait = self.waiting.is_empty();
        while drops || self.waiting.len() < capacity {
            let Some(decoder) = &mut self.decoder else { break };
            let next = if may_wait || to_the_end { Poll::Ready(decoder.next()) } else { decoder.poll() };
            may_wait = false;
            match next {
                Poll::Ready(Some(frame)) => self.push(frame?, capacity),
                Poll::Pending => break,
                Poll::Ready(None) => {
                    let faults = decoder.faults();
                    self.decoder = None;
                    if !self.is_second {
                        self.faults = faults;
                        emit(Update::Ticks(std::mem::take(&mut self.ticks)));
                        emit(Update::AllDecoded { frames: self.decoded, faults: self.faults.clone() });
                    }
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, frame: Decoded, capacity: usize) {
        let Decoded { ordinal, rows, known, picture, to_embed } = frame;
        let index = self.decoded;
        self.decoded += 1;
        let place = if self.cover_evenly { even_coverage(index) } else { index as u64 };
        self.waiting.extend(to_embed.map(|frame| (place, frame)));
        if self.is_second {
            return;
        }
        self.ticks.extend(rows.into_iter().map(|time| (time, ordinal)));
        self.known.extend(known);
        self.strip.push(picture);
        if self.waiting.len() > capacity {
            let last = self.waiting.pop_last();
            self.dropped.extend(last.map(|(_, frame)| frame.ordinal));
        }
    }

    /// Decodes the clip again, for the dropped frames alone.
    pub fn begin_second_pass(&mut self, decoder: DecodeAhead<Decoded>) {
        self.dropped.clear();
        (self.decoder, self.is_second, self.decoded) = (Some(decoder), true, 0);
    }

    /// Removes and returns decoded frames that are embedded already.
    pub fn take_known(&mut self) -> Vec<EmbeddedFrame> {
        std::mem::take(&mut self.known)
    }

    /// Takes the frames with these ordinals next, as far as they wait, in place of those chosen before.
    pub fn choose(&mut self, mut ordinals: Vec<u64>) {
        ordinals.reverse();
        self.chosen = ordinals;
    }

    /// The next frames to embed, at most `count`, the chosen ones first; `None` if none waits. `only_chosen`: no others, as
    /// long as any of them waits.
    pub fn take(&mut self, count: usize, only_chosen: bool) -> Option<Vec<Prepared>> {
        let mut batch = Vec::new();
        while batch.len() < count
            && let Some(ordinal) = self.chosen.pop()
        {
            let place =
                self.waiting.iter().find(|(_, frame)| frame.ordinal == ordinal).map(|(&place, _)| place);
            batch.extend(place.and_then(|place| self.waiting.remove(&place)));
        }
        if batch.is_empty() || !only_chosen {
            let others = std::iter::from_fn(|| self.waiting.pop_first()).map(|(_, frame)| frame);
            batch.extend(others.take(count - batch.len()));
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Whether chosen frames are left to be taken.
    pub fn has_chosen(&self) -> bool {
        !self.chosen.is_empty()
    }

    /// Number of frames decoded so far.
    pub fn decoded(&self) -> usize {
        self.decoded
    }

    /// Whether frames wait.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Ordinals of the frames that a second pass must decode, once the first is over and none waits.
    pub fn dropped(&self) -> Option<&HashSet<u64>> {
        let is_over = self.decoder.is_none() && self.waiting.is_empty();
        Some(&self.dropped).filter(|dropped| is_over && !dropped.is_empty())
    }

    /// Whether all frames are decoded and none waits.
    pub fn is_finished(&self) -> bool {
        self.decoder.is_none() && self.waiting.is_empty() && self.dropped.is_empty()
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
    /// Ordinals of the frames to embed next.
    Frames(Vec<u64>),
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

    fn decoded(ordinal: u64) -> Decoded {
        let shown = Shown::once(ordinal as f64);
        let image = PreparedImage::square(1, vec![0; 3]);
        let to_embed = Some(Prepared { ordinal, time: ordinal as f64, shown, image });
        Decoded { ordinal, rows: vec![ordinal as f64], known: None, picture: None, to_embed }
    }

    fn taken(batch: Option<Vec<Prepared>>) -> Vec<u64> {
        batch.unwrap_or_default().iter().map(|frame| frame.ordinal).collect()
    }

    #[test]
    fn a_full_queue_keeps_the_frames_that_cover_the_clip() {
        let mut queue = FrameQueue { cover_evenly: true, ..FrameQueue::default() };
        (0..16).for_each(|ordinal| queue.push(decoded(ordinal), 4));
        assert_eq!(queue.dropped(), None, "frames wait");
        assert_eq!(taken(queue.take(9, false)), [0, 8, 4, 12]);
        let dropped = queue.dropped().expect("a second pass");
        assert_eq!(dropped.len(), 12);
        assert!(!queue.is_finished() && [0, 4, 8, 12].iter().all(|ordinal| !dropped.contains(ordinal)));
    }

    #[test]
    fn chosen_frames_come_first() {
        let queue = || {
            let mut queue = FrameQueue { cover_evenly: true, ..FrameQueue::default() };
            (0..8).for_each(|ordinal| queue.push(decoded(ordinal), 8));
            queue.choose(vec![5, 99, 3]);
            queue
        };
        assert_eq!(taken(queue().take(4, false)), [5, 3, 0, 4]);
        let mut alone = queue();
        assert_eq!(taken(alone.take(4, true)), [5, 3], "no others");
        assert_eq!(taken(alone.take(2, true)), [0, 4], "unless none of them waits");
        let mut two = queue();
        two.choose(vec![7]);
        assert_eq!(taken(two.take(1, true)), [7], "in place of those chosen before");
    }

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
