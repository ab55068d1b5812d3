//! Pictures in glyphs of two colours: halves, quadrants or sextants of a cell.

use crate::plot::colour::Rgb;

/// The parts into which a glyph can split a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mosaic {
    /// An upper and a lower half.
    Halves,
    /// 2 × 2.
    Quadrants,
    /// 2 × 3, of Unicode 13.
    Sextants,
}

/// Quadrants by their parts: upper left, upper right, lower left, lower right from the lowest bit on.
const QUADRANTS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

impl Mosaic {
    /// Parts of a cell, across and down.
    pub fn parts(self) -> (u32, u32) {
        match self {
            Self::Halves => (1, 2),
            Self::Quadrants => (2, 2),
            Self::Sextants => (2, 3),
        }
    }

    /// The glyph that fills these parts: a bit for each, row by row from the lowest.
    pub fn glyph(self, filled: u8) -> char {
        match self {
            Self::Halves => [' ', '▀', '▄', '█'][usize::from(filled & 3)],
            Self::Quadrants => QUADRANTS[usize::from(filled & 15)],
            Self::Sextants => match filled & 63 {
                0 => ' ',
                // The left and the right half, and the full block, were there before.
                21 => '▌',
                42 => '▐',
                63 => '█',
                filled => {
                    let older = 1 + u32::from(filled > 21) + u32::from(filled > 42);
                    char::from_u32(0x1FB00 + u32::from(filled) - older).unwrap_or(' ')
                }
            },
        }
    }
}

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Which parts have the first colour, a bit each. The others have the second.
    pub filled: u8,
    pub colours: [Rgb; 2],
}

/// The split of 2 to 6 parts into two sets with the least squared distance from their mean colours. The last part is in the
/// second set.
pub fn best_split(parts: &[Rgb]) -> Split {
    let channels = |part: &Rgb| part.map(i32::from);
    let total = parts.iter().map(channels).fold([0; 3], add);
    // The squared distance is smallest where the squares of the sums, divided by the counts, are largest.
    let weight = |sum: [i32; 3], count: i32| sum.map(|x| x * x).iter().sum::<i32>() as f32 / count as f32;
    let mut best = (f32::NEG_INFINITY, 0, [0; 3]);
    let (mut filled, mut sum) = (0_u8, [0; 3]);
    // A Gray code: each set differs from the one before by one part.
    for number in 1..1_u32 << (parts.len() - 1) {
        let changed = number.trailing_zeros() as usize;
        filled ^= 1 << changed;
        let part = channels(&parts[changed]);
        sum = add(sum, if filled >> changed & 1 == 1 { part } else { part.map(|x| -x) });
        let count = filled.count_ones() as i32;
        let rest = add(total, sum.map(|x| -x));
        let worth = weight(sum, count) + weight(rest, parts.len() as i32 - count);
        if worth > best.0 {
            best = (worth, filled, sum);
        }
    }
    let (_, filled, sum) = best;
    let mean = |sum: [i32; 3], count: i32| sum.map(|x| ((x + count / 2) / count.max(1)) as u8);
    let count = filled.count_ones() as i32;
    let rest = add(total, sum.map(|x| -x));
    Split { filled, colours: [mean(sum, count), mean(rest, parts.len() as i32 - count)] }
}

fn add(a: [i32; 3], b: [i32; 3]) -> [i32; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const ALL: [Mosaic; 3] = [Mosaic::Halves, Mosaic::Quadrants, Mosaic::Sextants];

    #[test]
    fn every_set_of_parts_has_a_glyph_of_its_own() {
        for mosaic in ALL {
            let (across, down) = mosaic.parts();
            let sets = 1_u32 << (across * down);
            let glyphs: HashSet<char> = (0..sets).map(|filled| mosaic.glyph(filled as u8)).collect();
            assert_eq!(glyphs.len(), sets as usize, "{mosaic:?}");
        }
        assert_eq!(Mosaic::Sextants.glyph(1), '\u{1FB00}', "BLOCK SEXTANT-1");
        assert_eq!(Mosaic::Sextants.glyph(62), '\u{1FB3B}', "BLOCK SEXTANT-23456");
    }

    /// Squared distance of the parts from the colours that they get.
    fn error(parts: &[Rgb], split: Split) -> i64 {
        let distance = |(at, part): (usize, &Rgb)| {
            let colour = split.colours[usize::from(split.filled >> at & 1 == 0)];
            (0..3).map(|c| (i64::from(part[c]) - i64::from(colour[c])).pow(2)).sum::<i64>()
        };
        parts.iter().enumerate().map(distance).sum()
    }

    fn mean(parts: &[Rgb]) -> Rgb {
        let count = parts.len().max(1) as f64;
        [0, 1, 2].map(|c| (parts.iter().map(|part| f64::from(part[c])).sum::<f64>() / count).round() as u8)
    }

    proptest! {
        #[test]
        fn no_other_split_is_nearer(parts in prop::collection::vec(any::<Rgb>(), 2..=6)) {
            let best = best_split(&parts);
            for filled in 1..(1_u32 << parts.len()) - 1 {
                let (mut inside, mut outside) = (Vec::new(), Vec::new());
                for (at, part) in parts.iter().enumerate() {
                    if filled >> at & 1 == 1 { inside.push(*part) } else { outside.push(*part) }
                }
                let other = Split { filled: filled as u8, colours: [mean(&inside), mean(&outside)] };
                // Rounded colours may cost a level of each channel.
                let slack = 3 * parts.len() as i64;
                prop_assert!(error(&parts, best) <= error(&parts, other) + slack);
            }
        }
    }

    #[test]
    fn two_halves_are_themselves() {
        let split = best_split(&[[1, 2, 3], [4, 5, 6]]);
        assert_eq!(split, Split { filled: 1, colours: [[1, 2, 3], [4, 5, 6]] });
    }
}
