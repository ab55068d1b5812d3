//! What each class is taken for.

use std::collections::BTreeMap;

use crate::eval::record::{ClipRecord, ClipScores};

/// The clips of a class that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCounts {
    /// The field.
    pub domain: String,
    /// The true class.
    pub class: String,
    /// Number of clips.
    pub n: usize,
    /// How many of them each row has right.
    pub right: Vec<usize>,
}

/// Clips of a class that are taken for a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The field.
    pub domain: String,
    /// The true class.
    pub class: String,
    /// What it is taken for; the true class too.
    pub predicted: String,
    /// By each row, how often.
    pub counts: Vec<usize>,
}

/// Every class that was met, by domain and name.
pub fn classes(clips: &[(&ClipRecord, &ClipScores)]) -> Vec<ClassCounts> {
    let mut classes: BTreeMap<(&str, &str), (usize, Vec<usize>)> = BTreeMap::new();
    for (clip, scores) in clips {
        let key = (&clip.domain[..], clip.class());
        let (n, right) = classes.entry(key).or_insert_with(|| (0, vec![0; scores.rows.len()]));
        *n += 1;
        for (right, ranking) in right.iter_mut().zip(&scores.rows) {
            *right += usize::from(clip.is_right(ranking));
        }
    }
    let counts = |((domain, class), (n, right)): ((&str, &str), _)| ClassCounts {
        domain: domain.to_owned(),
        class: class.to_owned(),
        n,
        right,
    };
    classes.into_iter().map(counts).collect()
}

/// Every class and what at least one row takes it for, by domain and names.
pub fn confusions(clips: &[(&ClipRecord, &ClipScores)]) -> Vec<Confusion> {
    let mut confusions: BTreeMap<[&str; 3], Vec<usize>> = BTreeMap::new();
    for (clip, scores) in clips {
        for (row, ranking) in scores.rows.iter().enumerate() {
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
}
