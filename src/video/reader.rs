use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::container::Container;
use super::footage::Footage;
use super::image_folder::images_of;
use super::images::Images;
use super::place::Place;
use super::sampling::Sampler;
use super::{Frame, Sampling, Segment, VideoError, VideoInfo};

/// The frames of a video that a sampling takes from a segment: an iterator over upright RGB frames
/// in presentation order, each decoded picture at most once.
///
/// Memory stays flat: a few decoded pictures and the frame being handed out. Pictures that are not
/// taken are decoded, since later ones depend on them, and never converted. What is damaged is passed
/// over and counted; a segment of which no frame can be read is an error, and ends the iteration.
pub struct VideoReader {
    path: PathBuf,
    info: VideoInfo,
    segment: Segment,
    sampler: Sampler,
    /// Numbers of the frames in the segment, where it is frames that are counted and not seconds.
    numbers: Option<Range<u64>>,
    /// Pictures that have had their turn; meaningful where all of the video is decoded.
    passed: u64,
    source: Source,
    last_time: Option<f64>,
    taken: bool,
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
        Ok(Self {
            path,
            info,
            segment,
            sampler: Sampler::new(sampling, segment),
            numbers: rate.filter(|_| counts).map(|rate| segment.numbers(rate)),
            passed: 0,
            source,
            last_time: None,
            taken: false,
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

    /// Broken packets and images passed over so far; final once the iteration has ended. FFmpeg may keep quiet
    /// about the last few of a file.
    pub fn skipped(&self) -> usize {
        self.source.skipped()
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

    /// Whether the picture at hand, shown at `time`, comes after the segment.
    fn is_past_end(&self, time: f64) -> bool {
        match &self.numbers {
            Some(numbers) => self.passed > numbers.end,
            None => self.segment.is_past_end(time),
        }
    }

    /// Whether the picture at hand, shown at `time`, is taken.
    fn takes(&mut self, time: f64) -> bool {
        match &self.numbers {
            Some(numbers) => numbers.contains(&(self.passed - 1)),
            None => self.sampler.takes(time),
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
        Some(Err(match (self.last_time, self.segment.end, self.skipped()) {
            (None, _, 0) => VideoError::NoFrames { path },
            (None, _, skipped) => VideoError::NothingDecodable { path, skipped },
            (Some(last), Some(end), _) if self.is_past_end(last) => {
                VideoError::NoFrameInSegment { path, start, end }
            }
            (Some(last), _, _) => VideoError::StartPastEnd { path, start, last },
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
        let can_skip = container.can_skip;
        let mut pictures = container.pictures();
        let mut start = start.filter(|_| can_skip);
        if orientation.is_none()
            && let Some(of_first) = pictures.orientation()
        {
            info = info.turned(of_first);
            // Pictures behind a start in the middle may depend on what an earlier one says.
            start = None;
        }
        if let Some(start) = start
            && let Some(from_start) = Container::open(&place)?.pictures_from(start)
        {
            pictures = from_start;
        }
        Ok((Self::Footage(Box::new(Footage::new(pictures, orientation))), info, rate))
    }

    fn of_images(files: Vec<Place>) -> Result<(Self, VideoInfo, Option<f64>), VideoError> {
        let (images, info) = Images::open(files)?;
        let rate = info.frame_rate;
        Ok((Self::Images(images), info, rate))
    }

    /// Goes on to the next picture; its time in seconds.
    fn advance(&mut self) -> Option<f64> {
        match self {
            Self::Footage(footage) => footage.advance(),
            Self::Images(images) => images.advance(),
        }
    }

    fn skipped(&self) -> usize {
        match self {
            Self::Footage(footage) => footage.skipped(),
            Self::Images(images) => images.skipped(),
        }
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
            let Some(time) = self.source.advance() else { return self.finish() };
            self.last_time = Some(time);
            self.passed += 1;
            if self.is_past_end(time) {
                return self.finish();
            }
            let before = self.sampler;
            if !self.takes(time) {
                continue;
            }
            match self.frame() {
                Ok(frame) => {
                    self.taken = true;
                    return Some(Ok(frame));
                }
                Err(error) => {
                    // The next picture is taken in its place.
                    self.sampler = before;
                    self.first_error.get_or_insert(error);
                }
            }
        }
        None
    }
}
