//! Small pictures of a clip, for film strips.

use std::io::Cursor;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::video::shrink;

/// Pictures kept at most: more than a film strip can show.
const MOST: usize = 1024;
const QUALITY: u8 = 85;
/// Largest width and height of a small picture; a film strip of half blocks shows no more.
const SMALL: (u32, u32) = (96, 54);

/// Small pictures in order of presentation; of a long clip an even selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    pictures: Vec<Arc<Picture>>,
    seen: usize,
}

/// A small picture of a frame as JPEG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    pub ordinal: u64,
    pub time: f64,
    /// In JSON as base64.
    #[serde(serialize_with = "write_base64", deserialize_with = "read_base64")]
    pub jpeg: Vec<u8>,
}

fn write_base64<S: Serializer>(jpeg: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(jpeg))
}

fn read_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Both pictures of a frame: a small one for film strips, and the larger one that it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    pub small: RgbImage,
    pub picture: Arc<Picture>,
}

impl Thumbnail {
    /// None where the picture cannot be compressed.
    pub fn new(ordinal: u64, time: f64, picture: &RgbImage) -> Option<Self> {
        let small = small(picture);
        Some(Self { small, picture: Arc::new(Picture::new(ordinal, time, picture)?) })
    }

    /// From a compressed picture. None where it is damaged.
    pub fn of(picture: Arc<Picture>) -> Option<Self> {
        Some(Self { small: small(&picture.decode()?), picture })
    }
}

fn small(picture: &RgbImage) -> RgbImage {
    shrink(picture, 1.0, SMALL.0, SMALL.1)
}

impl Picture {
    pub fn new(ordinal: u64, time: f64, picture: &RgbImage) -> Option<Self> {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(picture).ok()?;
        Some(Self { ordinal, time, jpeg })
    }

    /// None where the picture is damaged.
    pub fn decode(&self) -> Option<RgbImage> {
        let picture = image::load(Cursor::new(&self.jpeg), ImageFormat::Jpeg).ok()?;
        Some(picture.into_rgb8())
    }
}

impl Strip {
    /// A strip of pictures selected before.
    pub fn of(pictures: Vec<Picture>) -> Self {
        Self { seen: pictures.len(), pictures: pictures.into_iter().map(Arc::new).collect() }
    }

    pub fn pictures(&self) -> &[Arc<Picture>] {
        &self.pictures
    }

    /// Whether the selection has a place for the picture of the frame with this index.
    pub fn wants(index: usize) -> bool {
        index.is_multiple_of(Self::every(index))
    }

    /// Adds the next frame's picture, if it is wanted.
    pub fn push(&mut self, picture: Option<Arc<Picture>>) {
        if Self::wants(self.seen) {
            if Self::every(self.seen) > Self::every(self.seen.saturating_sub(1)) {
                let mut keep = false;
                self.pictures.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
            self.pictures.extend(picture);
        }
        self.seen += 1;
    }

    /// After `seen` frames, one of this many is kept.
    fn every(seen: usize) -> usize {
        (seen / MOST + 1).next_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_clip_keeps_an_even_selection() {
        let mut strip = Strip::default();
        for i in 0..10_000 {
            strip.push(Some(Arc::new(Picture { ordinal: i, time: i as f64, jpeg: Vec::new() })));
            assert!(strip.pictures.len() <= MOST);
        }
        let gaps: Vec<u64> = strip.pictures.windows(2).map(|w| w[1].ordinal - w[0].ordinal).collect();
        assert!(gaps.iter().all(|&gap| gap == 16), "{gaps:?}");
        assert_eq!(strip.pictures.len(), 10_000_usize.div_ceil(16));
    }

    #[test]
    fn a_picture_survives_compression() {
        let picture = RgbImage::from_fn(96, 54, |x, y| image::Rgb([x as u8 * 2, y as u8 * 4, 90]));
        let kept = Picture::new(1, 0.5, &picture).unwrap();
        let back = kept.decode().unwrap();
        assert_eq!(back.dimensions(), (96, 54));
        let worst = picture.iter().zip(back.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 24, "{worst}");
        assert_eq!(Picture { jpeg: vec![1, 2], ..kept }.decode(), None);
    }
}
