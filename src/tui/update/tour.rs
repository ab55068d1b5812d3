//! The guided tour.

use crate::tui::action::Effect;
use crate::tui::state::State;
use crate::tui::tour;
use crate::tui::update::clips;

/// Begins the tour, where there is one.
pub fn begin(state: &mut State) {
    if state.has_tour {
        state.tour = Some(0);
    } else {
        state.say("The tour is part of the demo: start actalign-tui without arguments.");
    }
}

/// Goes on to the next step.
pub fn next(state: &mut State) {
    let Some(step) = state.tour else { return };
    let Some(next) = tour::after(step, &state.clips) else { return end(state) };
    state.tour = Some(next);
    if let Some(clip) = tour::subject(next, &state.clips) {
        clips::show(state, clip);
    }
}

/// Ends the tour for good.
pub fn end(state: &mut State) {
    if state.tour.take().is_some() {
        state.effects.push(Effect::EndTour);
    }
}
