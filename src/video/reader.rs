use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::decoder::{Interval, OpenClip, Source};
use super::decoders;
use super::faults::Faults;
use super::input::Input;
use super::sampling::Ticks;
use super::{Frame, Problem, Sampling, Segment, Shown, VideoError, VideoInfo};

/// Rows that a clip may have: more than a day of every frame.
const MOST_ROWS: u64 = 3_000_000;

/// The frames of a video that a sampling takes from a segment: an iterator over upright RGB frames
/// in presentation order, each decoded picture at most once, with the rows that it fills.
///
/// Memory stays flat: a few decoded pictures and the frame being handed out. Pictures that are not
/// taken are decoded, since later ones depend on them, but not converted. Damage is passed over and counted; a segment
/// without a readable frame is an error, and ends the iteration.
pub struct VideoReader {
    path: PathBuf,
    info: VideoInfo,
    segment: Segment,
    ticks: Ticks,
    rows: u64,
    /// When the first picture appeared that could not be shown since the last frame: the next frame takes its place.
    owed_from: Option<f64>,
    /// Numbers of the frames in the segment, where the sampling counts frames instead of seconds.
    numbers: Option<Range<u64>>,
    /// Pictures so far; meaningful where all of the video is decoded.
    passed: u64,
    source: Box<dyn Source>,
    last: Option<Interval>,
    taken: bool,
    frames: usize,
    damaged: usize,
    /// Why the first picture that could not be shown failed.
    first_error: Option<VideoError>,
    done: bool,
}

impl VideoReader {
    /// Checks that there is something to open and a segment to read, without opening it. A pipe is read to its end.
    pub fn check(path: &Path, segment: Segment) -> Result<(), VideoError> {
        checked(path, segment).map(drop)
    }

    /// Opens a video file, a pipe (`-` is standard input), an image as one frame, or a folder of numbered images.
    ///
    /// # Errors
    /// If the clip cannot be read or decoded, or if the segment leaves nothing to read.
    pub fn open(path: impl AsRef<Path>, sampling: Sampling, segment: Segment) -> Result<Self, VideoError> {
        let input = checked(path.as_ref(), segment)?;
        // Frames are counted from the first of the video on.
        let counts = sampling == Sampling::Numbered;
        let OpenClip { source, info, base_rate } = decoders::open(&input, segment.start.filter(|_| !counts))?;
        let ticks = Ticks::new(sampling, segment, info.tolerance);
        Ok(Self {
            path: input.name,
            info,
            segment,
            ticks,
            rows: 0,
            owed_from: None,
            numbers: base_rate.filter(|_| counts).map(|rate| segment.numbers(rate)),
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

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Damage to the segment; final once the iteration has ended.
    pub fn faults(&self) -> Faults {
        Faults {
            frames: self.frames,
            damaged: self.damaged,
            lost: self.source.lost(),
            jumps: self.source.splices().to_vec(),
        }
    }

    fn is_past_end(&self, picture: Interval) -> bool {
        match &self.numbers {
            Some(numbers) => self.passed > numbers.end,
            None => self.segment.is_past_end(picture.time),
        }
    }

    /// Whether the current picture is on screen at some time in the segment.
    fn is_inside(&self, picture: Interval) -> bool {
        match &self.numbers {
            Some(numbers) => numbers.contains(&(self.passed - 1)),
            None => self.segment.start.is_none_or(|start| picture.until > start),
        }
    }

    fn count_rows(&self, from: f64, until: f64) -> u64 {
        match &self.numbers {
            Some(numbers) => u64::from(numbers.contains(&(self.passed - 1))),
            None => self.ticks.count(from, until),
        }
    }

    /// The end of the iteration: an error if no frame was taken.
    fn finish(&mut self) -> Option<Result<Frame, VideoError>> {
        self.done = true;
        if self.taken {
            return None;
        }
        if let Some(error) = self.first_error.take() {
            return Some(Err(error));
        }
        let start = self.segment.start.unwrap_or(0.0);
        let problem = match (self.last, self.segment.end, self.source.lost()) {
            (None, _, 0) => Problem::NoFrames,
            (None, _, skipped) => Problem::NothingDecodable { skipped },
            (Some(last), Some(end), _) if self.is_past_end(last) => Problem::NoFrameInSegment { start, end },
            (Some(last), _, _) => Problem::StartPastEnd { start, last: last.time },
        };
        Some(Err(VideoError::new(&self.path, problem)))
    }
}

fn checked(path: &Path, segment: Segment) -> Result<Input, VideoError> {
    if !segment.is_valid() {
        let (start, end) = (segment.start.unwrap_or(0.0), segment.end.unwrap_or(f64::INFINITY));
        return Err(VideoError::new(path, Problem::BadSegment { start, end }));
    }
    Input::of(path)
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
            let Some(picture) = self.source.advance() else { return self.finish() };
            self.last = Some(picture);
            self.passed += 1;
            if self.is_past_end(picture) {
                return self.finish();
            }
            if self.is_inside(picture) {
                self.frames += 1;
                self.damaged += usize::from(picture.is_damaged);
            }
            let from = self.owed_from.unwrap_or(picture.time);
            let rows = self.count_rows(from, picture.until);
            if rows == 0 {
                continue;
            }
            self.rows = self.rows.saturating_add(rows);
            if self.rows > MOST_ROWS {
                self.done = true;
                let problem = Problem::TooManyFrames { most: MOST_ROWS };
                return Some(Err(VideoError::new(&self.path, problem)));
            }
            match self.source.frame() {
                Ok(frame) => {
                    self.taken = true;
                    self.owed_from = None;
                    let rows = match &self.numbers {
                        Some(_) => vec![frame.time],
                        None => self.ticks.rows(from, picture.until),
                    };
                    return Some(Ok(Frame { shown: Shown { until: picture.until, rows }, ..frame }));
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
