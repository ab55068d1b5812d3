//! The decoders of clips.

use super::decoder::{Decoder, OpenClip};
use super::ffmpeg::Ffmpeg;
use super::images::Images;
use super::input::Input;
use super::{Problem, VideoError};

/// Decoders in the order in which they are tried. A further one implements [`Decoder`] in a file of its own, with an entry here.
static DECODERS: [&dyn Decoder; 2] = [&Ffmpeg, &Images];

pub(super) fn open(input: &Input, start: Option<f64>) -> Result<OpenClip, VideoError> {
    let clip = DECODERS.iter().find_map(|decoder| decoder.open(input, start).transpose());
    clip.unwrap_or_else(|| Err(input.error(Problem::NotVideo("no decoder takes it".to_owned()))))
}
