//! Files that FFmpeg opens.

use std::fs;
use std::io::{self, Read};

use video_rs::ffmpeg::codec::Id;
use video_rs::ffmpeg::format::stream::{Disposition, Stream};
use video_rs::ffmpeg::media::Type as MediaType;
use video_rs::ffmpeg::{Packet, decoder};

use super::demuxer::Demuxer;
use super::header;
use super::pictures::{Pictures, Threads, open_decoder};
use super::seek::{counts_pictures_by_packets, seek};
use super::timeline::TimeScale;
use crate::files::input_file::{open_regular, read_bounded};
use crate::video::images::MAX_IMAGE_BYTES;
use crate::video::images::header::{ImageHeader, is_heif, is_jpeg, is_png};
use crate::video::input::Input;
use crate::video::orientation::Orientation;
use crate::video::{Problem, VideoError, VideoInfo};

/// Demuxers that show text files as pictures of a text screen, which is never meant.
const TEXT_DEMUXERS: [&str; 5] = ["tty", "bin", "xbin", "adf", "idf"];

/// A file whose video stream is ready to be read from the beginning.
pub(super) struct Container {
    demuxer: Demuxer,
    stream: usize,
    codec: Id,
    decoder: decoder::Video,
    scale: TimeScale,
    /// How its pictures are turned, where the file states it rather than its pictures. `info` is upright already.
    pub(super) orientation: Option<Orientation>,
    pub(super) image: Option<ImageHeader>,
    pub(super) info: VideoInfo,
    /// Frames per second that all time stamps are multiples of, as OpenCV takes it; the mean rate where it is unknown.
    pub(super) base_rate: Option<f64>,
    counts_pictures: bool,
}

impl Container {
    pub(super) fn open(input: &Input, threads: Threads) -> Result<Self, VideoError> {
        let demuxer = Demuxer::open(input)?;
        if TEXT_DEMUXERS.contains(&demuxer.input.format().name()) {
            return Err(input.error(Problem::NotVideo("looks like text".to_owned())));
        }
        let Some(stream) = video_stream(&demuxer) else {
            return Err(input.error(Problem::NoVideoStream));
        };
        let codec = stream.parameters().id();
        let image = read_image(&demuxer, input).map_err(|error| input.unreadable(error))?;
        // The decoder of TIFF would refuse unknown tags.
        let is_strict = image.is_some() && matches!(codec, Id::PNG | Id::APNG | Id::MJPEG);
        let decoder = open_decoder(&stream, threads, is_strict).map_err(|error| {
            input.error(match codec {
                Id::None => Problem::NotVideo("unknown codec".to_owned()),
                _ => Problem::NoDecoder { codec: codec.name().to_owned(), reason: error.to_string() },
            })
        })?;
        let of_image = image.as_ref().and_then(|image| image.orientation);
        let orientation = header::orientation(&stream).or(of_image);
        let origin = header::origin(&demuxer.input);
        let turn = orientation.unwrap_or(Orientation::UPRIGHT);
        let info = header::video_info(&demuxer.input, &stream, &decoder, turn, origin);
        let base_rate = header::positive(stream.rate()).or(info.frame_rate);
        let wrap = header::wrap(&stream);
        let scale = TimeScale { time_base: stream.time_base(), origin, wrap, frame_rate: info.frame_rate };
        let (stream, counts_pictures) = (stream.index(), counts_pictures_by_packets(&stream));
        Ok(Self {
            demuxer,
            stream,
            codec,
            decoder,
            scale,
            orientation,
            image,
            info,
            base_rate,
            counts_pictures,
        })
    }

    /// Whether the orientation that a picture states holds for those after it too. FFmpeg reports it with that picture only.
    pub(super) fn orientation_persists(&self) -> bool {
        matches!(self.codec, Id::H264 | Id::HEVC)
    }

    pub(super) fn is_png_or_jpeg(&self) -> bool {
        self.image.is_some() && matches!(self.codec, Id::PNG | Id::MJPEG)
    }

    /// Whether no second image follows in the same file. Other bytes do not count.
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

    pub(super) fn pictures(self) -> Pictures {
        let pictures = Pictures::new(self.demuxer, self.stream, self.decoder, self.scale);
        if self.counts_pictures { pictures.counting_packets() } else { pictures }
    }

    /// The pictures from `start` seconds on and some before, numbered as in the whole video; `None`
    /// where this file must be decoded from its beginning for that.
    pub(super) fn pictures_from(mut self, start: f64) -> Option<Pictures> {
        if !self.counts_pictures {
            return None;
        }
        let point = seek(&mut self.demuxer, self.stream, self.scale.stamp(start))?;
        let mut pictures = Pictures::starting_at(point, self.demuxer, self.stream, self.decoder, self.scale);
        pictures.begins_at_seek_point().then(|| pictures.counting_packets())
    }
}

/// The header of an image, still or moving; `None` for a video.
fn read_image(demuxer: &Demuxer, input: &Input) -> io::Result<Option<ImageHeader>> {
    let format = demuxer.input.format();
    let is_image = ["image2", "gif", "apng", "ico", "jpegxl_anim"].contains(&format.name())
        || format.name().ends_with("_pipe");
    let may_be_heif = format.name().contains("mp4");
    if !is_image && (!may_be_heif || !is_heif(&first_bytes(input)?)) {
        return Ok(None);
    }
    if fs::metadata(&input.path)?.len() > MAX_IMAGE_BYTES {
        return Ok(Some(ImageHeader::default()));
    }
    Ok(Some(ImageHeader::read(&read_bounded(&input.path, MAX_IMAGE_BYTES)?)))
}

fn first_bytes(input: &Input) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(&input.path)?.take(16).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The best video stream that is more than cover art.
fn video_stream(demuxer: &Demuxer) -> Option<Stream<'_>> {
    demuxer
        .input
        .streams()
        .best(MediaType::Video)
        .filter(|stream| !stream.disposition().contains(Disposition::ATTACHED_PIC))
}
