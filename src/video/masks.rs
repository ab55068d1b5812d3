//! Areas of a clip to blur before embedding and display.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Frame;
use super::blur::blur;

/// Areas to blur, by frame: a dataset lists them where captions would give the class away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    areas: BTreeMap<u64, Vec<Area>>,
    /// Width of the blur, odd.
    taps: usize,
    numbering: Numbering,
}

/// A box of an upright picture, in pixels from its top left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: Range<u32>,
    pub y: Range<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// The first frame of the segment is 1.
    #[default]
    FromSegment,
    /// The first frame of the whole video is 0.
    FromVideo,
}

impl Area {
    /// The box around points, clipped at 0; `None` where it is empty.
    pub fn around(points: &[(i64, i64)]) -> Option<Self> {
        // ActionAtlas slices arrays with these numbers, so that a negative one blurs another area or none. Here it is clipped.
        let side = |place: fn(&(i64, i64)) -> i64| {
            let places = || points.iter().map(|point| place(point).clamp(0, i64::from(u32::MAX)) as u32);
            Some(places().min()?..places().max()?)
        };
        let area = Self { x: side(|point| point.0)?, y: side(|point| point.1)? };
        (!area.x.is_empty() && !area.y.is_empty()).then_some(area)
    }
}

impl Masks {
    /// Areas by frame number, blurred one after the other with an odd number of `taps` each way.
    pub fn new(taps: usize, numbering: Numbering, areas: BTreeMap<u64, Vec<Area>>) -> Self {
        let areas: BTreeMap<_, _> = areas.into_iter().filter(|(_, areas)| !areas.is_empty()).collect();
        Self { areas, taps, numbering }
    }

    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// The masks of a part of the segment that begins so many frames later.
    pub fn of_part(&self, skipped: u64) -> Self {
        let mut part = self.clone();
        if self.numbering == Numbering::FromSegment {
            let renumber = |(number, areas): (u64, Vec<Area>)| Some((number.checked_sub(skipped)?, areas));
            part.areas = part.areas.into_iter().filter_map(renumber).collect();
        }
        part
    }

    /// Blurs the areas of a frame; `first` is the ordinal of the segment's first frame.
    pub fn apply(&self, first: u64, frame: &mut Frame) {
        let number = match self.numbering {
            Numbering::FromSegment => frame.ordinal + 1 - first,
            Numbering::FromVideo => frame.ordinal,
        };
        for Area { x, y } in self.areas.get(&number).into_iter().flatten() {
            let within = |range: &Range<u32>, len: u32| range.start as usize..range.end.min(len) as usize;
            let (x, y) = (within(x, frame.width), within(y, frame.height));
            if !x.is_empty() && !y.is_empty() {
                blur(&mut frame.rgb, frame.width as usize, x, y, self.taps);
            }
        }
    }

    /// Everything that decides what is blurred, for cache keys.
    pub fn describe(&self) -> String {
        format!("{:?} {} {:?}", self.numbering, self.taps, self.areas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Shown;

    /// Black and white columns.
    fn stripes(ordinal: u64) -> Frame {
        let rgb = (0..8 * 6).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        Frame { ordinal, time: 0.0, shown: Shown::once(0.0), width: 8, height: 6, rgb }
    }

    /// Which pixels of a frame a mask changes.
    fn changed(masks: &Masks, first: u64, ordinal: u64) -> Vec<(usize, usize)> {
        let (before, mut after) = (stripes(ordinal), stripes(ordinal));
        masks.apply(first, &mut after);
        let pixels = before.rgb.chunks(3).zip(after.rgb.chunks(3)).enumerate();
        pixels.filter(|(_, (before, after))| before != after).map(|(i, _)| (i % 8, i / 8)).collect()
    }

    fn masks(numbering: Numbering, points: &[(i64, i64)]) -> Masks {
        Masks::new(15, numbering, BTreeMap::from([(3, Area::around(points).into_iter().collect())]))
    }

    #[test]
    fn the_box_around_the_points_is_blurred_without_its_far_edges() {
        let masks = masks(Numbering::FromVideo, &[(5, 1), (2, 1), (2, 3), (5, 2)]);
        let expected: Vec<_> = (1..3).flat_map(|y| (2..5).map(move |x| (x, y))).collect();
        assert_eq!(changed(&masks, 0, 3), expected);
    }

    #[test]
    fn areas_are_clipped_to_the_picture() {
        let corner = masks(Numbering::FromVideo, &[(-4, -9), (2, 1)]);
        assert_eq!(changed(&corner, 0, 3), [(0, 0), (1, 0)]);
        let corner = masks(Numbering::FromVideo, &[(6, 5), (70, 50)]);
        assert_eq!(changed(&corner, 0, 3), [(6, 5), (7, 5)]);
        for outside in [[(-4, -9), (-1, 4)], [(8, 0), (9, 6)], [(3, 3), (3, 5)]] {
            assert!(changed(&masks(Numbering::FromVideo, &outside), 0, 3).is_empty());
        }
        assert!(masks(Numbering::FromVideo, &[]).is_empty());
    }

    #[test]
    fn frames_are_numbered_in_the_segment_or_in_the_video() {
        let points = [(0, 0), (8, 6)];
        let blurred = |numbering| -> Vec<u64> {
            let masks = masks(numbering, &points);
            (10..20).filter(|&ordinal| !changed(&masks, 10, ordinal).is_empty()).collect()
        };
        assert_eq!(blurred(Numbering::FromSegment), [12]);
        assert!(blurred(Numbering::FromVideo).is_empty());
        assert!(!changed(&masks(Numbering::FromVideo, &points), 0, 3).is_empty());
        assert!(Masks::default().is_empty());
    }
}
