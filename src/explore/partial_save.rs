//! Saves the embedded frames of a clip while the work goes on.

use std::time::{Duration, Instant};

use crate::explore::cached_clip::CachedClip;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::strip::Strip;
use crate::video::{Faults, VideoInfo};

/// Longest work that a kill may lose, while writing is fast.
const PAUSE: Duration = Duration::from_secs(10);
/// Writing takes at most 1/50 of the time.
const SHARE: u32 = 50;

/// Writes the frames embedded so far to the cache from time to time, and all of them at the end.
pub struct PartialSave<'a> {
    /// `None` if nothing is left to save.
    to: Option<(CachedClip<'a>, VideoInfo)>,
    frames: Vec<EmbeddedFrame>,
    /// Whether the cache had all frames from the start.
    is_whole: bool,
    kept: usize,
    next: Instant,
    has_frames: bool,
}

impl<'a> PartialSave<'a> {
    /// Continues from `frames`, which are in the cache; `is_whole`: the clip has no others.
    pub fn new(
        record: Option<CachedClip<'a>>,
        info: VideoInfo,
        frames: Vec<EmbeddedFrame>,
        is_whole: bool,
    ) -> Self {
        let (kept, has_frames) = (frames.len(), !frames.is_empty());
        let to = record.map(|record| (record, info));
        Self { to, frames, is_whole, kept, next: Instant::now() + PAUSE, has_frames }
    }

    /// For a clip that needs no saving.
    pub fn idle() -> Self {
        Self { to: None, frames: Vec::new(), is_whole: true, kept: 0, next: Instant::now(), has_frames: true }
    }

    pub fn is_empty(&self) -> bool {
        !self.has_frames
    }

    /// Adds embedded frames, and saves if it is time to.
    pub fn add(&mut self, frames: &[EmbeddedFrame]) {
        self.has_frames |= !frames.is_empty();
        if self.to.is_none() {
            return;
        }
        self.frames.extend_from_slice(frames);
        let start = Instant::now();
        if start >= self.next {
            self.keep_partial();
            self.next = Instant::now() + PAUSE.max(start.elapsed() * SHARE);
        }
    }

    pub fn finish(&mut self, faults: &Faults, strip: &Strip) {
        if let Some((record, info)) = self.to.take() {
            if !self.is_whole {
                record.keep_frames(&info, &self.frames, faults);
            }
            record.keep_strip(strip);
        }
        self.frames = Vec::new();
    }

    /// Saves what is new before the work ends.
    pub fn break_off(&mut self) {
        if self.frames.len() > self.kept {
            self.keep_partial();
        }
    }

    fn keep_partial(&mut self) {
        if let Some((record, info)) = &self.to {
            record.keep_partial(info, &self.frames);
            self.kept = self.frames.len();
        }
    }
}
