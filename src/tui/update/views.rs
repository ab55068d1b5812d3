//! Views, scales and themes, and what each view needs computed.

use crate::plot::scale::Shades;
use crate::tui::action::Effect;
use crate::tui::clip::{Above, Clip, Early, Pinned};
use crate::tui::commands::Command;
use crate::tui::state::{State, View};
use crate::tui::update::{clips, moments, tour, zoom};

/// Shows a view, or the first one if the view needs embeddings and there are none.
pub fn show(state: &mut State, view: View) {
    let is_there = !state.clip().exploration.is_frozen() || !view.needs_embeddings();
    state.view = if is_there { view } else { View::Script };
    if view.compares() && state.clip().compared.is_none() {
        pin_rival(state);
    }
    shade(state);
}

/// Shows a view, or goes back to the first one.
pub fn toggle(state: &mut State, view: View) {
    show(state, if state.view == view { View::Script } else { view });
}

/// Shows another view, in a ring.
pub fn turn(state: &mut State, places: isize) {
    let is_frozen = state.clip().exploration.is_frozen();
    let views: Vec<View> =
        View::ALL.into_iter().filter(|view| !is_frozen || !view.needs_embeddings()).collect();
    let at = views.iter().position(|&view| view == state.view).unwrap_or(0) as isize;
    let next = (at + places).rem_euclid(views.len() as isize);
    show(state, views[next as usize]);
}

/// Pins the selected class and compares it with the best of the others; or goes back.
pub fn compare(state: &mut State) {
    if state.view == View::Compare {
        return show(state, View::Script);
    }
    let clip = state.clip_mut();
    let pinned = clip.selected;
    clip.compared = Some(pinned);
    if let Some(rival) = clip.listed().into_iter().find(|&class| class != pinned) {
        clip.select(rival);
    }
    show(state, View::Compare);
}

/// Shows the ledger of the compared classes, after pinning as [`compare`] does; or goes back.
pub fn ledger(state: &mut State) {
    if state.view == View::Ledger {
        return show(state, View::Script);
    }
    if state.view != View::Compare {
        compare(state);
    }
    show(state, View::Ledger);
}

/// Compares the selected class with the best of the others.
fn pin_rival(state: &mut State) {
    let clip = state.clip_mut();
    clip.compared = clip.listed().into_iter().find(|&class| class != clip.selected);
}

/// Pins settings and ranking, or unpins them.
pub fn pin(state: &mut State) {
    let clip = state.clip_mut();
    if clip.pinned.take().is_some() {
        return state.say("Unpinned.");
    }
    let outcome = clip.exploration.outcome();
    let place = |class| Some((outcome.rank(class)?, outcome.score(class)?));
    clip.pinned = Some(Pinned {
        settings: clip.exploration.settings().clone(),
        width: outcome.width,
        rule: outcome.rule,
        places: (0..clip.exploration.candidates().len()).map(place).collect(),
    });
    let key = state.keymap.key(Command::Pin);
    state.say(format!("Pinned: turn knobs to see which classes move. {key} unpins."));
}

/// Clears the message, clears the filter, goes back to the first view or ends the tour: the first of these that applies.
pub fn dismiss(state: &mut State) {
    if state.message.take().is_some() {
        return;
    }
    if !state.clip().filter.is_empty() {
        state.clip_mut().filter.clear();
    } else if state.view != View::Script {
        show(state, View::Script);
    } else {
        tour::end(state);
    }
}

/// Uses the next scale for the heatmap.
pub fn turn_scale(state: &mut State) {
    let before = state.scale_in_force();
    state.scale = state.scale.next();
    if state.scale_in_force() == before {
        state.scale = state.scale.next();
    }
    shade(state);
}

/// Uses the next theme.
pub fn turn_theme(state: &mut State) {
    let at = state.themes.iter().position(|theme| theme.name == state.theme.palette.name);
    if let Some(next) = state.themes.get(at.map_or(0, |at| (at + 1) % state.themes.len())) {
        state.theme.palette = next.clone();
        state.say(format!("Theme {}", state.theme.palette.name));
    }
}

/// Brings alignments and shades up to date, and asks for what the view needs.
pub fn refresh(state: &mut State) {
    if state.clip().stale {
        align(state);
    }
    explain(state);
    look_ahead(state);
    request_evidence(state);
    zoom::follow(state);
    moments::request(state);
    if state.view == View::Map {
        request_maps(state);
    }
}

/// Cells that may be visited before a key is answered: a few milliseconds.
const AT_ONCE: usize = 1_000_000;

/// Finds what the compared scores are without each step; where that takes long, asks for it once all is embedded.
fn explain(state: &mut State) {
    let Some(pair) = state.pair() else { return };
    let clip = state.clip_mut();
    let asked = Some((clip.exploration.generation(), pair));
    if clip.without_asked == asked {
        return;
    }
    let Some(request) = clip.exploration.find_scores_without(&pair, AT_ONCE) else { return };
    if clip.progress.idle {
        clip.without_asked = asked;
        state.effects.push(Effect::FindWithout(request));
    }
}

/// Asks for the maps of the steps if they are out of date, or for the texts that they need.
fn request_maps(state: &mut State) {
    let shown = state.shown;
    let clip = state.clip_mut();
    let is_there = clip.maps.as_ref().is_some_and(|maps| maps.are_of(&clip.exploration));
    if is_there || clip.maps_asked || clip.exploration.is_frozen() || clip.exploration.frame_count() == 0 {
        return;
    }
    if let Some(request) = clip.exploration.map_request() {
        clip.maps_asked = true;
        state.effects.push(Effect::Map(shown, Box::new(request)));
        return;
    }
    // The texts of the present template are being embedded; those of the others are wanted now.
    let missing = clip.exploration.map_texts_missing();
    if clip.progress.texts_missing == 0 && clip.progress.idle && !missing.is_empty() {
        clip.progress.idle = false;
        state.effects.push(Effect::EmbedTexts(missing));
    }
}

/// Asks whether the frames left of the clip can change its winner, while it is embedded. New knobs or candidates ask anew.
fn look_ahead(state: &mut State) {
    let shown = state.shown;
    let clip = state.clip_mut();
    let Clip { early, exploration, progress, .. } = clip;
    let (settings, candidates) = (exploration.settings(), exploration.candidates());
    if early.of.as_ref().is_none_or(|(of, among)| of != settings || among != candidates) {
        let of = Some((settings.clone(), candidates.to_vec()));
        *early = Early { of, is_asked: early.is_asked, ..Early::default() };
    }
    let generation = exploration.generation();
    let is_over = progress.ticks.is_empty() || progress.texts_missing > 0 || progress.idle;
    if is_over || early.is_asked || early.settled.is_some() || early.asked == Some(generation) {
        return;
    }
    let so_far = exploration.sparse_clip(&progress.ticks);
    if let Some(so_far) = so_far.filter(|so_far| !so_far.gaps().is_empty() && so_far.first_rows().is_empty())
    {
        (early.asked, early.is_asked) = (Some(generation), true);
        state.effects.push(Effect::LookAhead { clip: shown, asked: generation, so_far: Box::new(so_far) });
    }
}

/// Asks for the order evidence of the alignments, once nothing is being embedded that would change them.
fn request_evidence(state: &mut State) {
    let clip = state.clip_mut();
    let selected = clip.selected;
    let also = (!clip.exploration.is_first(selected)).then_some(selected);
    let asked = Some((clip.exploration.generation(), also));
    if !clip.progress.idle || clip.evidence_asked == asked {
        return;
    }
    clip.evidence_asked = asked;
    let request = clip.exploration.evidence_request(selected);
    if !request.is_empty() {
        state.effects.push(Effect::FindEvidence(request));
    }
}

fn align(state: &mut State) {
    let clip = state.clip_mut();
    clip.stale = false;
    if let Err(error) = clip.exploration.refresh() {
        return state.complain(error.to_string());
    }
    clips::refresh_twin(state);
    let clip = state.clip_mut();
    let follows = !clip.has_selected;
    if follows && let Some(&leader) = clip.exploration.outcome().ranking.first() {
        clip.selected = leader;
    }
    if state.view.compares() && (follows || state.clip().compared.is_none()) {
        pin_rival(state);
    }
    shade(state);
}

/// Shades the matrices of the view on one scale.
pub fn shade(state: &mut State) {
    let (view, scale) = (state.view, state.scale_in_force());
    let clip = state.clip_mut();
    clip.shades = None;
    clip.above = None;
    clip.range = (f32::INFINITY, f32::NEG_INFINITY);
    let Some(selected) = clip.selected_outcome() else { return };
    let above = match view {
        View::Compare => clip.compared.and_then(|class| Some((class, clip.outcome_of(class)?.clone()))),
        View::Smoothing => clip.exploration.unsmoothed(clip.selected).map(|outcome| (clip.selected, outcome)),
        View::Script | View::Ledger | View::Frame | View::Map => None,
    };
    let matrices = [Some(selected), above.as_ref().map(|(_, outcome)| outcome)];
    let cells: Vec<_> = matrices.into_iter().flatten().map(|outcome| outcome.cells.view()).collect();
    let values = || cells.iter().flatten().copied();
    let range = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
    let mut shades = Shades::new(scale, &cells).matrices.into_iter();
    clip.range = range;
    let (of_selected, of_above) = (shades.next(), shades.next());
    clip.shades = of_selected;
    clip.above = above.zip(of_above).map(|((class, outcome), shades)| Above { class, outcome, shades });
}
