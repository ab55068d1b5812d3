//! Decoded frames on their way to the vision tower.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;

use color_eyre::eyre::Report;

use crate::explore::coverage::even_coverage;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::pipeline::Update;
use crate::explore::strip::{Picture, Strip};
use crate::siglip::Square;
use crate::video::{DecodeAhead, Faults, Shown};

/// What the decoding thread makes of a frame.
pub struct Decoded {
    /// The frame, where its embedding is known from another sampling.
    pub known: Option<EmbeddedFrame>,
    /// A small picture to keep.
    pub picture: Option<Arc<Picture>>,
    /// None where the frame's embedding is known.
    pub to_embed: Option<Prepared>,
}

/// A frame ready for the vision tower.
pub struct Prepared {
    /// Ordinal of the decoded picture.
    pub ordinal: u64,
    /// Presentation time in seconds.
    pub time: f64,
    /// How long it stays on screen, and the rows that it fills.
    pub shown: Shown,
    /// What the tower looks at.
    pub square: Square,
}

/// Decoded frames that wait to be embedded, the next one first.
pub struct FrameQueue {
    /// None once it has given its last frame.
    decoder: Option<DecodeAhead<Decoded>>,
    cover_evenly: bool,
    waiting: BTreeMap<u64, Prepared>,
    known: Vec<EmbeddedFrame>,
    decoded: usize,
    faults: Faults,
    strip: Strip,
}

impl FrameQueue {
    /// The frames of a decoder, in its order or in one that covers the clip evenly.
    pub fn new(decoder: DecodeAhead<Decoded>, cover_evenly: bool) -> Self {
        Self { decoder: Some(decoder), cover_evenly, ..Self::nothing() }
    }

    /// Nothing to wait for.
    pub fn nothing() -> Self {
        Self {
            decoder: None,
            cover_evenly: false,
            waiting: BTreeMap::new(),
            known: Vec::new(),
            decoded: 0,
            faults: Faults::default(),
            strip: Strip::default(),
        }
    }

    /// Takes what the decoder has ready, up to `capacity` frames. Where none waits to be embedded, one frame is waited for.
    ///
    /// # Errors
    /// What the decoder ended with.
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

    /// Frames that were decoded and need not be embedded.
    pub fn take_known(&mut self) -> Vec<EmbeddedFrame> {
        std::mem::take(&mut self.known)
    }

    /// The next frames to embed, at most `count`; none where none waits.
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

    /// The small pictures so far.
    pub fn strip(&self) -> &Strip {
        &self.strip
    }
}
