//! Image preparation against Pillow, byte for byte (made by `tests/reference/resize.py`).

use actalign_tui::backbone::{Filter, Fit, Preprocessor, Region};
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Case {
    picture: String,
    width: u32,
    height: u32,
    size: usize,
    /// The shorter side before the square is cut from the middle; none squashes.
    shortest: Option<usize>,
    filter: String,
    fnv: String,
    /// The bytes themselves, where they are few.
    rgb: Option<Vec<u8>>,
}

pub fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn picture(case: &Case) -> Vec<u8> {
    let (width, height) = (u64::from(case.width), u64::from(case.height));
    let bytes = noise(3 * (width * height) as usize, width * 10000 + height);
    match case.picture.as_str() {
        "noise" => bytes,
        "stark" => bytes.into_iter().map(|b| if b > 127 { 255 } else { 0 }).collect(),
        other => panic!("{other}"),
    }
}

pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf29ce484222325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100000001b3))
}

#[test]
fn squares_equal_pillows_byte_for_byte() {
    check(include_str!("../../fixtures/siglip/resize.json"), |_| Fit::Squash);
}

/// Made by `tests/reference/clip.py crops`.
#[test]
fn crops_equal_those_of_transformers_byte_for_byte() {
    check(include_str!("../../fixtures/clip/crops.json"), |shortest| Fit::Crop { shortest });
}

/// X-CLIP's processor, bilinear, made by `tests/reference/xclip.py crops`.
#[test]
fn frames_equal_those_of_the_video_processor_byte_for_byte() {
    check(include_str!("../../fixtures/xclip/crops.json"), |shortest| Fit::Crop { shortest });
}

/// Made by `tests/reference/open_clip_fixtures.py crops`.
#[test]
fn crops_equal_those_of_open_clip_byte_for_byte() {
    check(include_str!("../../fixtures/open_clip/crops.json"), |shortest| Fit::CropRounded { shortest });
}

fn check(cases: &str, crop: impl Fn(usize) -> Fit) {
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= 28);
    for case in cases {
        let filter = match case.filter.as_str() {
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            other => panic!("{other}"),
        };
        let fit = case.shortest.map_or(Fit::Squash, &crop);
        let preprocessor = Preprocessor { size: case.size, filter, fit };
        let square = preprocessor.prepare(&picture(&case), case.width, case.height);
        let name = format!("{} {}x{} to {} {fit:?}", case.picture, case.width, case.height, case.size);
        if let Some(rgb) = case.rgb {
            assert_eq!(square.rgb, rgb, "{name}");
        }
        assert_eq!(format!("{:016x}", fnv(&square.rgb)), case.fnv, "{name}");
    }
}

#[test]
fn the_region_of_a_crop_is_the_middle() {
    let region = |fit, width, height| {
        let Region { left, top, width, height } =
            Preprocessor { size: 224, filter: Filter::Bicubic, fit }.region(width, height);
        [left, top, width, height]
    };
    assert_eq!(region(Fit::Squash, 640, 360), [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(region(Fit::Crop { shortest: 224 }, 448, 224), [0.25, 0.0, 0.5, 1.0]);
    assert_eq!(region(Fit::Crop { shortest: 448 }, 448, 896), [0.25, 0.375, 0.5, 0.25]);
}

/// The shorter side decides, so the longer one has 20 million pixels before it is cut.
#[test]
fn a_crop_of_a_line_stays_small() {
    let preprocessor = Preprocessor { size: 32, filter: Filter::Bicubic, fit: Fit::Crop { shortest: 336 } };
    let line = noise(3 * 60_000, 3);
    assert_eq!(preprocessor.prepare(&line, 60_000, 1).rgb.len(), 3 * 32 * 32);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// One colour stays that colour: the weights of every position sum to one.
    #[test]
    fn one_colour_stays(width in 1u32..90, height in 1u32..90, size in 1usize..70, colour: [u8; 3], cubic: bool) {
        let filter = if cubic { Filter::Bicubic } else { Filter::Bilinear };
        let rgb = colour.repeat((width * height) as usize);
        let square = Preprocessor { size, filter, fit: Fit::Squash }.prepare(&rgb, width, height);
        prop_assert_eq!((square.width, square.height), (size, size));
        prop_assert_eq!(square.rgb, colour.repeat(size * size));
    }

    /// Mirroring before or after is the same, up to the rounding of the weights.
    #[test]
    fn mirror_commutes(width in 1u32..60, height in 1u32..60, size in 1usize..50, seed: u64) {
        let mirror = |rgb: &[u8], width: usize| -> Vec<u8> {
            let rows = rgb.chunks_exact(3 * width);
            rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied()).collect()
        };
        let preprocessor = Preprocessor { size, filter: Filter::Bicubic, fit: Fit::Squash };
        let rgb = noise((3 * width * height) as usize, seed);
        let after = mirror(&preprocessor.prepare(&rgb, width, height).rgb, size);
        let before = preprocessor.prepare(&mirror(&rgb, width as usize), width, height).rgb;
        prop_assert!(after.iter().zip(&before).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}
