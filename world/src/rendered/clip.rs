//! Clips: shots in a row, and the picture at any time.

use image::RgbImage;

use crate::rendered::actions::{Action, Sport};
use crate::rendered::canvas::Boxes;
use crate::rendered::rng::Rng;
use crate::rendered::scene::{Moment, Scene};
use crate::rendered::steps::{self, Step};
use crate::rendered::venue::hips_below_rim;

#[derive(Clone, Copy)]
enum Shot {
    Step {
        step: &'static Step,
        before: Option<&'static Step>,
        x: f32,
    },
    Crowd,
    /// Somebody else in the same venue.
    Cutaway {
        step: &'static Step,
    },
    /// An earlier shot again, from a fraction of it on.
    Replay {
        shot: usize,
        from: f32,
    },
}

/// Where on the floor cutaways are.
const FAR_AWAY: f32 = -4.0;

pub struct Clip {
    scene: Scene,
    /// Of cutaways.
    elsewhere: Option<Scene>,
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

/// How a clip tells its action.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    pub timing: Timing,
    /// Number of a step that is left out.
    pub skipped: Option<usize>,
    /// Number of a step that is done twice.
    pub repeated: Option<usize>,
}

/// What a video clip shows between steps.
enum Break {
    Wait,
    Crowd,
    Cutaway(&'static Step),
    Replay { from: f32 },
}

impl Clip {
    /// A random easy clip of an action.
    pub fn easy(rng: &mut Rng, action: &Action, timing: Timing) -> Self {
        let tempo = rng.between(0.85, 1.25);
        let pieces: Vec<(&'static Step, f32)> =
            action.steps.iter().map(|key| (steps::named(key), tempo * rng.between(0.8, 1.6))).collect();
        let mut clip = Self::new(Scene::random(rng, action.sport));
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

    /// A random video clip of an action: steps of very unequal length, with breaks, cuts and replays between them.
    pub fn video(rng: &mut Rng, action: &Action, telling: Telling) -> Self {
        let mut clip = Self::new(Scene::on_video(rng, action.sport));
        clip.elsewhere = Some(clip.scene.cutaway(rng));
        let told = (0..action.steps.len()).filter(|step| telling.skipped != Some(*step));
        let told: Vec<usize> =
            told.flat_map(|step| vec![step; 1 + usize::from(telling.repeated == Some(step))]).collect();
        let mut pieces = Vec::new();
        for (i, step) in told.iter().enumerate() {
            let seconds = rng.between(0.45_f32.ln(), 3.0_f32.ln()).exp();
            let again = told.get(i + 1) == Some(step);
            let rest = (i + 1 < told.len() && (again || rng.chance(0.4))).then(|| {
                let seconds = rng.between(0.4, 1.3);
                (Break::random(rng, action.sport), seconds)
            });
            pieces.push((steps::named(action.steps[*step]), seconds, rest));
        }
        let length: f32 =
            pieces.iter().map(|(_, seconds, rest)| seconds + rest.as_ref().map_or(0.0, |rest| rest.1)).sum();
        let filler = length * rng.between(1.05, 1.3) + 0.5;
        match telling.timing {
            Timing::Whole => clip.idle(rng, 0.2 * length, action.sport),
            Timing::Late => clip.idle(rng, filler, action.sport),
            Timing::Early => {}
        }
        for (step, seconds, rest) in pieces {
            clip.play(step, seconds);
            if let Some((shown, seconds)) = rest {
                clip.show(shown, seconds);
            }
        }
        match telling.timing {
            Timing::Whole => clip.idle(rng, 0.15 * length, action.sport),
            Timing::Early => clip.idle(rng, filler, action.sport),
            Timing::Late => {}
        }
        clip.place_hoop();
        clip
    }

    fn new(scene: Scene) -> Self {
        Self { scene, elsewhere: None, shots: Vec::new(), hoop: 0.0 }
    }

    /// What is hard about how it is filmed, as names of groups.
    pub fn traits(&self) -> Vec<&'static str> {
        self.scene.traits()
    }

    /// A clip of one step that follows another.
    pub fn of_step(rng: &mut Rng, scene: Scene, before: &'static Step, step: &'static Step) -> Self {
        let mut clip = Self::new(scene);
        clip.play(before, rng.between(0.5, 1.5));
        clip.play(step, rng.between(0.8, 2.0));
        clip.place_hoop();
        clip
    }

    pub fn seconds(&self) -> f32 {
        self.shots.last().map_or(0.0, |(_, start, seconds)| start + seconds)
    }

    /// The steps of the action in the order in which they are done.
    #[cfg(test)]
    pub fn told(&self) -> Vec<&'static str> {
        let steps = self.shots.iter().filter_map(|(shot, ..)| match shot {
            Shot::Step { step, .. } if step.key != "wait" => Some(step.key),
            _ => None,
        });
        steps.collect()
    }

    /// When the action begins and ends, in seconds.
    #[cfg(test)]
    pub fn action_span(&self) -> (f32, f32) {
        let begin = self.steps().next().map_or(0.0, |(start, _)| start);
        (begin, self.steps().last().map_or(0.0, |(_, end)| end))
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
            Shot::Crowd | Shot::Cutaway { .. } | Shot::Step { .. } => {
                self.moment(current, time - start, false, size)
            }
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
        let (shot, start, seconds) = self.shots[shot];
        let time = start + since;
        let progress = (since / seconds).clamp(0.0, 1.0);
        let moment = |step: &'static Step, before, x: f32| {
            let x = x + (step.figure)(progress).speed * since;
            Moment { step, progress, since, before, x, hoop: self.hoop, time, replay }
        };
        match (shot, &self.elsewhere) {
            (Shot::Step { step, before, x }, _) => self.scene.picture(&moment(step, before, x), size),
            (Shot::Cutaway { step }, Some(scene)) => {
                (scene.picture(&moment(step, None, FAR_AWAY), size).0, Boxes::default())
            }
            _ => (self.scene.crowd(time, size), Boxes::default()),
        }
    }

    /// Fills some seconds of a video clip with waiting and whatever a camera shows meanwhile.
    fn idle(&mut self, rng: &mut Rng, seconds: f32, sport: Sport) {
        let end = self.seconds() + seconds;
        while self.seconds() < end - 0.2 {
            let piece = (end - self.seconds()).min(rng.between(0.8, 2.5));
            let shown = if rng.chance(0.6) { Break::Wait } else { Break::random(rng, sport) };
            self.show(shown, piece);
        }
    }

    fn show(&mut self, shown: Break, seconds: f32) {
        let last = self.shots.iter().rposition(|(shot, ..)| matches!(shot, Shot::Step { .. }));
        match (shown, last) {
            (Break::Crowd, _) => self.push(Shot::Crowd, seconds),
            (Break::Cutaway(step), _) => self.push(Shot::Cutaway { step }, seconds),
            (Break::Replay { from }, Some(shot)) => self.push(Shot::Replay { shot, from }, seconds),
            (Break::Wait | Break::Replay { .. }, _) => self.play(steps::named("wait"), seconds),
        }
    }

    /// Fills some seconds of an easy clip with waiting, and a long wait with the crowd too.
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
        let mut clip = Self::new(Scene::random(rng, sport));
        clip.fill(rng, seconds);
        clip.place_hoop();
        clip
    }

    /// A clip in which the athlete waits, does these steps, and waits again.
    pub fn of_steps(rng: &mut Rng, sport: Sport, steps: &[&'static Step]) -> Self {
        let mut clip = Self::new(Scene::random(rng, sport));
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
        (0..self.shots.len()).filter(|&shot| self.shots[shot].0.is_acted())
    }
}

impl Shot {
    /// Whether it is a step of the action.
    fn is_acted(&self) -> bool {
        matches!(self, Self::Step { step, .. } if step.key != "wait")
    }
}

impl Break {
    /// Mostly the play goes on elsewhere.
    fn random(rng: &mut Rng, sport: Sport) -> Self {
        match rng.below(5) {
            0 => Self::Wait,
            1 => Self::Crowd,
            2 => Self::Replay { from: rng.between(0.0, 0.4) },
            _ => {
                let others: Vec<&'static Step> =
                    steps::all().filter(|step| step.sport.is_none_or(|s| s == sport)).collect();
                Self::Cutaway(others[rng.below(others.len())])
            }
        }
    }
}
