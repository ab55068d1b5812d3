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

/// Where a video should end, and how far the packets of its file have come; in seconds of the container's time.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    /// What the header states; zero where it is silent.
    stated: f64,
    length: f64,
    reached: f64,
}

impl Ending {
    /// What the header says.
    pub(super) fn stated_by(input: &Input, stream: &Stream) -> Self {
        // SAFETY: the pointer is that of an open container.
        let method = unsafe { (*input.as_ptr()).duration_estimation_method };
        let length = seconds(stream.duration(), stream.time_base())
            .or_else(|| seconds(input.duration(), Rational::new(1, AV_TIME_BASE)))
            .filter(|_| method != AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE)
            .unwrap_or(0.0);
        // Some containers count the length from time zero, others from a later start: the earlier end is certain.
        let start = seconds(stream.start_time(), stream.time_base()).unwrap_or(0.0).min(0.0);
        Self { stated: start + length, length, reached: f64::NEG_INFINITY }
    }

    /// Takes note of a packet that was read. Those of sound count too: some headers state one length for all.
    pub(super) fn see(&mut self, packet: &Packet, time_base: Rational) {
        if let Some(start) = packet.pts().or(packet.dts()).and_then(|stamp| seconds(stamp, time_base)) {
            let duration = seconds(packet.duration(), time_base).unwrap_or(0.0);
            self.reached = self.reached.max(start + duration);
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
