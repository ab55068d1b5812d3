//! The matrices of the view, with their scripts.

use ndarray::Array2;

use crate::explore::ClassOutcome;
use crate::tui::state::{State, View};

/// A matrix with its script.
pub struct Shown<'a> {
    /// Index of the class.
    pub class: usize,
    /// Matrix and path, if the class is aligned.
    pub outcome: Option<&'a ClassOutcome>,
    /// Shades of the matrix, K×T.
    pub shades: Option<&'a Array2<f32>>,
    /// Its name beside the other matrix of the view.
    pub label: &'static str,
    /// The marked step.
    pub focus: Option<usize>,
}

/// The matrices of the view from top to bottom.
pub fn matrices(state: &State) -> Vec<Shown<'_>> {
    let clip = state.clip();
    let mut selected = Shown {
        class: clip.selected,
        outcome: clip.selected_outcome(),
        shades: clip.shades.as_ref(),
        label: "",
        focus: clip.focus_step(),
    };
    let mut above = Shown {
        class: clip.compared.unwrap_or(clip.selected),
        outcome: clip.above.as_ref().map(|above| &above.outcome),
        shades: clip.above.as_ref().map(|above| &above.shades),
        label: "",
        focus: selected.focus,
    };
    match state.view {
        View::Script => vec![selected],
        View::Compare => {
            above.label = "pinned";
            selected.label = "selected";
            above.focus = clip.step_at_cursor(above.class);
            vec![above, selected]
        }
        View::Smoothing => {
            above.class = clip.selected;
            above.label = "before smoothing";
            selected.label = "after smoothing";
            vec![above, selected]
        }
        View::Ledger | View::Frame | View::Map => Vec::new(),
    }
}
