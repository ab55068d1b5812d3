//! Files that FFmpeg opens.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use video_rs::ffmpeg::codec::Id;
use video_rs::ffmpeg::format::stream::{Disposition, Stream};
use video_rs::ffmpeg::media::Type as MediaType;
use video_rs::ffmpeg::{Packet, decoder};

use super::demuxer::Demuxer;
use super::frame::MAX_IMAGE_BYTES;
use super::heif::is_heif;
use super::image_file::{ImageFile, is_jpeg, is_png};
use super::orientation::Orientation;
use super::pictures::{Clock, Pictures, Threads, open_decoder};
use super::place::Place;
use super::start::{counts_pictures_by_packets, skip_to};
use super::{VideoError, VideoInfo, info};
use crate::input_file::{open_regular, read_bounded};

/// Demuxers that show text files as pictures of a text screen; no one means a video by that.
const TEXT_DEMUXERS: [&str; 5] = ["tty", "bin", "xbin", "adf", "idf"];

/// A file whose video stream is ready to be read from the beginning.
pub(super) struct Container {
    demuxer: Demuxer,
    stream: usize,
    codec: Id,
    decoder: decoder::Video,
    clock: Clock,
    /// How its pictures are turned where the file says so, rather than its pictures. Reckoned with in `info`.
    pub(super) orientation: Option<Orientation>,
    /// None of a video.
    pub(super) image: Option<ImageFile>,
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
        let demuxer = open_demuxer(place)?;
        let name = || place.name.clone();
        let Some(stream) = video_stream(&demuxer) else {
            return Err(VideoError::NoVideoStream { path: name() });
        };
        let codec = stream.parameters().id();
        let image = read_image(&demuxer, place)?;
        // The decoder of TIFF would refuse tags that it does not know.
        let is_strict = image.is_some() && matches!(codec, Id::PNG | Id::APNG | Id::MJPEG);
        let decoder = open_decoder(&stream, threads, is_strict).map_err(|error| match codec {
            Id::None => not_video(&place.name, "unknown codec".to_owned()),
            _ => VideoError::NoDecoder {
                path: name(),
                codec: codec.name().to_owned(),
                reason: error.to_string(),
            },
        })?;
        let of_image = image.as_ref().and_then(|image| image.orientation);
        let orientation = info::orientation(&stream).or(of_image);
        let origin = info::origin(&demuxer.input);
        let info = VideoInfo::read(
            &demuxer.input,
            &stream,
            &decoder,
            orientation.unwrap_or(Orientation::UPRIGHT),
            origin,
        );
        let base_rate = info::positive(stream.rate()).or(info.frame_rate);
        let wrap = info::wrap(&stream);
        let clock = Clock { time_base: stream.time_base(), origin, wrap, frame_rate: info.frame_rate };
        let (stream, counts_pictures) = (stream.index(), counts_pictures_by_packets(&stream));
        Ok(Self {
            demuxer,
            stream,
            codec,
            decoder,
            clock,
            orientation,
            image,
            info,
            base_rate,
            counts_pictures,
        })
    }

    /// Whether what one picture says of its orientation holds for those after it. FFmpeg passes the message on with the
    /// picture alone that it comes with.
    pub(super) fn orientation_holds_on(&self) -> bool {
        matches!(self.codec, Id::H264 | Id::HEVC)
    }

    /// Whether this is PNG or JPEG.
    pub(super) fn is_png_or_jpeg(&self) -> bool {
        self.image.is_some() && matches!(self.codec, Id::PNG | Id::MJPEG)
    }

    /// Whether there is no second picture: images may follow each other in one file. What else follows does not count.
    pub(super) fn has_one_picture(mut self) -> bool {
        if self.image.as_ref().is_some_and(|image| image.has_attachments) {
            return true;
        }
        let mut packet = Packet::empty();
        let mut pictures = 0;
        while pictures < 2 && packet.read(&mut self.demuxer.input).is_ok() {
            let starts = packet.data().is_some_and(|bytes| is_jpeg(bytes) || is_png(bytes));
            pictures += usize::from(starts);
        }
        pictures < 2
    }

    /// All pictures.
    pub(super) fn pictures(self) -> Pictures {
        let pictures = Pictures::new(self.demuxer, self.stream, self.decoder, self.clock);
        if self.counts_pictures { pictures.counting_packets() } else { pictures }
    }

    /// The pictures from `start` seconds on and some before, numbered as in the whole video; `None`
    /// where this file must be decoded from its beginning for that.
    pub(super) fn pictures_from(mut self, start: f64) -> Option<Pictures> {
        if !self.counts_pictures {
            return None;
        }
        let start = skip_to(&mut self.demuxer, self.stream, self.clock.stamp(start))?;
        let mut pictures = Pictures::starting_at(start, self.demuxer, self.stream, self.decoder, self.clock);
        pictures.begins_as_meant().then(|| pictures.counting_packets())
    }
}

fn open_demuxer(place: &Place) -> Result<Demuxer, VideoError> {
    let demuxer = Demuxer::open(place)?;
    if TEXT_DEMUXERS.contains(&demuxer.input.format().name()) {
        return Err(not_video(&place.name, "it looks like text".to_owned()));
    }
    Ok(demuxer)
}

/// What the file says where it is an image, still or moving, and no video.
fn read_image(demuxer: &Demuxer, place: &Place) -> Result<Option<ImageFile>, VideoError> {
    let unreadable = |source| VideoError::Unreadable { path: place.name.clone(), source };
    let format = demuxer.input.format();
    let is_image = ["image2", "gif", "apng", "ico", "jpegxl_anim"].contains(&format.name())
        || format.name().ends_with("_pipe");
    let may_be_heif = format.name().contains("mp4");
    if !is_image && (!may_be_heif || !is_heif(&head(place).map_err(unreadable)?)) {
        return Ok(None);
    }
    let size = fs::metadata(&place.path).map_err(unreadable)?.len();
    if size > MAX_IMAGE_BYTES {
        return Ok(Some(ImageFile::default()));
    }
    Ok(Some(ImageFile::read(&read_bounded(&place.path, MAX_IMAGE_BYTES).map_err(unreadable)?)))
}

fn head(place: &Place) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(&place.path)?.take(16).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_video(name: &Path, reason: String) -> VideoError {
    VideoError::NotVideo { path: name.to_owned(), reason }
}

/// The best video stream that is more than cover art.
fn video_stream(demuxer: &Demuxer) -> Option<Stream<'_>> {
    demuxer
        .input
        .streams()
        .best(MediaType::Video)
        .filter(|stream| !stream.disposition().contains(Disposition::ATTACHED_PIC))
}
