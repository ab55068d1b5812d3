//! Files that end before the end that their header states.

use video_rs::ffmpeg::ffi::AVDurationEstimationMethod;
use video_rs::ffmpeg::format::context::Input;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::{Packet, Rational};

use super::header::{MICROSECOND, seconds, start_time};

/// How far short of the header's end a whole file may stop, in seconds and as a share of its length: headers are
/// rounded, and the last frame's duration is not always written.
const TOLERANCE: f64 = 0.25;
const TOLERANCE_SHARE: f64 = 0.01;

/// Where a video should end, and how far its packets reach; in seconds of the container's time.
#[derive(Clone, Copy)]
pub(super) struct Truncation {
    /// By the header; zero where it states nothing.
    stated: f64,
    length: f64,
    reached: f64,
    /// Where the video stream ends by the header.
    of_stream: Option<f64>,
    /// Where the last of all streams ends by the header.
    of_container: Option<f64>,
}

impl Truncation {
    pub(super) fn new(input: &Input, stream: &Stream) -> Self {
        // SAFETY: the pointer is that of an open container.
        let method = unsafe { (*input.as_ptr()).duration_estimation_method };
        let length = seconds(stream.duration(), stream.time_base())
            .or_else(|| seconds(input.duration(), MICROSECOND))
            .filter(|_| method != AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE)
            .unwrap_or(0.0);
        // Some containers count the length from time zero, others from a later start: the earlier end is certain.
        let start = seconds(stream.start_time(), stream.time_base()).unwrap_or(0.0).min(0.0);
        let start_of = |start: i64, unit: Rational| seconds(start, unit).unwrap_or(0.0);
        let is_stated = method == AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM;
        let of_stream =
            seconds(stream.duration(), stream.time_base()).filter(|&length| is_stated && length > 0.0);
        let of_container = seconds(input.duration(), MICROSECOND).filter(|&length| is_stated && length > 0.0);
        Self {
            stated: start + length,
            length,
            reached: f64::NEG_INFINITY,
            of_stream: of_stream.map(|length| start_of(stream.start_time(), stream.time_base()) + length),
            of_container: of_container.map(|length| start_of(start_time(input), MICROSECOND) + length),
        }
    }

    /// Counts a packet that was read. Those of sound count too: some headers state one length for all.
    pub(super) fn count(&mut self, packet: &Packet, time_base: Rational) {
        if let Some(start) = packet.pts().or(packet.dts()).and_then(|stamp| seconds(stamp, time_base)) {
            let duration = seconds(packet.duration(), time_base).unwrap_or(0.0);
            self.reached = self.reached.max(start + duration);
        }
    }

    /// How long the last picture stays, which appears at `time` and whose packet states `duration`. Packets of reordered
    /// video state durations in decoding order, and some containers state the mean, so a known end of the video counts more.
    pub(super) fn last_duration(&self, time: f64, duration: f64) -> f64 {
        match (self.of_stream, self.of_container) {
            (Some(end), _) if end > time && (self.missing() == 0.0 || end < time + duration) => end - time,
            (None, Some(end)) if end > time && end - time < 0.75 * duration => end - time,
            _ => duration,
        }
    }

    /// Seconds missing at the end of a file that was read from its start; 0 where none are, or the length is unknown.
    pub(super) fn missing(&self) -> f64 {
        let missing = self.stated - self.reached;
        let is_known = self.length > 0.0 && self.reached.is_finite();
        if is_known && missing > TOLERANCE + TOLERANCE_SHARE * self.length { missing } else { 0.0 }
    }
}
