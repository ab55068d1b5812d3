//! Figures that others have published for a benchmark, to stand beside our rows.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::eval::results::{Results, RowResult};
use crate::eval::rows::{CHANCE, Score};

/// The benchmark of the method's paper (Salehi et al. 2024).
pub const ACTION_ATLAS: &str = "ActionAtlas";

/// Notes on the figures of ActionAtlas.
const OF_ACTION_ATLAS: &str = "published: ActAlign, Tables 1 to 3, SigLIP-so400m where no other model is named. The paper's third version \
     has 30.40 in place of the 30.29 of its full method, and its abstract 30.5";

/// A line of a published table, in per cent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Published {
    /// As the paper names it.
    pub method: &'static str,
    /// Where it stands in the paper.
    pub table: &'static str,
    pub top1: f64,
    pub top2: Option<f64>,
    pub top3: Option<f64>,
    /// Our row that does the same, if there is one: `human` for that of any person.
    pub row: Option<&'static str>,
}

const fn figures(
    table: &'static str,
    method: &'static str,
    row: Option<&'static str>,
    top1: f64,
    others: Option<(f64, f64)>,
) -> Published {
    let (top2, top3) = match others {
        Some((top2, top3)) => (Some(top2), Some(top3)),
        None => (None, None),
    };
    Published { method, table, top1, top2, top3, row }
}

/// Tables 1 to 3 of the method's paper. A line that several tables repeat is here once; the second line of Table 3, the
/// context-rich prompt, is the full method.
static PAPER: [Published; 13] = [
    figures("1", "Random (10 trials)", Some(CHANCE), 20.81, Some((42.04, 62.50))),
    figures("1", "Human evaluation (oracle)", Some("human"), 61.64, None),
    figures("1", "mPLUG-Owl-Video, 7B", None, 19.49, None),
    figures("1", "VideoChat2, 7B", None, 21.27, None),
    figures("1", "VideoLLaMA, 8B", None, 22.71, None),
    figures("1", "LLaVA-Next-Video, 7B", None, 22.90, None),
    figures("1", "Qwen2-VL, 7B", None, 30.24, None),
    figures("1", "X-CLIP-L/14-16F", Some("x-clip"), 16.26, Some((33.74, 49.89))),
    figures("1, 2", "SigLIP, mean-pool", Some("mean-pool"), 22.94, Some((42.20, 63.70))),
    figures("1, 2", "+ DTW alignment", Some("+alignment"), 25.72, Some((45.99, 66.26))),
    figures("2", "+ context augmentation", Some("+context"), 30.07, Some((52.67, 70.49))),
    figures("1, 2, 3", "+ signal smoothing: ActAlign", Some("+smoothing"), 30.29, Some((53.01, 70.27))),
    figures("3", "Short-fixed prompt", Some("short-fixed"), 27.06, None),
];

/// What is published for a benchmark.
pub fn published(benchmark: Option<&str>) -> &'static [Published] {
    match benchmark {
        Some(ACTION_ATLAS) => &PAPER,
        _ => &[],
    }
}

/// The source of the figures, as a sentence.
pub fn source(benchmark: Option<&str>) -> Option<&'static str> {
    (benchmark == Some(ACTION_ATLAS)).then_some(OF_ACTION_ATLAS)
}

impl Results {
    /// The published figures, each with our rows that do the same.
    pub fn beside_published(&self) -> Vec<(&'static Published, Vec<&RowResult>)> {
        let mut rows: BTreeMap<&str, Vec<&RowResult>> = BTreeMap::new();
        let methods = self.settings.rows.iter().map(|row| match row.score {
            Score::Human => "human",
            _ => row.method(),
        });
        for (method, row) in [CHANCE].into_iter().chain(methods).zip(&self.rows) {
            rows.entry(method).or_default().push(row);
        }
        let of_row = |name: &str| rows.get(name).cloned().unwrap_or_default();
        self.published.iter().map(|line| (line, line.row.map(of_row).unwrap_or_default())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::sample;
    use crate::plot::table::Style;

    #[test]
    fn figures_of_the_paper_stand_beside_the_rows_that_do_the_same() {
        let rows = ["mean-pool", "+alignment", "+smoothing", "short-fixed"];
        let results = sample::results(&rows, &[([0, 1, 0, 1], ""), ([1, 0, 0, 0], "")]);
        assert!(results.published.is_empty() && !results.tables(Style::Plain).contains("30.29"));

        let settings = crate::eval::EvalSettings {
            benchmark: Some(ACTION_ATLAS.to_owned()),
            ..results.settings.clone()
        };
        let clips = sample::clips(&rows, &[([0, 1, 0, 1], ""), ([1, 0, 0, 0], "")]);
        let results = Results::new(&clips, settings);
        let beside = results.beside_published();
        let ours = |method: &str| -> Vec<&str> {
            let (_, rows) = beside.iter().find(|(line, _)| line.method.contains(method)).unwrap();
            rows.iter().map(|row| &row.name[..]).collect()
        };
        assert_eq!(ours("Random"), ["chance"]);
        assert_eq!(ours("mean-pool"), ["mean-pool"]);
        assert_eq!(ours("ActAlign"), ["+smoothing"]);
        assert!(ours("Qwen2-VL").is_empty() && ours("context").is_empty());
        let text = results.tables(Style::Plain);
        for words in ["22.94", "25.72", "30.29", "30.40", "27.06"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("Qwen2-VL"), "the terminal has the rows of this evaluation: {text}");
        assert!(results.tables(Style::Markdown).contains("| Qwen2-VL, 7B"));
    }

    #[test]
    fn every_published_line_names_a_row_of_ours_or_none() {
        let rows = crate::eval::Rows::default().all(&[crate::script::Strategy::SHORT_FIXED]).unwrap();
        let others = [CHANCE, "human", "x-clip"];
        for line in &PAPER {
            let is_row = |name: &str| others.contains(&name) || rows.iter().any(|row| row.name == name);
            assert!(line.row.is_none_or(is_row), "{}", line.method);
            assert!(line.top2.is_none_or(|top2| line.top1 < top2 && top2 < line.top3.unwrap()));
        }
    }
}
