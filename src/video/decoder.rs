//! What a decoder is to the rest of this room.

use super::faults::Jump;
use super::ffmpeg::Ffmpeg;
use super::images::Images;
use super::input::Input;
use super::{Frame, Problem, VideoError, VideoInfo};

/// Decoders in the order in which they are tried. Another one is a file that implements [`Decoder`], and an entry here.
static DECODERS: [&dyn Decoder; 2] = [&Ffmpeg, &Images];

/// A way to open clips.
pub(super) trait Decoder: Sync {
    /// Opens a clip to be read from `start` seconds on; the source may begin earlier. `None` leaves it to the next decoder.
    fn open(&self, input: &Input, start: Option<f64>) -> Result<Option<OpenClip>, VideoError>;

    /// Opens an image that is neither PNG nor common JPEG; `None` leaves it to the next decoder.
    fn open_image(&self, _input: &Input) -> Result<Option<OpenClip>, VideoError> {
        Ok(None)
    }
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

    /// Splices met so far.
    fn splices(&self) -> &[Jump] {
        &[]
    }
}

/// When the current picture is on screen, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) time: f64,
    /// When the next one follows, or the last one ends.
    pub(super) until: f64,
    /// Whether the decoder has made up a part of it.
    pub(super) is_damaged: bool,
}

pub(super) fn open(input: &Input, start: Option<f64>) -> Result<OpenClip, VideoError> {
    first(input, |decoder| decoder.open(input, start))
}

pub(super) fn open_image(input: &Input) -> Result<OpenClip, VideoError> {
    first(input, |decoder| decoder.open_image(input))
}

fn first(
    input: &Input,
    open: impl Fn(&dyn Decoder) -> Result<Option<OpenClip>, VideoError>,
) -> Result<OpenClip, VideoError> {
    let clip = DECODERS.iter().find_map(|decoder| open(*decoder).transpose());
    clip.unwrap_or_else(|| Err(input.error(Problem::NotVideo("no decoder takes it".to_owned()))))
}
