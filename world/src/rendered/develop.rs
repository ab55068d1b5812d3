//! From the painted picture to that of a camera: lens, exposure, blur, grain.

use image::RgbImage;
use image::imageops::{FilterType, resize};

use crate::rendered::rng::Rng;

/// Pictures for which a flash or a flicker is drawn anew, per second.
const DRAWS_PER_SECOND: f32 = 20.0;

/// A camera. It stays the same through a clip.
#[derive(Clone, Debug)]
pub struct Camera {
    mirrored: bool,
    /// How much wider the picture becomes towards its lower edge: a camera high up (positive) or low down.
    keystone: f32,
    /// Height over width of what should be square.
    stretch: f32,
    /// Bulge of the lens.
    barrel: f32,
    /// How much darker the corners are.
    vignette: f32,
    /// Factor of the light, by colour.
    gain: [f32; 3],
    gamma: f32,
    /// The darkest value, of 1.
    black: f32,
    /// Lines that can be told apart.
    lines: f32,
    /// How far the focus strays, as a share of the lines.
    hunting: f32,
    /// Length of the blur along the picture, as a share of its width.
    smear: f32,
    /// Deviation of the grain, of 255.
    grain: f32,
    flicker: f32,
    /// Flashes of photographers, per second.
    flashes: f32,
    seed: u64,
}

impl Camera {
    pub fn random(rng: &mut Rng) -> Self {
        let gain = rng.between(0.62, 1.35);
        let seldom = |rng: &mut Rng, chance: f32, high: f32| {
            if rng.chance(chance) { rng.between(0.0, high) } else { 0.0 }
        };
        Self {
            mirrored: rng.chance(0.5),
            keystone: rng.between(-0.16, 0.22),
            stretch: rng.between(0.90, 1.14),
            barrel: rng.between(-0.06, 0.14),
            vignette: seldom(rng, 0.6, 0.55),
            gain: [0; 3].map(|_| gain * rng.between(0.90, 1.10)),
            gamma: rng.between(0.78, 1.3),
            black: seldom(rng, 0.5, 0.22),
            lines: rng.between(46.0_f32.ln(), 200.0_f32.ln()).exp(),
            hunting: seldom(rng, 0.4, 0.5),
            smear: seldom(rng, 0.5, 0.03),
            grain: seldom(rng, 0.6, 12.0),
            flicker: seldom(rng, 0.3, 0.12),
            flashes: seldom(rng, 0.3, 0.8),
            seed: rng.below(1 << 30) as u64,
        }
    }

    /// Whether few lines can be told apart.
    pub fn is_blurred(&self) -> bool {
        self.lines < 65.0
    }

    /// Whether the light changes from picture to picture.
    pub fn is_flickering(&self) -> bool {
        self.flicker > 0.04 || self.flashes > 0.25
    }

    /// The camera's picture of a painted one. `speed` is that of the athlete, in body heights per second.
    pub fn develop(&self, painted: &RgbImage, time: f32, speed: f32) -> RgbImage {
        let (width, height) = painted.dimensions();
        let hunt = 1.0 - self.hunting * (0.5 + 0.5 * (1.7 * time + self.seed as f32).sin());
        let lines = self.lines * hunt;
        let length = (self.smear + 0.006 * speed.abs()) * width as f32;
        let soft = smeared(&softened(painted, lines), length as usize / 2);

        let moment = (time * DRAWS_PER_SECOND).round() as u64;
        let mut noise = Rng::new(self.seed, "camera", moment);
        let mut light = 1.0 + self.flicker * noise.between(-1.0, 1.0);
        if noise.chance(self.flashes / DRAWS_PER_SECOND) {
            light *= 1.7;
        }
        let tones = self.gain.map(|gain| self.tones(gain * light));
        let mut grain = Grain(noise.below(1 << 30) as u32 | 1);
        RgbImage::from_fn(width, height, |x, y| {
            let share = [(x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32];
            let from = self.painted_at(share);
            let (u, v) = (2.0 * share[0] - 1.0, 2.0 * share[1] - 1.0);
            let shade = 1.0 - self.vignette * 0.5 * (u * u + v * v);
            let dust = self.grain * grain.next();
            let [x, y] = [from[0] * width as f32, from[1] * height as f32];
            let pixel = soft.get_pixel((x as u32).min(width - 1), (y as u32).min(height - 1));
            image::Rgb(std::array::from_fn(|c| {
                (tones[c][usize::from(pixel.0[c])] * shade + dust).clamp(0.0, 255.0) as u8
            }))
        })
    }

    /// Where a box of the painted picture is in the camera's: left, top, right and bottom in shares.
    pub fn place(&self, [left, top, right, bottom]: [f32; 4]) -> Option<[f32; 4]> {
        let corners = [[left, top], [right, top], [left, bottom], [right, bottom]].map(|at| self.seen_at(at));
        let ends = |axis: usize| {
            let values = corners.map(|corner| corner[axis].clamp(0.0, 1.0));
            [values.into_iter().fold(1.0, f32::min), values.into_iter().fold(0.0, f32::max)]
        };
        let ([left, right], [top, bottom]) = (ends(0), ends(1));
        (left < right && top < bottom).then_some([left, top, right, bottom])
    }

    /// The point of the painted picture that is seen at a point of the camera's, both in shares, at most 1.
    fn painted_at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (u, v) = (2.0 * x - 1.0, 2.0 * y - 1.0);
        let u = if self.mirrored { -u } else { u };
        let bulge = 1.0 + self.barrel * (u * u + v * v - 0.6);
        let (u, v) = (u * bulge * (1.0 - self.keystone * v), v * bulge * self.stretch);
        [(u + 1.0) / 2.0, (v + 1.0) / 2.0].map(|share| share.clamp(0.0, 1.0))
    }

    /// The inverse of [`Camera::painted_at`], to about a hundredth.
    fn seen_at(&self, painted: [f32; 2]) -> [f32; 2] {
        let mut seen = if self.mirrored { [1.0 - painted[0], painted[1]] } else { painted };
        let forward = if self.mirrored { -1.0 } else { 1.0 };
        for _ in 0..6 {
            let at = self.painted_at(seen);
            seen = [
                (seen[0] + forward * (painted[0] - at[0])).clamp(0.0, 1.0),
                (seen[1] + painted[1] - at[1]).clamp(0.0, 1.0),
            ];
        }
        seen
    }

    /// The value for each painted value.
    fn tones(&self, gain: f32) -> [f32; 256] {
        std::array::from_fn(|value| {
            let light = (value as f32 / 255.0 * gain).min(1.0).powf(self.gamma);
            255.0 * (self.black + (1.0 - self.black) * light)
        })
    }
}

/// The picture with only so many lines that can be told apart.
fn softened(picture: &RgbImage, lines: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let share = lines / height as f32;
    if share >= 0.9 {
        return picture.clone();
    }
    let size = |length: u32| ((length as f32 * share) as u32).max(8);
    let small = resize(picture, size(width), size(height), FilterType::Triangle);
    resize(&small, width, height, FilterType::Triangle)
}

/// Each pixel becomes the mean of those up to `radius` beside it.
fn smeared(picture: &RgbImage, radius: usize) -> RgbImage {
    if radius == 0 {
        return picture.clone();
    }
    let width = picture.width() as usize;
    let mut out = picture.clone();
    for (row, to) in picture.as_raw().chunks(3 * width).zip(out.as_mut().chunks_mut(3 * width)) {
        let at = |x: usize, c: usize| u32::from(row[3 * x + c]);
        for c in 0..3 {
            let mut sum: u32 = (0..radius.min(width)).map(|x| at(x, c)).sum();
            let mut count = radius.min(width) as u32;
            for x in 0..width {
                if x + radius < width {
                    (sum, count) = (sum + at(x + radius, c), count + 1);
                }
                if x > radius {
                    (sum, count) = (sum - at(x - radius - 1, c), count - 1);
                }
                to[3 * x + c] = (sum / count) as u8;
            }
        }
    }
    out
}

/// Cheap noise with mean 0 and deviation about 1.
struct Grain(u32);

impl Grain {
    fn next(&mut self) -> f32 {
        // Xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        let bytes = self.0.to_le_bytes();
        (bytes.iter().map(|&byte| f32::from(byte)).sum::<f32>() - 510.0) / 147.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_follow_what_the_camera_does_to_the_picture() {
        for seed in 0..40 {
            let rng = &mut Rng::new(seed, "test", 0);
            let mut camera = Camera::random(rng);
            // A sharp and even picture, to find the square in.
            (camera.lines, camera.hunting, camera.smear, camera.grain, camera.vignette) =
                (240.0, 0.0, 0.0, 0.0, 0.0);
            let (x, y) = (40 + rng.below(160) as u32, 40 + rng.below(100) as u32);
            let painted = RgbImage::from_fn(320, 240, |i, j| {
                let inside = (x..x + 60).contains(&i) && (y..y + 50).contains(&j);
                image::Rgb(if inside { [255; 3] } else { [0; 3] })
            });
            let bright = camera.tones(0.6)[255] as u8 / 2 + camera.tones(0.6)[0] as u8 / 2;
            let seen = camera.develop(&painted, 0.0, 0.0);
            let lit: Vec<_> = seen.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[1] > bright).collect();
            let shares =
                [x as f32 / 320.0, y as f32 / 240.0, (x + 60) as f32 / 320.0, (y + 50) as f32 / 240.0];
            let [left, top, right, bottom] = camera.place(shares).unwrap();
            let ends = |place: fn(&(u32, u32, &image::Rgb<u8>)) -> u32, length: f32| {
                let places = || lit.iter().map(place);
                [places().min().unwrap() as f32 / length, (places().max().unwrap() + 1) as f32 / length]
            };
            let found = [ends(|pixel| pixel.0, 320.0), ends(|pixel| pixel.1, 240.0)];
            for (a, b) in found.concat().into_iter().zip([left, right, top, bottom]) {
                assert!((a - b).abs() < 0.03, "seed {seed}: {found:?} for {:?}", [left, right, top, bottom]);
            }
        }
    }

    #[test]
    fn smearing_takes_means_along_a_row() {
        let picture = RgbImage::from_fn(5, 1, |x, _| image::Rgb([if x == 2 { 90 } else { 0 }; 3]));
        let values = |radius| smeared(&picture, radius).pixels().map(|p| p.0[0]).collect::<Vec<_>>();
        assert_eq!(values(0), [0, 0, 90, 0, 0]);
        assert_eq!(values(1), [0, 30, 30, 30, 0]);
        assert_eq!(values(2), [30, 22, 18, 22, 30]);
    }

    #[test]
    fn a_soft_picture_keeps_its_size_and_its_mean() {
        let picture = RgbImage::from_fn(64, 48, |x, _| image::Rgb([if x % 2 == 0 { 200 } else { 0 }; 3]));
        let soft = softened(&picture, 24.0);
        assert_eq!(soft.dimensions(), (64, 48));
        assert!(soft.pixels().all(|pixel| (60..=140).contains(&pixel.0[0])));
    }
}
