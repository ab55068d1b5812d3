use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::container::Container;
use super::faults::Faults;
use super::footage::{Footage, Turn};
use super::image_folder::images_of;
use super::images::Images;
use super::pictures::{Pictures, Threads};
use super::place::Place;
use super::sampling::{Shown, Ticks, stamp_tolerance};
use super::{Frame, Sampling, Segment, VideoError, VideoInfo};

/// Rows that a clip may have: more than a day of every frame.
const MOST_ROWS: u64 = 3_000_000;

/// The frames of a video that a sampling takes from a segment: an iterator over upright RGB frames
/// in presentation order, each decoded picture at most once, with the rows that it fills.
///
/// Memory stays flat: a few decoded pictures and the frame being handed out. Pictures that are not
/// taken are decoded, since later ones depend on them, and never converted. What is damaged is passed
/// over and counted; a segment of which no frame can be read is an error, and ends the iteration.
pub struct VideoReader {
    path: PathBuf,
    info: VideoInfo,
    segment: Segment,
    ticks: Ticks,
    /// Rows that the frames so far fill.
    rows: u64,
    /// When the first of the pictures appeared that could not be shown since the last frame: the next one takes its place.
    owed_from: Option<f64>,
    /// Numbers of the frames in the segment, where it is frames that are counted and not seconds.
    numbers: Option<Range<u64>>,
    /// Pictures that have had their turn; meaningful where all of the video is decoded.
    passed: u64,
    source: Source,
    last: Option<Turn>,
    taken: bool,
    frames: usize,
    damaged: usize,
    /// Why the first picture that could not be shown could not.
    first_error: Option<VideoError>,
    done: bool,
}

enum Source {
    Footage(Box<Footage>),
    Images(Images),
}

impl VideoReader {
    /// Whether there is something to open and a segment to read, without opening it. A pipe is read to its end.
    ///
    /// # Errors
    /// If the clip is missing, unreadable or empty, or if the segment leaves nothing to read.
    pub fn check(path: &Path, segment: Segment) -> Result<(), VideoError> {
        checked(path, segment).map(drop)
    }

    /// Opens a clip: the best video stream of a file or of what comes through a pipe (`-` is standard input), an image
    /// as a clip of one frame, or a folder of numbered images as one frame each.
    ///
    /// # Errors
    /// If the clip is missing, unreadable, no video or of a codec that cannot be decoded, or if the
    /// segment leaves nothing to read.
    pub fn open(path: impl AsRef<Path>, sampling: Sampling, segment: Segment) -> Result<Self, VideoError> {
        let place = checked(path.as_ref(), segment)?;
        let path = place.name.clone();
        // Frames are counted from the first of the video on.
        let counts = sampling == Sampling::Numbered;
        let (source, info, rate) = Source::open(place, segment.start.filter(|_| !counts))?;
        let ticks = Ticks::new(sampling, segment, info.tolerance);
        Ok(Self {
            path,
            info,
            segment,
            ticks,
            rows: 0,
            owed_from: None,
            numbers: rate.filter(|_| counts).map(|rate| segment.numbers(rate)),
            passed: 0,
            source,
            last: None,
            taken: false,
            frames: 0,
            damaged: 0,
            first_error: None,
            done: false,
        })
    }

    /// What is known about the whole video, whatever the segment.
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// The file this reads.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with the segment; final once the iteration has ended.
    pub fn faults(&self) -> Faults {
        Faults {
            frames: self.frames,
            damaged: self.damaged,
            lost: self.source.lost(),
            jumps: match &self.source {
                Source::Footage(footage) => footage.splices().to_vec(),
                Source::Images(_) => Vec::new(),
            },
        }
    }

    fn frame(&mut self) -> Result<Frame, VideoError> {
        match &mut self.source {
            Source::Images(images) => images.frame(),
            Source::Footage(footage) => footage.frame().map_err(|(time, error)| VideoError::Unconvertible {
                path: self.path.clone(),
                time,
                reason: error.to_string(),
            }),
        }
    }

    /// Whether the picture at hand comes after the segment.
    fn is_past_end(&self, turn: Turn) -> bool {
        match &self.numbers {
            Some(numbers) => self.passed > numbers.end,
            None => self.segment.is_past_end(turn.time),
        }
    }

    /// Whether the picture at hand is on screen at some time in the segment.
    fn is_inside(&self, turn: Turn) -> bool {
        match &self.numbers {
            Some(numbers) => numbers.contains(&(self.passed - 1)),
            None => self.segment.start.is_none_or(|start| turn.until > start),
        }
    }

    /// How many rows the picture at hand fills that is on screen from `from`, and until when it is.
    fn count_rows(&self, from: f64, until: f64) -> u64 {
        match &self.numbers {
            Some(numbers) => u64::from(numbers.contains(&(self.passed - 1))),
            None => self.ticks.count(from, until),
        }
    }

    /// The end of the iteration: an error if there was nothing to take.
    fn finish(&mut self) -> Option<Result<Frame, VideoError>> {
        self.done = true;
        if self.taken {
            return None;
        }
        if let Some(error) = self.first_error.take() {
            return Some(Err(error));
        }
        let path = self.path.clone();
        let start = self.segment.start.unwrap_or(0.0);
        Some(Err(match (self.last, self.segment.end, self.source.lost()) {
            (None, _, 0) => VideoError::NoFrames { path },
            (None, _, skipped) => VideoError::NothingDecodable { path, skipped },
            (Some(last), Some(end), _) if self.is_past_end(last) => {
                VideoError::NoFrameInSegment { path, start, end }
            }
            (Some(last), _, _) => VideoError::StartPastEnd { path, start, last: last.time },
        }))
    }
}

impl Source {
    /// Also what it knows, and the frame rate by which frames are counted.
    fn open(place: Place, start: Option<f64>) -> Result<(Self, VideoInfo, Option<f64>), VideoError> {
        if place.is_folder {
            return Self::of_images(images_of(&place.path)?.into_iter().map(Place::listed).collect());
        }
        let container = Container::open(&place)?;
        if container.is_png_or_jpeg() && Container::open(&place)?.has_one_picture() {
            return Self::of_images(vec![place]);
        }
        if let Some(reason) = container.image.as_ref().and_then(|image| image.damage.clone()) {
            return Err(VideoError::BadImage { path: place.name, reason });
        }
        let (mut info, orientation, rate) =
            (container.info.clone(), container.orientation, container.base_rate);
        let holds_on = container.orientation_holds_on();
        let lacks_end = container.image.as_ref().is_some_and(|image| image.lacks_end);
        let mut pictures = container.pictures();
        let mut start = start;
        if orientation.is_none()
            && let Some(of_first) = pictures.orientation()
        {
            info = info.turned(of_first);
            // Pictures behind a start in the middle may depend on what an earlier one says.
            start = None;
        }
        if start.is_some() {
            pictures = pictures_from(Container::open(&place)?, &place, start, Threads::Auto)?;
        }
        if pictures.rounds_to_milliseconds() {
            info.tolerance = stamp_tolerance(1e-3, info.frame_rate.map(f64::recip));
        }
        let reopen = move || {
            let container = Container::open_with(&place, Threads::One).ok()?;
            pictures_from(container, &place, start, Threads::One).ok()
        };
        Ok((
            Self::Footage(Box::new(
                Footage::new(pictures, orientation, holds_on, Box::new(reopen)).lacking_end(lacks_end),
            )),
            info,
            rate,
        ))
    }

    fn of_images(files: Vec<Place>) -> Result<(Self, VideoInfo, Option<f64>), VideoError> {
        let (images, info) = Images::open(files)?;
        let rate = info.frame_rate;
        Ok((Self::Images(images), info, rate))
    }

    /// Goes on to the next picture.
    fn advance(&mut self) -> Option<Turn> {
        match self {
            Self::Footage(footage) => footage.advance(),
            Self::Images(images) => images.advance(),
        }
    }

    fn lost(&self) -> usize {
        match self {
            Self::Footage(footage) => footage.lost(),
            Self::Images(images) => images.skipped(),
        }
    }
}

/// The pictures of an open container from `start` on, and maybe some before; all where there is no quick way there.
fn pictures_from(
    container: Container,
    place: &Place,
    start: Option<f64>,
    threads: Threads,
) -> Result<Pictures, VideoError> {
    let Some(start) = start else { return Ok(container.pictures()) };
    match container.pictures_from(start) {
        Some(pictures) => Ok(pictures),
        None => Ok(Container::open_with(place, threads)?.pictures()),
    }
}

fn checked(path: &Path, segment: Segment) -> Result<Place, VideoError> {
    if !segment.is_valid() {
        let (start, end) = (segment.start.unwrap_or(0.0), segment.end.unwrap_or(f64::INFINITY));
        return Err(VideoError::BadSegment { path: path.to_owned(), start, end });
    }
    Place::of(path)
}

impl fmt::Debug for VideoReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VideoReader")
            .field("path", &self.path)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Iterator for VideoReader {
    type Item = Result<Frame, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let Some(turn) = self.source.advance() else { return self.finish() };
            self.last = Some(turn);
            self.passed += 1;
            if self.is_past_end(turn) {
                return self.finish();
            }
            if self.is_inside(turn) {
                self.frames += 1;
                self.damaged += usize::from(turn.is_damaged);
            }
            let from = self.owed_from.unwrap_or(turn.time);
            let rows = self.count_rows(from, turn.until);
            if rows == 0 {
                continue;
            }
            self.rows = self.rows.saturating_add(rows);
            if self.rows > MOST_ROWS {
                self.done = true;
                return Some(Err(VideoError::TooManyFrames { path: self.path.clone(), most: MOST_ROWS }));
            }
            match self.frame() {
                Ok(frame) => {
                    self.taken = true;
                    self.owed_from = None;
                    let rows = match &self.numbers {
                        Some(_) => vec![frame.time],
                        None => self.ticks.rows(from, turn.until),
                    };
                    return Some(Ok(Frame { shown: Shown { until: turn.until, rows }, ..frame }));
                }
                Err(error) => {
                    self.rows -= rows;
                    self.owed_from = Some(from);
                    self.first_error.get_or_insert(error);
                }
            }
        }
        None
    }
}
