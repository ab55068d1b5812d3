//! What makes the pictures of a video clip hard to read, from its first to its last: who and what else is in view, and how it is
//! filmed.

use crate::rendered::actions::Sport;
use crate::rendered::athlete::{Athlete, Look};
use crate::rendered::canvas::{self, Canvas, Rgb};
use crate::rendered::develop;
use crate::rendered::figure::Figure;
use crate::rendered::rng::Rng;
use crate::rendered::steps;
use crate::rendered::venue::Venue;

/// Beyond this the athlete is small.
const FAR: f32 = 1.35;
const DARK: [Rgb; 4] = [[30, 32, 40], [58, 54, 60], [84, 70, 60], [44, 60, 84]];

#[derive(Clone)]
pub struct Footage {
    pub camera: develop::Camera,
    /// Height of the view, as a factor of the usual one.
    distance: f32,
    /// Where the athlete is off the middle of the view.
    offset: [f32; 2],
    /// How far, how fast and from where the view drifts.
    drift: [f32; 2],
    pace: f32,
    phase: f32,
    roll: f32,
    /// The light on everything but the athlete.
    pub house_lights: f32,
    others: Vec<Other>,
    /// Middle and width of what stands in front of the camera.
    posts: Vec<(f32, f32, Rgb)>,
    passer: Option<Passer>,
    /// Height and colours of the writing at the foot of the picture.
    banner: Option<(f32, Rgb, Rgb)>,
    camouflage: f32,
}

/// Somebody who does not act.
#[derive(Clone)]
struct Other {
    look: Look,
    figure: fn(f32) -> Figure,
    /// Beside the athlete, and up the floor: negative is in front.
    at: [f32; 2],
    turned: bool,
    phase: f32,
}

/// Somebody who walks through the picture, close to the camera.
#[derive(Clone)]
struct Passer {
    /// Seconds from one time to the next, and that one takes.
    every: f32,
    takes: f32,
    /// Seconds before the clip begins.
    since: f32,
    leftwards: bool,
    colour: Rgb,
}

impl Footage {
    pub fn random(rng: &mut Rng, sport: Sport, venue: &Venue) -> Self {
        let close = rng.chance(0.2);
        let distance = if close { rng.between(0.72, 0.9) } else { rng.between(0.95, 1.5) };
        let aside = if close { 0.2 } else { 0.34 * distance };
        let others = (0..*rng.pick(&[0, 1, 1, 2, 2, 3])).map(|_| Other::random(rng, sport, venue)).collect();
        let posts = (0..*rng.pick(&[0, 0, 0, 1]))
            .map(|_| (rng.between(-0.8, 0.8), rng.between(0.05, 0.13), *rng.pick(&DARK)))
            .collect();
        Self {
            camera: develop::Camera::random(rng),
            distance,
            offset: [rng.between(-aside, aside), rng.between(-0.16, 0.16)],
            drift: [rng.between(0.0, 0.25), rng.between(0.0, 0.12)],
            pace: rng.between(0.4, 1.2),
            phase: rng.between(0.0, 6.3),
            roll: rng.between(-6.0, 6.0),
            house_lights: rng.between(0.55, 1.0),
            others,
            posts,
            passer: rng.chance(0.25).then(|| Passer::random(rng)),
            banner: rng.chance(0.25).then(|| (rng.between(0.12, 0.26), *rng.pick(&DARK), [236, 236, 240])),
            camouflage: if rng.chance(0.5) { rng.between(0.2, 0.75) } else { 0.0 },
        }
    }

    /// The same venue and camera, with other people in another place.
    pub fn elsewhere(&self, rng: &mut Rng, sport: Sport, venue: &Venue) -> Self {
        Self {
            camera: self.camera.clone(),
            house_lights: self.house_lights,
            ..Self::random(rng, sport, venue)
        }
    }

    /// What is hard about it, as names of groups.
    pub fn traits(&self) -> Vec<&'static str> {
        let hides = !self.posts.is_empty() || self.passer.is_some() || self.banner.is_some();
        let traits = [
            ("crowded", self.others.len() >= 2),
            ("hidden", hides),
            ("blurred", self.camera.is_blurred()),
            ("flickering", self.camera.is_flickering()),
            ("camouflaged", self.camouflage > 0.4),
            ("far", self.distance > FAR),
            ("close", self.distance < 0.9),
        ];
        traits.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
    }

    /// The athlete in clothes of nearly the floor's colour, if this footage has that.
    pub fn dress(&self, look: Look, floor: Rgb) -> Look {
        look.in_clothes_like(floor.map(|value| (f32::from(value) * self.house_lights) as u8), self.camouflage)
    }

    pub fn aim(&self, camera: &mut canvas::Camera, time: f32) {
        let swing = (self.pace * time + self.phase).sin();
        camera.height *= self.distance;
        camera.centre[0] += self.offset[0] + self.drift[0] * swing;
        camera.centre[1] += self.offset[1] + self.drift[1] * (swing * 1.7 + self.phase).sin();
        camera.roll += self.roll;
    }

    /// Paints the others in front of the athlete at `x`, or those behind.
    pub fn paint_others(&self, canvas: &mut Canvas, x: f32, time: f32, in_front: bool) {
        for other in self.others.iter().filter(|other| (other.at[1] < 0.0) == in_front) {
            let mut figure = (other.figure)((time / 5.0 + other.phase).fract());
            figure.pose.turn *= if other.turned { -1.0 } else { 1.0 };
            (figure.ball, figure.bar) = (None, None);
            let [aside, up] = other.at;
            let at = [x + aside + 0.07 * (0.8 * time + 9.0 * other.phase).sin(), up];
            Athlete { look: &other.look, figure: &figure, at, size: 1.0 - up }.paint(canvas);
        }
    }

    /// Paints what is between the camera and everybody, in a view of `height` around the origin.
    pub fn paint_foreground(&self, canvas: &mut Canvas, height: f32, time: f32) {
        let half = height * canvas.aspect() / 2.0;
        let swing = (self.pace * time + self.phase).sin();
        for &(x, width, colour) in &self.posts {
            let x = x * half - 0.5 * self.drift[0] * swing;
            canvas.rectangle([x - width / 2.0, -height], [x + width / 2.0, height], colour);
        }
        if let Some(passer) = &self.passer {
            passer.paint(canvas, half, height, time);
        }
        if let Some((share, ground, ink)) = self.banner {
            let low = -height / 2.0;
            canvas.rectangle([-half, low], [half * 0.6, low + share * height], ground);
            for (row, length) in [(0.68, 0.7), (0.32, 0.45)] {
                let y = low + share * height * row;
                canvas.line(
                    &[[-half * 0.9, y], [-half * 0.9 + half * length, y]],
                    share * height * 0.16,
                    ink,
                );
            }
        }
    }
}

impl Other {
    fn random(rng: &mut Rng, sport: Sport, venue: &Venue) -> Self {
        let roles: &[&str] = match sport {
            Sport::Basketball => &["wait", "wait", "run", "spread", "arms up", "crouch"],
            Sport::FigureSkating => &["wait", "wait", "spread"],
            Sport::Tennis => &["wait", "wait", "crouch"],
            Sport::Weightlifting => &["wait"],
        };
        let role: &str = roles[rng.below(roles.len())];
        let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
        let up = if rng.chance(0.3) { rng.between(-0.14, -0.06) } else { rng.between(0.06, 0.2) };
        Self {
            look: Look::random(rng, sport).faded(venue.haze(), rng.between(0.0, 0.4)),
            figure: steps::named(role).figure,
            at: [side * rng.between(0.42, 1.0), up],
            turned: rng.chance(0.5),
            phase: rng.between(0.0, 1.0),
        }
    }
}

impl Passer {
    fn random(rng: &mut Rng) -> Self {
        Self {
            every: rng.between(3.0, 7.0),
            takes: rng.between(0.8, 2.0),
            since: rng.between(0.0, 7.0),
            leftwards: rng.chance(0.5),
            colour: *rng.pick(&DARK),
        }
    }

    fn paint(&self, canvas: &mut Canvas, half: f32, height: f32, time: f32) {
        let share = ((time + self.since) % self.every) / self.takes;
        if share > 1.0 {
            return;
        }
        let share = if self.leftwards { 1.0 - share } else { share };
        let x = (half + 0.3) * (2.0 * share - 1.0);
        let low = -height / 2.0;
        canvas.ellipse([x, low], [0.19, height * 0.42], self.colour);
        canvas.ellipse([x, low + height * 0.48], [0.085, 0.1], self.colour);
    }
}
