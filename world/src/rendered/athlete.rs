//! Painting a person and what they hold.

use crate::rendered::actions::Sport;
use crate::rendered::body::{Build, Joints, Pose};
use crate::rendered::canvas::{Canvas, Point, Rgb, Thing, mix, shade};
use crate::rendered::figure::{Anchor, Figure, Place};
use crate::rendered::rng::Rng;

const SKINS: [Rgb; 7] = [
    [246, 213, 184],
    [238, 198, 158],
    [224, 176, 130],
    [206, 152, 106],
    [184, 128, 88],
    [162, 108, 72],
    [255, 224, 196],
];
const HAIRS: [Rgb; 7] = [
    [84, 60, 48],
    [106, 72, 46],
    [142, 96, 56],
    [206, 164, 92],
    [230, 204, 144],
    [176, 84, 52],
    [160, 160, 166],
];
/// Bright, so that an athlete stands out in the dimmed hall.
const CLOTHES: [Rgb; 10] = [
    [242, 84, 84],
    [100, 158, 250],
    [250, 250, 248],
    [252, 210, 60],
    [84, 212, 140],
    [198, 136, 240],
    [250, 146, 64],
    [70, 206, 220],
    [246, 132, 184],
    [164, 208, 250],
];
const BAR_HALF: f32 = 0.40;
const RACKET_HANDLE: f32 = 0.11;
const RACKET_HEAD: Point = [0.065, 0.095];

#[derive(Clone, Copy, Debug)]
enum Hair {
    Short,
    Tail,
    Bun,
    None,
}

#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The body's proportions.
    pub build: Build,
    skin: Rgb,
    hair: Rgb,
    style: Hair,
    top: Rgb,
    bottom: Rgb,
    shoes: Rgb,
    sleeves: bool,
    trousers: bool,
    skirt: bool,
    belt: bool,
    cap: bool,
    blades: bool,
    ball: Rgb,
    ball_radius: f32,
    racket: Rgb,
    plates: Rgb,
}

impl Look {
    /// A random person in the clothes of a sport.
    pub fn random(rng: &mut Rng, sport: Sport) -> Self {
        let top = *rng.pick(&CLOTHES);
        let skirted = matches!(sport, Sport::FigureSkating | Sport::Tennis) && rng.chance(0.45);
        let one_piece = sport == Sport::Weightlifting || (sport == Sport::FigureSkating && rng.chance(0.6));
        let bottom = if one_piece { top } else { *rng.pick(&CLOTHES) };
        let skating = sport == Sport::FigureSkating;
        Self {
            build: Build {
                height: rng.between(0.93, 1.05),
                limbs: rng.between(0.95, 1.05),
                thickness: rng.between(0.88, 1.25),
            },
            skin: *rng.pick(&SKINS),
            hair: *rng.pick(&HAIRS),
            style: *rng.pick(&[Hair::Short, Hair::Short, Hair::Tail, Hair::Bun, Hair::None]),
            top,
            bottom,
            shoes: *rng.pick(&[[250, 250, 250], [236, 232, 150], [250, 170, 160], [180, 214, 255]]),
            sleeves: skating && rng.chance(0.8),
            trousers: skating && !skirted,
            skirt: skirted,
            belt: sport == Sport::Weightlifting && rng.chance(0.7),
            cap: sport == Sport::Tennis && rng.chance(0.6),
            blades: skating,
            ball: if sport == Sport::Tennis {
                [206, 236, 60]
            } else {
                *rng.pick(&[[232, 116, 36], [214, 96, 30]])
            },
            ball_radius: if sport == Sport::Tennis { 0.034 } else { 0.064 },
            racket: *rng.pick(&[[240, 84, 84], [250, 210, 80], [96, 170, 250], [245, 245, 245]]),
            plates: *rng.pick(&[[236, 70, 70], [84, 136, 240], [70, 190, 120], [246, 200, 60]]),
        }
    }

    /// Duller by a share, as seen at a distance.
    pub fn faded(mut self, haze: Rgb, share: f32) -> Self {
        for colour in [&mut self.skin, &mut self.hair, &mut self.top, &mut self.bottom, &mut self.shoes] {
            *colour = mix(*colour, haze, share);
        }
        self
    }

    /// Mixes the colour of the clothes with another; a `share` of 1 gives the other colour.
    pub fn in_clothes_like(mut self, colour: Rgb, share: f32) -> Self {
        for cloth in [&mut self.top, &mut self.bottom] {
            *cloth = mix(*cloth, colour, share);
        }
        self
    }
}

/// A person at a position.
pub struct Athlete<'a> {
    pub look: &'a Look,
    pub figure: &'a Figure,
    /// The point on the ground below the hips.
    pub at: Point,
    /// 1 for full size.
    pub size: f32,
}

impl Athlete<'_> {
    /// Paints shadow, body and objects.
    pub fn paint(&self, canvas: &mut Canvas) {
        let Self { look, figure, .. } = self;
        let pose = &figure.pose;
        let joints = Joints::new(pose, &look.build);
        let put = |p: Point| self.put(p);
        let thick = |width: f32| width * look.build.thickness * look.build.height * self.size;

        let reach = |side: usize| joints.legs[side][2][0];
        let (left, right) = (reach(0).min(reach(1)), reach(0).max(reach(1)));
        let shadow = (1.0 - 1.6 * pose.lift).max(0.4);
        let middle = [(left + right) / 2.0, 0.0];
        let radii = [(0.13 + (right - left) / 2.0) * shadow * self.size, 0.035 * shadow * self.size];
        canvas.haze(put(middle), radii, [0, 0, 0], 0.38 * shadow);

        let ball_behind = figure.ball.is_some_and(|Place(anchor, [x, _])| anchor == Anchor::Hand && x < 0.0);
        if ball_behind {
            self.paint_ball(canvas, &joints);
        }
        let far = if pose.front > 0.5 { 0.0 } else { -0.28 };
        canvas.begin(Some(Thing::Athlete));
        self.arm(canvas, &joints.arms[1], far, &thick);
        self.leg(canvas, &joints.legs[1], far, &thick);
        self.leg(canvas, &joints.legs[0], 0.0, &thick);
        self.trunk(canvas, &joints, pose, &thick);
        self.head(canvas, &joints, pose, &thick);
        if let Some(angle) = figure.racket {
            self.paint_racket(canvas, joints.arms[0][2], angle);
        }
        canvas.begin(Some(Thing::Athlete));
        self.arm(canvas, &joints.arms[0], 0.0, &thick);
        canvas.begin(None);
        if let Some(place) = figure.bar {
            paint_bar(canvas, put(self.locate(&joints, place)), look.plates, self.size);
        }
        if !ball_behind {
            self.paint_ball(canvas, &joints);
        }
        if figure.dust {
            let hands = joints.between_hands();
            for (dx, dy, radius) in
                [(0.0, 0.0, 0.11), (0.12, 0.07, 0.08), (-0.12, 0.06, 0.09), (0.02, 0.13, 0.07)]
            {
                let at = put([hands[0] + dx, hands[1] + dy]);
                canvas.haze(at, [radius * self.size; 2], [255, 255, 255], 0.55);
            }
        }
    }

    fn put(&self, [x, y]: Point) -> Point {
        [self.at[0] + x * self.size, self.at[1] + y * self.size]
    }

    fn locate(&self, joints: &Joints, Place(anchor, [forward, up]): Place) -> Point {
        let turn = self.figure.pose.turn.signum();
        let [x, y] = match anchor {
            Anchor::Hand => joints.arms[0][2],
            Anchor::OtherHand => joints.arms[1][2],
            Anchor::Hands => joints.between_hands(),
            Anchor::Strings => {
                let (sin, cos) = self.figure.racket.unwrap_or_default().to_radians().sin_cos();
                let [x, y] = joints.arms[0][2];
                let length = RACKET_HANDLE + RACKET_HEAD[1];
                [x + sin * length, y - cos * length]
            }
            Anchor::Ground => [0.0, 0.0],
        };
        [x + forward * turn, y + up]
    }

    fn paint_ball(&self, canvas: &mut Canvas, joints: &Joints) {
        let Some(place) = self.figure.ball else { return };
        let at = self.put(self.locate(joints, place));
        let radius = self.look.ball_radius * self.size;
        canvas.begin(Some(Thing::Prop));
        canvas.ellipse(at, [radius; 2], shade(self.look.ball, -0.45));
        canvas.ellipse(at, [radius * 0.86; 2], self.look.ball);
        let shine = [at[0] - radius * 0.25, at[1] + radius * 0.3];
        canvas.haze(shine, [radius * 0.35; 2], [255, 255, 255], 0.5);
        canvas.begin(None);
    }

    fn paint_racket(&self, canvas: &mut Canvas, hand: Point, angle: f32) {
        let (sin, cos) = angle.to_radians().sin_cos();
        let along = |length: f32| self.put([hand[0] + sin * length, hand[1] - cos * length]);
        canvas.begin(Some(Thing::Prop));
        canvas.line(&[along(-0.02), along(RACKET_HANDLE)], 0.026 * self.size, shade(self.look.racket, -0.3));
        let centre = along(RACKET_HANDLE + RACKET_HEAD[1]);
        let rim: Vec<Point> = (0..=20)
            .map(|i| {
                let (s, c) = (i as f32 * std::f32::consts::TAU / 20.0).sin_cos();
                let (across, down) = (s * RACKET_HEAD[0] * self.size, c * RACKET_HEAD[1] * self.size);
                [centre[0] + across * cos + down * sin, centre[1] + across * sin - down * cos]
            })
            .collect();
        canvas.polygon(&rim, [214, 220, 206]);
        canvas.line(&rim, 0.022 * self.size, self.look.racket);
        canvas.begin(None);
    }

    fn arm(&self, canvas: &mut Canvas, arm: &[Point; 3], darker: f32, thick: &impl Fn(f32) -> f32) {
        let [shoulder, elbow, hand] = arm.map(|joint| self.put(joint));
        let skin = shade(self.look.skin, darker);
        let sleeve = shade(self.look.top, darker);
        canvas.line(&[shoulder, elbow], thick(0.060), if self.look.sleeves { sleeve } else { skin });
        canvas.line(&[elbow, hand], thick(0.050), if self.look.sleeves { sleeve } else { skin });
        canvas.ellipse(hand, [thick(0.033); 2], skin);
        if !self.look.sleeves {
            let middle = [(shoulder[0] + elbow[0]) / 2.0, (shoulder[1] + elbow[1]) / 2.0];
            canvas.line(&[shoulder, middle], thick(0.066), sleeve);
        }
    }

    fn leg(&self, canvas: &mut Canvas, leg: &[Point; 3], darker: f32, thick: &impl Fn(f32) -> f32) {
        let [hip, knee, ankle] = leg.map(|joint| self.put(joint));
        let cloth = shade(self.look.bottom, darker);
        let skin = if self.look.trousers { cloth } else { shade(self.look.skin, darker) };
        canvas.line(&[hip, knee], thick(0.088), skin);
        canvas.line(&[knee, ankle], thick(0.068), skin);
        let share = if self.look.skirt { 0.35 } else { 0.62 };
        let hem = [hip[0] + (knee[0] - hip[0]) * share, hip[1] + (knee[1] - hip[1]) * share];
        canvas.line(&[hip, hem], thick(0.10), cloth);
        // The foot points forward from the shin.
        let (dx, dy) = (ankle[0] - knee[0], ankle[1] - knee[1]);
        let length = dx.hypot(dy).max(1e-4);
        let front = self.figure.pose.turn.signum() * (1.0 - 0.6 * self.figure.pose.front);
        let toe =
            |reach: f32| [ankle[0] - dy / length * reach * front, ankle[1] + dx / length * reach * front];
        canvas.line(&[ankle, toe(thick(0.085))], thick(0.058), shade(self.look.shoes, darker));
        if self.look.blades {
            let below = |p: Point| [p[0] + dx / length * thick(0.042), p[1] + dy / length * thick(0.042)];
            canvas.line(&[below(toe(thick(-0.03))), below(toe(thick(0.11)))], thick(0.016), [92, 100, 112]);
        }
    }

    fn trunk(&self, canvas: &mut Canvas, joints: &Joints, pose: &Pose, thick: &impl Fn(f32) -> f32) {
        let (hips, shoulders) = (self.put(joints.hips), self.put(joints.shoulders));
        let look = self.look;
        let wide = 0.145 + 0.05 * pose.front;
        canvas.ellipse(hips, [thick(wide / 2.0); 2], look.bottom);
        if look.skirt {
            let side = thick(0.13);
            let low = |dx: f32| [hips[0] + dx, hips[1] - thick(0.12)];
            canvas.polygon(
                &[[hips[0] - side * 0.6, hips[1]], [hips[0] + side * 0.6, hips[1]], low(side), low(-side)],
                look.bottom,
            );
        }
        let at = |share: f32| {
            [hips[0] + (shoulders[0] - hips[0]) * share, hips[1] + (shoulders[1] - hips[1]) * share]
        };
        canvas.line(&[at(0.12), at(0.92)], thick(wide), look.top);
        canvas.line(&[at(0.6), at(0.88)], thick(wide + 0.02), look.top);
        if look.belt {
            let (middle, half) = (at(0.14), thick(wide / 2.0));
            canvas.line(
                &[[middle[0] - half, middle[1]], [middle[0] + half, middle[1]]],
                thick(0.035),
                [70, 46, 30],
            );
        }
    }

    fn head(&self, canvas: &mut Canvas, joints: &Joints, pose: &Pose, thick: &impl Fn(f32) -> f32) {
        let look = self.look;
        let (neck, head) = (self.put(joints.shoulders), self.put(joints.head));
        canvas.line(&[neck, head], thick(0.06), look.skin);
        let radius = 0.078 * look.build.height * self.size;
        let back = -pose.turn.signum() * (1.0 - 0.8 * pose.front);
        match look.style {
            Hair::Bun => canvas.ellipse(
                [head[0] + back * radius * 0.7, head[1] + radius * 0.9],
                [radius * 0.5; 2],
                look.hair,
            ),
            Hair::Tail => {
                let root = [head[0] + back * radius * 0.8, head[1] + radius * 0.2];
                let tip = [root[0] + back * radius * 0.8, root[1] - radius * 1.5];
                canvas.line(&[root, tip], radius * 0.5, look.hair);
            }
            Hair::Short | Hair::None => {}
        }
        if !matches!(look.style, Hair::None) {
            canvas.ellipse(
                [head[0] + back * radius * 0.16, head[1] + radius * 0.14],
                [radius * 1.06; 2],
                look.hair,
            );
        }
        canvas.ellipse(
            [head[0] - back * radius * 0.12, head[1] - radius * 0.10],
            [radius * 0.90; 2],
            look.skin,
        );
        if look.cap {
            let brow = head[1] + radius * 0.45;
            canvas.line(
                &[[head[0] - radius * 0.7, brow], [head[0] - back * radius * 1.5, brow - radius * 0.1]],
                radius * 0.4,
                look.shoes,
            );
        }
    }
}

/// A bar with its plates, as seen from the front.
pub fn paint_bar(canvas: &mut Canvas, [x, y]: Point, plates: Rgb, size: f32) {
    let half = BAR_HALF * size;
    canvas.begin(Some(Thing::Prop));
    canvas.line(&[[x - half - 0.06 * size, y], [x + half + 0.06 * size, y]], 0.026 * size, [176, 180, 188]);
    for side in [-1.0, 1.0] {
        for (offset, radius, colour) in [(0.0, 0.155, plates), (0.045, 0.115, shade(plates, -0.35))] {
            let at = [x + side * (half + offset * size), y];
            canvas.ellipse(at, [0.036 * size, radius * size], shade(colour, -0.3));
            canvas.ellipse(at, [0.024 * size, radius * 0.9 * size], colour);
        }
    }
    canvas.begin(None);
}

/// Colour of the plates of a bar on the floor.
pub fn plates(look: &Look) -> Rgb {
    look.plates
}
