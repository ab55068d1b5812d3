//! What a decoder is to the rest of this room.

use super::faults::Jump;
use super::input::Input;
use super::{Frame, VideoError, VideoInfo};

pub(super) trait Decoder: Sync {
    /// Opens a clip to be read from `start` seconds on; the source may begin earlier. `None` leaves it to the next decoder.
    fn open(&self, input: &Input, start: Option<f64>) -> Result<Option<OpenClip>, VideoError>;
}

/// A clip that is ready to be read.
pub(super) struct OpenClip {
    pub(super) source: Box<dyn Source>,
    pub(super) info: VideoInfo,
    /// Frames per second by which frames are numbered.
    pub(super) base_rate: Option<f64>,
}

/// The pictures of a clip, each once, in presentation order.
pub(super) trait Source: Send {
    /// Goes to the next picture; `None` after the last.
    fn advance(&mut self) -> Option<Interval>;

    /// The current picture, upright and in RGB. Its `shown` has no meaning yet.
    fn frame(&mut self) -> Result<Frame, VideoError>;

    /// Broken packets and pictures passed over so far, and what is known to be missing.
    fn lost(&self) -> usize;

    fn splices(&self) -> &[Jump] {
        &[]
    }
}

/// When the current picture is on screen, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    /// Its number in presentation order, from 0.
    pub(super) ordinal: u64,
    pub(super) time: f64,
    /// When the next one follows, or the last one ends.
    pub(super) until: f64,
    /// Whether the decoder has made up a part of it.
    pub(super) is_damaged: bool,
}
