//! Keeps what is embedded of a clip while the work goes on.

use std::time::{Duration, Instant};

use crate::explore::frames::EmbeddedFrame;
use crate::explore::record::Record;
use crate::explore::strip::Strip;
use crate::video::{Faults, VideoInfo};

/// Work that may be lost when the program is ended.
const PAUSE: Duration = Duration::from_secs(10);
/// Writing takes at most one part in so many of the time.
const SHARE: u32 = 50;

/// The frames embedded so far, and their way into the cache. They are written from time to time, so that neither leaving
/// the explorer nor a kill loses more than some seconds of work; and once more when they are complete.
pub struct Keeper<'a> {
    /// Where to, with the clip's header; none where nothing is left to keep.
    to: Option<(Record<'a>, VideoInfo)>,
    frames: Vec<EmbeddedFrame>,
    /// Whether the cache has had all frames from the start.
    is_whole: bool,
    /// How many frames the cache has.
    kept: usize,
    next: Instant,
    has_frames: bool,
}

impl<'a> Keeper<'a> {
    /// Goes on from `frames`, which the cache has; `is_whole` says that there are no others.
    pub fn new(
        record: Option<Record<'a>>,
        info: VideoInfo,
        frames: Vec<EmbeddedFrame>,
        is_whole: bool,
    ) -> Self {
        let (kept, has_frames) = (frames.len(), !frames.is_empty());
        let to = record.map(|record| (record, info));
        Self { to, frames, is_whole, kept, next: Instant::now() + PAUSE, has_frames }
    }

    /// Has nothing to do: the cache has all there is.
    pub fn idle() -> Self {
        Self { to: None, frames: Vec::new(), is_whole: true, kept: 0, next: Instant::now(), has_frames: true }
    }

    /// Whether no frame is embedded.
    pub fn is_empty(&self) -> bool {
        !self.has_frames
    }

    /// Takes newly embedded frames, and writes if it is time to.
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

    /// All frames are embedded.
    pub fn finish(&mut self, faults: &Faults, strip: &Strip) {
        if let Some((record, info)) = self.to.take() {
            if !self.is_whole {
                record.keep_frames(&info, &self.frames, faults);
            }
            record.keep_strip(strip);
        }
        self.frames = Vec::new();
    }

    /// The work ends, whether or not all frames are embedded.
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
