//! How two classes differ, frame by frame.

use crate::explore::ClassOutcome;
use crate::tui::state::{State, View};

/// What the frames' path cells say of two classes.
pub struct Difference {
    /// For each frame: the mean of the selected class' path cells there, less that of the pinned one's. None where
    /// either path leaves the frame out.
    pub by_frame: Vec<Option<f64>>,
    /// The frame at which they differ most.
    pub widest: Option<usize>,
}

impl Difference {
    /// Of two aligned classes of one clip.
    pub fn between(pinned: &ClassOutcome, selected: &ClassOutcome, frames: usize) -> Self {
        let (pinned, selected) = (path_means(pinned, frames), path_means(selected, frames));
        let by_frame: Vec<Option<f64>> =
            pinned.into_iter().zip(selected).map(|(pinned, selected)| Some(selected? - pinned?)).collect();
        let size = |frame: &usize| by_frame[*frame].map_or(-1.0, f64::abs);
        let widest = (0..frames).filter(|&frame| by_frame[frame].is_some()).max_by(|a, b| {
            // The first of several.
            size(a).total_cmp(&size(b)).then(b.cmp(a))
        });
        Self { by_frame, widest }
    }

    /// Size of the largest difference; 0 where there is none.
    pub fn largest(&self) -> f64 {
        self.widest.and_then(|frame| self.by_frame[frame]).map_or(0.0, f64::abs)
    }
}

/// Mean of the path's cells in each frame.
fn path_means(class: &ClassOutcome, frames: usize) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); frames];
    for &(step, frame) in &class.alignment.path {
        if let Some((sum, count)) = sums.get_mut(frame) {
            *sum += f64::from(class.cells[(step, frame)]);
            *count += 1;
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}

/// The difference of the two classes that are compared, if both are aligned.
pub fn of(state: &State) -> Option<Difference> {
    let clip = state.clip();
    let (pinned, selected) = (clip.outcome_of(clip.compared?)?, clip.selected_outcome()?);
    (state.view == View::Compare)
        .then(|| Difference::between(pinned, selected, clip.exploration.outcome().times.len()))
}
