//! Small clips made for a test.

use std::path::Path;

use actalign_tui::video::{Frame, Sampling, Segment, VideoReader, silence_ffmpeg};
use video_rs::ffmpeg::codec::{Context, Flags};
use video_rs::ffmpeg::color::{Range, Space};
use video_rs::ffmpeg::format::{self, Pixel};
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::{Dictionary, Packet, Rational, encoder};

/// How a clip is encoded; the container follows from the file's extension.
pub struct Clip {
    pub codec: &'static str,
    pub options: &'static [(&'static str, &'static str)],
    pub format: Pixel,
    pub width: u32,
    pub height: u32,
    pub b_frames: usize,
    pub gop: u32,
    pub aspect: Rational,
    pub space: Space,
    pub range: Range,
    /// Frames per second, as the header states them.
    pub rate: Rational,
    /// Seconds per unit of `times`.
    pub unit: Rational,
    /// Presentation times in units, one a frame, growing.
    pub times: Vec<i64>,
}

/// Lossless, every frame by itself, 25 frames/s.
pub fn lossless(frames: usize) -> Clip {
    Clip {
        codec: "ffv1",
        options: &[],
        format: Pixel::YUV444P,
        width: 64,
        height: 16,
        b_frames: 0,
        gop: 1,
        aspect: Rational(1, 1),
        space: Space::Unspecified,
        range: Range::Unspecified,
        rate: Rational(25, 1),
        unit: Rational(1, 1000),
        times: (0..frames as i64).map(|i| i * 40).collect(),
    }
}

/// So many frames at an even rate, in a codec that the container takes.
pub fn at_rate(rate: Rational, frames: usize, container: &str) -> Clip {
    let codec = if container == "webm" { "libvpx" } else { "libx264" };
    let options: &[_] = if container == "webm" { &[("crf", "4"), ("b", "1M")] } else { &[("crf", "10")] };
    let b_frames = if container == "webm" { 0 } else { 2 };
    Clip {
        codec,
        options,
        format: Pixel::YUV420P,
        gop: 24,
        b_frames,
        rate,
        unit: rate.invert(),
        times: (0..frames as i64).collect(),
        ..lossless(frames)
    }
}

/// H.264 with B-frames across groups of 12, 25 frames/s: decoding order differs from presentation.
pub fn reordered(frames: usize) -> Clip {
    Clip {
        codec: "libx264",
        options: &[
            ("crf", "10"),
            ("x264-params", "open-gop=1:bframes=3:b-adapt=0:b-pyramid=normal:scenecut=0"),
        ],
        format: Pixel::YUV420P,
        b_frames: 3,
        gop: 12,
        ..lossless(frames)
    }
}

impl Clip {
    /// Encodes the clip with `paint` filling each frame, and returns the presentation times of its
    /// packets in the order of the file.
    pub fn write(&self, path: &Path, paint: impl Fn(usize, &mut RawFrame)) -> Vec<i64> {
        self.write_with(path, &[], paint)
    }

    /// As [`Clip::write`], with options for the container.
    pub fn write_with(
        &self,
        path: &Path,
        muxing: &[(&str, &str)],
        paint: impl Fn(usize, &mut RawFrame),
    ) -> Vec<i64> {
        silence_ffmpeg();
        let mut output = format::output(path).unwrap();
        let codec = encoder::find_by_name(self.codec).expect("FFmpeg with this encoder");
        let mut encoder = Context::new_with_codec(codec).encoder().video().unwrap();
        let time_base = self.unit;
        let step = (f64::from(self.rate.invert()) / f64::from(self.unit)).round() as i64;
        encoder.set_time_base(time_base);
        encoder.set_frame_rate(Some(self.rate));
        encoder.set_width(self.width);
        encoder.set_height(self.height);
        encoder.set_format(self.format);
        encoder.set_gop(self.gop);
        encoder.set_max_b_frames(self.b_frames);
        encoder.set_aspect_ratio(self.aspect);
        encoder.set_colorspace(self.space);
        encoder.set_color_range(self.range);
        if output.format().flags().contains(format::Flags::GLOBAL_HEADER) {
            encoder.set_flags(Flags::GLOBAL_HEADER);
        }
        let mut options = Dictionary::new();
        for (key, value) in self.options {
            options.set(key, value);
        }
        let mut encoder = encoder.open_as_with(codec, options).unwrap();
        let mut stream = output.add_stream(codec).unwrap();
        stream.set_parameters(&encoder);
        stream.set_avg_frame_rate(self.rate);
        stream.set_time_base(self.unit);
        output.write_header_with(muxing.iter().copied().collect()).unwrap();
        let stream_time_base = output.stream(0).unwrap().time_base();
        let mut written = Vec::new();
        let mut write_packets = |encoder: &mut encoder::Video, output: &mut format::context::Output| {
            let mut packet = Packet::empty();
            while encoder.receive_packet(&mut packet).is_ok() {
                written.push(packet.pts().unwrap());
                packet.set_stream(0);
                // Without a duration an MP4 ends before its last frame.
                packet.set_duration(step);
                packet.rescale_ts(time_base, stream_time_base);
                packet.write_interleaved(output).unwrap();
            }
        };
        for (i, &time) in self.times.iter().enumerate() {
            let mut frame = RawFrame::new(self.format, self.width, self.height);
            frame.set_color_space(self.space);
            frame.set_color_range(self.range);
            frame.set_pts(Some(time));
            paint(i, &mut frame);
            encoder.send_frame(&frame).unwrap();
            write_packets(&mut encoder, &mut output);
        }
        encoder.send_eof().unwrap();
        write_packets(&mut encoder, &mut output);
        output.write_trailer().unwrap();
        written
    }
}

/// Paints the frame's number as eight bars, the lowest bit on the left, on grey chroma.
pub fn paint_number(number: usize, frame: &mut RawFrame) {
    let (width, stride) = (frame.width() as usize, frame.stride(0));
    for row in frame.data_mut(0).chunks_mut(stride) {
        for (x, luma) in row.iter_mut().take(width).enumerate() {
            *luma = if number >> (8 * x / width) & 1 == 1 { 235 } else { 16 };
        }
    }
    for plane in 1..frame.planes() {
        frame.data_mut(plane).fill(128);
    }
}

/// Reads the number back from the middle row of an upright picture.
pub fn painted_number(frame: &Frame) -> usize {
    let (width, middle) = (frame.width as usize, frame.height as usize / 2);
    let bar = width / 8;
    (0..8).filter(|bit| frame.rgb[3 * (middle * width + bit * bar + bar / 2)] > 127).map(|bit| 1 << bit).sum()
}

/// All frames, or a panic with the first error.
pub fn frames(path: &Path, sampling: Sampling, segment: Segment) -> Vec<Frame> {
    VideoReader::open(path, sampling, segment).unwrap().map(Result::unwrap).collect()
}

/// The numbers painted into all frames of a file.
pub fn numbers(path: &Path) -> Vec<usize> {
    frames(path, Sampling::Native, Segment::default()).iter().map(painted_number).collect()
}

/// The path of a file of this name in a fresh folder, which lasts as long as the first value.
pub fn fresh(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}
