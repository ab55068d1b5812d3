//! A few frames of a clip for models that see it as a whole: as pictures for a vision-language model, and prepared for X-CLIP.

use std::iter;
use std::path::Path;

use color_eyre::eyre::{Report, ensure};

use crate::backbone::{PreparedImage, Preprocessor};
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
    middles(frames.len(), count).map(|index| frames[index].1).collect()
}

/// The index of the middle one of each of `count` equal parts of `total` things. Fewer than `count` are repeated.
fn middles(total: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |part| (2 * part + 1) * total / (2 * count))
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

/// `count` prepared frames in order of time, of all that the sampling takes: the middle one of each of `count` equal parts.
/// A clip of fewer frames repeats them. It is decoded twice: first to count its frames.
pub fn prepared(
    clip: ClipPictures,
    count: usize,
    preprocessor: Preprocessor,
) -> Result<Vec<PreparedImage>, Report> {
    let open = || VideoReader::open(clip.video, clip.sampling, clip.segment);
    let mut total = 0;
    for frame in open()? {
        frame?;
        total += 1;
    }
    let indices: Vec<usize> = middles(total, count).collect();
    let mut first = None;
    let mut images = Vec::with_capacity(count);
    for (index, frame) in open()?.enumerate() {
        let mut frame = frame?;
        let first = *first.get_or_insert(frame.ordinal);
        let times = indices.iter().filter(|&&wanted| wanted == index).count();
        if times == 0 {
            continue;
        }
        clip.masks.apply(first, &mut frame);
        let image = preprocessor.prepare(&frame.rgb, frame.width, frame.height);
        images.extend(iter::repeat_n(image, times));
        if images.len() == count {
            break;
        }
    }
    ensure!(images.len() == count, "the clip has become shorter");
    Ok(images)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `mmaction` samples for tests, which X-CLIP's authors use: `floor((i + 1/2) · total / count)`.
    #[test]
    fn frames_are_the_middles_of_equal_parts() {
        let of = |total, count| middles(total, count).collect::<Vec<_>>();
        assert_eq!(of(300, 8), [18, 56, 93, 131, 168, 206, 243, 281]);
        assert_eq!(of(16, 8), [1, 3, 5, 7, 9, 11, 13, 15]);
        assert_eq!(of(9, 8), [0, 1, 2, 3, 5, 6, 7, 8]);
        assert_eq!(of(8, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(of(3, 8), [0, 0, 0, 1, 1, 2, 2, 2]);
        assert_eq!(of(1, 4), [0; 4]);
        for (total, count) in (1..200).flat_map(|total| [8, 16, 32].map(|count| (total, count))) {
            let part = total as f64 / count as f64;
            let offsets = (0..count).map(|i| (i as f64 * part + part / 2.0) as usize);
            assert!(offsets.eq(middles(total, count)), "{total} {count}");
        }
    }
}
