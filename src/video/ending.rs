//! Files that end before their header says so.

use video_rs::ffmpeg::ffi::{AV_TIME_BASE, AVDurationEstimationMethod};
use video_rs::ffmpeg::format::context::Input;
use video_rs::ffmpeg::format::stream::Stream;
use video_rs::ffmpeg::{Packet, Rational};

use super::info::seconds;

/// How far short of the header's end a whole file may stop, in seconds and as a share of its length: headers are
/// rounded, and the last frame's duration is not always written.
const TOLERANCE: f64 = 0.25;
const TOLERANCE_SHARE: f64 = 0.01;

const MICROSECOND: Rational = Rational(1, AV_TIME_BASE);

/// Where a video should end, and how far the packets of its file have come; in seconds of the container's time.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    /// What the header states; zero where it is silent.
    stated: f64,
    length: f64,
    reached: f64,
    /// Where the header says that the video itself ends.
    of_stream: Option<f64>,
    /// Where the header says that the last of all streams ends.
    of_container: Option<f64>,
}

impl Ending {
    /// What the header says.
    pub(super) fn stated_by(input: &Input, stream: &Stream) -> Self {
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
        // SAFETY: as above.
        let container_start = unsafe { (*input.as_ptr()).start_time };
        Self {
            stated: start + length,
            length,
            reached: f64::NEG_INFINITY,
            of_stream: of_stream.map(|length| start_of(stream.start_time(), stream.time_base()) + length),
            of_container: of_container.map(|length| start_of(container_start, MICROSECOND) + length),
        }
    }

    /// Takes note of a packet that was read. Those of sound count too: some headers state one length for all.
    pub(super) fn see(&mut self, packet: &Packet, time_base: Rational) {
        if let Some(start) = packet.pts().or(packet.dts()).and_then(|stamp| seconds(stamp, time_base)) {
            let duration = seconds(packet.duration(), time_base).unwrap_or(0.0);
            self.reached = self.reached.max(start + duration);
        }
    }

    /// How long the last picture stays that appears at `time`, if its packet says `duration`. Packets of reordered video state
    /// durations in the order of decoding, and some containers state the mean: the end of the video counts where it is known.
    pub(super) fn last_duration(&self, time: f64, duration: f64) -> f64 {
        match (self.of_stream, self.of_container) {
            (Some(end), _) if end > time && (self.missing() == 0.0 || end < time + duration) => end - time,
            (None, Some(end)) if end > time && end - time < 0.75 * duration => end - time,
            _ => duration,
        }
    }

    /// Seconds that are missing at the end of a file that was read from its start; 0 where it is as long as it should be,
    /// or nobody knows.
    pub(super) fn missing(&self) -> f64 {
        let missing = self.stated - self.reached;
        let is_known = self.length > 0.0 && self.reached.is_finite();
        if is_known && missing > TOLERANCE + TOLERANCE_SHARE * self.length { missing } else { 0.0 }
    }
}
