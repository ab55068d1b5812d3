//! A small rendered world: athletes of four sports doing steps that can be distinguished by eye.
//!
//! Everything follows from a seed. [`Clip`] is for the benchmark, [`RenderedWorld`] for training.

mod actions;
mod athlete;
mod body;
mod canvas;
mod captions;
mod clip;
mod develop;
mod figure;
mod footage;
mod recording;
mod rng;
mod scene;
mod steps;
#[cfg(test)]
mod tests;
mod venue;

use image::RgbImage;

pub use actions::{ACTIONS, Action, Sport, all as all_actions};
pub use canvas::Boxes;
pub use clip::{Clip, Telling, Timing};
pub use recording::{ActionMoment, Recording};
pub use rng::Rng;
pub use steps::{Step, named as step_named};

use self::scene::Scene;
use crate::training::{Caption, Content, World};

/// Size of the training pictures; the model scales them down.
const PICTURE: (u32, u32) = (160, 120);

/// Share of the training pictures that are as in video clips.
const ON_VIDEO: f32 = 0.6;

/// The world as training sees it: single pictures of single steps.
pub struct RenderedWorld;

impl RenderedWorld {
    /// The steps of a sport, with their numbers.
    fn steps_of(sport: Sport) -> Vec<(usize, &'static Step)> {
        steps::all().enumerate().filter(|(_, step)| step.sport.is_none_or(|s| s == sport)).collect()
    }
}

/// The picture of a training seed.
struct Lesson {
    rng: Rng,
    sport: Sport,
    on_video: bool,
    before: &'static Step,
    step: &'static Step,
    content: Content,
}

impl Lesson {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, "lesson", 0);
        let on_video = rng.chance(ON_VIDEO);
        let sport = *rng.pick(&Sport::ALL);
        let steps = RenderedWorld::steps_of(sport);
        let (_, before) = *rng.pick(&steps);
        let (number, step) = *rng.pick(&steps);
        let step_shown = if rng.chance(0.03) { captions::crowd_content() } else { number };
        Self {
            rng,
            sport,
            on_video,
            before,
            step,
            content: Content { domain: sport.index(), step: step_shown },
        }
    }
}

impl World for RenderedWorld {
    fn picture(&self, seed: u64) -> (RgbImage, Content) {
        let Lesson { mut rng, sport, on_video, before, step, content } = Lesson::new(seed);
        let scene = if on_video { Scene::on_video(&mut rng, sport) } else { Scene::random(&mut rng, sport) };
        let clip = Clip::of_step(&mut rng, scene, before, step);
        let picture = if content.step == captions::crowd_content() {
            clip.picture_of_crowd(rng.between(0.0, 20.0), PICTURE)
        } else {
            let (share, replay) = (rng.between(0.08, 1.0), rng.chance(0.06));
            clip.picture_of_last(share, replay, PICTURE)
        };
        (picture, content)
    }

    fn content(&self, seed: u64) -> Content {
        Lesson::new(seed).content
    }

    fn caption(&self, content: Content, seed: u64) -> Caption {
        let rng = &mut Rng::new(seed, "caption", 0);
        let sport = Sport::ALL[content.domain];
        captions::caption(rng, sport, steps::all().enumerate().nth(content.step))
    }
}
