//! Clips and images as upright 8-bit RGB frames in presentation order.
//!
//! [`VideoReader`] is the way in; [`DecodeAhead`] runs one on a thread of its own. Decoders are behind the trait
//! `Decoder` of `decoder.rs`, FFmpeg in `ffmpeg/`. Times, sampling, rotation and colour are decided here, because they
//! decide which pixels the model sees.

mod blur;
mod decode_thread;
mod decoder;
mod decoders;
mod error;
mod faults;
mod ffmpeg;
mod frame;
mod frame_reader;
mod images;
mod info;
mod input;
mod masks;
mod orientation;
mod playlist;
mod reader;
mod sampling;

pub use decode_thread::DecodeAhead;
pub use error::{Problem, VideoError};
pub use faults::{Faults, Jump};
pub use ffmpeg::{can_decode, ffmpeg_release, ffmpeg_version, silence_ffmpeg, start_ffmpeg};
pub(crate) use frame::shrink;
pub use frame::{Frame, Shown, thumbnail};
pub use frame_reader::FrameReader;
pub use images::folder::images_of;
pub use images::header::damage_of;
pub use images::load_image;
pub use info::VideoInfo;
pub use masks::{Area, Masks, Numbering};
pub use playlist::named_files;
pub use reader::VideoReader;
pub use sampling::{InvalidSampling, Sampling, Segment, Ticks};

/// Whether FFmpeg is part of the program; otherwise it is the system's.
pub const FFMPEG_IS_INSIDE: bool = cfg!(feature = "static-ffmpeg");
