/// A quarter turn with or without mirroring: how stored pixels are laid out when shown upright.
///
/// A source pixel at `(x, y)`, counted from the picture's middle and with y downwards, is shown at
/// `(xx·x + yx·y, xy·x + yy·y)`; the coefficients are −1, 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation {
    xx: i8,
    xy: i8,
    yx: i8,
    yy: i8,
}

impl Orientation {
    pub(super) const UPRIGHT: Self = Self { xx: 1, xy: 0, yx: 0, yy: 1 };

    /// Reads the 36 bytes of FFmpeg's display matrix (nine native-endian 32-bit numbers, row by row;
    /// the first two of the first two rows turn and mirror). A matrix that is no quarter turn, such
    /// as 45°, or no matrix at all leaves the picture as it is stored.
    pub(super) fn from_display_matrix(bytes: &[u8]) -> Self {
        let entry = |i: usize| bytes.get(4 * i..4 * i + 4).map(|b| i32::from_ne_bytes(b.try_into().unwrap()));
        let (Some(a), Some(b), Some(c), Some(d)) = (entry(0), entry(1), entry(3), entry(4)) else {
            return Self::UPRIGHT;
        };
        let sign = |value: i32| value.signum() as i8;
        let far_larger = |p: i32, q: i32| i64::from(p).abs() > 16 * i64::from(q).abs();
        if far_larger(a, b) && far_larger(d, c) {
            Self { xx: sign(a), xy: 0, yx: 0, yy: sign(d) }
        } else if far_larger(b, a) && far_larger(c, d) {
            Self { xx: 0, xy: sign(b), yx: sign(c), yy: 0 }
        } else {
            Self::UPRIGHT
        }
    }

    /// Reads the orientation of EXIF and TIFF, 1 to 8; `None` for any other number.
    pub(super) fn from_exif(value: u16) -> Option<Self> {
        let [xx, xy, yx, yy] = match value {
            1 => [1, 0, 0, 1],
            2 => [-1, 0, 0, 1],
            3 => [-1, 0, 0, -1],
            4 => [1, 0, 0, -1],
            5 => [0, 1, 1, 0],
            6 => [0, 1, -1, 0],
            7 => [0, -1, -1, 0],
            8 => [0, -1, 1, 0],
            _ => return None,
        };
        Some(Self { xx, xy, yx, yy })
    }

    /// This turn followed by `next`.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            xx: next.xx * self.xx + next.yx * self.xy,
            xy: next.xy * self.xx + next.yy * self.xy,
            yx: next.xx * self.yx + next.yx * self.yy,
            yy: next.xy * self.yx + next.yy * self.yy,
        }
    }

    /// Clockwise turn in degrees: 0, 90, 180 or 270, after mirroring top to bottom where mirrored.
    pub(super) fn clockwise_degrees(self) -> i32 {
        match (self.xx, self.xy) {
            (1, _) => 0,
            (-1, _) => 180,
            (_, 1) => 90,
            _ => 270,
        }
    }

    /// Whether width and height change places.
    pub(super) fn swaps_sides(self) -> bool {
        self.xx == 0
    }

    /// Upright width and height of a picture stored as `width` × `height`.
    pub(super) fn upright_size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// Turns packed RGB pixels without padding, stored as `width` × `height`, upright.
    pub(super) fn apply(self, stored: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
        if self == Self::UPRIGHT {
            return stored;
        }
        let (upright_width, upright_height) = self.upright_size(width, height);
        let (width, height) = (width as usize, height as usize);
        let mut upright = Vec::with_capacity(stored.len());
        // The inverse of a signed permutation is its transpose: walk the upright picture and fetch.
        let along = |across: i8, down: i8, x: usize, y: usize, size: usize| match (across, down) {
            (1, _) => x,
            (-1, _) => size - 1 - x,
            (_, 1) => y,
            _ => size - 1 - y,
        };
        for y in 0..upright_height as usize {
            for x in 0..upright_width as usize {
                let from_x = along(self.xx, self.xy, x, y, width);
                let from_y = along(self.yx, self.yy, x, y, height);
                let at = (from_y * width + from_x) * 3;
                upright.extend_from_slice(&stored[at..at + 3]);
            }
        }
        upright
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(a: i32, b: i32, c: i32, d: i32) -> Orientation {
        let one = 1 << 16;
        let entries = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30];
        Orientation::from_display_matrix(&entries.map(i32::to_ne_bytes).concat())
    }

    /// Two rows of three pixels: `1 2 3` over `4 5 6`.
    fn turned(orientation: Orientation) -> Vec<u8> {
        let stored = (1..=6).flat_map(|value| [value; 3]).collect();
        orientation.apply(stored, 3, 2).chunks(3).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn display_matrices_and_exif_values_turn_and_mirror() {
        for (exif, (a, b, c, d), degrees, pixels) in [
            (1, (1, 0, 0, 1), 0, [1, 2, 3, 4, 5, 6]),
            (2, (-1, 0, 0, 1), 180, [3, 2, 1, 6, 5, 4]),
            (3, (-1, 0, 0, -1), 180, [6, 5, 4, 3, 2, 1]),
            (4, (1, 0, 0, -1), 0, [4, 5, 6, 1, 2, 3]),
            (5, (0, 1, 1, 0), 90, [1, 4, 2, 5, 3, 6]),
            (6, (0, 1, -1, 0), 90, [4, 1, 5, 2, 6, 3]),
            (7, (0, -1, -1, 0), 270, [6, 3, 5, 2, 4, 1]),
            (8, (0, -1, 1, 0), 270, [3, 6, 2, 5, 1, 4]),
        ] {
            let orientation = matrix(a, b, c, d);
            assert_eq!(Orientation::from_exif(exif), Some(orientation));
            assert_eq!(turned(orientation), pixels, "{exif}");
            assert_eq!(orientation.clockwise_degrees(), degrees, "{exif}");
            let size = if orientation.swaps_sides() { (2, 3) } else { (3, 2) };
            assert_eq!(orientation.upright_size(3, 2), size);
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn turns_compose() {
        let of = |value| Orientation::from_exif(value).unwrap();
        let pixels: Vec<u8> = (1..=6).flat_map(|value| [value; 3]).collect();
        for (first, second) in (1..=8).flat_map(|first| (1..=8).map(move |second| (of(first), of(second)))) {
            let (width, height) = first.upright_size(3, 2);
            let stepwise = second.apply(first.apply(pixels.clone(), 3, 2), width, height);
            assert_eq!(first.then(second).apply(pixels.clone(), 3, 2), stepwise, "{first:?} {second:?}");
        }
    }

    #[test]
    fn other_matrices_than_quarter_turns_are_ignored() {
        assert_eq!(matrix(1, 1, -1, 1), Orientation::UPRIGHT);
        assert_eq!(matrix(0, 0, 0, 0), Orientation::UPRIGHT);
        assert_eq!(matrix(i32::MIN >> 16, 0, 0, 0), Orientation::UPRIGHT);
        assert_eq!(Orientation::from_display_matrix(&[0; 7]), Orientation::UPRIGHT);
    }
}
