//! Which parts of the frame under the cursor carry its similarity to a step.

use std::fmt;

use crate::error_chain::{error_chain, on_one_line};
use crate::explain::{FramePatches, PatchMap};
use crate::explore::{Job, embed_patches};
use crate::tui::frame_picture::{FramePlace, PictureDecoder};
use crate::tui::state::{State, View};

/// Which map of the frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// Of the selected step.
    Step,
    /// Of the selected step, less that of the compared class.
    Difference,
}

/// The patches of a frame, or why there are none.
#[derive(Debug)]
pub struct EmbeddedPatches {
    pub place: FramePlace,
    pub patches: Result<FramePatches, String>,
}

/// A step of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepPlace {
    pub class: usize,
    pub step: usize,
}

/// The map of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameMap {
    /// Ordinal of the frame.
    pub ordinal: u64,
    pub time: f64,
    pub of: StepPlace,
    /// The step whose values are subtracted, if any are.
    pub less: Option<StepPlace>,
    pub map: PatchMap,
}

impl FrameMap {
    pub fn kind(&self) -> PatchKind {
        if self.less.is_some() { PatchKind::Difference } else { PatchKind::Step }
    }
}

/// Why no map is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMap {
    /// It is being computed: pictures done, of how many.
    Computing(usize, usize),
    Because(String),
}

impl fmt::Display for NoMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Computing(_, 0) => f.write_str("computing …"),
            Self::Computing(done, of) => write!(f, "computing … {done} of {of} pictures"),
            Self::Because(reason) => f.write_str(&on_one_line(reason)),
        }
    }
}

impl From<&str> for NoMap {
    fn from(reason: &str) -> Self {
        Self::Because(reason.to_owned())
    }
}

/// Decodes and embeds a frame and its masked pictures. `None` once `is_wanted` is false. `tell` gets the number of pictures
/// that are done, and of all.
pub fn embed(
    decoder: &PictureDecoder,
    job: Option<&Job>,
    place: FramePlace,
    is_wanted: impl Fn() -> bool,
    tell: impl Fn(usize, usize),
) -> Option<EmbeddedPatches> {
    let embed = || {
        let Some((frame, _)) = decoder.frame(job, place, &is_wanted)? else { return Ok(None) };
        let model = &job.ok_or("the snapshot is open without its clip")?.model;
        let goes_on = |done, all| {
            tell(done, all);
            is_wanted()
        };
        embed_patches(model, &frame.rgb, (frame.width, frame.height), goes_on)
            .map_err(|error| error_chain(&error.into()))
    };
    Some(EmbeddedPatches { place, patches: embed().transpose()? })
}

/// The map on the screen, or why it is not there yet. `None` where none is shown.
pub fn shown(state: &State) -> Option<Result<FrameMap, NoMap>> {
    (state.view == View::Frame).then_some(())?;
    state.patches.map(|kind| find(state, kind))
}

fn find(state: &State, kind: PatchKind) -> Result<FrameMap, NoMap> {
    let clip = state.clip();
    let exploration = &clip.exploration;
    let (ordinal, time) = clip.frame_at_cursor().ok_or("no frame is embedded yet")?;
    let step = clip.focus_step().ok_or("the candidate is not aligned yet")?;
    let of = StepPlace { class: clip.selected, step };
    let less = match kind {
        PatchKind::Step => None,
        PatchKind::Difference => {
            let compared = clip.compared.filter(|&class| class != of.class);
            let class = compared.or_else(|| exploration.outcome().rival(of.class));
            let class = class.ok_or("there is no other candidate to compare with")?;
            let step = clip.step_at_cursor(class).ok_or("the other candidate is not aligned yet")?;
            Some(StepPlace { class, step })
        }
    };
    let map_of = |place: StepPlace| exploration.patch_map(ordinal, place.class, place.step);
    let map = match less {
        None => map_of(of),
        Some(other) => map_of(of).zip(map_of(other)).map(|(map, other)| map.less(&other)),
    };
    if let Some(map) = map {
        return Ok(FrameMap { ordinal, time, of, less, map });
    }
    if exploration.is_frozen() {
        let is_it = |saved: &&FrameMap| (saved.ordinal, saved.of, saved.less) == (ordinal, of, less);
        let saved = clip.saved_patches.as_ref().filter(is_it);
        return saved.cloned().ok_or("the snapshot is open without its clip or model".into());
    }
    let failed = state.patches_failed.as_ref().filter(|(place, _)| place.is_of(state.shown, ordinal));
    Err(match failed {
        Some((_, reason)) => NoMap::Because(reason.clone()),
        None if exploration.has_patches(ordinal) => "the step is not embedded yet".into(),
        None if state.playing.is_some() => "not while the clip plays".into(),
        None => {
            let (done, of) = state.patches_done;
            NoMap::Computing(done, of)
        }
    })
}
