//! Opening videos and still images: decoded pictures in presentation order, upright, as 8-bit RGB.
//!
//! Demuxing and decoding are FFmpeg's, through `video-rs`; times, sampling, rotation and colour are
//! decided here, because they decide which pixels the model sees. [`VideoReader`] is the way in,
//! [`DecodeAhead`] runs one on a thread of its own.

mod ahead;
mod container;
mod convert;
mod ending;
mod error;
mod footage;
mod frame;
mod image_folder;
mod images;
mod info;
mod orientation;
mod pictures;
#[cfg(unix)]
mod pipe;
mod place;
mod reader;
mod sampling;
mod start;

pub use ahead::DecodeAhead;
pub use error::VideoError;
pub use frame::{Frame, load_image, thumbnail};
pub use info::VideoInfo;
pub use reader::VideoReader;
pub use sampling::{InvalidSampling, Sampling, Segment};

/// Keeps FFmpeg's own messages off the terminal. What goes wrong is reported through [`VideoError`].
pub fn silence_ffmpeg() {
    video_rs::ffmpeg::log::set_level(video_rs::ffmpeg::log::Level::Quiet);
}

/// FFmpeg's version, as its codec library names it.
pub fn ffmpeg_version() -> String {
    let version = video_rs::ffmpeg::codec::version();
    format!("libavcodec {}.{}.{}", version >> 16, (version >> 8) & 0xff, version & 0xff)
}

/// Whether this FFmpeg has a decoder of that name or for that codec.
pub fn can_decode(codec: &str) -> bool {
    // Where nothing is registered under the codec's own name, a library decodes it.
    let libraries: &[&str] = if codec == "av1" { &["libdav1d", "libaom-av1"] } else { &[] };
    std::iter::once(&codec)
        .chain(libraries)
        .any(|name| video_rs::ffmpeg::decoder::find_by_name(name).is_some())
}
