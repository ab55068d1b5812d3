//! Pictures are upright, and pixels keep their aspect.

use std::fs;
use std::path::Path;

use actalign_tui::video::{Frame, Sampling, Segment, VideoReader};
use video_rs::ffmpeg::Rational;
use video_rs::ffmpeg::frame::Video as RawFrame;

use crate::support::clip::{Clip, fresh, lossless};

/// One grey per quarter of the picture: top left, top right, bottom left, bottom right.
const CORNERS: [u8; 4] = [40, 100, 160, 220];

fn paint_corners(_: usize, frame: &mut RawFrame) {
    let (width, height, stride) = (frame.width() as usize, frame.height() as usize, frame.stride(0));
    for (y, row) in frame.data_mut(0).chunks_mut(stride).take(height).enumerate() {
        for (x, luma) in row.iter_mut().take(width).enumerate() {
            *luma = CORNERS[usize::from(2 * x >= width) + 2 * usize::from(2 * y >= height)];
        }
    }
    for plane in 1..frame.planes() {
        frame.data_mut(plane).fill(128);
    }
}

/// The nearest painted grey of each quarter.
fn corners(frame: &Frame) -> [u8; 4] {
    let (w, h) = (frame.width as usize, frame.height as usize);
    [(w / 4, h / 4), (3 * w / 4, h / 4), (w / 4, 3 * h / 4), (3 * w / 4, 3 * h / 4)].map(|(x, y)| {
        // Limited range: luma 16 to 235 becomes 0 to 255.
        let luma = f64::from(frame.rgb[3 * (y * w + x)]) * 219.0 / 255.0 + 16.0;
        CORNERS.into_iter().min_by_key(|&corner| (f64::from(corner) - luma).abs() as u64).unwrap()
    })
}

/// Writes the track's display matrix into a QuickTime file: nine numbers that follow 40 bytes into
/// the payload of the track header (version 0).
fn set_matrix(path: &Path, [a, b, c, d]: [i32; 4]) {
    let mut bytes = fs::read(path).unwrap();
    let header = bytes.windows(4).position(|window| window == b"tkhd").unwrap();
    let one = 1 << 16;
    let matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30];
    bytes[header + 44..header + 80].copy_from_slice(&matrix.map(i32::to_be_bytes).concat());
    fs::write(path, bytes).unwrap();
}

fn clip() -> Clip {
    Clip {
        codec: "mpeg4",
        options: &[("qmin", "1"), ("qmax", "2")],
        format: video_rs::ffmpeg::format::Pixel::YUV420P,
        width: 96,
        height: 64,
        aspect: Rational(4, 3),
        ..lossless(2)
    }
}

#[test]
fn the_display_matrix_is_applied() {
    let [tl, tr, bl, br] = CORNERS;
    for (matrix, degrees, seen) in [
        ([1, 0, 0, 1], 0, [tl, tr, bl, br]),
        ([0, 1, -1, 0], 90, [bl, tl, br, tr]),
        ([-1, 0, 0, -1], 180, [br, bl, tr, tl]),
        ([0, -1, 1, 0], 270, [tr, br, tl, bl]),
        ([-1, 0, 0, 1], 180, [tr, tl, br, bl]),
    ] {
        let (_folder, path) = fresh("clip.mov");
        clip().write(&path, paint_corners);
        set_matrix(&path, matrix);
        let reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
        let info = reader.info().clone();
        let sideways = degrees % 180 == 90;
        let size = if sideways { (64, 96) } else { (96, 64) };
        assert_eq!((info.width, info.height, info.rotation), (size.0, size.1, degrees), "{matrix:?}");
        let aspect = if sideways { 0.75 } else { 4.0 / 3.0 };
        assert!((info.pixel_aspect - aspect).abs() < 1e-9, "{matrix:?}: {}", info.pixel_aspect);
        let frames: Vec<Frame> = reader.map(Result::unwrap).collect();
        assert_eq!(frames.len(), 2);
        for frame in &frames {
            assert_eq!((frame.width, frame.height), size);
            assert_eq!(frame.rgb.len(), 96 * 64 * 3);
            assert_eq!(corners(frame), seen, "{matrix:?}");
        }
    }
}

#[test]
fn the_header_is_reported() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(50).write(&path, paint_corners);
    let reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height, info.codec.as_str()), (64, 16, "ffv1"));
    assert_eq!((info.pixel_aspect, info.rotation), (1.0, 0));
    assert!((info.duration.unwrap() - 2.0).abs() < 0.05, "{:?}", info.duration);
    assert!((info.frame_rate.unwrap() - 25.0).abs() < 0.01, "{:?}", info.frame_rate);
    assert_eq!(reader.path(), path);
}
