//! Snapshots of the clip on the screen.

use std::path::Path;
use std::sync::Arc;

use image::RgbImage;

use crate::explore::Picture;
use crate::explore::ReportSettings;
use crate::snapshot::{self, ShownPatches, Snapshot, SnapshotInput, ViewState};
use crate::tui::action::{Effect, SaveAs};
use crate::tui::clip::{Clip, Pinned};
use crate::tui::frame_picture::FramePicture;
use crate::tui::patches;
use crate::tui::state::State;
use crate::tui::update::views::refresh;
use crate::video::shrink;

/// Largest width and height of the picture that a snapshot keeps below a map.
const PICTURE: (u32, u32) = (640, 480);

/// Saves the clip on the screen.
pub fn save(state: &mut State, form: SaveAs) {
    refresh(state);
    if state.clip().exploration.outcome().ranking.is_empty() {
        return state.complain("Nothing to save yet: no candidate is aligned.");
    }
    state.say("Saving …");
    let snapshot = Box::new(snapshot(state));
    state.effects.push(Effect::Save { clip: state.shown, snapshot, form });
}

/// Names the file that was saved.
pub fn saved(state: &mut State, path: &Path) {
    let is_figure = path.extension().is_some_and(|extension| extension == "png");
    let what = if is_figure { "Saved as PNG, with an SVG beside it: " } else { "Saved " };
    state.say(format!("{what}{}", path.display()));
}

/// The snapshot, without the time and the hashes of its files, which the effect adds.
fn snapshot(state: &State) -> Snapshot {
    let clip = state.clip();
    let progress = &clip.progress;
    let pictures: Vec<&Picture> = clip.thumbnails.pictures().map(Arc::as_ref).collect();
    Snapshot::new(SnapshotInput {
        exploration: &clip.exploration,
        sources: &clip.sources,
        sampling: clip.sampling,
        complete: progress.all_decoded && clip.exploration.frame_count() >= progress.decoded,
        view: ViewState {
            view: state.view.name().to_owned(),
            selected: clip.selected,
            compared: clip.compared.filter(|_| state.view.compares()),
            cursor: clip.cursor,
            scale: state.scale_in_force().name().to_owned(),
            step: clip.focus_step(),
        },
        pictures: &pictures,
        pinned: clip.pinned.as_ref().map(|pinned| pinned_in(clip, pinned)),
        patches: patches_of(state),
    })
}

fn pinned_in(clip: &Clip, pinned: &Pinned) -> snapshot::Pinned {
    let mut ranking: Vec<usize> =
        (0..pinned.places.len()).filter(|&class| pinned.places[class].is_some()).collect();
    ranking.sort_by_key(|&class| pinned.places[class].map(|(place, _)| place));
    let calibration = pinned.settings.calibration.unwrap_or_else(|| clip.exploration.calibration());
    snapshot::Pinned {
        settings: ReportSettings::of_clip(
            &pinned.settings,
            calibration,
            pinned.rule,
            pinned.width,
            &clip.sources,
        ),
        ranking,
        scores: pinned.places.iter().map(|place| place.map(|(_, score)| score)).collect(),
    }
}

/// The map that is shown, with its frame as it was decoded anew or as its thumbnail, whichever is larger.
fn patches_of(state: &State) -> Option<ShownPatches> {
    let found = patches::shown(state)?.ok()?;
    let is_it = |picture: &&FramePicture| picture.request.place.is_of(state.shown, found.ordinal);
    let decoded = state.frame_picture.as_ref().filter(is_it);
    let decoded =
        decoded.and_then(|decoded| decoded.picture.as_ref().ok()).map(|picture| (**picture).clone());
    let thumbnail = state.clip().thumbnail(found.time).and_then(|(_, thumbnail)| thumbnail.picture.decode());
    let picture = decoded.into_iter().chain(thumbnail).max_by_key(RgbImage::width)?;
    let picture = shrink(&picture, 1.0, PICTURE.0, PICTURE.1);
    Some(ShownPatches {
        picture: Picture::new(found.ordinal, found.time, &picture)?,
        of: (found.of.class, found.of.step),
        less: found.less.map(|less| (less.class, less.step)),
        cosine: found.map.cosine,
        region: found.map.region,
        values: found.map.values.rows().into_iter().map(|row| row.to_vec()).collect(),
    })
}
