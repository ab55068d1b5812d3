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
    /// Of all pictures. Else each may say how it is turned.
    orientation: Option<Orientation>,
    /// What the last picture that said so has said, where it holds for those that follow.
    said_before: Option<Orientation>,
    holds_on: bool,
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
    /// Pictures whose container gives their orientation, or else the pictures themselves, each for itself or for those
    /// after it too (`holds_on`).
    pub(super) fn new(
        pictures: Pictures,
        orientation: Option<Orientation>,
        holds_on: bool,
        reopen: Reopen,
    ) -> Self {
        Self {
            pictures,
            reopen: Some(reopen),
            orientation,
            said_before: None,
            holds_on,
            converter: Converter::default(),
            current: None,
            next: None,
            has_begun: false,
            next_ordinal: 0,
            unconvertible: 0,
        }
    }

    /// Counts one picture as lost that is known to be missing at the end.
    pub(super) fn lacking_end(self, lacks_end: bool) -> Self {
        Self { unconvertible: self.unconvertible + usize::from(lacks_end), ..self }
    }

    /// Goes on to the next picture.
    pub(super) fn advance(&mut self) -> Option<Turn> {
        if !self.has_begun {
            self.has_begun = true;
            self.next = self.decode();
        }
        self.current = self.next.take();
        let says = self.current.as_ref().and_then(|picture| Orientation::of_picture(&picture.raw));
        self.said_before = says.or(self.said_before.filter(|_| self.holds_on));
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
        let orientation = self.orientation.or(self.said_before).unwrap_or(Orientation::UPRIGHT);
        let (width, height) = orientation.upright_size(stored_width, stored_height);
        let rgb = orientation.apply(rgb, stored_width, stored_height);
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
