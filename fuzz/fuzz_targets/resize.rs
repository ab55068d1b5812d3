//! Resizing for the model, from and to any size: the result has its size, treats colours alike, keeps a plain picture
//! plain, and with the bilinear filter leaves no range.
#![no_main]

use actalign_fuzz::{Unstructured, bounded, fuzz_target};
use actalign_tui::backbone::{Filter, Fit, Preprocessor};

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let mut side = |most: u32| data.int_in_range(1..=most).unwrap_or(1);
    let (width, height, size) = (side(300), side(300), side(64) as usize);
    let height = height.min(8192 / width);
    let filter = if data.arbitrary().unwrap_or(false) { Filter::Bilinear } else { Filter::Bicubic };
    let cut = data.int_in_range(0..=80).unwrap_or(0);
    let fit = if cut == 0 { Fit::Squash } else { Fit::Crop { shortest: size + cut - 1 } };
    let preprocessor = Preprocessor { size, filter, fit };
    let bytes = data.take_rest();
    let length = 3 * width as usize * height as usize;
    let rgb: Vec<u8> = if bytes.is_empty() {
        vec![77; length]
    } else {
        bytes.iter().copied().cycle().take(length).collect()
    };

    // A side of 300 to one of 1 has 1,200 weights; everything else is pictures.
    let square = bounded(1 << 20 | 16 * length, || preprocessor.prepare(&rgb, width, height));
    assert_eq!((square.width, square.height, square.rgb.len()), (size, size, 3 * size * size));
    assert_eq!(preprocessor.prepare(&rgb, width, height), square);
    if (width as usize, height as usize) == (size, size) && cut < 2 {
        assert_eq!(square.rgb, rgb);
    }
    for colour in 0..3 {
        let of = |rgb: &[u8]| -> Vec<u8> { rgb.iter().skip(colour).step_by(3).copied().collect() };
        let (before, after) = (of(&rgb), of(&square.rgb));
        let (least, most) = (before.iter().min().unwrap(), before.iter().max().unwrap());
        if filter == Filter::Bilinear {
            assert!(after.iter().all(|value| (least..=most).contains(&value)));
        }
        if least == most {
            assert!(after.iter().all(|value| value == least), "a plain picture of {least} stays one");
        }
    }
    let swapped: Vec<u8> = rgb.as_chunks().0.iter().flat_map(|&[r, g, b]: &[u8; 3]| [b, g, r]).collect();
    let expected: Vec<u8> =
        square.rgb.as_chunks().0.iter().flat_map(|&[r, g, b]: &[u8; 3]| [b, g, r]).collect();
    assert_eq!(preprocessor.prepare(&swapped, width, height).rgb, expected);
});
