//! Files that FFmpeg opens.

use std::collections::HashMap;
use std::path::Path;

use video_rs::ffmpeg::codec::Id;
use video_rs::ffmpeg::format::stream::{Disposition, Stream};
use video_rs::ffmpeg::media::Type as MediaType;
use video_rs::ffmpeg::{Packet, decoder};
use video_rs::{Options, Reader, ReaderBuilder};

use super::orientation::Orientation;
use super::pictures::{Clock, Pictures, Threads, open_decoder};
use super::place::Place;
use super::start::{counts_pictures_by_packets, skip_to};
use super::{VideoError, VideoInfo, info, start_ffmpeg};

/// Demuxers that show text files as pictures of a text screen; no one means a video by that.
const TEXT_DEMUXERS: [&str; 5] = ["tty", "bin", "xbin", "adf", "idf"];

/// A file whose video stream is ready to be read from the beginning.
pub(super) struct Container {
    reader: Reader,
    stream: usize,
    codec: Id,
    decoder: decoder::Video,
    clock: Clock,
    pub(super) orientation: Orientation,
    pub(super) info: VideoInfo,
    /// Frames per second that all time stamps are multiples of: OpenCV's rate. The mean one where nothing tells it.
    pub(super) base_rate: Option<f64>,
    /// Whether each packet is one picture.
    counts_pictures: bool,
}

impl Container {
    /// Opens the best video stream of a file.
    pub(super) fn open(place: &Place) -> Result<Self, VideoError> {
        Self::open_with(place, Threads::Auto)
    }

    /// As [`Container::open`], with a choice of threads.
    pub(super) fn open_with(place: &Place, threads: Threads) -> Result<Self, VideoError> {
        let reader = open_reader(place)?;
        let name = || place.name.clone();
        let Some(stream) = video_stream(&reader) else {
            return Err(VideoError::NoVideoStream { path: name() });
        };
        let codec = stream.parameters().id();
        let decoder = open_decoder(&stream, threads).map_err(|error| match codec {
            Id::None => not_video(&place.name, "unknown codec".to_owned()),
            _ => VideoError::NoDecoder {
                path: name(),
                codec: codec.name().to_owned(),
                reason: error.to_string(),
            },
        })?;
        let orientation = info::orientation(&stream);
        let origin = info::origin(&reader.input);
        let info = VideoInfo::read(&reader.input, &stream, &decoder, orientation, origin);
        let base_rate = info::positive(stream.rate()).or(info.frame_rate);
        let wrap = info::wrap(&stream);
        let clock = Clock { time_base: stream.time_base(), origin, wrap, frame_rate: info.frame_rate };
        let (stream, counts_pictures) = (stream.index(), counts_pictures_by_packets(&stream));
        Ok(Self { reader, stream, codec, decoder, clock, orientation, info, base_rate, counts_pictures })
    }

    /// Whether this is an image, still or moving, and no video.
    pub(super) fn is_image(&self) -> bool {
        let format = self.reader.input.format();
        ["image2", "gif", "apng"].contains(&format.name()) || format.name().ends_with("_pipe")
    }

    /// Whether this is PNG or JPEG.
    pub(super) fn is_png_or_jpeg(&self) -> bool {
        self.is_image() && matches!(self.codec, Id::PNG | Id::MJPEG)
    }

    /// Whether there is no second picture: images may follow each other in one file.
    pub(super) fn has_one_picture(mut self) -> bool {
        let mut more = || Packet::empty().read(&mut self.reader.input).is_ok();
        !(more() && more())
    }

    /// All pictures.
    pub(super) fn pictures(self) -> Pictures {
        let pictures = Pictures::new(self.reader, self.stream, self.decoder, self.clock);
        if self.counts_pictures { pictures.counting_packets() } else { pictures }
    }

    /// The pictures from `start` seconds on and some before, numbered as in the whole video; `None`
    /// where this file must be decoded from its beginning for that.
    pub(super) fn pictures_from(mut self, start: f64) -> Option<Pictures> {
        if !self.counts_pictures {
            return None;
        }
        let start = skip_to(&mut self.reader, self.stream, self.clock.stamp(start))?;
        let mut pictures = Pictures::starting_at(start, self.reader, self.stream, self.decoder, self.clock);
        pictures.begins_as_meant().then(|| pictures.counting_packets())
    }
}

fn open_reader(place: &Place) -> Result<Reader, VideoError> {
    start_ffmpeg()?;
    // Absolute, or FFmpeg would take the start of a name such as `12:30.mp4` for a protocol.
    let absolute = std::path::absolute(&place.path)
        .map_err(|source| VideoError::Unreadable { path: place.name.clone(), source })?;
    if absolute.to_str().is_none() {
        return Err(VideoError::NameNotUtf8 { path: place.name.clone() });
    }
    // A `%d` in the name of an image is no pattern.
    let literal = Options::from(HashMap::from([("pattern_type".to_owned(), "none".to_owned())]));
    let reader = ReaderBuilder::new(absolute)
        .with_options(&literal)
        .build()
        .map_err(|error| not_video(&place.name, error.to_string()))?;
    if TEXT_DEMUXERS.contains(&reader.input.format().name()) {
        return Err(not_video(&place.name, "it looks like text".to_owned()));
    }
    Ok(reader)
}

fn not_video(name: &Path, reason: String) -> VideoError {
    VideoError::NotVideo { path: name.to_owned(), reason }
}

/// The best video stream that is more than cover art.
fn video_stream(reader: &Reader) -> Option<Stream<'_>> {
    reader
        .input
        .streams()
        .best(MediaType::Video)
        .filter(|stream| !stream.disposition().contains(Disposition::ATTACHED_PIC))
}
