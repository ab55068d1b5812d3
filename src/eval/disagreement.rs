//! Clips on which the rows disagree.

use crate::eval::record::{ClipRecord, ClipScores};
use crate::eval::rows::{Row, Score};

/// A clip that one alignment row has right and another wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The clip.
    pub id: String,
    /// Its field.
    pub domain: String,
    /// The true class.
    pub class: String,
    /// What each row takes it for.
    pub predictions: Vec<Prediction>,
}

/// What a row takes a clip for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The class.
    pub class: String,
    /// Whether it is the true one.
    pub right: bool,
}

/// The clips on which alignment rows disagree, in the order given.
pub fn disagreements(clips: &[(&ClipRecord, &ClipScores)], rows: &[Row]) -> Vec<Disagreement> {
    let is_disputed = |(clip, scores): &&(&ClipRecord, &ClipScores)| {
        let aligned = rows.iter().zip(&scores.rows).filter(|(row, _)| row.score == Score::Alignment);
        let right: Vec<bool> = aligned.map(|(_, ranking)| clip.is_right(ranking)).collect();
        right.contains(&true) && right.contains(&false)
    };
    let disagreement = |(clip, scores): &(&ClipRecord, &ClipScores)| Disagreement {
        id: clip.id.clone(),
        domain: clip.domain.clone(),
        class: clip.class().to_owned(),
        predictions: scores
            .rows
            .iter()
            .map(|ranking| Prediction {
                class: clip.predicted(ranking).to_owned(),
                right: clip.is_right(ranking),
            })
            .collect(),
    };
    clips.iter().filter(is_disputed).map(disagreement).collect()
}

#[cfg(test)]
mod tests {
    use crate::eval::sample;

    #[test]
    fn rows_that_do_not_align_have_no_part_in_a_disagreement() {
        let results = sample::results(
            &["mean-pool", "+context", "+smoothing"],
            &[([1, 0, 0], ""), ([0, 1, 0], ""), ([0, 1, 2], ""), ([1, 0, 2], "")],
        );
        let found: Vec<(&str, Vec<(&str, bool)>)> = results
            .disagreements
            .iter()
            .map(|d| (&d.id[..], d.predictions.iter().map(|p| (&p.class[..], p.right)).collect()))
            .collect();
        assert_eq!(
            found,
            [
                ("clip 1", vec![("castling", true), ("fork", false), ("castling", true)]),
                ("clip 3", vec![("fork", false), ("castling", true), ("pin", false)])
            ]
        );
    }
}
