use video_rs::ffmpeg::Error;

use super::Frame;
use super::convert::Converter;
use super::orientation::Orientation;
use super::pictures::{Picture, Pictures};

/// The pictures of a video stream, and what turns them into frames.
pub(super) struct Footage {
    pictures: Pictures,
    /// Of all pictures. Else each says how it is turned.
    orientation: Option<Orientation>,
    converter: Converter,
    current: Option<Picture>,
    unconvertible: usize,
}

impl Footage {
    pub(super) fn new(pictures: Pictures, orientation: Option<Orientation>) -> Self {
        Self { pictures, orientation, converter: Converter::default(), current: None, unconvertible: 0 }
    }

    /// Goes on to the next picture; its time in seconds.
    pub(super) fn advance(&mut self) -> Option<f64> {
        self.current = self.pictures.next();
        self.current.as_ref().map(|picture| picture.time)
    }

    /// The picture at hand, upright and in RGB; else the time at which it cannot be converted, and why.
    pub(super) fn frame(&mut self) -> Result<Frame, (f64, Error)> {
        let picture = self.current.as_ref().ok_or((0.0, Error::Eof))?;
        let rgb = self.converter.convert(&picture.raw).map_err(|error| {
            self.unconvertible += 1;
            (picture.time, error)
        })?;
        let (stored_width, stored_height) = (picture.raw.width(), picture.raw.height());
        let orientation = self.orientation.or_else(|| Orientation::of_picture(&picture.raw));
        let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
        let (width, height) = orientation.upright_size(stored_width, stored_height);
        let rgb = orientation.apply(rgb, stored_width, stored_height);
        Ok(Frame { ordinal: picture.ordinal, time: picture.time, width, height, rgb })
    }

    /// Broken packets and pictures passed over so far.
    pub(super) fn skipped(&self) -> usize {
        self.pictures.skipped() + self.unconvertible
    }
}
