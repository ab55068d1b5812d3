//! The small pictures of a clip.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::explore::{Picture, Thumbnail};

/// Thumbnails kept at most: more than a film strip can show, whatever the clip's length.
const THUMBNAILS: usize = 1024;

/// Thumbnails by presentation time, an even selection of a long clip.
#[derive(Default)]
pub struct Thumbnails {
    by_microsecond: BTreeMap<i64, Thumbnail>,
}

impl Thumbnails {
    /// Adds a thumbnail. If there are too many, every other one is dropped.
    pub fn push(&mut self, thumbnail: Thumbnail) {
        self.by_microsecond.insert((thumbnail.picture.time * 1e6).round() as i64, thumbnail);
        if self.by_microsecond.len() > THUMBNAILS {
            let mut keep = false;
            self.by_microsecond.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }

    /// Keeps the frames whose ordinals pass.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        self.by_microsecond.retain(|_, thumbnail| keep(thumbnail.picture.ordinal));
    }

    /// Keeps those of these seconds.
    pub fn retain_between(&mut self, start: f64, end: f64) {
        self.by_microsecond.retain(|_, thumbnail| (start..end).contains(&thumbnail.picture.time));
    }

    /// Those of these seconds.
    pub fn between(&self, start: f64, end: f64) -> impl Iterator<Item = &Thumbnail> {
        self.by_microsecond.values().filter(move |thumbnail| (start..end).contains(&thumbnail.picture.time))
    }

    /// The last thumbnail at or before a time, or else the first one, with its own time in microseconds.
    pub fn at(&self, time: f64) -> Option<(i64, &Thumbnail)> {
        let key = (time * 1e6).round() as i64;
        let before = self.by_microsecond.range(..=key).next_back();
        let (&microsecond, thumbnail) = before.or_else(|| self.by_microsecond.iter().next())?;
        Some((microsecond, thumbnail))
    }

    /// The full pictures, in order.
    pub fn pictures(&self) -> impl Iterator<Item = &Arc<Picture>> {
        self.by_microsecond.values().map(|thumbnail| &thumbnail.picture)
    }

    /// Times of the first and the last thumbnail, in seconds.
    pub fn span(&self) -> Option<(f64, f64)> {
        let (first, _) = self.by_microsecond.first_key_value()?;
        let (last, _) = self.by_microsecond.last_key_value()?;
        Some((*first as f64 / 1e6, *last as f64 / 1e6))
    }
}

/// Thumbnails of a part of a clip, which has more of them than [`Thumbnails`] of the whole clip keep.
#[derive(Default)]
pub struct Film {
    /// First and last second of the part; `None` for the whole clip.
    pub window: Option<(f64, f64)>,
    pub pictures: Thumbnails,
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    #[test]
    fn thumbnails_of_a_long_clip_stay_few_and_even() {
        let mut thumbnails = Thumbnails::default();
        for i in (0..10_000_usize).filter(|i| i.is_multiple_of((i / THUMBNAILS + 1).next_power_of_two())) {
            let picture = Picture { ordinal: i as u64, time: i as f64, jpeg: Vec::new() };
            thumbnails.push(Thumbnail { small: RgbImage::new(1, 1), picture: Arc::new(picture) });
        }
        assert!(thumbnails.by_microsecond.len() <= THUMBNAILS);
        let times: Vec<i64> = thumbnails.by_microsecond.keys().copied().collect();
        let gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        assert!(gaps.iter().all(|&gap| gap == gaps[0]), "even");
    }
}
