//! What the header of a container states.

use std::ptr;

use video_rs::ffmpeg::ffi::{AV_NOPTS_VALUE, AV_TIME_BASE, av_guess_sample_aspect_ratio};
use video_rs::ffmpeg::format::context::Input;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::packet::side_data::Type as SideDataType;
use video_rs::ffmpeg::{Rational, decoder};

use crate::video::VideoInfo;
use crate::video::orientation::Orientation;
use crate::video::sampling::stamp_tolerance;

/// The unit of times of a whole container.
pub(super) const MICROSECOND: Rational = Rational(1, AV_TIME_BASE);

/// `origin` is the container time in seconds that counts as time zero.
pub(super) fn video_info(
    input: &Input,
    stream: &Stream,
    decoder: &decoder::Video,
    orientation: Orientation,
    origin: f64,
) -> VideoInfo {
    let frame_rate = positive(stream.avg_frame_rate()).or_else(|| positive(stream.rate()));
    let unit = seconds(1, stream.time_base()).unwrap_or(0.0);
    let stored = VideoInfo {
        width: decoder.width(),
        height: decoder.height(),
        pixel_aspect: pixel_aspect(input, stream),
        rotation: 0,
        codec: stream.parameters().id().name().to_owned(),
        duration: duration(input, stream, origin),
        frame_rate,
        tolerance: stamp_tolerance(unit, frame_rate.map(f64::recip)),
    };
    stored.turned(orientation)
}

/// How the stream's pictures are turned, where the container states it.
pub(super) fn orientation(stream: &Stream) -> Option<Orientation> {
    stream
        .side_data()
        .find(|data| data.kind() == SideDataType::DisplayMatrix)
        .map(|data| Orientation::from_display_matrix(data.data()))
}

/// Container time in seconds that counts as time zero: its start, of whatever sign, as for players and `ffmpeg -ss`.
pub(super) fn origin(input: &Input) -> f64 {
    seconds(start_time(input), MICROSECOND).unwrap_or(0.0)
}

/// In microseconds.
pub(super) fn start_time(input: &Input) -> i64 {
    // SAFETY: the pointer is that of an open container.
    unsafe { (*input.as_ptr()).start_time }
}

/// Seconds after which the stream's time stamps wrap to 0.
pub(super) fn wrap(stream: &Stream) -> f64 {
    // SAFETY: the pointer is that of a live stream.
    let bits = unsafe { (*stream.as_ptr()).pts_wrap_bits };
    2_f64.powi(bits.clamp(1, 64)) * f64::from(stream.time_base())
}

/// A time stamp or duration in seconds; `None` where FFmpeg does not know it.
pub(super) fn seconds(ticks: i64, time_base: Rational) -> Option<f64> {
    (ticks != AV_NOPTS_VALUE)
        .then(|| ticks as f64 * f64::from(time_base.numerator()) / f64::from(time_base.denominator()))
}

fn duration(input: &Input, stream: &Stream, origin: f64) -> Option<f64> {
    let of_stream = seconds(stream.duration(), stream.time_base()).filter(|&d| d > 0.0).map(|duration| {
        let start = seconds(stream.start_time(), stream.time_base()).unwrap_or(origin);
        start - origin + duration
    });
    of_stream.or_else(|| seconds(input.duration(), MICROSECOND)).filter(|&duration| duration > 0.0)
}

fn pixel_aspect(input: &Input, stream: &Stream) -> f64 {
    // SAFETY: both pointers belong to the open container and are only read; null means "no frame yet".
    let ratio = unsafe {
        av_guess_sample_aspect_ratio(input.as_ptr().cast_mut(), stream.as_ptr().cast_mut(), ptr::null_mut())
    };
    positive(Rational::from(ratio)).unwrap_or(1.0)
}

pub(super) fn positive(ratio: Rational) -> Option<f64> {
    (ratio.numerator() > 0 && ratio.denominator() > 0)
        .then(|| f64::from(ratio.numerator()) / f64::from(ratio.denominator()))
}
