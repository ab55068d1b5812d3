use video_rs::ffmpeg::Error;

use super::Frame;
use super::convert::Converter;
use super::faults::Jump;
use super::orientation::Orientation;
use super::pictures::{Picture, Pictures};
use super::sampling::Shown;

/// Opens the same pictures again, decoded by one thread.
type Reopen = Box<dyn FnOnce() -> Option<Pictures> + Send>;

/// The pictures of a video stream, and what turns them into frames.
pub(super) struct Footage {
    pictures: Pictures,
    /// None once one thread decodes.
    reopen: Option<Reopen>,
    orientation: Orientation,
    converter: Converter,
    current: Option<Picture>,
    /// The picture after it; none before the first and after the last.
    next: Option<Picture>,
    has_begun: bool,
    /// The least ordinal that the next picture may have.
    next_ordinal: u64,
    unconvertible: usize,
}

/// When a picture is on screen, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// Its presentation time.
    pub(super) time: f64,
    /// When the next one follows, or the last one ends.
    pub(super) until: f64,
    /// Whether the decoder has made up a part of it.
    pub(super) is_damaged: bool,
}

impl Footage {
    pub(super) fn new(pictures: Pictures, orientation: Orientation, reopen: Reopen) -> Self {
        Self {
            pictures,
            reopen: Some(reopen),
            orientation,
            converter: Converter::default(),
            current: None,
            next: None,
            has_begun: false,
            next_ordinal: 0,
            unconvertible: 0,
        }
    }

    /// Goes on to the next picture.
    pub(super) fn advance(&mut self) -> Option<Turn> {
        if !self.has_begun {
            self.has_begun = true;
            self.next = self.decode();
        }
        self.current = self.next.take();
        let (time, duration, is_damaged) =
            self.current.as_ref().map(|picture| (picture.time, picture.duration, picture.is_damaged))?;
        self.next = self.decode();
        let until = self.next.as_ref().map_or(time + duration, |next| next.time);
        Some(Turn { time, until, is_damaged })
    }

    /// The next picture from the decoder. At the first sign of damage the file is opened again and decoded by one thread,
    /// because what several threads make of damage differs from run to run. The pictures before it are the same.
    fn decode(&mut self) -> Option<Picture> {
        let mut picture = self.pictures.next();
        if self.pictures.has_damage()
            && let Some(pictures) = self.reopen.take().and_then(|reopen| reopen())
        {
            self.pictures = pictures;
            picture = self.pictures.find(|picture| picture.ordinal >= self.next_ordinal);
        }
        self.next_ordinal = picture.as_ref().map_or(self.next_ordinal, |picture| picture.ordinal + 1);
        picture
    }

    /// The picture at hand, upright and in RGB; else the time at which it cannot be converted, and why.
    pub(super) fn frame(&mut self) -> Result<Frame, (f64, Error)> {
        let picture = self.current.as_ref().ok_or((0.0, Error::Eof))?;
        let rgb = self.converter.convert(&picture.raw).map_err(|error| {
            self.unconvertible += 1;
            (picture.time, error)
        })?;
        let (stored_width, stored_height) = (picture.raw.width(), picture.raw.height());
        let (width, height) = self.orientation.upright_size(stored_width, stored_height);
        let rgb = self.orientation.apply(rgb, stored_width, stored_height);
        let Picture { ordinal, time, .. } = *picture;
        Ok(Frame { ordinal, time, shown: Shown::once(time), width, height, rgb })
    }

    /// Broken packets and pictures passed over so far.
    pub(super) fn lost(&self) -> usize {
        self.pictures.skipped() + self.unconvertible
    }

    /// Splices so far.
    pub(super) fn splices(&self) -> &[Jump] {
        self.pictures.splices()
    }
}
