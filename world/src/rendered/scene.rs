//! One venue, one athlete, one camera: pictures of any moment.

use image::RgbImage;

use crate::rendered::actions::Sport;
use crate::rendered::athlete::{Athlete, Look, paint_bar, plates};
use crate::rendered::body::Pose;
use crate::rendered::canvas::{Boxes, Camera, Canvas, Rgb};
use crate::rendered::figure::Figure;
use crate::rendered::footage::Footage;
use crate::rendered::rng::Rng;
use crate::rendered::steps::{self, Step};
use crate::rendered::venue::{Venue, paint_crowd};

/// Seconds in which the pose of one step becomes that of the next.
const BLEND: f32 = 0.25;
const VIEW: f32 = 1.44;
/// The hall is dimmed, the athlete in a spotlight.
const HOUSE_LIGHTS: f32 = 0.55;

/// How much more an athlete's habits differ from the usual pose on video.
const PERSONAL: f32 = 1.8;

/// Everything that stays the same through a clip.
#[derive(Clone)]
pub struct Scene {
    sport: Sport,
    look: Look,
    habit: Pose,
    venue: Venue,
    zoom: f32,
    zoom_drift: f32,
    pan: [f32; 2],
    sway: f32,
    shake: f32,
    light: [f32; 3],
    bystanders: Vec<(Look, f32, f32, f32)>,
    heads: Vec<(f32, f32, Rgb)>,
    score: Option<(Rgb, Rgb)>,
    seed: u64,
    /// How it is filmed, unless everything is easy to see.
    footage: Option<Footage>,
}

pub struct Moment {
    pub step: &'static Step,
    /// Of the step, from 0 to 1.
    pub progress: f32,
    /// Seconds since the step began.
    pub since: f32,
    pub before: Option<&'static Step>,
    /// Position of the athlete on the court.
    pub x: f32,
    /// Position of the hoop.
    pub hoop: f32,
    /// Seconds since the clip began.
    pub time: f32,
    /// Replays are closer, and in a frame.
    pub replay: bool,
}

impl Scene {
    pub fn random(rng: &mut Rng, sport: Sport) -> Self {
        let venue = Venue::random(rng, sport);
        let mut bystanders = Vec::new();
        for _ in 0..*rng.pick(&[0, 0, 1, 1, 2]) {
            let look = Look::random(rng, sport).faded(venue.haze(), 0.5);
            bystanders.push((look, rng.between(-1.2, 1.2), rng.between(0.34, 0.5), rng.between(0.0, 20.0)));
        }
        let heads = (0..*rng.pick(&[0, 0, 0, 1, 2]))
            .map(|_| {
                (
                    rng.between(-1.0, 1.0),
                    rng.between(0.10, 0.16),
                    *rng.pick(&[[24, 22, 26], [52, 36, 28], [88, 74, 60]]),
                )
            })
            .collect();
        let brightness = rng.between(0.86, 1.14);
        let warmth = rng.between(-0.09, 0.09);
        let jitter = |rng: &mut Rng| rng.between(-5.0, 5.0);
        let habit = Pose {
            torso: rng.between(-4.0, 4.0),
            head: jitter(rng),
            arms: [[jitter(rng), jitter(rng)], [jitter(rng), jitter(rng)]],
            legs: [[rng.between(-4.0, 4.0); 2], [rng.between(-4.0, 4.0); 2]],
            lift: 0.0,
            turn: 0.0,
            front: 0.0,
        };
        Self {
            sport,
            look: Look::random(rng, sport),
            habit,
            venue,
            zoom: rng.between(0.96, 1.08),
            zoom_drift: rng.between(-0.02, 0.02),
            pan: [rng.between(-0.10, 0.16), rng.between(-0.02, 0.05)],
            sway: rng.between(0.0, 0.06),
            shake: if rng.chance(0.3) { rng.between(0.006, 0.02) } else { 0.0 },
            light: [brightness * (1.0 + warmth), brightness, brightness * (1.0 - warmth)],
            bystanders,
            heads,
            score: rng.chance(0.4).then(|| (*rng.pick(&SCORES), *rng.pick(&SCORES))),
            seed: rng.below(1 << 30) as u64,
            footage: None,
        }
    }

    /// A scene as a video shows it.
    pub fn on_video(rng: &mut Rng, sport: Sport) -> Self {
        let scene = Self::random(rng, sport);
        let footage = Footage::random(rng, sport, &scene.venue);
        scene.filmed(footage)
    }

    /// The same venue, filmed by the same camera, with another athlete.
    pub fn cutaway(&self, rng: &mut Rng) -> Self {
        let other = Self { venue: self.venue.clone(), light: self.light, ..Self::random(rng, self.sport) };
        match &self.footage {
            Some(footage) => other.filmed(footage.elsewhere(rng, self.sport, &self.venue)),
            None => other,
        }
    }

    fn filmed(mut self, footage: Footage) -> Self {
        self.look = footage.dress(self.look, self.venue.floor_colour());
        let Pose { torso, head, arms, legs, .. } = &mut self.habit;
        let limbs = arms.iter_mut().chain(legs).flatten();
        for angle in limbs.chain([torso, head]) {
            *angle *= PERSONAL;
        }
        self.footage = Some(footage);
        self
    }

    /// What is hard about how it is filmed, as names of groups.
    pub fn traits(&self) -> Vec<&'static str> {
        self.footage.as_ref().map_or_else(Vec::new, Footage::traits)
    }

    /// The picture of a moment, and where athlete and prop are in it.
    pub fn picture(&self, moment: &Moment, (width, height): (u32, u32)) -> (RgbImage, Boxes) {
        let mut canvas = Canvas::new(width, height);
        let figure = self.figure(moment);
        let mut camera = self.camera(moment, &figure);
        canvas.look_through(&camera);
        self.venue.paint(&mut canvas, &camera, moment.hoop);
        for (look, x, size, phase) in &self.bystanders {
            let idle = (steps::named("wait").figure)((moment.time / 6.0 + phase).fract());
            Athlete { look, figure: &idle, at: [*x, 0.24], size: *size }.paint(&mut canvas);
        }
        canvas.light([self.footage.as_ref().map_or(HOUSE_LIGHTS, |footage| footage.house_lights); 3]);
        self.paint_others(&mut canvas, moment, false);
        canvas.forget_places();
        if self.sport == Sport::Weightlifting && figure.bar.is_none() {
            paint_bar(&mut canvas, [0.0, 0.21], plates(&self.look), 1.0);
        }
        Athlete { look: &self.look, figure: &figure, at: [moment.x, 0.0], size: 1.0 }.paint(&mut canvas);
        let boxes = canvas.boxes();
        self.paint_others(&mut canvas, moment, true);

        camera.centre = [0.0, 0.62];
        camera.height = VIEW;
        camera.roll = 0.0;
        canvas.look_through(&camera);
        for &(x, radius, colour) in &self.heads {
            let x = x + 0.02 * (moment.time * 1.3 + x * 5.0).sin();
            canvas.ellipse([x, -0.20], [radius * 1.6, radius * 0.9], colour);
            canvas.ellipse([x, -0.20 + radius], [radius * 0.7; 2], colour);
        }
        canvas.light(self.light);
        self.overlays(&mut canvas, moment);
        if let Some(footage) = &self.footage {
            canvas.look_through(&Camera { centre: [0.0; 2], height: VIEW, roll: 0.0 });
            footage.paint_foreground(&mut canvas, VIEW, moment.time);
        }
        let picture = canvas.into_image();
        let Some(Footage { camera, .. }) = &self.footage else { return (picture, boxes) };
        let place = |sides: Option<[f32; 4]>| sides.and_then(|sides| camera.place(sides));
        let boxes = Boxes { athlete: place(boxes.athlete), prop: place(boxes.prop) };
        (camera.develop(&picture, moment.time, figure.speed), boxes)
    }

    fn paint_others(&self, canvas: &mut Canvas, moment: &Moment, in_front: bool) {
        if let Some(footage) = &self.footage {
            footage.paint_others(canvas, moment.x, moment.time, in_front);
        }
    }

    pub fn crowd(&self, time: f32, (width, height): (u32, u32)) -> RgbImage {
        let mut canvas = Canvas::new(width, height);
        canvas.look_through(&Camera {
            centre: [0.1 * (time * 0.7).sin(), 0.62],
            height: VIEW / self.zoom,
            roll: 0.0,
        });
        paint_crowd(&mut canvas, self.venue.haze(), self.seed, time);
        canvas.light(self.light);
        let picture = canvas.into_image();
        match &self.footage {
            Some(footage) => footage.camera.develop(&picture, time, 0.0),
            None => picture,
        }
    }

    /// The figure of the step, blended with that of the step before and with the athlete's habits.
    fn figure(&self, moment: &Moment) -> Figure {
        let mut figure = (moment.step.figure)(moment.progress);
        if let Some(before) = moment.before.filter(|_| moment.since < BLEND) {
            let share = moment.since / BLEND;
            let share = share * share * (3.0 - 2.0 * share);
            figure.pose = (before.figure)(1.0).pose.towards(&figure.pose, share);
        }
        let Pose { torso, head, arms, legs, .. } = self.habit;
        figure.pose.torso += torso;
        figure.pose.head += head;
        for (limb, habit) in
            figure.pose.arms.iter_mut().chain(&mut figure.pose.legs).zip(arms.iter().chain(&legs))
        {
            limb[0] += habit[0];
            limb[1] += habit[1];
        }
        if self.sport == Sport::Tennis && figure.racket.is_none() {
            figure.racket = Some(figure.pose.arms[0][1] + 25.0);
        }
        figure
    }

    fn camera(&self, moment: &Moment, figure: &Figure) -> Camera {
        let mut noise = Rng::new(self.seed, "shake", (moment.time * 20.0).round() as u64);
        let shaken = [noise.between(-1.0, 1.0) * self.shake, noise.between(-1.0, 1.0) * self.shake];
        let zoom = (self.zoom + self.zoom_drift * moment.time).clamp(0.85, 1.3);
        let zoom = if moment.replay { zoom * 1.22 } else { zoom };
        let mut camera = Camera {
            centre: [
                moment.x + self.pan[0] * 0.7 + self.sway * (moment.time * 0.9).sin() + shaken[0],
                0.60 + self.pan[1] + 0.45 * figure.pose.lift + shaken[1],
            ],
            height: VIEW / zoom,
            roll: shaken[0] * 40.0,
        };
        if let Some(footage) = &self.footage {
            footage.aim(&mut camera, moment.time);
        }
        camera
    }

    fn overlays(&self, canvas: &mut Canvas, moment: &Moment) {
        let half = VIEW * canvas.aspect() / 2.0;
        let (left, right, low, high) = (-half, half, 0.62 - VIEW / 2.0, 0.62 + VIEW / 2.0);
        if let Some((home, away)) = self.score {
            canvas.rectangle([left + 0.08, high - 0.18], [left + 0.28, high - 0.08], home);
            canvas.rectangle([left + 0.28, high - 0.18], [left + 0.48, high - 0.08], away);
            canvas.line(&[[left + 0.15, high - 0.13], [left + 0.21, high - 0.13]], 0.03, [250, 250, 250]);
            canvas.line(&[[left + 0.35, high - 0.13], [left + 0.41, high - 0.13]], 0.03, [250, 250, 250]);
        }
        if moment.replay {
            let edge = 0.05;
            let colour = [250, 206, 50];
            canvas.rectangle([left, low], [right, low + edge], colour);
            canvas.rectangle([left, high - edge], [right, high], colour);
            canvas.rectangle([left, low], [left + edge, high], colour);
            canvas.rectangle([right - edge, low], [right, high], colour);
            let x = right - 0.28;
            canvas.polygon(&[[x, high - 0.12], [x, high - 0.26], [x + 0.13, high - 0.19]], [252, 252, 252]);
        }
    }
}

const SCORES: [Rgb; 5] = [[190, 40, 46], [34, 70, 160], [30, 32, 40], [36, 130, 80], [196, 150, 30]];
