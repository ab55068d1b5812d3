use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

/// Seconds by which a time may miss a bound and still count as on it: containers keep times in
/// ticks, users type decimals.
const TIME_TOLERANCE: f64 = 1e-6;

/// How densely frames are taken from a video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// So many frames a second, by presentation time.
    Fps(f64),
    /// Every frame.
    Native,
    /// Every frame, of a segment whose bounds are numbers of frames from 0: seconds times the video's frame rate, rounded
    /// down. So the method's authors take them, and OpenCV tells the rate.
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
        if text.eq_ignore_ascii_case("numbered") {
            return Ok(Self::Numbered);
        }
        match text.parse::<f64>() {
            Ok(fps) if fps.is_finite() && fps > 0.0 => Ok(Self::Fps(fps)),
            _ => Err(InvalidSampling(text.to_owned())),
        }
    }
}

impl Sampling {
    /// Which of the frames at these times, ascending, it takes from a segment.
    pub fn thin(self, times: &[f64], segment: Segment) -> Vec<bool> {
        let mut sampler = Sampler::new(self, segment);
        times.iter().map(|&time| sampler.takes(time)).collect()
    }

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
    /// First moment of the segment; from the first frame on where absent.
    pub start: Option<f64>,
    /// First moment after the segment; to the last frame where absent.
    pub end: Option<f64>,
}

impl Segment {
    /// Whether `0 <= start < end`, both finite.
    pub(super) fn is_valid(&self) -> bool {
        let start = self.start.unwrap_or(0.0);
        let end = self.end.unwrap_or(f64::MAX);
        start.is_finite() && end.is_finite() && start >= 0.0 && start < end
    }

    /// Numbers of the frames, from 0, at so many frames a second.
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

/// Decides, one presentation time after another, which frames of a segment are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampler {
    sampling: Sampling,
    segment: Segment,
    last_tick: Option<u64>,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling, segment: Segment) -> Self {
        Self { sampling, segment, last_tick: None }
    }

    /// Whether the frame at `time` is taken. Times must not decrease from call to call.
    ///
    /// At `Fps(f)` the ticks lie at `start + i / f` and each goes to the first frame at or after it;
    /// a frame that comes after several ticks is taken once. Frames before time zero count for the
    /// first tick.
    pub(super) fn takes(&mut self, time: f64) -> bool {
        if self.segment.is_before_start(time) || self.segment.is_past_end(time) {
            return false;
        }
        let Sampling::Fps(fps) = self.sampling else { return true };
        // A negative number becomes 0.
        let tick = ((time - self.segment.start.unwrap_or(0.0)) * fps + TIME_TOLERANCE).floor() as u64;
        if self.last_tick.is_some_and(|last| tick <= last) {
            return false;
        }
        self.last_tick = Some(tick);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Which of a denser sampling's frames a sparser one takes is what it takes of all frames, where its rate divides.
        #[test]
        fn a_sparser_sampling_is_thinned_from_a_denser_one(
            start in prop::option::of(0.0..1.0f64),
            length in 1usize..60,
            every in 1u32..6,
        ) {
            let times: Vec<f64> = (0..length).map(|i| i as f64 / 30.0).collect();
            let segment = Segment { start, end: None };
            let taken = |sampling: Sampling, times: &[f64]| -> Vec<f64> {
                let mask = sampling.thin(times, segment);
                times.iter().zip(mask).filter(|(_, taken)| *taken).map(|(&time, _)| time).collect()
            };
            let sparse = Sampling::Fps(30.0 / f64::from(every));
            prop_assert_eq!(taken(Sampling::Native, &times), taken(Sampling::Fps(30.0), &times));
            prop_assert_eq!(taken(sparse, &taken(Sampling::Native, &times)), taken(sparse, &times));
        }
    }

    fn taken(sampling: Sampling, segment: Segment, times: &[f64]) -> Vec<f64> {
        let mut sampler = Sampler::new(sampling, segment);
        times.iter().copied().filter(|&time| sampler.takes(time)).collect()
    }

    #[test]
    fn rates_are_read_and_written() {
        for (text, sampling) in [
            ("10", Sampling::Fps(10.0)),
            ("29.97", Sampling::Fps(29.97)),
            ("native", Sampling::Native),
            ("numbered", Sampling::Numbered),
        ] {
            assert_eq!(text.parse(), Ok(sampling));
            assert_eq!(sampling.to_string(), text);
        }
        for text in ["", "0", "-5", "nan", "inf", "fast", "10fps"] {
            assert_eq!(text.parse::<Sampling>(), Err(InvalidSampling(text.to_owned())));
        }
    }

    #[test]
    fn a_tick_that_falls_on_a_frame_takes_that_frame() {
        let thirty: Vec<f64> = (0..60).map(|i| f64::from(i) / 30.0).collect();
        let expected: Vec<f64> = (0..20).map(|i| f64::from(i * 3) / 30.0).collect();
        assert_eq!(taken(Sampling::Fps(10.0), Segment::default(), &thirty), expected);
    }

    #[test]
    fn start_is_included_and_end_is_not() {
        let times = [0.0, 0.1, 0.2, 0.1 + 0.2, 0.4, 0.5];
        let segment = Segment { start: Some(0.3), end: Some(0.5) };
        assert_eq!(taken(Sampling::Native, segment, &times), [0.1 + 0.2, 0.4]);
    }

    #[test]
    fn ticks_count_from_the_start_of_the_segment() {
        let times: Vec<f64> = (0..20).map(|i| f64::from(i) / 10.0).collect();
        let segment = Segment { start: Some(0.25), end: None };
        assert_eq!(taken(Sampling::Fps(1.0), segment, &times), [0.3, 1.3]);
    }

    #[test]
    fn segments_without_room_are_invalid() {
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
        /// Against the definition: walk the ticks, give each to the first frame at or after it.
        #[test]
        fn sampling_gives_each_tick_to_the_next_frame(
            steps in prop::collection::vec(1_u32..2000, 1..80),
            fps in 1_u32..60,
            start in 0_u32..3000,
        ) {
            let millis: Vec<u64> = steps.iter().scan(0, |t, &s| { *t += u64::from(s); Some(*t) }).collect();
            let times: Vec<f64> = millis.iter().map(|&t| t as f64 / 1000.0).collect();
            let (fps, start) = (u64::from(fps), u64::from(start));
            let last = *millis.last().unwrap();
            let mut expected = Vec::new();
            // Tick i is at start + 1000 i / fps ms: compared exactly, in units of 1 / fps ms.
            for tick in (0..).take_while(|i| start * fps + 1000 * i <= last * fps) {
                let at = start * fps + 1000 * tick;
                let next = millis.iter().position(|&t| t * fps >= at).unwrap();
                if expected.last() != Some(&times[next]) {
                    expected.push(times[next]);
                }
            }
            let segment = Segment { start: Some(start as f64 / 1000.0), end: None };
            prop_assert_eq!(taken(Sampling::Fps(fps as f64), segment, &times), expected);
        }
    }
}
