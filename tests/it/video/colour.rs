//! Colour matrix, range and depth come from the frame. Expected values follow the definitions of ITU-R BT.601, BT.709 and
//! BT.2020 in floating point.

use actalign_tui::video::{Sampling, Segment};
use video_rs::ffmpeg::color::{Range, Space};
use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, frames, fresh, lossless};

const PATCHES: [[u8; 3]; 8] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
    [0, 0, 0],
    [200, 120, 40],
    [30, 90, 170],
    [128, 128, 128],
];

/// R'G'B' to Y'CbCr samples of `bits` bits; `kr` and `kb` are the weights of red and blue in luma.
fn encode([r, g, b]: [u8; 3], (kr, kb): (f64, f64), full: bool, bits: u32) -> [u16; 3] {
    let [r, g, b] = [r, g, b].map(|value| f64::from(value) / 255.0);
    let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
    let (cb, cr) = ((b - luma) / (2.0 * (1.0 - kb)), (r - luma) / (2.0 * (1.0 - kr)));
    let unit = f64::from(1_u16 << (bits - 8));
    let (black, luma_span, chroma_span) = if full { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
    let clip = |value: f64| value.round().clamp(0.0, 256.0 * unit - 1.0) as u16;
    [
        clip(unit * (black + luma_span * luma)),
        clip(unit * (128.0 + chroma_span * cb)),
        clip(unit * (128.0 + chroma_span * cr)),
    ]
}

/// Encodes the patches side by side and reads their middles back.
fn round_trip(clip: &Clip, weights: (f64, f64), full: bool, bits: u32) -> Vec<[u8; 3]> {
    let (_folder, path) = fresh("clip.mkv");
    let bytes = if bits > 8 { 2 } else { 1 };
    clip.write(&path, |_, frame| {
        for plane in 0..3 {
            let stride = frame.stride(plane);
            for row in frame.data_mut(plane).chunks_mut(stride) {
                for (x, sample) in row.chunks_exact_mut(bytes).take(64).enumerate() {
                    let value = encode(PATCHES[x / 8], weights, full, bits)[plane];
                    sample.copy_from_slice(&value.to_ne_bytes()[..bytes]);
                }
            }
        }
    });
    let frame = &frames(&path, Sampling::Native, Segment::default())[0];
    (0..8).map(|patch| frame.rgb[3 * (8 * 64 + patch * 8 + 4)..][..3].try_into().unwrap()).collect()
}

fn assert_close(decoded: &[[u8; 3]], case: &str) {
    for (decoded, patch) in decoded.iter().zip(PATCHES) {
        let close = decoded.iter().zip(patch).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(close, "{case}: {patch:?} came out as {decoded:?}");
    }
}

#[test]
fn colours_survive_every_matrix_and_range() {
    let bt601 = (0.299, 0.114);
    let bt709 = (0.2126, 0.0722);
    let bt2020 = (0.2627, 0.0593);
    for (space, weights) in [
        (Space::Unspecified, bt601),
        (Space::SMPTE170M, bt601),
        (Space::BT470BG, bt601),
        (Space::BT709, bt709),
        (Space::BT2020NCL, bt2020),
    ] {
        for (range, full) in [(Range::Unspecified, false), (Range::MPEG, false), (Range::JPEG, true)] {
            let clip = Clip { space, range, ..lossless(1) };
            let decoded = round_trip(&clip, weights, full, 8);
            assert_close(&decoded, &format!("{space:?} {range:?}"));
        }
    }
}

#[test]
fn ten_bits_are_read_as_ten_bits() {
    let clip = Clip { format: Pixel::YUV444P10LE, space: Space::BT709, ..lossless(1) };
    assert_close(&round_trip(&clip, (0.2126, 0.0722), false, 10), "10 bits");
}

#[test]
fn full_range_pixel_formats_need_no_tag() {
    let clip = Clip {
        codec: "mjpeg",
        options: &[("qmin", "1"), ("qmax", "1")],
        format: Pixel::YUVJ444P,
        height: 16,
        ..lossless(1)
    };
    let decoded = round_trip(&clip, (0.299, 0.114), true, 8);
    // Lossy: only that black and white are not stretched or squeezed.
    assert!(decoded[3].iter().all(|&value| value >= 250), "white came out as {:?}", decoded[3]);
    assert!(decoded[4].iter().all(|&value| value <= 5), "black came out as {:?}", decoded[4]);
    assert!(decoded[7].iter().all(|&value| value.abs_diff(128) <= 5), "grey came out as {:?}", decoded[7]);
}

#[test]
fn rgb_is_unchanged_at_any_size() {
    for (width, height) in [(64, 16), (61, 17), (3, 5)] {
        let (_folder, path) = fresh("clip.mov");
        let value = |i: usize| (i * 7919 % 251) as u8;
        Clip { codec: "png", format: Pixel::RGB24, width, height, ..lossless(2) }.write(&path, |_, frame| {
            let (row_bytes, stride) = (3 * frame.width() as usize, frame.stride(0));
            for (y, row) in frame.data_mut(0).chunks_mut(stride).enumerate() {
                row.iter_mut()
                    .take(row_bytes)
                    .enumerate()
                    .for_each(|(x, byte)| *byte = value(y * row_bytes + x));
            }
        });
        let expected: Vec<u8> = (0..3 * (width * height) as usize).map(value).collect();
        for frame in frames(&path, Sampling::Native, Segment::default()) {
            assert_eq!((frame.width, frame.height), (width, height));
            assert!(frame.rgb == expected, "{width} x {height}");
        }
    }
}
