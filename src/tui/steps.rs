//! When a class' steps are: on its path through the whole clip, or in its moment at the cursor.

use std::borrow::Cow;
use std::ops::Range;

use crate::find::ClipMoment;
use crate::tui::clip::{Clip, nearest};

impl Clip {
    /// The moment of a class at the cursor. Its steps stand in for the path through the whole clip.
    pub fn moment_of(&self, class: usize) -> Option<&ClipMoment> {
        let moments = self.moments.as_ref()?.list();
        let is_it = |moment: &&ClipMoment| moment.class == class && moment.contains(self.cursor);
        moments.iter().find(is_it).filter(|moment| moment.found.steps.len() == self.steps(class).len())
    }

    /// A class' path, of which `path` is the one through the whole clip.
    pub fn path_of<'a>(&self, class: usize, path: &'a [(usize, usize)]) -> Cow<'a, [(usize, usize)]> {
        let Some(moment) = self.moment_of(class) else { return Cow::Borrowed(path) };
        let steps = moment.found.steps.iter().enumerate();
        Cow::Owned(
            steps.flat_map(|(step, &span)| self.frames(span).map(move |frame| (step, frame))).collect(),
        )
    }

    /// The last step of a class' path at the frame under the cursor.
    pub fn step_at_cursor(&self, class: usize) -> Option<usize> {
        let frame = self.cursor_frame()?;
        let path = &self.outcome_of(class)?.alignment.path;
        if let Some(moment) = self.moment_of(class) {
            return moment.found.steps.iter().rposition(|&span| self.frames(span).contains(&frame));
        }
        let before = path.partition_point(|&(_, t)| t <= frame);
        path[..before].last().filter(|&&(_, t)| t == frame).map(|&(k, _)| k)
    }

    /// Index of the first frame of a step on the selected class' path.
    pub fn entry_of(&self, step: usize) -> Option<usize> {
        let path = &self.selected_outcome()?.alignment.path;
        if let Some(moment) = self.moment_of(self.selected) {
            return nearest(&self.exploration.outcome().times, moment.found.steps.get(step)?[0]);
        }
        let before = path.partition_point(|&(k, _)| k < step);
        path.get(before).filter(|&&(k, _)| k == step).map(|&(_, frame)| frame)
    }

    /// The frames that begin within these seconds.
    fn frames(&self, [start, end]: [f64; 2]) -> Range<usize> {
        let times = &self.exploration.outcome().times;
        times.partition_point(|&time| time < start)..times.partition_point(|&time| time < end)
    }
}
