//! Failure clusters: the clips that a row has wrong, grouped by what is known of them.

use serde::{Deserialize, Serialize};

use crate::eval::statistics;
use crate::plot::format::p_value;

/// What is known of a clip by one row: of its true class and of the strongest wrong class, which together hold the prediction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Whether the path of the true class has collapsed.
    pub collapsed: bool,
    /// Share of the other orders of the predicted class' steps that score at least as high. `None` for a single step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_orders: Option<f64>,
    /// Where the true class begins and ends, from 0 to 1 of the clip, if frames that fit no class are left out. `None` if the clip
    /// has fewer frames than the class has steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<[f64; 2]>,
    /// Mean cosine of the steps of the two classes, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness: Option<f64>,
    /// The same of the true class and each other candidate, the median. `None` for fewer than three candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_likeness: Option<f64>,
    /// Whether a sentence of either class is longer than the model reads.
    pub cut: bool,
    /// Share of the words of the true class' steps that the tokenizer does not know. `None` without a tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_words: Option<f64>,
}

/// Clips about which the same is known.
pub struct Cluster {
    pub name: &'static str,
    /// What is true of its clips.
    pub help: &'static str,
    /// Whether a clip is in it; `None` if that is not known.
    pub holds: fn(&Facts) -> Option<bool>,
}

/// Share of other orders from which on the order does not matter.
const ORDERS: f64 = 0.05;
/// Share of the clip that is idle before a late start, and after an early end.
const IDLE: f64 = 0.25;
/// Share of the usual distance, one minus the likeness, within which two classes are twins.
const TWIN: f64 = 0.5;
/// Share of unknown words from which on scripts say little.
const UNKNOWN: f64 = 0.25;

/// The table of clusters. The last holds the clips that are in no other.
pub static CLUSTERS: [Cluster; 8] = [
    Cluster {
        name: "collapsed path",
        help: "most steps of the true class hold a single frame",
        holds: |facts| Some(facts.collapsed),
    },
    Cluster {
        name: "order-blind",
        help: "at least 5 % of the other orders of the predicted class' steps score as high",
        holds: |facts| Some(facts.other_orders? >= ORDERS),
    },
    Cluster {
        name: "late start",
        help: "the true class begins after the first quarter of the clip",
        holds: |facts| Some(facts.extent?[0] > IDLE),
    },
    Cluster {
        name: "early end",
        help: "the true class ends before the last quarter of the clip",
        holds: |facts| Some(facts.extent?[1] < 1.0 - IDLE),
    },
    Cluster {
        name: "near-twin",
        help: "the strongest wrong class has steps at most half as far from the true class' as a usual candidate",
        holds: |facts| Some(1.0 - facts.likeness? < TWIN * (1.0 - facts.usual_likeness?)),
    },
    Cluster {
        name: "cut text",
        help: "a sentence of the true or the strongest wrong class is longer than the model reads",
        holds: |facts| Some(facts.cut),
    },
    Cluster {
        name: "unknown words",
        help: "the tokenizer has no token for a quarter of the words of the true class, or breaks them into letters",
        holds: |facts| Some(facts.unknown_words? >= UNKNOWN),
    },
    Cluster { name: "none of these", help: "the clip is in no other cluster", holds: none_of_these },
];

fn none_of_these(facts: &Facts) -> Option<bool> {
    let (_, others) = CLUSTERS.split_last()?;
    Some(others.iter().all(|cluster| (cluster.holds)(facts) != Some(true)))
}

/// The names of a clip's clusters.
pub fn clusters_of(facts: &Facts) -> Vec<&'static str> {
    let holds = |cluster: &&Cluster| (cluster.holds)(facts) == Some(true);
    CLUSTERS.iter().filter(holds).map(|cluster| cluster.name).collect()
}

/// How many wrong and right clips of a row are in a cluster, of those of which that is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClusterCounts {
    pub name: &'static str,
    pub wrong: usize,
    pub wrong_known: usize,
    pub right: usize,
    pub right_known: usize,
    /// P-value of Fisher's exact test that the cluster is as common among right clips.
    pub p: f64,
    /// Adjusted after Holm for all clusters of the row.
    pub p_holm: f64,
}

impl ClusterCounts {
    /// Every cluster, in the order of [`CLUSTERS`], from the facts of clips and whether the row has them right.
    pub fn of<'a>(clips: impl IntoIterator<Item = (bool, &'a Facts)>) -> Vec<Self> {
        // By cluster, then wrong and right clips, then those outside and inside.
        let mut counts = [[[0; 2]; 2]; CLUSTERS.len()];
        for (is_right, facts) in clips {
            for (cluster, counts) in CLUSTERS.iter().zip(&mut counts) {
                if let Some(holds) = (cluster.holds)(facts) {
                    counts[usize::from(is_right)][usize::from(holds)] += 1;
                }
            }
        }
        let p_values = counts.map(statistics::fisher);
        let rows = CLUSTERS.iter().zip(counts).zip(p_values.iter().zip(statistics::holm(&p_values)));
        let rows = rows.map(|((cluster, [wrong, right]), (&p, p_holm))| Self {
            name: cluster.name,
            wrong: wrong[1],
            wrong_known: wrong.iter().sum(),
            right: right[1],
            right_known: right.iter().sum(),
            p,
            p_holm,
        });
        rows.collect()
    }

    /// Per cent of the wrong clips; none without wrong clips.
    pub fn of_wrong(&self) -> Option<f64> {
        share(self.wrong, self.wrong_known)
    }

    /// Per cent of the right clips: the base rate.
    pub fn of_right(&self) -> Option<f64> {
        share(self.right, self.right_known)
    }

    /// `late start: 6 of 7 wrong clips (86 %), 66 of 313 right ones (21 %), p 0.001`
    pub fn in_words(&self) -> String {
        let of = |count: usize, all: usize, what: &str| {
            let share = share(count, all).map_or_else(String::new, |share| format!(" ({share:.0} %)"));
            format!("{count} of {all} {what}{share}")
        };
        let wrong = of(self.wrong, self.wrong_known, "wrong clips");
        let right = of(self.right, self.right_known, "right ones");
        format!("{}: {wrong}, {right}, p {}", self.name, p_value(self.p))
    }
}

fn share(count: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| 100.0 * count as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clip of which everything is known, and that is in no cluster.
    fn plain() -> Facts {
        Facts {
            collapsed: false,
            other_orders: Some(0.0),
            extent: Some([0.1, 0.9]),
            likeness: Some(0.6),
            usual_likeness: Some(0.5),
            cut: false,
            unknown_words: Some(0.1),
        }
    }

    #[test]
    fn each_cluster_has_its_condition() {
        assert_eq!(clusters_of(&plain()), ["none of these"]);
        for (name, facts) in [
            ("collapsed path", Facts { collapsed: true, ..plain() }),
            ("order-blind", Facts { other_orders: Some(0.05), ..plain() }),
            ("late start", Facts { extent: Some([0.26, 1.0]), ..plain() }),
            ("early end", Facts { extent: Some([0.0, 0.74]), ..plain() }),
            ("near-twin", Facts { likeness: Some(0.76), ..plain() }),
            ("cut text", Facts { cut: true, ..plain() }),
            ("unknown words", Facts { unknown_words: Some(0.25), ..plain() }),
        ] {
            assert_eq!(clusters_of(&facts), [name]);
        }
        let both = Facts { extent: Some([0.4, 0.6]), ..plain() };
        assert_eq!(clusters_of(&both), ["late start", "early end"]);
        let edge = Facts { extent: Some([0.25, 0.75]), likeness: Some(0.75), ..plain() };
        assert_eq!(clusters_of(&edge), ["none of these"]);
    }

    #[test]
    fn the_docs_have_the_table() {
        let docs = include_str!("../../docs/evaluate.md");
        for cluster in &CLUSTERS {
            let row = format!("| {} | {} |", cluster.name, cluster.help);
            assert!(docs.contains(&row), "{row}");
        }
    }

    #[test]
    fn what_is_not_known_is_in_no_cluster_and_not_counted() {
        let unknown = Facts::default();
        let known: Vec<&str> =
            CLUSTERS.iter().filter(|c| (c.holds)(&unknown).is_some()).map(|c| c.name).collect();
        assert_eq!(known, ["collapsed path", "cut text", "none of these"]);
        let counts = ClusterCounts::of([(false, &unknown), (true, &unknown), (true, &plain())]);
        assert_eq!((counts[0].wrong_known, counts[0].right_known), (1, 2));
        assert_eq!((counts[1].wrong_known, counts[1].right_known, counts[1].of_wrong()), (0, 1, None));
        assert_eq!(counts[1].in_words(), "order-blind: 0 of 0 wrong clips, 0 of 1 right ones (0 %), p 1.000");
    }

    #[test]
    fn counts_by_hand() {
        let late = Facts { extent: Some([0.5, 1.0]), ..plain() };
        let late_twin = Facts { likeness: Some(0.8), ..late.clone() };
        let clips = [
            (false, &late),
            (false, &late_twin),
            (false, &late),
            (true, &plain()),
            (true, &late),
            (true, &plain()),
            (true, &plain()),
            (true, &plain()),
        ];
        let counts = ClusterCounts::of(clips);
        let found: Vec<(usize, usize)> = counts.iter().map(|counts| (counts.wrong, counts.right)).collect();
        assert_eq!(found, [(0, 0), (0, 0), (3, 1), (0, 0), (1, 0), (0, 0), (0, 0), (0, 4)]);
        assert!(counts.iter().all(|counts| (counts.wrong_known, counts.right_known) == (3, 5)));
        // All three wrong ones and one right one: C(3,3)·C(5,1) of C(8,4) ways, and as unlikely none and four.
        assert!((counts[2].p - 10.0 / 70.0).abs() < 1e-12, "{}", counts[2].p);
        assert_eq!(counts[2].of_right(), Some(20.0));
        assert_eq!(
            counts[2].in_words(),
            "late start: 3 of 3 wrong clips (100 %), 1 of 5 right ones (20 %), p 0.143"
        );
        assert_eq!(counts[0].p, 1.0);
    }

    #[test]
    fn facts_read_as_they_are_written_and_may_lack_what_is_not_known() {
        for facts in [plain(), Facts::default()] {
            let json = serde_json::to_string(&facts).unwrap();
            assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
        }
        assert_eq!(serde_json::to_string(&Facts::default()).unwrap(), r#"{"collapsed":false,"cut":false}"#);
    }
}
