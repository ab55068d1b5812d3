use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use crate::align::{Aligner, Rule, align, products, unit_rows};

/// How similar two scripts are to the text tower.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Indices of the classes, the lower first.
    pub classes: [usize; 2],
    /// Mean cosine of their steps along the path of the aligner `mean-path`: 1 if the scripts are the same, step by step.
    pub in_order: f64,
    /// Mean cosine of each step with the most similar one of the other script, in any order.
    pub best_match: f64,
    pub means: f64,
    /// Whether `in_order` is above [`Likeness::fence`].
    pub too_alike: bool,
}

/// All pairs of classes, and the distribution of `in_order`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// The most similar first.
    pub pairs: Vec<Pair>,
    /// Minimum, lower quartile, median, upper quartile and maximum.
    pub quartiles: [f64; 5],
    /// Tukey's outer fence, the upper quartile plus three times the interquartile range, of Fisher's z (artanh), since no
    /// cosine is above 1. Pairs above it are too similar. It is relative, because the similarity of unrelated sentences
    /// differs between checkpoints. `None` for fewer than [`MIN_PAIRS`] pairs.
    pub fence: Option<f64>,
}

/// Fewest pairs for a fence: those of five classes.
pub const MIN_PAIRS: usize = 10;

/// Most classes that are compared: two million pairs.
pub const MAX_COMPARED: usize = 2000;

/// Compares the scripts of all classes, raw embeddings K×d of the steps' sentences. Calls `count` for every class. `None`
/// for fewer than two classes, more than [`MAX_COMPARED`], or non-finite embeddings.
pub fn likeness(scripts: &[Array2<f32>], mut count: impl FnMut()) -> Option<Likeness> {
    if scripts.len() > MAX_COMPARED {
        return None;
    }
    let units: Vec<Array2<f32>> = scripts.iter().map(|script| unit_rows(script.view())).collect();
    let sum = |script: &Array2<f32>| unit_rows(script.sum_axis(Axis(0)).insert_axis(Axis(0)).view());
    let means: Vec<Array2<f32>> = units.iter().map(sum).collect();
    let mut pairs = Vec::new();
    for second in 0..units.len() {
        for first in 0..second {
            let cosines = products(units[first].view(), units[second].view());
            pairs.push(Pair {
                classes: [first, second],
                in_order: in_order(cosines.view())?,
                best_match: (best_match(cosines.view()) + best_match(cosines.t())) / 2.0,
                means: f64::from(means[first].row(0).dot(&means[second].row(0))),
                too_alike: false,
            });
        }
        count();
    }
    pairs.sort_by(|one, other| other.in_order.total_cmp(&one.in_order).then(one.classes.cmp(&other.classes)));
    let last = pairs.len().checked_sub(1)?;
    // Sorted downwards; the nearest rank counts.
    let quartiles = [4, 3, 2, 1, 0].map(|quarter| pairs[(last * quarter + 2) / 4].in_order);
    let [_, lower, _, upper, _] = quartiles;
    // Of the same steps it would be infinite.
    let z = |cosine: f64| cosine.clamp(-0.9999, 0.9999).atanh();
    let fence = (pairs.len() >= MIN_PAIRS).then(|| (z(upper) + 3.0 * (z(upper) - z(lower))).tanh());
    for pair in &mut pairs {
        pair.too_alike = fence.is_some_and(|fence| pair.in_order > fence);
    }
    Some(Likeness { pairs, quartiles, fence })
}

/// How alike two scripts are: the mean cosine of their steps along the path of the aligner `mean-path`, from the cosines of all
/// their steps. `None` if one is not finite.
pub fn in_order(cosines: ArrayView2<f32>) -> Option<f64> {
    let rule = Rule { aligner: Aligner::MeanPath, ..Rule::default() };
    Some(align(rule, cosines).ok()?.score)
}

/// The mean over rows of the maximum of each.
fn best_match(cosines: ArrayView2<f32>) -> f64 {
    let highest =
        cosines.rows().into_iter().map(|row| f64::from(row.iter().copied().fold(f32::MIN, f32::max)));
    highest.sum::<f64>() / cosines.nrows() as f64
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn pair(likeness: &Likeness, classes: [usize; 2]) -> Pair {
        *likeness.pairs.iter().find(|pair| pair.classes == classes).unwrap()
    }

    #[test]
    fn the_order_of_steps_separates_scripts() {
        let script = array![[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let backwards = array![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0]];
        let likeness = likeness(&[script.clone(), backwards, script], || {}).unwrap();
        let same = pair(&likeness, [0, 2]);
        assert_eq!(likeness.pairs[0], same, "the most alike comes first");
        assert!((same.in_order - 1.0).abs() < 1e-6, "{same:?}");
        let reversed = pair(&likeness, [0, 1]);
        assert!((reversed.best_match - 1.0).abs() < 1e-6 && (reversed.means - 1.0).abs() < 1e-6);
        assert!(reversed.in_order < 0.5, "{reversed:?}");
        assert_eq!(likeness.quartiles[4], same.in_order);
        assert_eq!(likeness.quartiles[0], reversed.in_order);
    }

    /// Scripts of three steps in different directions, except for the `shared` ones.
    fn classes(shared: usize) -> Vec<Array2<f32>> {
        let step =
            |row: usize, column: usize| if row == column { 1.0 } else { 0.2 + 0.01 * (row % 5) as f32 };
        (0..5)
            .map(|class| {
                let row = |step: usize| if class == 4 && step < shared { step } else { 3 * class + step };
                Array2::from_shape_fn((3, 15), |(at, column)| step(row(at), column))
            })
            .collect()
    }

    #[test]
    fn an_outlier_is_too_alike() {
        let found = likeness(&classes(2), || {}).unwrap();
        let too_alike: Vec<_> =
            found.pairs.iter().filter(|pair| pair.too_alike).map(|pair| pair.classes).collect();
        assert_eq!(too_alike, [[0, 4]], "{found:?}");
        assert!(likeness(&classes(0), || {}).unwrap().pairs.iter().all(|pair| !pair.too_alike));
        let few = likeness(&classes(2)[1..], || {}).unwrap();
        assert_eq!((few.pairs.len(), few.fence), (6, None), "too few to say what is usual");
    }

    #[test]
    fn fewer_than_two_finite_classes_have_no_likeness() {
        assert_eq!(likeness(&[array![[1.0, 0.0]]], || {}), None);
        assert_eq!(likeness(&[], || {}), None);
        assert_eq!(likeness(&[array![[f32::NAN, 0.0]], array![[1.0, 0.0]]], || {}), None);
    }
}
