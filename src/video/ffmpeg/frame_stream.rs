use std::path::PathBuf;

use super::container::Container;
use super::convert::Converter;
use super::pictures::{Pictures, RawPicture, Threads, orientation_of};
use crate::video::decoder::{Interval, OpenClip, Source};
use crate::video::faults::Jump;
use crate::video::input::Input;
use crate::video::orientation::Orientation;
use crate::video::sampling::stamp_tolerance;
use crate::video::{Frame, Problem, Shown, VideoError};

/// Opens the same pictures again, decoded by one thread.
type Reopen = Box<dyn FnOnce() -> Option<Pictures> + Send>;

pub(super) struct FrameStream {
    name: PathBuf,
    pictures: Pictures,
    /// `None` once one thread decodes.
    reopen: Option<Reopen>,
    /// Of all pictures, where the file states it; otherwise each picture may.
    orientation: Option<Orientation>,
    /// The last that a picture has stated, where it holds for later ones.
    last_orientation: Option<Orientation>,
    orientation_persists: bool,
    converter: Converter,
    current: Option<RawPicture>,
    /// The picture after it; none before the first and after the last.
    next: Option<RawPicture>,
    has_begun: bool,
    /// The least ordinal that the next picture may have.
    next_ordinal: u64,
    /// Pictures that could not be converted, or are known to be missing at the end.
    lost: usize,
}

impl FrameStream {
    /// The frames from `start` on, or from the beginning where seeking would not be exact.
    pub(super) fn open(
        container: Container,
        input: &Input,
        mut start: Option<f64>,
    ) -> Result<OpenClip, VideoError> {
        if let Some(damage) = container.image.as_ref().and_then(|image| image.damage.clone()) {
            return Err(input.error(Problem::DamagedImage(damage)));
        }
        let (mut info, orientation, base_rate) =
            (container.info.clone(), container.orientation, container.base_rate);
        let orientation_persists = container.orientation_persists();
        let lacks_end = container.image.as_ref().is_some_and(|image| image.lacks_end);
        let mut pictures = container.pictures();
        if orientation.is_none()
            && let Some(of_first) = pictures.orientation()
        {
            info = info.turned(of_first);
            // Pictures after a seek may depend on what an earlier one states.
            start = None;
        }
        if start.is_some() {
            pictures = pictures_from(input, start, Threads::Auto)?;
        }
        if pictures.rounds_to_milliseconds() {
            info.tolerance = stamp_tolerance(1e-3, info.frame_rate.map(f64::recip));
        }
        let name = input.name.clone();
        let input = input.clone();
        let source = Box::new(Self {
            name,
            pictures,
            reopen: Some(Box::new(move || pictures_from(&input, start, Threads::One).ok())),
            orientation,
            last_orientation: None,
            orientation_persists,
            converter: Converter::default(),
            current: None,
            next: None,
            has_begun: false,
            next_ordinal: 0,
            lost: usize::from(lacks_end),
        });
        Ok(OpenClip { source, info, base_rate })
    }

    /// Decodes the next picture. At the first sign of damage the file is opened again and decoded by one thread, because
    /// what several threads make of damage differs from run to run. The pictures before it are the same.
    fn decode(&mut self) -> Option<RawPicture> {
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
}

impl Source for FrameStream {
    fn advance(&mut self) -> Option<Interval> {
        if !self.has_begun {
            self.has_begun = true;
            self.next = self.decode();
        }
        self.current = self.next.take();
        let stated = self.current.as_ref().and_then(|picture| orientation_of(&picture.raw));
        self.last_orientation = stated.or(self.last_orientation.filter(|_| self.orientation_persists));
        let &RawPicture { ordinal, time, duration, is_damaged, .. } = self.current.as_ref()?;
        self.next = self.decode();
        let until = self.next.as_ref().map_or(time + duration, |next| next.time);
        Some(Interval { ordinal, time, until, is_damaged })
    }

    fn frame(&mut self) -> Result<Frame, VideoError> {
        let &RawPicture { ordinal, time, ref raw, .. } = self.current.as_ref().expect("a current picture");
        let rgb = self.converter.convert(raw).map_err(|error| {
            self.lost += 1;
            VideoError::new(&self.name, Problem::Unconvertible { time, reason: error.to_string() })
        })?;
        let orientation = self.orientation.or(self.last_orientation).unwrap_or(Orientation::UPRIGHT);
        let (width, height) = orientation.upright_size(raw.width(), raw.height());
        let rgb = orientation.apply(rgb, raw.width(), raw.height());
        Ok(Frame { ordinal, time, shown: Shown::once(time), width, height, rgb })
    }

    fn lost(&self) -> usize {
        self.pictures.skipped() + self.lost
    }

    fn splices(&self) -> &[Jump] {
        self.pictures.splices()
    }
}

/// The pictures of a file from `start` on, and maybe some before; all where there is no exact way there.
fn pictures_from(input: &Input, start: Option<f64>, threads: Threads) -> Result<Pictures, VideoError> {
    if let Some(start) = start
        && let Some(pictures) = Container::open(input, threads)?.pictures_from(start)
    {
        return Ok(pictures);
    }
    Ok(Container::open(input, threads)?.pictures())
}
