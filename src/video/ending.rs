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

/// Where a video should end, and how far its packets have come; in seconds of the container's time.
#[derive(Clone, Copy, Default)]
pub(super) struct Ending {
    /// Seconds from the start to the end as the header states it.
    length: f64,
    stated: Option<f64>,
    /// Whether the header states the end of the whole file only, not that of the video in it.
    of_any_stream: bool,
    reached: f64,
}

impl Ending {
    /// What the header says.
    pub(super) fn stated_by(input: &Input, stream: &Stream) -> Self {
        // SAFETY: the pointer is that of an open container.
        let (method, start) =
            unsafe { ((*input.as_ptr()).duration_estimation_method, (*input.as_ptr()).start_time) };
        if method == AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE {
            return Self::default();
        }
        let (length, start, of_any_stream) = match seconds(stream.duration(), stream.time_base()) {
            Some(length) => (Some(length), seconds(stream.start_time(), stream.time_base()), false),
            None => {
                let unit = Rational::new(1, AV_TIME_BASE);
                (seconds(input.duration(), unit), seconds(start, unit), true)
            }
        };
        let stated = length.filter(|&length| length > 0.0).map(|length| start.unwrap_or(0.0) + length);
        Self { length: length.unwrap_or(0.0), stated, of_any_stream, reached: f64::NEG_INFINITY }
    }

    /// Takes note of a packet that was read, of the video itself or of another stream.
    pub(super) fn see(&mut self, packet: &Packet, time_base: Rational, is_video: bool) {
        let stamp = packet.pts().or(packet.dts()).and_then(|stamp| seconds(stamp, time_base));
        if let Some(start) = stamp.filter(|_| is_video || self.of_any_stream) {
            let duration = seconds(packet.duration(), time_base).unwrap_or(0.0);
            self.reached = self.reached.max(start + duration);
        }
    }

    /// Seconds that are missing at the end of a file that was read from its start; 0 where it is as long as it should be, or
    /// nobody knows.
    pub(super) fn missing(&self) -> f64 {
        let Some(stated) = self.stated.filter(|_| self.reached.is_finite()) else { return 0.0 };
        let missing = stated - self.reached;
        if missing > TOLERANCE + TOLERANCE_SHARE * self.length { missing } else { 0.0 }
    }
}
