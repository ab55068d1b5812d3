//! Single frames of a clip, in any order.

use std::path::PathBuf;

use super::decoder::{OpenClip, Source};
use super::decoders;
use super::input::Input;
use super::{Frame, Problem, VideoError};

/// Pictures that are decoded on the way to a later one rather than opening the clip again: a group of pictures takes longer.
const AHEAD: u64 = 60;

/// Decodes single frames of a clip. It stays open, so that the next frames follow quickly.
pub struct FrameReader {
    path: PathBuf,
    open: Option<Open>,
}

struct Open {
    source: Box<dyn Source>,
    pixel_aspect: f64,
    /// Ordinal of the current picture; none before the first.
    at: Option<u64>,
}

impl FrameReader {
    /// For a clip as [`super::VideoReader::open`] takes it. It is opened with the first frame.
    pub fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// The frame with this ordinal, which is on screen at `time` seconds, and width over height of its pixels. `None` once
    /// `is_wanted` is false.
    ///
    /// # Errors
    /// If the clip cannot be read, or no longer has that frame.
    pub fn read(
        &mut self,
        ordinal: u64,
        time: f64,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Option<(Frame, f64)>, VideoError> {
        let reaches = |open: &Open| open.at.is_some_and(|at| (at..=at + AHEAD).contains(&ordinal));
        let mut open = self.open.take().filter(reaches);
        // Where seeking went too far, all is decoded from the beginning.
        for start in [Some(time), None] {
            let mut clip = match open.take() {
                Some(open) => open,
                None => self.open_at(start)?,
            };
            while clip.at.is_none_or(|at| at < ordinal) {
                if !is_wanted() {
                    self.open = Some(clip);
                    return Ok(None);
                }
                let Some(picture) = clip.source.advance() else { break };
                clip.at = Some(picture.ordinal);
            }
            if clip.at == Some(ordinal) {
                let frame = clip.source.frame()?;
                let aspect = clip.pixel_aspect;
                self.open = Some(clip);
                return Ok(Some((frame, aspect)));
            }
        }
        Err(VideoError::new(&self.path, Problem::FrameGone { ordinal }))
    }

    fn open_at(&self, start: Option<f64>) -> Result<Open, VideoError> {
        let OpenClip { source, info, .. } = decoders::open(&Input::of(&self.path)?, start)?;
        Ok(Open { source, pixel_aspect: info.pixel_aspect, at: None })
    }
}
