//! Which classes the text tower hardly tells apart.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::Serialize;

use crate::align::{Aligner, Rule, align, products, unit_rows};

/// How alike two scripts are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Indices of the classes, the lower first.
    pub classes: [usize; 2],
    /// Mean cosine of their steps along the path that the aligner `mean-path` lays through both: 1 where the scripts are
    /// the same, step by step.
    pub in_order: f64,
    /// Mean cosine of each step with the one most like it in the other script, whatever their order.
    pub best_match: f64,
    /// Cosine of the means of both scripts' steps.
    pub means: f64,
    /// Mean cosine of steps that follow each other, over both scripts; none where neither has two.
    pub next_step: Option<f64>,
}

impl Pair {
    /// Whether changing the class changes the text less than going on by one step does: then a frame that fits a step of
    /// the one script fits its counterpart no worse than it fits its own neighbour.
    pub fn is_too_alike(&self) -> bool {
        self.next_step.is_some_and(|next_step| self.in_order >= next_step)
    }
}

/// All pairs of classes, and how their values in order are distributed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// The most alike in order first.
    pub pairs: Vec<Pair>,
    /// Lowest, quarter, half, three quarters, and highest of the values in order.
    pub quartiles: [f64; 5],
}

/// Compares the scripts of all classes: raw embeddings K×d of the steps' sentences. None where there are fewer than two
/// classes, or embeddings that are not finite.
pub fn likeness(scripts: &[Array2<f32>]) -> Option<Likeness> {
    let units: Vec<Array2<f32>> = scripts.iter().map(|script| unit_rows(script.view())).collect();
    let next_steps: Vec<Vec<f64>> = units.iter().map(|script| next_steps(script.view())).collect();
    let means: Vec<Array2<f32>> = units
        .iter()
        .map(|script| unit_rows(script.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(0)).insert_axis(Axis(0)).view()))
        .collect();
    let mut pairs = Vec::new();
    for second in 0..units.len() {
        for first in 0..second {
            let cosines = products(units[first].view(), units[second].view());
            let rule = Rule { aligner: Aligner::MeanPath, ..Rule::default() };
            pairs.push(Pair {
                classes: [first, second],
                in_order: align(rule, cosines.view()).ok()?.score,
                best_match: (best_match(cosines.view()) + best_match(cosines.t())) / 2.0,
                means: f64::from(means[first].row(0).dot(&means[second].row(0))),
                next_step: mean(next_steps[first].iter().chain(&next_steps[second]).copied()),
            });
        }
    }
    pairs.sort_by(|one, other| other.in_order.total_cmp(&one.in_order).then(one.classes.cmp(&other.classes)));
    let last = pairs.len().checked_sub(1)?;
    // The pairs begin with the highest; between two of them, the nearer counts.
    let quartiles = [4, 3, 2, 1, 0].map(|quarter| pairs[(last * quarter + 2) / 4].in_order);
    Some(Likeness { pairs, quartiles })
}

/// Cosines of each step with the next.
fn next_steps(units: ArrayView2<f32>) -> Vec<f64> {
    let rows: Vec<_> = units.rows().into_iter().collect();
    rows.windows(2).map(|two| f64::from(two[0].dot(&two[1]))).collect()
}

/// The mean over rows of the highest in each.
fn best_match(cosines: ArrayView2<f32>) -> f64 {
    let highest = cosines.rows().into_iter().map(|row| f64::from(row.iter().copied().fold(f32::MIN, f32::max)));
    mean(highest).unwrap_or_default()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn pair(likeness: &Likeness, classes: [usize; 2]) -> Pair {
        *likeness.pairs.iter().find(|pair| pair.classes == classes).unwrap()
    }

    #[test]
    fn the_order_of_steps_tells_scripts_apart() {
        let script = array![[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let backwards = array![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0]];
        let likeness = likeness(&[script.clone(), backwards, script]).unwrap();
        let same = pair(&likeness, [0, 2]);
        assert_eq!(likeness.pairs[0], same, "the most alike comes first");
        assert!((same.in_order - 1.0).abs() < 1e-6 && same.is_too_alike());
        let reversed = pair(&likeness, [0, 1]);
        assert!((reversed.best_match - 1.0).abs() < 1e-6 && (reversed.means - 1.0).abs() < 1e-6);
        assert!(reversed.in_order < 0.5, "{reversed:?}");
        assert_eq!(reversed.next_step, Some(0.0));
        assert_eq!(likeness.quartiles[4], same.in_order);
        assert_eq!(likeness.quartiles[0], reversed.in_order);
    }

    #[test]
    fn classes_nearer_than_neighbouring_steps_are_too_alike() {
        // Steps 60 degrees apart; the second class is turned by 45 degrees out of their plane, the third by 75.
        let class = |turn: f32| {
            let (sin, cos) = turn.to_radians().sin_cos();
            array![[cos, 0.0, sin], [0.5 * cos, 0.75_f32.sqrt() * cos, sin]]
        };
        let likeness = likeness(&[class(0.0), class(45.0), class(85.0)]).unwrap();
        assert!(pair(&likeness, [0, 1]).is_too_alike(), "{likeness:?}");
        assert!(!pair(&likeness, [0, 2]).is_too_alike(), "{likeness:?}");
    }

    #[test]
    fn one_class_is_like_no_other() {
        assert_eq!(likeness(&[array![[1.0, 0.0]]]), None);
        assert_eq!(likeness(&[]), None);
        let single = likeness(&[array![[1.0, 0.0]], array![[1.0, 0.0]]]).unwrap();
        assert!(!single.pairs[0].is_too_alike(), "without a second step there is nothing to hold it against");
        assert_eq!(likeness(&[array![[f32::NAN, 0.0]], array![[1.0, 0.0]]]), None);
    }
}
