use serde::{Deserialize, Serialize};

use super::orientation::Orientation;
use super::{Sampling, Segment};

/// Stands for the codec of a clip of images.
pub(super) const IMAGES: &str = "images";

/// What is known about a video before its frames are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoInfo {
    /// Of the upright picture, in stored pixels.
    pub width: u32,
    pub height: u32,
    /// Width over height of one pixel of the upright picture; 1 where the file states none.
    pub pixel_aspect: f64,
    /// Clockwise turn in degrees (0, 90, 180, 270) that frames have already been given.
    pub rotation: i32,
    /// FFmpeg's name of the codec, such as `h264`; `images` for a clip of images.
    pub codec: String,
    /// Seconds from time zero to the end of the video, as the container states it.
    pub duration: Option<f64>,
    /// Mean frames per second, as the container states it.
    pub frame_rate: Option<f64>,
    /// Seconds by which a time stamp may differ from the true time of its frame, since containers round.
    pub tolerance: f64,
}

impl VideoInfo {
    /// The same for pictures that are turned before they are shown.
    pub(super) fn turned(self, orientation: Orientation) -> Self {
        let (width, height) = orientation.upright_size(self.width, self.height);
        let pixel_aspect =
            if orientation.swaps_sides() { 1.0 / self.pixel_aspect } else { self.pixel_aspect };
        Self { width, height, pixel_aspect, rotation: orientation.clockwise_degrees(), ..self }
    }

    /// A clip of which only embeddings are known.
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

    /// The frame rate where it is only a convention: that of a folder of images.
    pub fn assumed_rate(&self) -> Option<f64> {
        let rate = self.frame_rate.filter(|_| self.codec == IMAGES)?;
        (self.duration? * rate > 1.5).then_some(rate)
    }

    /// How many frames `sampling` will probably take from `segment`: an estimate for progress, since headers are often
    /// wrong. `None` where neither the file nor the segment has an end.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn info(duration: Option<f64>, frame_rate: Option<f64>) -> VideoInfo {
        VideoInfo { duration, frame_rate, ..VideoInfo::of_embeddings(1, 1.0) }
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
