//! The moments of the candidates in the clip on the screen, and moments as clips of their own.

use crate::find::{ClipMoment, ClipMoments, MomentSearch};
use crate::plot::format::clock;
use crate::script::Class;
use crate::tui::action::{Effect, Part};
use crate::tui::clip::{Clip, nearest};
use crate::tui::commands::Command;
use crate::tui::moments::Moments;
use crate::tui::state::State;
use crate::tui::update::{clips, cursor, zoom};
use crate::video::Segment;

/// Seconds before and after a moment that are shown with it, as a share of its duration.
const MARGIN: f64 = 0.5;

/// Begins the search when it is due, once the user has asked for moments.
pub fn request(state: &mut State) {
    let (shown, number) = (state.shown, state.next_job);
    let Clip { moments, exploration, progress, ids, has_own_scripts, .. } = &mut state.clips[shown];
    let Some(moments) = moments else { return };
    moments.follow(exploration.candidates());
    if progress.texts_missing > 0 || !moments.are_due(exploration, progress.idle) {
        return;
    }
    let scripts = &state.scripts;
    let classes: Vec<Option<&Class>> =
        ids.iter().map(|&id| scripts.class(id).filter(|_| !*has_own_scripts)).collect();
    moments.ask(number, exploration);
    state.next_job += 1;
    match MomentSearch::new(exploration, &classes) {
        Ok(search) => {
            state.effects.push(Effect::FindMoments { clip: shown, number, search: Box::new(search) });
        }
        Err(error) => {
            moments.take(number, Err(error.to_string()), exploration);
            state.complain(error.to_string());
        }
    }
}

/// Takes up what a search has found.
pub fn found(state: &mut State, clip: usize, number: u64, answer: Result<Box<ClipMoments>, String>) {
    let Some(Clip { moments: Some(moments), exploration, .. }) = state.clips.get_mut(clip) else { return };
    let failed = answer.as_ref().err().cloned();
    moments.take(number, answer.map(|found| *found), exploration);
    if let Some(reason) = failed.filter(|_| moments.failed.is_some()) {
        state.complain(format!("Cannot look for moments: {reason}"));
    }
}

/// Selects the class of a moment, moves the cursor to where it begins, and shows the time around it.
pub fn go(state: &mut State, index: usize) {
    let Some(ClipMoment { class, found }) = list(state.clip()).get(index) else { return };
    let (class, start, end) = (*class, found.start, found.end);
    if class >= state.clip().exploration.candidates().len() {
        return;
    }
    if class != state.clip().selected || !state.clip().has_selected {
        cursor::select(state, class);
    }
    cursor::go_to(state, start);
    let clip = state.clip_mut();
    let margin = MARGIN * (end - start);
    zoom::show(clip, start - margin, end + margin);
    let at = clip.cursor;
    if let Some(moments) = &mut clip.moments {
        moments.at = Some((index, at));
    }
}

/// Goes to the next or the previous moment in time, among those of the listed candidates.
pub fn turn(state: &mut State, forward: bool) {
    let clip = state.clip();
    let Some(moments) = &clip.moments else {
        let key = state.keymap.key(Command::FindMoments);
        return state.say(format!("Look for moments first: {key}"));
    };
    let listed = clip.listed();
    let places = moments.shown().into_iter().filter(|(_, moment)| listed.contains(&moment.class));
    let mut places: Vec<(f64, usize)> = places.map(|(index, moment)| (moment.found.start, index)).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // Moments of several classes may begin at one time.
    let at = moments.at.filter(|&(_, cursor)| cursor == clip.cursor);
    let here = at.and_then(|(index, _)| places.iter().position(|&(_, other)| other == index));
    let next = match (here, forward) {
        (Some(here), true) => here.checked_add(1),
        (Some(here), false) => here.checked_sub(1),
        (None, true) => Some(places.partition_point(|&(start, _)| start <= clip.cursor)),
        (None, false) => places.partition_point(|&(start, _)| start < clip.cursor).checked_sub(1),
    };
    match next.and_then(|next| places.get(next)) {
        Some(&(_, index)) => go(state, index),
        None if moments.found.is_none() => state.say("No moment is found yet."),
        None => state.say(if forward { "There is no later moment." } else { "There is no earlier moment." }),
    }
}

/// Hides the moments of the clip on the screen.
pub fn hide(state: &mut State) {
    if let Some(moments) = state.clip_mut().moments.take() {
        if moments.is_running() {
            state.effects.push(Effect::StopFinding);
        }
        let key = state.keymap.key(Command::FindMoments);
        state.say(format!("Moments are hidden: {key} shows them again."));
    }
}

/// Opens the moment at the cursor as a clip of its own, or goes back to the clip that it is a part of.
pub fn turn_part(state: &mut State) {
    if state.clip().part_of.is_some() {
        return go_back(state);
    }
    match at_cursor(state.clip()) {
        Some(index) => open_part(state, index),
        None => {
            let keys = state.keymap.keys(&[Command::NextMoment, Command::FindMoments]);
            state.say(format!("There is no moment at the cursor: {keys} lead to one."));
        }
    }
}

/// Index of the moment at the cursor: the one that was gone to, or else of the selected class, or else the best.
fn at_cursor(clip: &Clip) -> Option<usize> {
    let moments = clip.moments.as_ref()?;
    let here = |index: &usize| moments.list().get(*index).is_some_and(|moment| moment.contains(clip.cursor));
    let gone_to = moments.at.map(|(index, _)| index).filter(here);
    let all = || (0..moments.list().len()).filter(here);
    let of_selected = || all().find(|&index| moments.list()[index].class == clip.selected);
    gone_to.or_else(of_selected).or_else(|| all().next())
}

/// Opens a moment as a clip of its own, with the embeddings that it has. One that was opened before is shown again.
pub fn open_part(state: &mut State, index: usize) {
    let whole = state.shown;
    let Some(ClipMoment { class, found }) = list(state.clip()).get(index) else { return };
    let (class, [start, end]) = (*class, [found.start, found.end]);
    let segment = Segment { start: Some(start), end: Some(end) };
    let sampling = state.clip().sampling;
    let is_it =
        |clip: &Clip| clip.part_of == Some(whole) && clip.segment() == segment && clip.sampling == sampling;
    if let Some(part) = state.clips.iter().position(is_it) {
        return clips::show(state, part);
    }
    let model = state.clip().model;
    let twins = &state.clip().twins;
    let wholes = if twins.is_empty() { vec![whole] } else { twins.clone() };
    let first = state.clips.len();
    let twins = if wholes.len() == 1 { Vec::new() } else { (first..first + wholes.len()).collect() };
    for whole in wholes {
        let part = part(&state.clips[whole], whole, segment);
        let outcome = state.clips[whole].exploration.outcome();
        let ordinal = |time: f64| nearest(&outcome.times, time).map_or(0, |frame| outcome.ordinals[frame]);
        let skipped = ordinal(start) - ordinal(f64::NEG_INFINITY);
        let path = part.sources.clip.clone().into();
        state.clips.push(Clip { twins: twins.clone(), ..part });
        state.effects.push(Effect::AddClip { path, like: whole, part: Some(Part { segment, skipped }) });
    }
    clips::show(state, if twins.is_empty() { first } else { first + model });
    if class < state.clip().exploration.candidates().len() {
        cursor::select(state, class);
    }
    let key = state.keymap.key(Command::OpenMoment);
    state.say(format!("This moment is a clip of its own: {key} goes back."));
}

/// A part of a clip as a clip of its own.
fn part(whole: &Clip, index: usize, segment: Segment) -> Clip {
    let ticks = whole.ticks(segment);
    let exploration = whole.exploration.part(|frame| ticks.rows(frame.time, frame.shown.until));
    let [start, end] = [segment.start, segment.end].map(Option::unwrap_or_default);
    let mut sources = whole.sources.clone();
    let name = if whole.id == sources.clip { sources.clip_name() } else { &whole.id };
    let id = format!("{name} {}–{}", clock(start), clock(end));
    (sources.start, sources.end) = (segment.start, segment.end);
    let mut part = Clip::new(id, None, whole.groups.clone(), exploration, sources, whole.sampling);
    // Until the part itself is decoded.
    for thumbnail in whole.thumbnails.between(start, end).chain(whole.film.pictures.between(start, end)) {
        part.thumbnails.push(thumbnail.clone());
    }
    part.ids.clone_from(&whole.ids);
    part.members.clone_from(&whole.members);
    part.as_given.clone_from(&whole.as_given);
    part.has_own_scripts = whole.has_own_scripts;
    (part.model, part.part_of, part.cursor) = (whole.model, Some(index), start);
    part
}

/// Shows the clip that this one is a part of. What was embedded of the part alone is not embedded again.
fn go_back(state: &mut State) {
    let (part, Some(whole)) = (state.shown, state.clip().part_of) else { return };
    let [part, whole_clip] =
        state.clips.get_disjoint_mut([part, whole]).expect("a clip is no part of itself");
    if whole_clip.sampling == part.sampling {
        let ticks = whole_clip.ticks(whole_clip.segment());
        let before = whole_clip.exploration.frame_count();
        let frames: Vec<_> = part.exploration.embedded_frames().to_vec();
        whole_clip.exploration.add_frames(frames.into_iter().map(|mut frame| {
            frame.shown.rows = ticks.rows(frame.time, frame.shown.until);
            frame
        }));
        whole_clip.stale |= whole_clip.exploration.frame_count() > before;
    }
    clips::show(state, whole);
}

fn list(clip: &Clip) -> &[ClipMoment] {
    clip.moments.as_ref().map_or(&[], Moments::list)
}
