use std::ptr;

use serde::{Deserialize, Serialize};
use video_rs::ffmpeg::ffi::{AV_TIME_BASE, av_guess_sample_aspect_ratio};
use video_rs::ffmpeg::format::context::Input;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::packet::side_data::Type as SideDataType;
use video_rs::ffmpeg::{Rational, decoder, ffi};

use super::orientation::Orientation;
use super::sampling::stamp_tolerance;
use super::{Sampling, Segment};

/// Stands for the codec where images make the clip.
pub(super) const IMAGES: &str = "images";

/// What the container and the decoder tell about a video before its frames are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoInfo {
    /// Stored pixels in a row of the upright picture.
    pub width: u32,
    /// Rows of the upright picture.
    pub height: u32,
    /// Width over height of one pixel of the upright picture; 1 where the file names none.
    pub pixel_aspect: f64,
    /// Clockwise turn in degrees (0, 90, 180, 270) that frames have already been given.
    pub rotation: i32,
    /// FFmpeg's name of the codec, such as `h264`; `images` where images make the clip.
    pub codec: String,
    /// Seconds from time zero to the end of the video, as the container states it.
    pub duration: Option<f64>,
    /// Mean frames per second, as the container states it.
    pub frame_rate: Option<f64>,
    /// Seconds by which a time stamp may miss the true time of its frame, since the container rounds.
    pub tolerance: f64,
}

impl VideoInfo {
    /// `origin` is the container time in seconds that counts as time zero.
    pub(super) fn read(
        input: &Input,
        stream: &Stream,
        decoder: &decoder::Video,
        orientation: Orientation,
        origin: f64,
    ) -> Self {
        let frame_rate = positive(stream.avg_frame_rate()).or_else(|| positive(stream.rate()));
        let unit = seconds(1, stream.time_base()).unwrap_or(0.0);
        let stored = Self {
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

    /// The same of pictures that are turned before they are shown.
    pub(super) fn turned(self, orientation: Orientation) -> Self {
        let (width, height) = orientation.upright_size(self.width, self.height);
        let pixel_aspect =
            if orientation.swaps_sides() { 1.0 / self.pixel_aspect } else { self.pixel_aspect };
        Self { width, height, pixel_aspect, rotation: orientation.clockwise_degrees(), ..self }
    }

    /// Of a clip of which only the embeddings of its frames are there.
    pub fn of_embeddings(frames: usize, per_second: f64) -> Self {
        Self {
            width: 0,
            height: 0,
            pixel_aspect: 1.0,
            rotation: 0,
            codec: "embeddings".to_owned(),
            duration: Some(frames as f64 / per_second),
            frame_rate: Some(per_second),
            tolerance: 0.0,
        }
    }

    /// The rate, where nothing tells it and it is only a convention: that of a folder of images.
    pub fn assumed_rate(&self) -> Option<f64> {
        let rate = self.frame_rate.filter(|_| self.codec == IMAGES)?;
        (self.duration? * rate > 1.5).then_some(rate)
    }

    /// How many frames `sampling` is likely to take from `segment`: good for spreading work and
    /// showing progress, never a count, since headers are often wrong. `None` where neither the
    /// file nor the segment tells an end.
    pub fn expected_frames(&self, sampling: Sampling, segment: Segment) -> Option<usize> {
        let end = match (segment.end, self.duration) {
            (Some(end), Some(duration)) => end.min(duration),
            (end, duration) => end.or(duration)?,
        };
        let span = (end - segment.start.unwrap_or(0.0)).max(0.0);
        let rate = match (sampling, self.frame_rate) {
            (Sampling::Fps(fps), Some(native)) => fps.min(native),
            (Sampling::Fps(fps), None) => fps,
            (Sampling::Native | Sampling::Numbered, native) => native?,
        };
        // Just below a whole number is that number: durations are rounded.
        Some((span * rate - 1e-3).ceil().max(0.0) as usize)
    }
}

/// How the stream's pictures are turned for viewing, where the container says so.
pub(super) fn orientation(stream: &Stream) -> Option<Orientation> {
    stream
        .side_data()
        .find(|data| data.kind() == SideDataType::DisplayMatrix)
        .map(|data| Orientation::from_display_matrix(data.data()))
}

/// Container time in seconds that counts as time zero: its start, of whatever sign, as players and `ffmpeg -ss` have it.
pub(super) fn origin(input: &Input) -> f64 {
    // SAFETY: the pointer is that of an open container.
    let start = unsafe { (*input.as_ptr()).start_time };
    seconds(start, Rational::new(1, AV_TIME_BASE)).unwrap_or(0.0)
}

/// Seconds after which the stream's time stamps wrap to 0.
pub(super) fn wrap(stream: &Stream) -> f64 {
    // SAFETY: the pointer is that of a live stream.
    let bits = unsafe { (*stream.as_ptr()).pts_wrap_bits };
    2_f64.powi(bits.clamp(1, 64)) * f64::from(stream.time_base())
}

/// A time stamp or duration in seconds; `None` where FFmpeg does not know it.
pub(super) fn seconds(ticks: i64, time_base: Rational) -> Option<f64> {
    (ticks != ffi::AV_NOPTS_VALUE)
        .then(|| ticks as f64 * f64::from(time_base.numerator()) / f64::from(time_base.denominator()))
}

fn duration(input: &Input, stream: &Stream, origin: f64) -> Option<f64> {
    let of_stream = seconds(stream.duration(), stream.time_base()).filter(|&d| d > 0.0).map(|duration| {
        let start = seconds(stream.start_time(), stream.time_base()).unwrap_or(origin);
        start - origin + duration
    });
    of_stream
        .or_else(|| seconds(input.duration(), Rational::new(1, AV_TIME_BASE)))
        .filter(|&duration| duration > 0.0)
}

fn pixel_aspect(input: &Input, stream: &Stream) -> f64 {
    // SAFETY: both pointers belong to the open container; the call reads them only, and takes null
    // for "no frame yet".
    let ratio = unsafe {
        av_guess_sample_aspect_ratio(input.as_ptr().cast_mut(), stream.as_ptr().cast_mut(), ptr::null_mut())
    };
    positive(Rational::from(ratio)).unwrap_or(1.0)
}

pub(super) fn positive(ratio: Rational) -> Option<f64> {
    (ratio.numerator() > 0 && ratio.denominator() > 0)
        .then(|| f64::from(ratio.numerator()) / f64::from(ratio.denominator()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(duration: Option<f64>, frame_rate: Option<f64>) -> VideoInfo {
        VideoInfo {
            width: 4,
            height: 4,
            pixel_aspect: 1.0,
            rotation: 0,
            codec: "ffv1".to_owned(),
            duration,
            frame_rate,
            tolerance: 0.0,
        }
    }

    #[test]
    fn expected_frames_follow_rate_segment_and_duration() {
        let all = Segment::default();
        let part = Segment { start: Some(8.0), end: Some(30.0) };
        let known = info(Some(10.0), Some(25.0));
        assert_eq!(known.expected_frames(Sampling::Native, all), Some(250));
        assert_eq!(known.expected_frames(Sampling::Fps(10.0), all), Some(100));
        assert_eq!(known.expected_frames(Sampling::Fps(60.0), all), Some(250));
        assert_eq!(known.expected_frames(Sampling::Fps(10.0), part), Some(20));
        let unknown = info(None, None);
        assert_eq!(unknown.expected_frames(Sampling::Fps(10.0), all), None);
        assert_eq!(unknown.expected_frames(Sampling::Native, part), None);
        assert_eq!(unknown.expected_frames(Sampling::Fps(10.0), part), Some(220));
        let past = Segment { start: Some(11.0), end: None };
        assert_eq!(known.expected_frames(Sampling::Native, past), Some(0));
    }
}
