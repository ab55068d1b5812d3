//! What the explorer opens, and the state it begins with.

use std::path::{Path, PathBuf};

use crate::explore::{Exploration, Job, Sources, Thumbnail};
use crate::plot::scale::Scale;
use crate::script::{Document, Template};
use crate::store::{DraftError, Drafts, Hashes, Unsaved, ViewState};
use crate::tui::action::{Check, Tell};
use crate::tui::clip::{Clip, Pinned};
use crate::tui::command::Command;
use crate::tui::config::Config;
use crate::tui::drafts::DraftKeeper;
use crate::tui::models::Models;
use crate::tui::outside::Outside;
use crate::tui::results::Results;
use crate::tui::state::{State, View};
use crate::tui::theme::{ColourDepth, Theme};
use crate::tui::update;
use crate::video::Sampling;

/// What the explorer opens.
pub struct Explorer {
    /// The clips to turn among, at least one.
    pub clips: Vec<ClipToExplore>,
    /// The scripts that the candidates are from.
    pub scripts: Document,
    /// Templates that can be turned to.
    pub templates: Vec<Template>,
    /// Keys, colours and mouse.
    pub config: Config,
    /// Where snapshots go.
    pub folder: PathBuf,
    /// What the first clip shows, where that is not its beginning.
    pub moment: Option<Moment>,
    /// Language models that may be asked.
    pub models: Models,
    /// What an evaluation came to on these clips.
    pub results: Option<Results>,
    /// Compares the files with what they were.
    pub check: Option<Check>,
    /// The file that remembers that the guided tour has ended; none where there is no tour.
    pub tour_ended: Option<PathBuf>,
}

/// A moment that was saved.
pub struct Moment {
    /// What was looked at.
    pub view: ViewState,
    /// Settings that the present ones were compared with.
    pub pinned: Option<Pinned>,
    /// A few pictures of the clip.
    pub pictures: Vec<Thumbnail>,
    /// What its files contained.
    pub hashes: Hashes,
    /// What the user is told about it.
    pub notice: String,
}

/// A clip that the explorer opens.
pub struct ClipToExplore {
    /// Its name among the clips.
    pub id: String,
    /// Index of the candidate that it shows, where that is known.
    pub answer: Option<usize>,
    /// What kind of clip it is, such as `late-start`.
    pub groups: Vec<String>,
    /// The candidates and the first settings.
    pub exploration: Exploration,
    /// Which of its frames are taken.
    pub sampling: Sampling,
    /// What to embed; none where only matrices are left, as in a snapshot.
    pub job: Option<Job>,
    /// Where everything comes from.
    pub sources: Sources,
}

impl Explorer {
    /// The first state, and the background work of each clip.
    pub(super) fn open(self, tell: Tell) -> (State, Outside) {
        let scripts = self.scripts;
        let (clips, jobs) = self
            .clips
            .into_iter()
            .map(|clip| {
                let ClipToExplore { id, answer, groups, exploration, sampling, job, sources } = clip;
                let mut clip = Clip::new(id, answer, groups, exploration, sources, sampling);
                clip.find_scripts(&scripts);
                (clip, job)
            })
            .unzip();
        let Config { keymap, palette, palettes, mouse, .. } = self.config;
        let theme = Theme { depth: ColourDepth::detect(), palette };
        let mut state = State::new(clips, scripts, self.templates, keymap, theme);
        state.themes = palettes;
        state.mouse = mouse;
        state.has_writer = self.models.writer.is_some();
        state.sight = self.models.viewer.as_ref().map(|sight| sight.frames);
        state.is_checking = self.check.is_some();
        state.results = self.results;
        let hashes = self.moment.map(|moment| show_moment(&mut state, moment));
        if let Some(file) = &self.tour_ended {
            state.has_tour = true;
            state.tour = (!file.exists()).then_some(0);
        }
        // Without a data folder, edits are not kept for the case of a crash.
        let drafts = Drafts::open().ok().map(|mut drafts| {
            recover(&mut state, &mut drafts).unwrap_or_else(|error| state.complain(error.to_string()));
            DraftKeeper::start(drafts, tell.clone())
        });
        let mut outside = Outside::new(tell, jobs, hashes, drafts, self.folder, self.tour_ended);
        outside.models = self.models;
        outside.check = self.check;
        (state, outside)
    }
}

/// Takes up changes that an explorer before did not come to save.
fn recover(state: &mut State, drafts: &mut Drafts) -> Result<(), DraftError> {
    let path = state.scripts.path().map(Path::to_owned);
    let draft = drafts.recover(path.as_deref(), Some(state.scripts.saved()));
    let notices = drafts.take_notices();
    if !notices.is_empty() {
        state.complain(notices.join("; "));
    }
    let draft = draft?;
    // Scripts that are in no file, those of the demo and of snapshots, are all kept under one name.
    let Some(draft) = draft.filter(|draft| path.is_some() || !draft.is_outdated) else { return Ok(()) };
    let known = state.scripts.ids().to_vec();
    if let Err(error) = state.scripts.replace(draft.file.clone()) {
        state.complain(format!("Changes that were not saved cannot be recovered: {error}"));
        return Ok(());
    }
    let added: Vec<_> = state.scripts.ids().iter().copied().filter(|id| !known.contains(id)).collect();
    for clip in &mut state.clips {
        if let Some(members) = &mut clip.members {
            members.extend(&added);
        }
        update::candidates(clip, &state.scripts);
    }
    let undo = state.keymap.key(Command::Undo);
    let outdated = if draft.is_outdated { ", but the file has changed since" } else { "" };
    let back = format!("Changes that were not saved are back{outdated}. {undo} takes them out.");
    match notices.is_empty() {
        true => state.say(back),
        false => state.complain(format!("{back} {}", notices.join("; "))),
    }
    drafts.keep(&Unsaved::new(&state.scripts))?;
    drafts.remove(&draft)
}

/// Shows a moment that was saved; what its files contained comes back.
fn show_moment(state: &mut State, moment: Moment) -> Hashes {
    let Moment { view, pinned, pictures, hashes, notice } = moment;
    state.scale = Scale::named(&view.scale).unwrap_or_default();
    let clip = state.clip_mut();
    let classes = clip.exploration.candidates().len();
    clip.selected = view.selected.min(classes.saturating_sub(1));
    clip.has_selected = true;
    clip.compared = view.compared.filter(|&class| class < classes);
    clip.cursor = view.cursor;
    clip.step = view.step;
    clip.pinned = pinned;
    for thumbnail in pictures {
        clip.thumbnails.push(thumbnail);
    }
    update::show_view(state, View::named(&view.view).unwrap_or_default());
    state.say(notice);
    hashes
}
