//! Still images have Pillow's pixels; thumbnails keep their aspect.

use std::fs;

use actalign_tui::video::{Frame, Shown, load_image, thumbnail};
use image::Rgb;
use serde::Deserialize;

use crate::support::clip::fresh;

/// Written by `tests/reference/images.py`.
#[derive(Deserialize)]
struct Reference {
    name: String,
    lossless: bool,
    file: Vec<u8>,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

#[test]
fn pixels_equal_pillows() {
    let references: Vec<Reference> =
        serde_json::from_str(include_str!("../../reference/images.json")).unwrap();
    assert!(references.len() > 10);
    for reference in references {
        // The content decides, not the name.
        let (_folder, path) = fresh("picture");
        fs::write(&path, &reference.file).unwrap();
        let frame = load_image(&path).unwrap();
        assert_eq!((frame.width, frame.height), (reference.width, reference.height), "{}", reference.name);
        assert_eq!(frame.rgb.len(), reference.rgb.len(), "{}", reference.name);
        // JPEG decoders may round differently.
        let tolerance = if reference.lossless { 0 } else { 3 };
        let worst = frame.rgb.iter().zip(&reference.rgb).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= tolerance, "{} is off by {worst}", reference.name);
    }
}

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> Frame {
    let pixel = |x| if 2 * x < width { [255, 0, 0] } else { [0, 0, 255] };
    let rgb = (0..height).flat_map(|_| (0..width).flat_map(pixel)).collect();
    Frame { ordinal: 0, time: 0.0, shown: Shown::once(0.0), width, height, rgb }
}

#[test]
fn thumbnails_fit_and_keep_their_aspect() {
    for (size, aspect, room, expected) in [
        ((200, 100), 1.0, (50, 50), (50, 25)),
        ((100, 200), 1.0, (50, 50), (25, 50)),
        // Pixels twice as wide as high make the square picture a wide one.
        ((100, 100), 2.0, (50, 50), (50, 25)),
        ((100, 100), 0.5, (50, 50), (25, 50)),
        // Not enlarged.
        ((20, 10), 1.0, (50, 50), (20, 10)),
        ((20, 10), 1.5, (50, 50), (30, 10)),
        ((1000, 2), 1.0, (50, 50), (50, 1)),
        ((20, 10), f64::NAN, (50, 50), (20, 10)),
        ((20, 10), 1.0, (0, 0), (1, 1)),
    ] {
        let small = thumbnail(&halves(size.0, size.1), aspect, room.0, room.1);
        assert_eq!(small.dimensions(), expected, "{size:?} x {aspect} in {room:?}");
    }
    let small = thumbnail(&halves(200, 100), 1.0, 50, 50);
    assert_eq!((*small.get_pixel(5, 12), *small.get_pixel(45, 12)), (Rgb([255, 0, 0]), Rgb([0, 0, 255])));
}
