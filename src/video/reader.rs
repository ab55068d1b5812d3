use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use video_rs::Reader;
use video_rs::ffmpeg::codec::Id;
use video_rs::ffmpeg::decoder;
use video_rs::ffmpeg::format::stream::{Disposition, Stream};
use video_rs::ffmpeg::media::Type as MediaType;

use super::convert::Converter;
use super::orientation::Orientation;
use super::pictures::{Clock, Picture, Pictures, open_decoder};
use super::sampling::Sampler;
use super::start::{counts_pictures_by_packets, skip_to};
use super::{Frame, Sampling, Segment, VideoError, VideoInfo, info, start_ffmpeg};

/// Demuxers that show text files as pictures of a text screen; no one means a video by that.
const TEXT_DEMUXERS: [&str; 5] = ["tty", "bin", "xbin", "adf", "idf"];

/// The frames of a video that a sampling takes from a segment: an iterator over upright RGB frames
/// in presentation order, each decoded picture at most once.
///
/// Memory stays flat: a few decoded pictures and the frame being handed out. Pictures that are not
/// taken are decoded, since later ones depend on them, and never converted. An error ends the
/// iteration, and a segment that holds no frame at all is an error.
pub struct VideoReader {
    path: PathBuf,
    info: VideoInfo,
    orientation: Orientation,
    segment: Segment,
    sampler: Sampler,
    pictures: Pictures,
    converter: Converter,
    last_time: Option<f64>,
    taken: bool,
    done: bool,
}

impl VideoReader {
    /// Whether there is a file to open and a segment to read, without opening it.
    ///
    /// # Errors
    /// If the file is missing, unreadable or empty, or if the segment leaves nothing to read.
    pub fn check(path: &Path, segment: Segment) -> Result<(), VideoError> {
        if !segment.is_valid() {
            let (start, end) = (segment.start.unwrap_or(0.0), segment.end.unwrap_or(f64::INFINITY));
            return Err(VideoError::BadSegment { path: path.to_owned(), start, end });
        }
        check_file(path)
    }

    /// Opens the best video stream of a file.
    ///
    /// # Errors
    /// If the file is missing, unreadable, no video or of a codec that cannot be decoded, or if the
    /// segment leaves nothing to read.
    pub fn open(path: impl AsRef<Path>, sampling: Sampling, segment: Segment) -> Result<Self, VideoError> {
        let path = path.as_ref().to_owned();
        Self::check(&path, segment)?;
        let opened = Opened::open(&path)?;
        let (info, orientation) = (opened.info.clone(), opened.orientation);
        let pictures = match segment.start {
            Some(start) => match opened.pictures_from(start) {
                Some(pictures) => pictures,
                None => Opened::open(&path)?.pictures(),
            },
            None => opened.pictures(),
        };
        Ok(Self {
            path,
            info,
            orientation,
            segment,
            sampler: Sampler::new(sampling, segment),
            pictures,
            converter: Converter::default(),
            last_time: None,
            taken: false,
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

    /// Broken packets passed over so far; final once the iteration has ended. FFmpeg may keep quiet
    /// about the last few of a file.
    pub fn skipped(&self) -> usize {
        self.pictures.skipped()
    }

    fn frame(&mut self, picture: &Picture) -> Result<Frame, VideoError> {
        let rgb = self.converter.convert(&picture.raw).map_err(|error| VideoError::Unconvertible {
            path: self.path.clone(),
            time: picture.time,
            reason: error.to_string(),
        })?;
        let (stored_width, stored_height) = (picture.raw.width(), picture.raw.height());
        let (width, height) = self.orientation.upright_size(stored_width, stored_height);
        let rgb = self.orientation.apply(rgb, stored_width, stored_height);
        Ok(Frame { ordinal: picture.ordinal, time: picture.time, width, height, rgb })
    }

    /// The end of the iteration: an error if there was nothing to take.
    fn finish(&mut self) -> Option<Result<Frame, VideoError>> {
        self.done = true;
        if self.taken {
            return None;
        }
        let path = self.path.clone();
        let start = self.segment.start.unwrap_or(0.0);
        Some(Err(match (self.last_time, self.segment.end) {
            (None, _) => VideoError::NothingDecodable { path, skipped: self.skipped() },
            (Some(last), Some(end)) if self.segment.is_past_end(last) => {
                VideoError::NoFrameInSegment { path, start, end }
            }
            (Some(last), _) => VideoError::StartPastEnd { path, start, last },
        }))
    }
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
            let Some(picture) = self.pictures.next() else { return self.finish() };
            self.last_time = Some(picture.time);
            if self.segment.is_past_end(picture.time) {
                return self.finish();
            }
            if self.sampler.takes(picture.time) {
                let frame = self.frame(&picture);
                self.taken = true;
                self.done = frame.is_err();
                return Some(frame);
            }
        }
        None
    }
}

/// A file whose video stream is ready to be read from the beginning.
struct Opened {
    reader: Reader,
    stream: usize,
    decoder: decoder::Video,
    clock: Clock,
    orientation: Orientation,
    info: VideoInfo,
    can_skip: bool,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, VideoError> {
        let reader = open_container(path)?;
        let Some(stream) = video_stream(&reader) else {
            return Err(VideoError::NoVideoStream { path: path.to_owned() });
        };
        let codec = stream.parameters().id();
        let decoder = open_decoder(&stream).map_err(|error| match codec {
            Id::None => not_video(path, "unknown codec".to_owned()),
            _ => VideoError::NoDecoder {
                path: path.to_owned(),
                codec: codec.name().to_owned(),
                reason: error.to_string(),
            },
        })?;
        let orientation = info::orientation(&stream);
        let origin = info::origin(&reader.input);
        let info = VideoInfo::read(&reader.input, &stream, &decoder, orientation, origin);
        let clock = Clock { time_base: stream.time_base(), origin, frame_rate: info.frame_rate };
        let (stream, can_skip) = (stream.index(), counts_pictures_by_packets(&stream));
        Ok(Self { reader, stream, decoder, clock, orientation, info, can_skip })
    }

    fn pictures(self) -> Pictures {
        Pictures::new(self.reader, self.stream, self.decoder, self.clock)
    }

    /// The pictures from `start` seconds on and some before, numbered as in the whole video; `None`
    /// where this file must be decoded from its beginning for that.
    fn pictures_from(mut self, start: f64) -> Option<Pictures> {
        if !self.can_skip {
            return None;
        }
        let start = skip_to(&mut self.reader, self.stream, self.clock.stamp(start))?;
        let mut pictures = Pictures::starting_at(start, self.reader, self.stream, self.decoder, self.clock);
        pictures.begins_as_meant().then_some(pictures)
    }
}

/// Refuses what is no readable, non-empty file, with the operating system's reason.
pub(super) fn check_file(path: &Path) -> Result<(), VideoError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => VideoError::NotFound { path: path.to_owned() },
        _ => VideoError::Unreadable { path: path.to_owned(), source },
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    File::open(path).map_err(failed)?;
    if metadata.is_file() && metadata.len() == 0 {
        return Err(VideoError::EmptyFile { path: path.to_owned() });
    }
    Ok(())
}

fn open_container(path: &Path) -> Result<Reader, VideoError> {
    start_ffmpeg()?;
    // Absolute, or FFmpeg would take the start of a name such as `12:30.mp4` for a protocol.
    let absolute = std::path::absolute(path)
        .map_err(|source| VideoError::Unreadable { path: path.to_owned(), source })?;
    if absolute.to_str().is_none() {
        return Err(VideoError::NameNotUtf8 { path: path.to_owned() });
    }
    let reader = Reader::new(absolute).map_err(|error| not_video(path, error.to_string()))?;
    if TEXT_DEMUXERS.contains(&reader.input.format().name()) {
        return Err(not_video(path, "it looks like text".to_owned()));
    }
    Ok(reader)
}

fn not_video(path: &Path, reason: String) -> VideoError {
    VideoError::NotVideo { path: path.to_owned(), reason }
}

/// The best video stream that is more than cover art.
fn video_stream(reader: &Reader) -> Option<Stream<'_>> {
    reader
        .input
        .streams()
        .best(MediaType::Video)
        .filter(|stream| !stream.disposition().contains(Disposition::ATTACHED_PIC))
}
