//! Image preparation against Pillow, byte for byte (made by `tests/reference/resize.py`).

use actalign_tui::backbone::{Filter, Preprocessor};
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Case {
    picture: String,
    width: u32,
    height: u32,
    size: usize,
    filter: String,
    fnv: String,
    /// The bytes themselves, where they are few.
    rgb: Option<Vec<u8>>,
}

fn noise(count: usize, seed: u64) -> Vec<u8> {
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

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf29ce484222325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100000001b3))
}

#[test]
fn squares_equal_pillows_byte_for_byte() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/siglip/resize.json")).unwrap();
    assert!(cases.len() >= 100);
    for case in cases {
        let filter = match case.filter.as_str() {
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            other => panic!("{other}"),
        };
        let preprocessor = Preprocessor { size: case.size, filter };
        let square = preprocessor.square(&picture(&case), case.width, case.height);
        let name =
            format!("{} {}x{} to {} {}", case.picture, case.width, case.height, case.size, case.filter);
        if let Some(rgb) = case.rgb {
            assert_eq!(square.rgb, rgb, "{name}");
        }
        assert_eq!(format!("{:016x}", fnv(&square.rgb)), case.fnv, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// One colour stays that colour: the weights of every position sum to one.
    #[test]
    fn one_colour_stays(width in 1u32..90, height in 1u32..90, size in 1usize..70, colour: [u8; 3], cubic: bool) {
        let filter = if cubic { Filter::Bicubic } else { Filter::Bilinear };
        let rgb = colour.repeat((width * height) as usize);
        let square = Preprocessor { size, filter }.square(&rgb, width, height);
        prop_assert_eq!(square.size, size);
        prop_assert_eq!(square.rgb, colour.repeat(size * size));
    }

    /// Mirroring before or after is the same, up to the rounding of the weights.
    #[test]
    fn mirror_commutes(width in 1u32..60, height in 1u32..60, size in 1usize..50, seed: u64) {
        let mirror = |rgb: &[u8], width: usize| -> Vec<u8> {
            let rows = rgb.chunks_exact(3 * width);
            rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied()).collect()
        };
        let preprocessor = Preprocessor { size, filter: Filter::Bicubic };
        let rgb = noise((3 * width * height) as usize, seed);
        let after = mirror(&preprocessor.square(&rgb, width, height).rgb, size);
        let before = preprocessor.square(&mirror(&rgb, width as usize), width, height).rgb;
        prop_assert!(after.iter().zip(&before).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}
