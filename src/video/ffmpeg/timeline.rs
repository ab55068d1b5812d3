//! From time stamps to times.

use std::collections::{BTreeMap, VecDeque};

use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::{Packet, Rational};

use super::header::seconds;
use super::truncation::Truncation;
use crate::video::faults::Jump;

/// A gap of more seconds is a splice, unless the rate or the duration of the picture explains it.
const SPLICE: f64 = 10.0;

/// A jump back by more seconds is a splice; by less, the time stamps are out of order.
const DISORDER: f64 = 1.0;

/// Whether a jump of time stamps, in seconds, may be a splice.
pub(super) fn may_be_splice(jump: f64) -> bool {
    !(-DISORDER..=SPLICE).contains(&jump)
}

/// Durations of packets that are kept until their pictures come out of the decoder.
const DURATIONS: usize = 256;

/// Seconds between pictures where neither time stamps nor the container give them.
const DEFAULT_STEP: f64 = 1.0 / 25.0;

#[derive(Clone, Copy)]
pub(super) struct TimeScale {
    /// Seconds per tick.
    pub(super) time_base: Rational,
    /// Container time in seconds that counts as time zero.
    pub(super) origin: f64,
    /// Seconds after which time stamps wrap to 0.
    pub(super) wrap: f64,
    /// Pictures per second, to fill in for missing time stamps.
    pub(super) frame_rate: Option<f64>,
}

impl TimeScale {
    fn time(&self, stamp: i64) -> f64 {
        let time = seconds(stamp, self.time_base).unwrap_or(0.0) - self.origin;
        // FFmpeg rounds the origin to microseconds.
        if time.abs() < 1e-6 { 0.0 } else { time }
    }

    /// The last stamp at or before `time`.
    pub(super) fn stamp(&self, time: f64) -> i64 {
        ((time + self.origin) / self.tick()).floor() as i64
    }

    fn step(&self) -> f64 {
        self.frame_rate.map_or(DEFAULT_STEP, |rate| 1.0 / rate)
    }

    /// A jump, or the jump the other way that looks the same where stamps begin again at 0.
    fn shortest(&self, jump: f64) -> f64 {
        jump - (jump / self.wrap).round() * self.wrap
    }

    fn tick(&self) -> f64 {
        seconds(1, self.time_base).unwrap_or(1.0)
    }

    /// Whether these stamps are rounded to milliseconds, as in streams copied from Matroska, WebM or FLV.
    pub(super) fn rounds_to_milliseconds(&self, mut stamps: Vec<i64>) -> bool {
        stamps.sort_unstable();
        let (unit, step) = (self.tick(), self.step());
        let off = |seconds: f64, grid: f64| (seconds - (seconds / grid).round() * grid).abs();
        let times: Vec<f64> = stamps.iter().map(|stamp| (stamp - stamps[0]) as f64 * unit).collect();
        unit < 1e-3
            && times.iter().all(|&time| off(time, 1e-3) < unit / 2.0 + 1e-9)
            && times.iter().any(|&time| off(time, step) > 1.5 * unit)
            && times.iter().all(|&time| off(time, step) <= 1.1e-3)
    }
}

/// When the pictures of a stream are on screen: gives each its time and duration, closes splices, and counts holes.
pub(super) struct Timeline {
    scale: TimeScale,
    truncation: Option<Truncation>,
    last_stamp: Option<i64>,
    /// Time and duration of the last picture that was handed out.
    last: Option<(f64, f64)>,
    /// Seconds added to times since the last splice.
    shift: f64,
    splices: Vec<Jump>,
    /// Pictures missing between others of a damaged file.
    holes: usize,
    durations: BTreeMap<i64, i64>,
    /// Decoding times of packets without a presentation time, as AVI has them: pictures take them in turn.
    unstamped: VecDeque<i64>,
}

impl Timeline {
    pub(super) fn new(scale: TimeScale, truncation: Option<Truncation>) -> Self {
        Self {
            scale,
            truncation,
            last_stamp: None,
            last: None,
            shift: 0.0,
            splices: Vec::new(),
            holes: 0,
            durations: BTreeMap::new(),
            unstamped: VecDeque::new(),
        }
    }

    pub(super) fn scale(&self) -> TimeScale {
        self.scale
    }

    pub(super) fn splices(&self) -> &[Jump] {
        &self.splices
    }

    pub(super) fn holes(&self) -> usize {
        self.holes
    }

    /// Counts a packet of any stream of the file.
    pub(super) fn count(&mut self, packet: &Packet, time_base: Rational) {
        if let Some(truncation) = &mut self.truncation {
            truncation.count(packet, time_base);
        }
    }

    /// Keeps the times of a packet that the decoder gets.
    pub(super) fn expect(&mut self, packet: &Packet) {
        let stamp = packet.pts().or(packet.dts());
        if let Some(stamp) = stamp.filter(|_| packet.duration() > 0) {
            self.durations.insert(stamp, packet.duration());
            if self.durations.len() > DURATIONS {
                self.durations.pop_first();
            }
        }
        if packet.pts().is_none() {
            self.unstamped.extend(packet.dts());
        }
    }

    /// The time stamp of a picture in the decoder's order; one without a stamp follows the one before it.
    pub(super) fn stamp(&mut self, raw: &RawFrame) -> i64 {
        let step = (self.scale.step() / self.scale.tick()).round().max(1.0) as i64;
        let in_order = raw.pts().is_none().then(|| self.unstamped.pop_front()).flatten();
        let stamp = in_order.or_else(|| raw.timestamp()).or_else(|| raw.pts()).unwrap_or_else(|| {
            self.last_stamp.map_or(self.scale.stamp(0.0), |last| last.saturating_add(step))
        });
        self.last_stamp = Some(stamp);
        stamp
    }

    /// Time and duration in seconds of the next picture on screen.
    pub(super) fn show(&mut self, stamp: i64, is_last: bool, has_damage: bool) -> (f64, f64) {
        let shown = (self.time(stamp, has_damage), self.duration(stamp, is_last));
        self.last = Some(shown);
        shown
    }

    /// Stamps that are slightly out of order go on by the usual step; all that follows a splice is moved to it.
    fn time(&mut self, stamp: i64, has_damage: bool) -> f64 {
        let time = self.scale.time(stamp) + self.shift;
        let Some((last, duration)) = self.last else { return time };
        let step = self.scale.step();
        let gap = time - last;
        let is_explained = gap <= SPLICE.max(10.0 * step) || duration >= gap / 2.0;
        if gap >= 0.0 && is_explained {
            if has_damage && duration < gap / 2.0 {
                self.holes += ((gap / step).round() as usize).saturating_sub(1);
            }
            return time;
        }
        if !(-DISORDER..=0.0).contains(&gap) {
            self.shift += step - gap;
            self.splices.push(Jump { at: last, by: self.scale.shortest(gap) });
        }
        last + step
    }

    /// By the packet that the picture came from, and for the last one by the end that the header states.
    fn duration(&mut self, stamp: i64, is_last: bool) -> f64 {
        let step = self.scale.step();
        // Containers round durations too.
        let is_usual = |duration: &f64| (duration - step).abs() <= 2.0 * self.scale.tick();
        let stated = self.durations.remove(&stamp).and_then(|ticks| seconds(ticks, self.scale.time_base));
        let duration = stated.filter(|stated| !is_usual(stated)).unwrap_or(step);
        if !is_last || !self.splices.is_empty() {
            return duration;
        }
        let time = seconds(stamp, self.scale.time_base).unwrap_or(0.0);
        let duration = self.truncation.map_or(duration, |end| end.last_duration(time, duration));
        if is_usual(&duration) { step } else { duration }
    }

    /// How many pictures are missing at the end of a file that was read from its start.
    pub(super) fn missing_at_end(&self) -> usize {
        let missing = self.truncation.map_or(0.0, |truncation| truncation.missing());
        (missing / self.scale.step()).round() as usize
    }
}
