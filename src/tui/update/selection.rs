//! Selecting candidates.

use crate::tui::state::State;
use crate::tui::update::views;

/// Selects the class this many places further down the list.
pub fn select_by(state: &mut State, places: isize) {
    let listed = state.clip().listed();
    let at = listed.iter().position(|&class| class == state.clip().selected);
    // Where the selected class is not listed, the first one is next.
    let place = at.map_or(0, |at| at.saturating_add_signed(places).min(listed.len().saturating_sub(1)));
    select_place(state, place);
}

/// Selects the class at this place of the list, from 0.
pub fn select_place(state: &mut State, place: usize) {
    if let Some(&class) = state.clip().listed().get(place) {
        select(state, class);
    }
}

/// Selects a class.
pub fn select(state: &mut State, class: usize) {
    let clip = state.clip_mut();
    if class != clip.selected {
        clip.step = None;
    }
    clip.selected = class;
    clip.has_selected = true;
    views::shade(state);
}
