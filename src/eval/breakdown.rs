//! Results by class and by clip: accuracy, confusions and disagreements between rows.

use std::collections::BTreeMap;

use crate::eval::record::{ClipRecord, ClipScores};
use crate::eval::rows::{Row, Score};

/// Accuracy over the clips of a class that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCounts {
    pub domain: String,
    /// The true one.
    pub class: String,
    /// Number of clips.
    pub n: usize,
    /// Number right in each row.
    pub right: Vec<usize>,
    /// Number of clips that each row has: `n`, but for people who left some out.
    pub of: Vec<usize>,
}

/// Clips of one class predicted as another, or as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    pub domain: String,
    /// The true one.
    pub class: String,
    pub predicted: String,
    /// Number of clips in each row.
    pub counts: Vec<usize>,
}

/// All classes, sorted by domain and name.
pub fn classes(clips: &[(&ClipRecord, &ClipScores)], rows: &[Row]) -> Vec<ClassCounts> {
    let mut classes: BTreeMap<(&str, &str), ClassCounts> = BTreeMap::new();
    for (clip, scores) in clips {
        let (domain, class) = (&clip.domain[..], clip.class());
        let counts = classes.entry((domain, class)).or_insert_with(|| ClassCounts {
            domain: domain.to_owned(),
            class: class.to_owned(),
            n: 0,
            right: vec![0; rows.len()],
            of: vec![0; rows.len()],
        });
        counts.n += 1;
        for (index, (row, ranking)) in rows.iter().zip(&scores.rows).enumerate() {
            counts.of[index] += usize::from(row.includes(ranking));
            counts.right[index] += usize::from(clip.is_right(ranking));
        }
    }
    classes.into_values().collect()
}

/// All pairs of true and predicted class that occur in a row, sorted.
pub fn confusions(clips: &[(&ClipRecord, &ClipScores)], rows: &[Row]) -> Vec<Confusion> {
    let mut confusions: BTreeMap<[&str; 3], Vec<usize>> = BTreeMap::new();
    for (clip, scores) in clips {
        for (row, ranking) in
            scores.rows.iter().enumerate().filter(|(row, ranking)| rows[*row].includes(ranking))
        {
            let key = [&clip.domain, clip.class(), clip.predicted(ranking)];
            confusions.entry(key).or_insert_with(|| vec![0; scores.rows.len()])[row] += 1;
        }
    }
    let confusion = |(key, counts): ([&str; 3], _)| {
        let [domain, class, predicted] = key.map(str::to_owned);
        Confusion { domain, class, predicted, counts }
    };
    confusions.into_iter().map(confusion).collect()
}

/// A clip that one alignment row has right and another has wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    pub id: String,
    pub domain: String,
    /// The true one.
    pub class: String,
    /// In the order of the rows.
    pub predictions: Vec<Prediction>,
}

/// The class that a row ranks first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    pub class: String,
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
    fn classes_and_confusions_by_hand() {
        let mut clips = sample::clips(
            &["mean-pool", "+smoothing"],
            &[([0, 0], ""), ([0, 1], ""), ([1, 1], ""), ([2, 0], ""), ([0, 0], "")],
        );
        // Of another field, and another true class.
        clips[3].domain = "boules".to_owned();
        clips[4].answer = 1;
        let results = sample::sum_up(&["mean-pool", "+smoothing"], &clips);
        let classes: Vec<(&str, &str, usize, &[usize])> =
            results.classes.iter().map(|c| (&c.domain[..], &c.class[..], c.n, &c.right[..])).collect();
        assert_eq!(
            classes,
            [
                ("boules", "castling", 1, &[0, 1][..]),
                ("chess", "castling", 3, &[2, 1]),
                ("chess", "fork", 1, &[0, 0])
            ]
        );
        let confusions: Vec<([&str; 3], &[usize])> = results
            .confusions
            .iter()
            .map(|c| ([&c.domain[..], &c.class[..], &c.predicted[..]], &c.counts[..]))
            .collect();
        assert_eq!(
            confusions,
            [
                (["boules", "castling", "castling"], &[0, 1][..]),
                (["boules", "castling", "pin"], &[1, 0]),
                (["chess", "castling", "castling"], &[2, 1]),
                (["chess", "castling", "fork"], &[1, 2]),
                (["chess", "fork", "castling"], &[1, 1])
            ]
        );
    }

    #[test]
    fn only_alignment_rows_disagree() {
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
