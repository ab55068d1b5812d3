//! Frames of a clip as pictures for a vision-language model.

use std::path::Path;

use color_eyre::eyre::{Report, ensure};

use crate::explore::strip::Picture;
use crate::video::{Masks, Sampling, Segment, VideoReader, thumbnail};

/// Longest side of a picture in pixels.
const SIDE: u32 = 512;

#[derive(Clone, Copy, Debug)]
pub struct ClipPictures<'a> {
    pub video: &'a Path,
    pub sampling: Sampling,
    pub segment: Segment,
    pub masks: &'a Masks,
}

/// Ordinals of at most `count` frames, given by time and ordinal: the middle one of each of `count` equal parts.
pub fn evenly_spaced(mut frames: Vec<(f64, u64)>, count: usize) -> Vec<u64> {
    frames.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = count.min(frames.len());
    (0..count).map(|part| frames[(2 * part + 1) * frames.len() / (2 * count)].1).collect()
}

/// The frames with these ordinals as JPEG with square pixels, in order of time.
pub fn jpegs(clip: ClipPictures, ordinals: &[u64]) -> Result<Vec<Vec<u8>>, Report> {
    let reader = VideoReader::open(clip.video, clip.sampling, clip.segment)?;
    let aspect = reader.info().pixel_aspect;
    let mut first = None;
    let mut pictures = Vec::new();
    for frame in reader {
        let mut frame = frame?;
        let first = *first.get_or_insert(frame.ordinal);
        if !ordinals.contains(&frame.ordinal) {
            continue;
        }
        clip.masks.apply(first, &mut frame);
        let picture = thumbnail(&frame, aspect, SIDE, SIDE);
        pictures.extend(Picture::new(frame.ordinal, frame.time, &picture).map(|picture| picture.jpeg));
        if pictures.len() == ordinals.len() {
            break;
        }
    }
    ensure!(!pictures.is_empty(), "no frame for the vision-language model");
    Ok(pictures)
}
