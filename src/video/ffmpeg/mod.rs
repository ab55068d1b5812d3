//! Decoding by FFmpeg, through `video-rs`. Its types stay in this folder.

mod container;
mod convert;
mod demuxer;
mod frame_stream;
mod header;
mod pictures;
mod seek;
mod timeline;
mod truncation;

use std::ffi::CStr;
use std::sync::Once;

use video_rs::ffmpeg::{codec, decoder, error, ffi, log};

use super::decoder::{Decoder, OpenClip};
use super::input::Input;
use super::{Problem, VideoError};
use container::Container;
use frame_stream::FrameStream;
use pictures::Threads;

/// Opens every file that FFmpeg decodes, except single PNG and JPEG images.
pub(super) struct Ffmpeg;

impl Decoder for Ffmpeg {
    fn open(&self, input: &Input, start: Option<f64>) -> Result<Option<OpenClip>, VideoError> {
        if input.is_folder {
            return Ok(None);
        }
        let container = Container::open(input, Threads::Auto)?;
        if container.is_png_or_jpeg() && Container::open(input, Threads::Auto)?.has_one_picture() {
            return Ok(None);
        }
        FrameStream::open(container, input, start).map(Some)
    }
}

/// Opens an image, of any format that FFmpeg reads.
pub(super) fn open_image(input: &Input) -> Result<OpenClip, VideoError> {
    let container = Container::open(input, Threads::Auto)?;
    if container.image.is_none() {
        return Err(input.error(Problem::NotImage("video or sound".to_owned())));
    }
    FrameStream::open(container, input, None)
}

/// Makes FFmpeg ready for use and keeps its own messages off the terminal: failures are reported as `VideoError`.
pub fn start_ffmpeg() {
    static TEXTS: Once = Once::new();
    // Not safe to run twice at a time.
    TEXTS.call_once(error::register_all);
    silence_ffmpeg();
}

/// Keeps FFmpeg's own messages off the terminal.
pub fn silence_ffmpeg() {
    log::set_level(log::Level::Quiet);
}

/// FFmpeg's version, such as `5.1.9-0+deb12u1`.
pub fn ffmpeg_release() -> String {
    // SAFETY: FFmpeg returns a constant string.
    let version = unsafe { CStr::from_ptr(ffi::av_version_info()) };
    version.to_string_lossy().into_owned()
}

/// Version of the codec library, such as `libavcodec 59.37.100`.
pub fn ffmpeg_version() -> String {
    let version = codec::version();
    format!("libavcodec {}.{}.{}", version >> 16, (version >> 8) & 0xff, version & 0xff)
}

/// Whether this FFmpeg has a decoder of that name or for that codec.
pub fn can_decode(codec: &str) -> bool {
    start_ffmpeg();
    // AV1 has no decoder under its own name.
    let libraries: &[&str] = if codec == "av1" { &["libdav1d", "libaom-av1"] } else { &[] };
    std::iter::once(&codec).chain(libraries).any(|name| decoder::find_by_name(name).is_some())
}
