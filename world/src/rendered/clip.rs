//! Clips: shots in a row, and the picture at any time.

use image::RgbImage;

use crate::rendered::actions::{Action, Sport};
use crate::rendered::canvas::Boxes;
use crate::rendered::rng::Rng;
use crate::rendered::scene::{Moment, Scene};
use crate::rendered::steps::{self, Step};
use crate::rendered::venue::hips_below_rim;

enum Shot {
    Step {
        step: &'static Step,
        before: Option<&'static Step>,
        x: f32,
    },
    Crowd,
    /// An earlier shot again, from a fraction of it on.
    Replay {
        shot: usize,
        from: f32,
    },
}

pub struct Clip {
    scene: Scene,
    /// Each with its start and its length in seconds.
    shots: Vec<(Shot, f32, f32)>,
    hoop: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// All of the clip except for a moment at both ends.
    Whole,
    /// It begins in the second half.
    Late,
    /// It ends in the first half.
    Early,
}

impl Clip {
    /// A random clip of an action.
    pub fn random(rng: &mut Rng, action: &Action, timing: Timing) -> Self {
        let tempo = rng.between(0.85, 1.25);
        let pieces: Vec<(&'static Step, f32)> =
            action.steps.iter().map(|key| (steps::named(key), tempo * rng.between(0.8, 1.6))).collect();
        let mut clip = Self { scene: Scene::random(rng, action.sport), shots: Vec::new(), hoop: 0.0 };
        let length: f32 = pieces.iter().map(|(_, seconds)| seconds).sum();
        // Cuts lengthen the action, so the other half must be longer than its steps.
        let filler = length * rng.between(1.1, 1.4) + 2.0;
        match timing {
            Timing::Whole => clip.fill(rng, 0.7),
            Timing::Late => clip.fill(rng, filler),
            Timing::Early => {}
        }
        let breaks = pieces.len() - 1;
        let cut_after = rng.chance(0.55).then(|| rng.below(breaks));
        for (i, (step, seconds)) in pieces.into_iter().enumerate() {
            clip.play(step, seconds);
            if cut_after == Some(i) {
                let seconds = rng.between(0.4, 0.9);
                if rng.chance(0.5) {
                    clip.push(Shot::Crowd, seconds);
                } else {
                    let shot = clip.shots.len() - 1;
                    clip.push(Shot::Replay { shot, from: rng.between(0.0, 0.4) }, seconds);
                }
            }
        }
        match timing {
            Timing::Whole => clip.fill(rng, 0.5),
            Timing::Early => clip.fill(rng, filler),
            Timing::Late => {}
        }
        clip.place_hoop();
        clip
    }

    /// A clip of one step that follows another.
    pub fn of_step(rng: &mut Rng, sport: Sport, before: &'static Step, step: &'static Step) -> Self {
        let mut clip = Self { scene: Scene::random(rng, sport), shots: Vec::new(), hoop: 0.0 };
        clip.play(before, rng.between(0.5, 1.5));
        clip.play(step, rng.between(0.8, 2.0));
        clip.place_hoop();
        clip
    }

    pub fn seconds(&self) -> f32 {
        self.shots.last().map_or(0.0, |(_, start, seconds)| start + seconds)
    }

    /// When the action begins and ends, in seconds.
    #[cfg(test)]
    pub fn action_span(&self) -> (f32, f32) {
        let acts = |shot: &Shot| matches!(shot, Shot::Step { step, .. } if step.key != "wait");
        let of_action: Vec<_> = self.shots.iter().filter(|(shot, ..)| acts(shot)).collect();
        let begin = of_action.first().map_or(0.0, |(_, start, _)| *start);
        (begin, of_action.last().map_or(0.0, |(_, start, seconds)| start + seconds))
    }

    /// The picture at a time, and where athlete and prop are in it. `size` is width and height in pixels.
    pub fn picture(&self, time: f32, size: (u32, u32)) -> (RgbImage, Boxes) {
        let current = self.shots.partition_point(|(_, start, _)| *start <= time).saturating_sub(1);
        let Some((shot, start, _)) = self.shots.get(current) else {
            return (RgbImage::new(size.0, size.1), Boxes::default());
        };
        match shot {
            Shot::Replay { shot, from } => {
                let lasted = self.shots[*shot].2;
                // Slow motion.
                let since = from * lasted + (time - start) * 0.6;
                self.moment(*shot, since.min(lasted), true, size)
            }
            Shot::Crowd | Shot::Step { .. } => self.moment(current, time - start, false, size),
        }
    }

    /// The picture at a fraction of the last shot, maybe as a replay.
    pub fn picture_of_last(&self, share: f32, replay: bool, size: (u32, u32)) -> RgbImage {
        let last = self.shots.len() - 1;
        self.moment(last, share * self.shots[last].2, replay, size).0
    }

    pub fn picture_of_crowd(&self, time: f32, size: (u32, u32)) -> RgbImage {
        self.scene.crowd(time, size)
    }

    /// The picture of a shot, `since` seconds after it began.
    fn moment(&self, shot: usize, since: f32, replay: bool, size: (u32, u32)) -> (RgbImage, Boxes) {
        let (ref shot, start, seconds) = self.shots[shot];
        let time = start + since;
        let Shot::Step { step, before, x } = *shot else {
            return (self.scene.crowd(time, size), Boxes::default());
        };
        let progress = (since / seconds).clamp(0.0, 1.0);
        let x = x + (step.figure)(progress).speed * since;
        let moment = Moment { step, progress, since, before, x, hoop: self.hoop, time, replay };
        self.scene.picture(&moment, size)
    }

    /// Fills some seconds with waiting, and a long wait with the crowd too.
    fn fill(&mut self, rng: &mut Rng, seconds: f32) {
        let is_long = seconds > 2.0;
        let end = self.seconds() + if is_long { seconds } else { seconds * rng.between(0.6, 1.4) };
        while self.seconds() < end - 0.2 {
            let piece = (end - self.seconds()).min(rng.between(1.5, 3.0));
            if is_long && rng.chance(0.3) {
                self.push(Shot::Crowd, piece.min(1.2));
            } else {
                self.play(steps::named("wait"), piece);
            }
        }
    }

    fn play(&mut self, step: &'static Step, seconds: f32) {
        let played = self.shots.iter().rev().find_map(|(shot, _, seconds)| match shot {
            Shot::Step { step, x, .. } => Some((*step, x + (step.figure)(1.0).speed * seconds)),
            _ => None,
        });
        let (before, x) = played.map_or((None, 0.0), |(before, x)| (Some(before), x));
        self.push(Shot::Step { step, before, x }, seconds);
    }

    fn push(&mut self, shot: Shot, seconds: f32) {
        self.shots.push((shot, self.seconds(), seconds));
    }

    /// Hangs the hoop above a dunk, or ahead of everything else.
    fn place_hoop(&mut self) {
        let mut last = 0.0;
        for (shot, _, _) in &self.shots {
            if let Shot::Step { step, x, .. } = shot {
                last = x + 0.78;
                if step.key == "dunk" {
                    // The hips are behind the hands by as much.
                    last = x + (x - hips_below_rim(*x));
                    break;
                }
            }
        }
        self.hoop = last;
    }
}

/// What recordings are made of.
impl Clip {
    /// A clip in which nobody acts.
    pub fn waiting(rng: &mut Rng, sport: Sport, seconds: f32) -> Self {
        let mut clip = Self { scene: Scene::random(rng, sport), shots: Vec::new(), hoop: 0.0 };
        clip.fill(rng, seconds);
        clip.place_hoop();
        clip
    }

    /// A clip of some steps with waiting around them.
    pub fn of_steps(rng: &mut Rng, sport: Sport, steps: &[&'static Step]) -> Self {
        let mut clip = Self { scene: Scene::random(rng, sport), shots: Vec::new(), hoop: 0.0 };
        clip.fill(rng, 1.0);
        for step in steps {
            clip.play(step, rng.between(0.8, 1.8));
        }
        clip.fill(rng, 1.0);
        clip.place_hoop();
        clip
    }

    /// Start and end of each step except for waiting, in seconds.
    pub fn steps(&self) -> impl Iterator<Item = (f32, f32)> {
        self.acting_shots().map(|shot| (self.shots[shot].1, self.shots[shot].1 + self.shots[shot].2))
    }

    /// The picture of a step of [`Clip::steps`] in slow motion, `since` seconds after the replay began.
    pub fn replay(&self, step: usize, since: f32, size: (u32, u32)) -> (RgbImage, Boxes) {
        match self.acting_shots().nth(step) {
            Some(shot) => self.moment(shot, (0.6 * since).min(self.shots[shot].2), true, size),
            None => (self.picture_of_crowd(since, size), Boxes::default()),
        }
    }

    fn acting_shots(&self) -> impl Iterator<Item = usize> {
        let acts =
            |shot: &usize| matches!(self.shots[*shot].0, Shot::Step { step, .. } if step.key != "wait");
        (0..self.shots.len()).filter(acts)
    }
}
