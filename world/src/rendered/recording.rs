//! Long recordings: actions among waiting, other athletes, fragments of actions, replays and the crowd.

use image::RgbImage;

use crate::rendered::actions::{ACTIONS, Action, Sport};
use crate::rendered::canvas::Boxes;
use crate::rendered::clip::{Clip, Timing};
use crate::rendered::rng::Rng;
use crate::rendered::steps;

/// Actions in a recording, if there is time for them.
const ACTIONS_AT_LEAST: usize = 5;
const ACTIONS_AT_MOST: usize = 15;
/// An action with the pause that belongs to it takes at most so many seconds.
const ROOM: f32 = 24.0;
/// Share of actions of another sport than the recording's.
const VISITING: f32 = 0.2;

/// A recording with its annotation.
pub struct Recording {
    parts: Vec<Part>,
    moments: Vec<ActionMoment>,
    seconds: f32,
}

/// An action in a recording; times are in seconds.
pub struct ActionMoment {
    pub action: &'static Action,
    /// Start and end of each step.
    pub steps: Vec<(f32, f32)>,
}

/// What is shown from a time on.
struct Part {
    start: f32,
    film: Film,
}

enum Film {
    Clip(Box<Clip>),
    /// A step of the action in an earlier part, in slow motion.
    Replay {
        part: usize,
        step: usize,
    },
}

impl Recording {
    /// A random recording of a sport.
    pub fn random(rng: &mut Rng, sport: Sport, seconds: f32) -> Self {
        let most = ((seconds / ROOM) as usize).clamp(1, ACTIONS_AT_MOST);
        let least = ACTIONS_AT_LEAST.min(most);
        let count = least + rng.below(most - least + 1);
        let mut recording = Self { parts: Vec::new(), moments: Vec::new(), seconds: 0.0 };
        let pause = (seconds - count as f32 * ROOM / 3.0) / (count + 1) as f32;
        for number in 0..count {
            // Pauses of uneven length; later ones make up for actions that took long.
            let due = (number + 1) as f32 * pause + number as f32 * ROOM / 3.0;
            let due = due * rng.between(0.9, 1.0);
            recording.idle_until(rng, sport, due);
            recording.act(rng, sport);
        }
        recording.idle_until(rng, sport, seconds);
        recording
    }

    pub fn seconds(&self) -> f32 {
        self.seconds
    }

    pub fn moments(&self) -> &[ActionMoment] {
        &self.moments
    }

    /// The picture at a time, and where athlete and prop are in it. `size` is width and height in pixels.
    pub fn picture(&self, time: f32, size: (u32, u32)) -> (RgbImage, Boxes) {
        let current = self.parts.partition_point(|part| part.start <= time).saturating_sub(1);
        let Some(Part { start, film }) = self.parts.get(current) else {
            return (RgbImage::new(size.0, size.1), Boxes::default());
        };
        match film {
            Film::Clip(clip) => clip.picture(time - start, size),
            Film::Replay { part, step } => match &self.parts[*part].film {
                Film::Clip(clip) => clip.replay(*step, time - start, size),
                Film::Replay { .. } => (RgbImage::new(size.0, size.1), Boxes::default()),
            },
        }
    }

    /// Adds an action of this sport, or at times of another.
    fn act(&mut self, rng: &mut Rng, sport: Sport) {
        let sport = if rng.chance(VISITING) { *rng.pick(&Sport::ALL) } else { sport };
        let choice: Vec<&'static Action> = ACTIONS.iter().filter(|action| action.sport == sport).collect();
        let action = *rng.pick(&choice);
        let timing = *rng.pick(&[Timing::Whole, Timing::Whole, Timing::Late, Timing::Early]);
        let clip = Clip::easy(rng, action, timing);
        let steps = clip.steps().map(|(start, end)| (self.seconds + start, self.seconds + end)).collect();
        self.moments.push(ActionMoment { action, steps });
        let seconds = clip.seconds();
        self.push(Film::Clip(Box::new(clip)), seconds);
    }

    /// Fills the time until `end` with what is no action.
    fn idle_until(&mut self, rng: &mut Rng, sport: Sport, end: f32) {
        while self.seconds < end {
            let last = self.parts.len().checked_sub(1);
            let replayed = last.filter(
                |&part| matches!(&self.parts[part].film, Film::Clip(clip) if clip.steps().count() > 2),
            );
            if let Some(part) = replayed.filter(|_| rng.chance(0.4)) {
                let step = rng.below(3);
                self.push(Film::Replay { part, step }, rng.between(1.0, 2.0));
                continue;
            }
            let clip = match rng.below(10) {
                0..6 => {
                    let seconds = rng.between(3.0, 12.0);
                    Clip::waiting(rng, sport, seconds)
                }
                6..8 => fragment(rng, sport),
                _ => {
                    let visiting = *rng.pick(&Sport::ALL);
                    fragment(rng, visiting)
                }
            };
            let seconds = clip.seconds();
            self.push(Film::Clip(Box::new(clip)), seconds);
        }
    }

    fn push(&mut self, film: Film, seconds: f32) {
        self.parts.push(Part { start: self.seconds, film });
        self.seconds += seconds;
    }
}

/// One or two steps that make no action, and waiting around them.
fn fragment(rng: &mut Rng, sport: Sport) -> Clip {
    let steps: Vec<_> = steps::all().filter(|step| step.sport.is_none_or(|own| own == sport)).collect();
    let chosen: Vec<_> = (0..1 + rng.below(2)).map(|_| *rng.pick(&steps)).collect();
    Clip::of_steps(rng, sport, &chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_order_and_shown() {
        for seed in 0..6 {
            let rng = &mut Rng::new(seed, "test", 0);
            let recording = Recording::random(rng, Sport::Tennis, 300.0);
            assert!((300.0..330.0).contains(&recording.seconds()), "{}", recording.seconds());
            assert!((5..=12).contains(&recording.moments().len()));
            let mut last = 0.0;
            for moment in recording.moments() {
                assert_eq!(moment.steps.len(), moment.action.steps.len(), "{}", moment.action.name);
                for &(start, end) in &moment.steps {
                    assert!(last <= start && start < end && end <= recording.seconds());
                    last = end;
                }
            }
        }
    }

    #[test]
    fn a_short_recording_has_an_action() {
        let recording = Recording::random(&mut Rng::new(1, "test", 0), Sport::Tennis, 10.0);
        assert_eq!(recording.moments().len(), 1);
        assert_eq!(recording.picture(2.0, (32, 24)).0.dimensions(), (32, 24));
    }
}
