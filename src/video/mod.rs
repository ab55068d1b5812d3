//! Opening videos and still images: decoded pictures in presentation order, upright, as 8-bit RGB.
//!
//! Demuxing and decoding are FFmpeg's, through `video-rs`; times, sampling, rotation and colour are
//! decided here, because they decide which pixels the model sees. [`VideoReader`] is the way in,
//! [`DecodeAhead`] runs one on a thread of its own.

mod blur;
mod container;
mod convert;
mod decode_thread;
mod demuxer;
mod ending;
mod error;
mod faults;
mod ffmpeg;
mod footage;
mod frame;
mod heif;
mod image_file;
mod image_folder;
mod images;
mod info;
mod jpeg_scan;
mod masks;
mod orientation;
mod pictures;
#[cfg(unix)]
mod pipe;
mod place;
mod playlist;
mod reader;
mod sampling;
mod start;

pub use decode_thread::DecodeAhead;
pub use error::VideoError;
pub use faults::{Faults, Jump};
pub use ffmpeg::{can_decode, ffmpeg_version, silence_ffmpeg, start_ffmpeg};
pub use frame::{Frame, load_image, thumbnail};
pub use image_file::damage_of;
pub use image_folder::images_of;
pub use info::VideoInfo;
pub use masks::{Area, Masks, Numbering};
pub use playlist::named_files;
pub use reader::VideoReader;
pub use sampling::{InvalidSampling, Sampling, Segment, Shown, Ticks};
