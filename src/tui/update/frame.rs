//! Which frame is decoded anew, and of which the patches are embedded, for the frame view.

use crate::explore::Thumbnail;
use crate::tui::action::Effect;
use crate::tui::clip::Clip;
use crate::tui::frame_picture::{FramePicture, FramePlace, FrameRequest};
use crate::tui::patches::{EmbeddedPatches, PatchKind};
use crate::tui::state::{State, View};
use crate::tui::update::views;
use crate::tui::view::frame_size;

/// Largest width and height of a picture in pixels. Larger ones take long to send to a terminal at the end of a network.
const MOST: (u32, u32) = (1280, 720);
/// The same while the clip plays.
const MOST_PLAYING: (u32, u32) = (320, 180);
/// Small pictures that are decoded of the seconds that are shown, at most: as many as a film strip has places.
const FILM: usize = 48;

/// Asks for the frame under the cursor, unless it is there or on its way.
pub fn request(state: &mut State) {
    if state.view != View::Frame {
        return;
    }
    let clip = state.clip();
    let Some((ordinal, time)) = clip.frame_at_cursor() else { return };
    let is_thumbnail = clip.thumbnail(time).is_some_and(|(_, found)| found.picture.ordinal == ordinal);
    let most = match state.playing {
        // The thumbnail is as large.
        Some(_) if is_thumbnail => return,
        Some(_) => MOST_PLAYING,
        None => MOST,
    };
    let Some((width, height)) = frame_size(state) else { return };
    let most = (width.min(most.0), height.min(most.1));
    let is_asked =
        state.frame_asked.is_some_and(|asked| asked.place.is_of(state.shown, ordinal) && asked.most == most);
    if is_asked {
        return;
    }
    let Some(place) = place(clip, state.shown) else { return };
    let wanted = FrameRequest { place, most };
    state.frame_asked = Some(wanted);
    state.effects.push(Effect::DecodeFrame(wanted));
}

/// The frame under the cursor of a clip, by the clip's index; none before one is decoded.
fn place(clip: &Clip, index: usize) -> Option<FramePlace> {
    let (ordinal, time) = clip.frame_at_cursor()?;
    let first = first_ordinal(clip).unwrap_or(ordinal);
    (clip.progress.decoded > 0).then_some(FramePlace { clip: index, ordinal, time, first })
}

/// Ordinal of the first frame, from which masks may count. It is decoded first.
fn first_ordinal(clip: &Clip) -> Option<u64> {
    clip.sampled.iter().min().copied()
}

/// Asks for small pictures of the seconds that are shown: of a long clip, there is one every few seconds.
pub fn request_film(state: &mut State) {
    let shown = state.shown;
    let has_film = matches!(state.view, View::Script | View::Compare | View::Smoothing);
    let has_pictures = state.resolution != (0, 0);
    let clip = state.clip_mut();
    if clip.film.window == clip.zoom || !has_film || !has_pictures || clip.exploration.is_frozen() {
        return;
    }
    clip.film.window = clip.zoom;
    let (start, end) = clip.window();
    clip.film.pictures.retain_between(start, end);
    let (Some(_), Some(first)) = (clip.zoom, first_ordinal(clip)) else { return };
    let outcome = clip.exploration.outcome();
    let frames = outcome.times.partition_point(|&time| time < start)
        ..outcome.times.partition_point(|&time| time < end);
    let places = frames.clone().step_by(frames.len().div_ceil(FILM).max(1)).map(|frame| FramePlace {
        clip: shown,
        ordinal: outcome.ordinals[frame],
        time: outcome.times[frame],
        first,
    });
    let is_missing = |place: &FramePlace| {
        clip.thumbnail(place.time).is_none_or(|(_, found)| found.picture.ordinal != place.ordinal)
    };
    let places: Vec<FramePlace> = places.filter(is_missing).collect();
    if !places.is_empty() {
        state.effects.push(Effect::DecodeFilm(places));
    }
}

/// Takes a small picture, if it is of the seconds that are shown.
pub fn film_decoded(state: &mut State, clip: usize, picture: Thumbnail) {
    let Some(clip) = state.clips.get_mut(clip) else { return };
    if clip.film.window.is_some_and(|(start, end)| (start..end).contains(&picture.picture.time)) {
        clip.film.pictures.push(picture);
    }
}

/// Shows a map of the frame's patches, in the frame view; or shows the frame without it.
pub fn turn_patches(state: &mut State, kind: PatchKind) {
    let is_shown = state.view == View::Frame && state.patches == Some(kind);
    state.patches = (!is_shown).then_some(kind);
    if state.view != View::Frame {
        views::show(state, View::Frame);
    }
}

/// Asks for the patches of the frame under the cursor, unless they are there, on their way, or cannot be had.
pub fn request_patches(state: &mut State) {
    if state.view != View::Frame || state.patches.is_none() || state.playing.is_some() {
        return;
    }
    let clip = state.clip();
    let Some(place) = place(clip, state.shown) else { return };
    let is_it = |other: &FramePlace| other.is_of(place.clip, place.ordinal);
    let has_failed = state.patches_failed.as_ref().is_some_and(|(failed, _)| is_it(failed));
    let is_asked = state.patches_asked.as_ref().is_some_and(is_it);
    let exploration = &clip.exploration;
    if is_asked || has_failed || exploration.is_frozen() || exploration.has_patches(place.ordinal) {
        return;
    }
    (state.patches_asked, state.patches_done) = (Some(place), (0, 0));
    state.effects.push(Effect::EmbedPatches(place));
}

/// Takes the number of pictures of a frame that are embedded, and of all.
pub fn patches_embedding(state: &mut State, place: FramePlace, done: (usize, usize)) {
    if state.patches_asked == Some(place) {
        state.patches_done = done;
    }
}

/// Takes the patches of a frame.
pub fn patches_embedded(state: &mut State, EmbeddedPatches { place, patches }: EmbeddedPatches) {
    state.patches_asked.take_if(|asked| *asked == place);
    match patches {
        Ok(patches) => {
            if let Some(clip) = state.clips.get_mut(place.clip) {
                clip.exploration.add_patches(place.ordinal, patches);
            }
        }
        Err(reason) => state.patches_failed = Some((place, reason)),
    }
}

/// Takes the picture that was asked for last; others are stale.
pub fn decoded(state: &mut State, picture: FramePicture) {
    if state.frame_asked == Some(picture.request) {
        state.frame_picture = Some(picture);
    }
}
