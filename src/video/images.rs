use super::footage::Turn;
use super::frame::load;
use super::info::IMAGES;
use super::place::Place;
use super::{Frame, VideoError, VideoInfo};

/// Images a second, where images make a clip: FFmpeg's own convention for them.
pub(super) const RATE: f64 = 25.0;

/// Images shown one after the other, at an even rate.
pub(super) struct Images {
    files: Vec<Place>,
    /// How many have had their turn.
    passed: usize,
    skipped: usize,
}

impl Images {
    /// Looks for the first image that can be read, which tells the size.
    pub(super) fn open(files: Vec<Place>) -> Result<(Self, VideoInfo), VideoError> {
        let mut first_error = None;
        for file in &files {
            match load(file) {
                Ok((image, orientation)) => {
                    let info = VideoInfo {
                        width: image.width,
                        height: image.height,
                        pixel_aspect: 1.0,
                        rotation: orientation.clockwise_degrees(),
                        codec: IMAGES.to_owned(),
                        duration: Some(files.len() as f64 / RATE),
                        frame_rate: Some(RATE),
                        tolerance: 0.0,
                    };
                    return Ok((Self { files, passed: 0, skipped: 0 }, info));
                }
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        Err(first_error.expect("a clip of images has at least one"))
    }

    /// Goes on to the next image.
    pub(super) fn advance(&mut self) -> Option<Turn> {
        if self.passed == self.files.len() {
            return None;
        }
        self.passed += 1;
        Some(Turn { time: self.time(), until: self.passed as f64 / RATE, is_damaged: false })
    }

    /// The image at hand.
    pub(super) fn frame(&mut self) -> Result<Frame, VideoError> {
        let ordinal = self.passed - 1;
        let (image, _) = load(&self.files[ordinal]).inspect_err(|_| self.skipped += 1)?;
        Ok(Frame { ordinal: ordinal as u64, time: self.time(), ..image })
    }

    /// Images that were wanted and could not be read.
    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    fn time(&self) -> f64 {
        (self.passed - 1) as f64 / RATE
    }
}
