//! A score as a sum over steps, and the step that decides between two classes.

use ndarray::ArrayView2;

use crate::align::{Alignment, Rule};

/// What each part of an alignment adds to its score: the score is a mean over path cells (Eq. 13), so it splits exactly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shares {
    /// For each step the sum of its path cells, divided by what the score is divided by; for `windows` less the mean of the
    /// step over the clip, divided by the number of steps.
    pub steps: Vec<f64>,
    /// The same of the frames that are left out, each of which counts as the background.
    pub background: f64,
}

impl Shares {
    /// The shares of K×T `cells` aligned by `rule`.
    pub fn new(rule: Rule, cells: ArrayView2<f32>, alignment: &Alignment) -> Self {
        let (steps, frames) = cells.dim();
        let mut sums = vec![0.0; steps];
        for &(step, frame) in &alignment.path {
            sums[step] += f64::from(cells[(step, frame)]);
        }
        let path = alignment.path.len();
        let divisor = if rule.aligner.divides_by_frames() { frames } else { path };
        let left_out = divisor - path;
        let divisor = divisor.max(1) as f64;
        if rule.aligner.subtracts_means() {
            // As much as path cells that are the mean.
            for (sum, row) in sums.iter_mut().zip(cells.rows()) {
                let mean = row.iter().map(|&cell| f64::from(cell)).sum::<f64>() / frames as f64;
                *sum -= mean * divisor / steps as f64;
            }
        }
        Self {
            steps: sums.into_iter().map(|sum| sum / divisor).collect(),
            background: if left_out > 0 { rule.background * left_out as f64 / divisor } else { 0.0 },
        }
    }
}

/// The step without which the gap between two classes shrinks most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecidingStep {
    /// Whether it is a step of the class that leads; otherwise it is one that holds the other class back.
    pub of_leader: bool,
    pub step: usize,
    /// How much the gap shrinks without the step.
    pub worth: f64,
    /// The gap that is left; negative if the other class then leads.
    pub gap_without: f64,
}

impl DecidingStep {
    /// From the score of the class that leads and of the other class, each with its scores without each step. `None` if the
    /// gap shrinks without no step. Of equal steps the first of the leader.
    pub fn of(leader: (f64, &[Option<f64>]), other: (f64, &[Option<f64>])) -> Option<Self> {
        let gap = leader.0 - other.0;
        let of_leader =
            leader.1.iter().enumerate().filter_map(|(step, score)| Some((true, step, (*score)? - other.0)));
        let of_other =
            other.1.iter().enumerate().filter_map(|(step, score)| Some((false, step, leader.0 - (*score)?)));
        let steps = of_leader.chain(of_other);
        let least = steps.reduce(|least, step| if step.2 < least.2 { step } else { least });
        let (of_leader, step, gap_without) = least.filter(|step| step.2 < gap)?;
        Some(Self { of_leader, step, worth: gap - gap_without, gap_without })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deciding_step_shrinks_the_gap_most() {
        let leader = (0.5, &[Some(0.45), None, Some(0.2)][..]);
        let of_leader = DecidingStep { of_leader: true, step: 2, worth: 0.3, gap_without: -0.05 };
        let other = (0.25, &[Some(0.5), Some(0.25)][..]);
        let found = DecidingStep::of(leader, other).unwrap();
        assert_eq!((found.of_leader, found.step), (of_leader.of_leader, of_leader.step));
        assert!((found.worth - of_leader.worth).abs() < 1e-12 && (found.gap_without + 0.05).abs() < 1e-12);
        // The other class would lead without its first step.
        let other = (0.25, &[Some(0.75), Some(0.25)][..]);
        let of_other = DecidingStep { of_leader: false, step: 0, worth: 0.5, gap_without: -0.25 };
        assert_eq!(DecidingStep::of(leader, other), Some(of_other));
    }

    #[test]
    fn no_step_decides_where_the_gap_never_shrinks() {
        assert_eq!(DecidingStep::of((0.5, &[Some(0.75)]), (0.25, &[Some(0.125), None])), None);
        assert_eq!(DecidingStep::of((0.5, &[]), (0.25, &[])), None);
    }
}
