//! Saving what is shown.

use crate::store::Snapshot;
use crate::tui::action::Effect;
use crate::tui::state::State;
use crate::tui::update::views::refresh;

/// Saves what is shown.
pub fn save_snapshot(state: &mut State) -> Vec<Effect> {
    refresh(state);
    let clip = state.clip();
    if clip.exploration.outcome().ranking.is_empty() {
        state.complain("Nothing to save yet: no candidate is aligned.");
        return Vec::new();
    }
    let embedded_all = clip.progress.all_decoded && clip.exploration.frame_count() >= clip.progress.decoded;
    let snapshot = Snapshot::new(&clip.exploration, &clip.sources, embedded_all);
    vec![Effect::Save(Box::new(snapshot))]
}
