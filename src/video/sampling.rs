use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

/// Seconds by which a time may differ from a bound and still count as on it: users type decimals, whose sums are inexact.
const TIME_TOLERANCE: f64 = 1e-6;

/// Which frames are taken from a video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// Frames per second of presentation time.
    Fps(f64),
    /// Every frame.
    Native,
    /// Every frame; the segment's bounds become frame numbers, as in the authors' scripts: seconds times OpenCV's frame rate.
    Numbered,
}

/// A sampling rate that is neither a positive number nor `native`.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "'{0}' is not a sampling rate: give frames per second, such as 10 or 29.97, or 'native' for every frame"
)]
pub struct InvalidSampling(String);

impl FromStr for Sampling {
    type Err = InvalidSampling;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("native") {
            return Ok(Self::Native);
        }
        match text.parse::<f64>() {
            Ok(fps) if fps.is_finite() && fps > 0.0 => Ok(Self::Fps(fps)),
            _ => Err(InvalidSampling(text.to_owned())),
        }
    }
}

impl Sampling {
    /// In words, for the screen.
    pub fn describe(self) -> String {
        match self {
            Self::Native => "every frame".to_owned(),
            Self::Numbered => "every frame, by number".to_owned(),
            Self::Fps(fps) => format!("{fps} fps"),
        }
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fps(fps) => write!(f, "{fps}"),
            Self::Native => f.write_str("native"),
            Self::Numbered => f.write_str("numbered"),
        }
    }
}

/// A part of a video, in seconds of presentation time: `start` is included, `end` is not.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Segment {
    /// From the first frame on where absent.
    pub start: Option<f64>,
    /// To the last frame where absent.
    pub end: Option<f64>,
}

impl Segment {
    /// Whether `0 <= start < end`, both finite.
    pub(super) fn is_valid(&self) -> bool {
        let start = self.start.unwrap_or(0.0);
        let end = self.end.unwrap_or(f64::MAX);
        start.is_finite() && end.is_finite() && start >= 0.0 && start < end
    }

    /// Frame numbers from 0, at `rate` frames per second.
    pub(super) fn numbers(&self, rate: f64) -> Range<u64> {
        let number = |seconds: f64| (seconds * rate) as u64;
        number(self.start.unwrap_or(0.0))..self.end.map_or(u64::MAX, number)
    }

    pub(super) fn is_before_start(&self, time: f64) -> bool {
        self.start.is_some_and(|start| time < start - TIME_TOLERANCE)
    }

    pub(super) fn is_past_end(&self, time: f64) -> bool {
        self.end.is_some_and(|end| time >= end - TIME_TOLERANCE)
    }
}

/// Which rows each picture of a video fills under a sampling.
///
/// At `Fps(n)` tick i lies at `start + i / n` and takes the picture on screen: the last one whose time is at or before it.
#[derive(Debug, Clone, Copy)]
pub struct Ticks {
    sampling: Sampling,
    segment: Segment,
    /// Seconds by which a picture may follow a tick and still count as on it.
    tolerance: f64,
}

impl Ticks {
    /// Ticks for a video whose time stamps are precise to `tolerance` seconds (see [`stamp_tolerance`]).
    pub fn new(sampling: Sampling, segment: Segment, tolerance: f64) -> Self {
        Self { sampling, segment, tolerance: tolerance.max(TIME_TOLERANCE) }
    }

    /// Times of the rows of a picture on screen from `time` to `until`.
    pub fn rows(&self, time: f64, until: f64) -> Vec<f64> {
        let numbers = self.numbers(time, until);
        let Sampling::Fps(fps) = self.sampling else {
            let start = self.segment.start.filter(|_| self.segment.is_before_start(time));
            return numbers.map(|_| start.unwrap_or(time)).collect();
        };
        let start = self.segment.start.unwrap_or(0.0);
        numbers.map(|tick| start + tick as f64 / fps).collect()
    }

    /// The number of [`Ticks::rows`].
    pub fn count(&self, time: f64, until: f64) -> u64 {
        let numbers = self.numbers(time, until);
        numbers.end.saturating_sub(numbers.start)
    }

    /// Ticks at which the picture is on screen; one or none where every picture is taken.
    fn numbers(&self, time: f64, until: f64) -> Range<u64> {
        let Segment { start, end } = self.segment;
        let Sampling::Fps(fps) = self.sampling else {
            let begins_inside = !self.segment.is_before_start(time) && !self.segment.is_past_end(time);
            // A picture that is on screen during the whole segment.
            let spans = self.segment.is_before_start(time) && end.is_some_and(|end| until >= end);
            return 0..u64::from(begins_inside || spans);
        };
        let start = start.unwrap_or(0.0);
        // Negative numbers become 0.
        let first_at = |time: f64| ((time - start) * fps).ceil() as u64;
        let end = end.map_or(u64::MAX, |end| first_at(end - TIME_TOLERANCE));
        first_at(time - self.tolerance)..first_at(until - self.tolerance).min(end)
    }
}

/// Seconds by which time stamps in units of `unit` seconds may differ from the true time of a picture, with `interval`
/// seconds between pictures: one unit, since containers round, but less than an interval; 0 where a coarse unit divides the
/// interval, as in AVI.
pub(super) fn stamp_tolerance(unit: f64, interval: Option<f64>) -> f64 {
    const COARSE: f64 = 0.002;
    let Some(interval) = interval.filter(|&interval| unit > interval / 4.0) else { return unit };
    let units = interval / unit;
    let is_exact = unit > COARSE && (units - units.round()).abs() < 1e-3;
    if is_exact { 0.0 } else { unit.min(interval / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rows of pictures at these times, the last of which stays `last` seconds: (picture, time of the row).
    fn rows(ticks: Ticks, times: &[f64], last: f64) -> Vec<(usize, f64)> {
        let ends = times.iter().skip(1).copied().chain(times.last().map(|time| time + last));
        let rows = times.iter().zip(ends).enumerate();
        rows.flat_map(|(i, (&time, until))| ticks.rows(time, until).into_iter().map(move |row| (i, row)))
            .collect()
    }

    fn pictures(sampling: Sampling, segment: Segment, times: &[f64], last: f64) -> Vec<usize> {
        rows(Ticks::new(sampling, segment, 0.0), times, last)
            .into_iter()
            .map(|(picture, _)| picture)
            .collect()
    }

    #[test]
    fn rates_round_trip_as_text() {
        for (text, sampling) in
            [("10", Sampling::Fps(10.0)), ("29.97", Sampling::Fps(29.97)), ("native", Sampling::Native)]
        {
            assert_eq!(text.parse(), Ok(sampling));
            assert_eq!(sampling.to_string(), text);
        }
        for text in ["", "0", "-5", "nan", "inf", "fast", "10fps", "numbered"] {
            assert_eq!(text.parse::<Sampling>(), Err(InvalidSampling(text.to_owned())));
        }
    }

    #[test]
    fn start_is_included_and_end_is_not() {
        let times = [0.0, 0.1, 0.2, 0.1 + 0.2, 0.4, 0.5];
        let segment = Segment { start: Some(0.3), end: Some(0.5) };
        for sampling in [Sampling::Native, Sampling::Fps(10.0)] {
            assert_eq!(pictures(sampling, segment, &times, 0.1), [3, 4], "{sampling}");
        }
    }

    #[test]
    fn ticks_start_with_the_segment() {
        let times: Vec<f64> = (0..20).map(|i| f64::from(i) / 10.0).collect();
        let segment = Segment { start: Some(0.25), end: None };
        let ticks = Ticks::new(Sampling::Fps(1.0), segment, 0.0);
        assert_eq!(rows(ticks, &times, 0.1), [(2, 0.25), (12, 1.25)]);
    }

    #[test]
    fn a_picture_fills_a_row_for_each_tick_it_stays() {
        let times = [0.0, 4.0, 4.1];
        assert_eq!(pictures(Sampling::Fps(1.0), Segment::default(), &times, 2.0), [0, 0, 0, 0, 1, 2, 2]);
        let segment = Segment { start: Some(1.0), end: Some(3.0) };
        assert_eq!(pictures(Sampling::Fps(2.0), segment, &times, 2.0), [0, 0, 0, 0]);
        assert_eq!(rows(Ticks::new(Sampling::Native, segment, 0.0), &times, 2.0), [(0, 1.0)]);
    }

    #[test]
    fn tolerance_is_one_unit_unless_the_unit_divides_the_interval() {
        assert_eq!(stamp_tolerance(0.001, Some(1.0 / 30.0)), 0.001);
        assert_eq!(stamp_tolerance(0.001, None), 0.001);
        assert_eq!(stamp_tolerance(1.0 / 30.0, Some(1.0 / 30.0)), 0.0);
        assert_eq!(stamp_tolerance(0.001, Some(1.0 / 300.0)), 0.001);
        assert_eq!(stamp_tolerance(0.001, Some(1.0 / 1000.0)), 0.0005);
    }

    #[test]
    fn empty_segments_are_invalid() {
        let segment = |start, end| Segment { start, end };
        assert!(segment(None, None).is_valid() && segment(Some(1.0), Some(1.5)).is_valid());
        for bad in [
            segment(Some(-1.0), None),
            segment(Some(f64::NAN), None),
            segment(Some(2.0), Some(2.0)),
            segment(None, Some(0.0)),
            segment(None, Some(f64::INFINITY)),
        ] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
    }

    proptest! {
        /// Whatever unit a container rounds its time stamps to, and however it rounds.
        #[test]
        fn a_constant_rate_gives_every_picture_once(
            rate in prop::sample::select(vec![
                (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1), (120, 1), (240, 1),
            ]),
            typed_to_two_places in any::<bool>(),
            units in prop::sample::select(vec![1000.0, 90_000.0, 12_800.0, 1e6]),
            rounding in prop::sample::select(vec![0.0, 0.5, 0.999]),
            delay in prop_oneof![Just(0.0), 0.0..2.0f64],
            length in 1_usize..600,
        ) {
            let exact = f64::from(rate.0) / f64::from(rate.1);
            let typed = if typed_to_two_places { (exact * 1000.0).floor() / 1000.0 } else { exact };
            let stamp = |i: usize| ((i as f64 / exact + delay) * units + rounding).floor() / units;
            // A delay must not lie just beside a tick, where rounding decides on which side of it the pictures are.
            let beside = (delay * typed).fract() / typed;
            prop_assume!(delay == 0.0 || (beside > 2.2 / units && beside < 0.99 / typed - 1.1 / units));
            let times: Vec<f64> = (0..length).map(stamp).collect();
            let ticks = Ticks::new(Sampling::Fps(typed), Segment::default(), stamp_tolerance(1.0 / units, Some(1.0 / exact)));
            let taken: Vec<usize> = rows(ticks, &times, 1.0 / exact).into_iter().map(|(picture, _)| picture).collect();
            prop_assert_eq!(taken, (0..length).collect::<Vec<_>>());
        }

        /// Against the definition: walk the ticks, and take the last picture at or before each.
        #[test]
        fn each_tick_takes_the_last_picture_at_or_before_it(
            first in 0_u32..3000,
            steps in prop::collection::vec(0_u32..2000, 1..80),
            fps in 1_u32..60,
            start in 0_u32..3000,
            length in prop::option::of(1_u32..4000),
        ) {
            // In units of 1 / fps ms, in which all times and ticks are whole numbers.
            let (fps, start) = (u64::from(fps), u64::from(start));
            let mut millis = vec![u64::from(first)];
            millis.extend(steps.iter().scan(u64::from(first), |t, &s| { *t += u64::from(s); Some(*t) }));
            let until = millis.pop().unwrap();
            prop_assume!(!millis.is_empty());
            let end = length.map(|length| start + u64::from(length));
            let mut expected = Vec::new();
            for tick in 0.. {
                let at = start * fps + 1000 * tick;
                if at >= until * fps || end.is_some_and(|end| at >= end * fps) {
                    break;
                }
                expected.extend(millis.iter().rposition(|&t| t * fps <= at));
            }
            let seconds = |millis: u64| millis as f64 / 1000.0;
            let times: Vec<f64> = millis.iter().copied().map(seconds).collect();
            let segment = Segment { start: Some(seconds(start)), end: end.map(seconds) };
            let last = seconds(until) - times.last().unwrap();
            prop_assert_eq!(pictures(Sampling::Fps(fps as f64), segment, &times, last), expected);
        }

        /// Where one rate divides the other, the sparser rows are among the denser ones, with the same pictures.
        #[test]
        fn a_sparser_sampling_is_thinned_from_a_denser_one(
            start in prop::option::of(0.0..1.0f64),
            length in 1usize..60,
            every in 1u32..6,
        ) {
            let times: Vec<f64> = (0..length).map(|i| i as f64 / 30.0).collect();
            let segment = Segment { start, end: None };
            let at = |fps| rows(Ticks::new(Sampling::Fps(fps), segment, 0.0), &times, 1.0 / 30.0);
            let thinned: Vec<_> = at(30.0).into_iter().step_by(every as usize).map(|(picture, _)| picture).collect();
            let sparse: Vec<_> = at(30.0 / f64::from(every)).into_iter().map(|(picture, _)| picture).collect();
            prop_assert_eq!(sparse, thinned);
        }
    }
}
