//! Courts, rinks and stages.

use crate::rendered::actions::Sport;
use crate::rendered::canvas::{Camera, Canvas, Point, Rgb, mix, shade};
use crate::rendered::rng::Rng;

/// Where the floor meets the wall.
const HORIZON: f32 = 0.30;
/// Height of the hoop.
const RIM: f32 = 1.31;

const ADVERTS: [Rgb; 8] = [
    [204, 52, 58],
    [36, 96, 190],
    [248, 204, 60],
    [42, 150, 96],
    [240, 240, 238],
    [120, 60, 160],
    [28, 32, 44],
    [238, 132, 48],
];

#[derive(Clone, Debug)]
pub struct Venue {
    sport: Sport,
    floor: Rgb,
    paint: Rgb,
    wall: Rgb,
    seats: Rgb,
    /// Of adverts, faces and scratches.
    seed: u64,
    net: f32,
}

impl Venue {
    pub fn random(rng: &mut Rng, sport: Sport) -> Self {
        let floors: &[Rgb] = match sport {
            Sport::Basketball => &[[206, 152, 92], [186, 126, 70], [222, 176, 118], [168, 112, 66]],
            Sport::FigureSkating => &[[222, 236, 246], [206, 226, 242], [232, 240, 248], [212, 222, 240]],
            Sport::Tennis => &[[52, 104, 168], [70, 136, 90], [188, 98, 62], [104, 86, 160], [92, 150, 66]],
            Sport::Weightlifting => &[[150, 110, 70], [176, 136, 92], [122, 96, 76]],
        };
        let walls: &[Rgb] = match sport {
            Sport::Basketball => &[[52, 56, 72], [70, 48, 52], [44, 62, 60]],
            Sport::FigureSkating => &[[30, 40, 70], [52, 34, 66], [24, 30, 44]],
            Sport::Tennis => &[[22, 72, 54], [24, 50, 96], [34, 86, 62]],
            Sport::Weightlifting => &[[92, 22, 30], [24, 40, 92], [44, 44, 52], [16, 82, 84]],
        };
        Self {
            sport,
            floor: *rng.pick(floors),
            paint: *rng.pick(&ADVERTS),
            wall: *rng.pick(walls),
            seats: *rng.pick(&[[44, 48, 60], [60, 52, 48], [34, 44, 62]]),
            seed: rng.below(1 << 30) as u64,
            net: rng.between(0.75, 1.1),
        }
    }

    /// The wall's colour, towards which distant things fade.
    pub fn haze(&self) -> Rgb {
        self.wall
    }

    /// The floor's colour.
    pub fn floor_colour(&self) -> Rgb {
        self.floor
    }

    /// Paints everything behind the athlete; `hoop` is where the hoop hangs.
    pub fn paint(&self, canvas: &mut Canvas, camera: &Camera, hoop: f32) {
        let half = camera.height * canvas.aspect() * 0.5 + 0.25;
        let (left, right) = (camera.centre[0] - half, camera.centre[0] + half);
        canvas.rectangle([left, -2.0], [right, 3.0], self.wall);
        match self.sport {
            Sport::Basketball => {
                self.crowd(canvas, left, right, 0.56);
                self.adverts(canvas, left, right, HORIZON, 0.50, 0.62);
                self.planks(canvas, left, right);
                canvas.ellipse([hoop - 0.1, 0.02], [0.75, 0.17], shade(self.paint, -0.1));
                canvas.ring([hoop - 0.1, 0.02], [0.75, 0.17], 0.018, [250, 246, 236]);
                canvas.line(&[[left, 0.25], [right, 0.25]], 0.016, [250, 246, 236]);
                paint_hoop(canvas, hoop);
            }
            Sport::FigureSkating => {
                self.crowd(canvas, left, right, 0.62);
                canvas.rectangle([left, HORIZON], [right, 0.60], [236, 240, 244]);
                self.adverts(canvas, left, right, 0.36, 0.52, 0.9);
                canvas.rectangle([left, 0.58], [right, 0.63], self.paint);
                self.floor(canvas, left, right, 0.10);
                self.scratches(canvas, left, right);
            }
            Sport::Tennis => {
                self.crowd(canvas, left, right, 0.86);
                canvas.rectangle([left, HORIZON], [right, 0.84], self.wall);
                self.adverts(canvas, left, right, 0.40, 0.56, 1.3);
                self.floor(canvas, left, right, -0.06);
                canvas.rectangle([left, HORIZON - 0.10], [right, HORIZON], shade(self.floor, -0.35));
                canvas.line(&[[left, 0.14], [right, 0.14]], 0.022, [248, 248, 246]);
                canvas.line(&[[self.net - 2.2, -0.4], [self.net - 1.7, 0.14]], 0.022, [248, 248, 246]);
                self.paint_net(canvas);
            }
            Sport::Weightlifting => {
                self.curtain(canvas, left, right);
                canvas.rectangle([left, -1.0], [right, HORIZON], shade(self.wall, -0.5));
                let platform = [[-1.35, -0.22], [1.35, -0.22], [1.1, 0.16], [-1.1, 0.16]];
                canvas.polygon(&platform, self.floor);
                canvas.line(&[platform[3], platform[2]], 0.02, shade(self.floor, 0.3));
                for x in [-0.62, 0.62] {
                    canvas.polygon(
                        &[[x * 1.2, -0.22], [x * 2.0, -0.22], [x * 1.66, 0.16], [x, 0.16]],
                        shade(self.paint, -0.25),
                    );
                }
                canvas.polygon(
                    &[[-1.35, -0.22], [1.35, -0.22], [1.35, -0.32], [-1.35, -0.32]],
                    shade(self.floor, -0.4),
                );
            }
        }
    }

    fn floor(&self, canvas: &mut Canvas, left: f32, right: f32, away: f32) {
        const BANDS: usize = 5;
        for band in 0..BANDS {
            let top = HORIZON - (HORIZON + 0.6) * band as f32 / BANDS as f32;
            let share = 1.0 - band as f32 / BANDS as f32;
            canvas.rectangle([left, -2.0], [right, top], shade(self.floor, away * share));
        }
    }

    fn planks(&self, canvas: &mut Canvas, left: f32, right: f32) {
        self.floor(canvas, left, right, -0.18);
        for row in 0..5 {
            let y = HORIZON - 0.05 * (1.6_f32).powi(row);
            canvas.line(&[[left, y], [right, y]], 0.006, shade(self.floor, -0.2));
        }
    }

    fn scratches(&self, canvas: &mut Canvas, left: f32, right: f32) {
        each_tile(left, right, 0.7, |tile, x| {
            let mut rng = Rng::new(self.seed, "scratch", tile);
            for _ in 0..3 {
                let start = [x + rng.between(0.0, 0.7), rng.between(-0.2, 0.25)];
                let end = [start[0] + rng.between(-0.3, 0.3), start[1] + rng.between(-0.04, 0.04)];
                canvas.line(
                    &[start, end],
                    0.008,
                    shade(self.floor, if rng.chance(0.5) { 0.6 } else { -0.08 }),
                );
            }
        });
    }

    fn curtain(&self, canvas: &mut Canvas, left: f32, right: f32) {
        each_tile(left, right, 0.24, |tile, x| {
            let fold = if tile.is_multiple_of(2) { 0.06 } else { -0.14 };
            canvas.rectangle([x, HORIZON], [x + 0.24, 3.0], shade(self.wall, fold));
        });
        for (i, x) in [-0.52, 0.0, 0.52].into_iter().enumerate() {
            canvas.ring([x, 1.12 + 0.04 * (i % 2) as f32], [0.2; 2], 0.04, shade(self.paint, 0.1));
        }
        canvas.rectangle([left, HORIZON], [right, HORIZON + 0.10], shade(self.wall, -0.3));
    }

    fn adverts(&self, canvas: &mut Canvas, left: f32, right: f32, low: f32, high: f32, width: f32) {
        each_tile(left, right, width, |tile, x| {
            let mut rng = Rng::new(self.seed, "advert", tile);
            let colour = shade(*rng.pick(&ADVERTS), -0.2);
            canvas.rectangle([x, low], [x + width, high], colour);
            let ink = if u16::from(colour[0]) + u16::from(colour[1]) > 300 {
                [40, 40, 48]
            } else {
                [240, 240, 240]
            };
            let middle = (low + high) / 2.0;
            let mut at = x + 0.12 * width;
            for _ in 0..2 + rng.below(3) {
                let letter = rng.between(0.05, 0.14) * width;
                canvas.line(&[[at, middle], [at + letter, middle]], (high - low) * 0.3, ink);
                at += letter + 0.12 * width;
            }
        });
    }

    fn crowd(&self, canvas: &mut Canvas, left: f32, right: f32, low: f32) {
        canvas.rectangle([left, low], [right, 3.0], self.seats);
        for row in 0..7 {
            let y = low + 0.08 + 0.16 * row as f32;
            each_tile(left, right, 0.15, |tile, x| {
                let mut rng = Rng::new(self.seed, "seat", tile.wrapping_mul(8).wrapping_add(row));
                if rng.chance(0.75) {
                    let colour = mix(self.seats, *rng.pick(&ADVERTS), 0.25);
                    let x = x + rng.between(0.0, 0.05);
                    canvas.rectangle([x, y - 0.08], [x + 0.10, y], colour);
                    canvas.ellipse([x + 0.05, y + 0.03], [0.032; 2], mix(self.seats, [214, 170, 132], 0.3));
                }
            });
        }
    }

    fn paint_net(&self, canvas: &mut Canvas) {
        let x = self.net;
        let (near, far) = ([x + 0.28, -0.24], [x, 0.14]);
        let high = |p: Point| [p[0], p[1] + 0.30];
        for i in 0..=8 {
            let share = i as f32 / 8.0;
            let low = [near[0] + (far[0] - near[0]) * share, near[1] + (far[1] - near[1]) * share];
            canvas.line(&[low, high(low)], 0.006, [40, 44, 50]);
            let height = 0.30 * share;
            canvas.line(&[[near[0], near[1] + height], [far[0], far[1] + height]], 0.006, [40, 44, 50]);
        }
        canvas.line(&[high(near), high(far)], 0.03, [250, 250, 250]);
    }
}

/// Backboard, rim and net, the rim's middle at `x`.
fn paint_hoop(canvas: &mut Canvas, x: f32) {
    canvas.line(&[[x + 0.52, 0.1], [x + 0.52, RIM + 0.1], [x + 0.16, RIM + 0.1]], 0.045, [70, 74, 84]);
    canvas.rectangle([x + 0.13, RIM - 0.06], [x + 0.16, RIM + 0.34], [240, 242, 246]);
    for i in 0..=4 {
        let top = x - 0.1 + 0.05 * i as f32;
        canvas.line(&[[top, RIM], [x + (top - x) * 0.55, RIM - 0.16]], 0.010, [244, 244, 244]);
    }
    canvas.line(&[[x - 0.11, RIM], [x + 0.14, RIM]], 0.028, [226, 74, 36]);
}

/// A picture of the crowd alone, which waves with `time`.
pub fn paint_crowd(canvas: &mut Canvas, seats: Rgb, seed: u64, time: f32) {
    canvas.rectangle([-4.0, -2.0], [4.0, 4.0], shade(seats, -0.2));
    for row in (0..6).rev() {
        let y = -0.15 + 0.26 * row as f32;
        for seat in 0..13_u64 {
            let mut rng = Rng::new(seed, "fan", seat * 8 + row);
            let x =
                -1.35 + 0.22 * seat as f32 + rng.between(-0.04, 0.04) + if row % 2 == 0 { 0.11 } else { 0.0 };
            let shirt = *rng.pick(&ADVERTS);
            let (skin, hair) = (
                *rng.pick(&[[238, 200, 164], [196, 144, 100], [120, 78, 50]]),
                *rng.pick(&[[34, 26, 22], [120, 80, 40], [206, 170, 96]]),
            );
            let hop = 0.02 * (time * rng.between(5.0, 9.0) + rng.between(0.0, 6.0)).sin();
            let waves = rng.chance(0.3);
            canvas.rectangle([x - 0.08, y - 0.2 + hop], [x + 0.08, y + hop], shirt);
            if waves {
                let lean = 0.05 * (time * 7.0 + x * 9.0).sin();
                canvas.line(&[[x - 0.07, y - 0.02 + hop], [x - 0.10 + lean, y + 0.2 + hop]], 0.035, skin);
                canvas.line(&[[x + 0.07, y - 0.02 + hop], [x + 0.10 + lean, y + 0.2 + hop]], 0.035, skin);
            }
            canvas.ellipse([x, y + 0.075 + hop], [0.066; 2], hair);
            canvas.ellipse([x, y + 0.06 + hop], [0.058; 2], skin);
        }
    }
}

/// Position of the athlete's hips when the hands hold the rim.
pub fn hips_below_rim(hoop: f32) -> f32 {
    hoop - 0.12
}

fn each_tile(left: f32, right: f32, width: f32, mut paint: impl FnMut(u64, f32)) {
    let (first, last) = ((left / width).floor() as i64, (right / width).ceil() as i64);
    for tile in first..last {
        // Tiles left of the origin wrap around.
        paint(tile as u64, tile as f32 * width);
    }
}
