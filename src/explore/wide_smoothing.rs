//! Smoothing that is wider than the steps it smooths.

/// A smoothing window that is wider than the median step of a path, so that neighbouring steps blur into one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WideSmoothing {
    /// Frames of the window.
    pub width: usize,
    /// Frames of the median step; halves where two are in the middle.
    pub median_step: f64,
}

impl WideSmoothing {
    /// `None` if the window is off or no wider than the median step. `width` is in frames.
    pub fn of(width: usize, frames_per_step: &[usize]) -> Option<Self> {
        let mut frames = frames_per_step.to_vec();
        frames.sort_unstable();
        let last = frames.len().checked_sub(1)?;
        let median_step = (frames[last / 2] + frames[frames.len() / 2]) as f64 / 2.0;
        (width > 1 && width as f64 > median_step).then_some(Self { width, median_step })
    }

    /// The warning on a single short line.
    pub fn in_short(&self) -> String {
        format!("smoothing blurs steps: {} frames, median step {}", self.width, self.median_step)
    }

    /// What it does to the steps of a class, which is named as in "the steps of a class".
    pub fn in_words(&self, class: &str) -> String {
        let Self { width, median_step } = self;
        format!(
            "smoothing over {width} frames is wider than the median step of {class}, {median_step}: steps blur into their \
             neighbours"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_window_beyond_the_median_step_is_wide() {
        let median = |width, frames: &[usize]| WideSmoothing::of(width, frames).map(|wide| wide.median_step);
        assert_eq!(median(10, &[3, 40, 9]), Some(9.0));
        assert_eq!(median(9, &[3, 40, 9]), None);
        assert_eq!(median(9, &[8, 9]), Some(8.5));
        assert_eq!(median(8, &[8, 9]), None);
        assert_eq!(median(1, &[0, 0]), None, "a single frame smooths nothing");
        assert_eq!(median(9, &[]), None);
    }
}
