//! Results as CSV, every number in full.

use serde_json::Value;

use crate::eval::results::{Results, RowResult};
use crate::eval::rows::Row;
use crate::plot::table::Table;

impl Results {
    /// `results.csv`: each row with its accuracy, its comparison with the reference row, and its knobs.
    pub fn rows_csv(&self) -> String {
        let knobs: Vec<Vec<(String, String)>> = self.settings.rows.iter().map(knobs).collect();
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in knobs.iter().flatten() {
            if !names.contains(&&name[..]) {
                names.push(name);
            }
        }
        let figures = [
            "name",
            "top1",
            "top1_low",
            "top1_high",
            "top2",
            "top2_low",
            "top2_high",
            "top3",
            "top3_low",
            "top3_high",
            "top1_attempted",
            "n_attempted",
            "n_read",
            "reference",
            "difference",
            "difference_low",
            "difference_high",
            "only_row",
            "only_reference",
            "p",
            "p_holm",
        ];
        let header = figures.iter().chain(&names).map(|name| (*name).to_owned()).collect();
        let line = |row: &RowResult| {
            let mut cells = self.figures(row);
            let of_row = self.settings.rows.iter().zip(&knobs).find(|(spec, _)| spec.name == row.name);
            let knob =
                |name: &&str| of_row.and_then(|(_, knobs)| knobs.iter().find(|(knob, _)| knob == name));
            cells.extend(
                names.iter().map(|name| knob(name).map_or_else(String::new, |(_, value)| value.clone())),
            );
            cells
        };
        csv(header, self.rows.iter().map(line))
    }

    fn figures(&self, row: &RowResult) -> Vec<String> {
        let mut cells = vec![row.name.clone()];
        for (top, ci) in [(row.top1, row.top1_ci), (row.top2, row.top2_ci), (row.top3, row.top3_ci)] {
            cells.extend(with_interval(top, ci));
        }
        cells.extend([row.top1_attempted.to_string(), row.n_attempted.to_string(), row.n_read.to_string()]);
        match self.comparisons.iter().find(|comparison| comparison.row == row.name) {
            Some(comparison) => {
                let all = &comparison.all;
                cells.push(comparison.reference.clone());
                cells.extend(with_interval(all.difference, all.difference_ci));
                cells.extend([all.only_row.to_string(), all.only_reference.to_string()]);
                // As a power of ten where it is small.
                cells.extend([all.p, all.p_holm].map(|p| format!("{p:?}")));
            }
            None => cells.extend(std::iter::repeat_n(String::new(), 8)),
        }
        cells
    }

    /// `classes.csv`: each class with its clips that were read, and how many of them each row has right.
    pub fn classes_csv(&self) -> String {
        let lines = self.classes.iter().map(|class| {
            let right = class.right.iter().map(usize::to_string);
            [class.domain.clone(), class.class.clone(), class.n.to_string()]
                .into_iter()
                .chain(right)
                .collect()
        });
        csv(self.columns(&["domain", "class", "n"]), lines)
    }

    /// `confusion.csv`: for each row how often it predicts which class for which, the right one included.
    pub fn confusion_csv(&self) -> String {
        let rows = self.settings.rows.iter().enumerate();
        let lines = rows.flat_map(|(index, row)| {
            let met = self.confusions.iter().filter(move |confusion| confusion.counts[index] > 0);
            met.map(move |c| {
                let count = c.counts[index].to_string();
                vec![row.name.clone(), c.domain.clone(), c.class.clone(), c.predicted.clone(), count]
            })
        });
        csv(["row", "domain", "class", "predicted", "count"].map(str::to_owned).to_vec(), lines)
    }

    /// `disagreements.csv`: each clip that one alignment row has right and another wrong, with the prediction of each row.
    pub fn disagreements_csv(&self) -> String {
        let lines = self.disagreements.iter().map(|clip| {
            let predictions = clip.predictions.iter().map(|prediction| &prediction.class);
            [&clip.id, &clip.domain, &clip.class].into_iter().chain(predictions).cloned().collect()
        });
        csv(self.columns(&["id", "domain", "class"]), lines)
    }

    /// The first columns, then one for each row but chance.
    fn columns(&self, first: &[&str]) -> Vec<String> {
        let rows = self.settings.rows.iter().map(|row| &row.name[..]);
        first.iter().copied().chain(rows).map(str::to_owned).collect()
    }
}

/// The knobs of a row under their names in JSON.
fn knobs(row: &Row) -> Vec<(String, String)> {
    let Ok(Value::Object(knobs)) = serde_json::to_value(row) else { return Vec::new() };
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    };
    knobs.into_iter().filter(|(name, _)| name != "name").map(|(name, value)| (name, text(value))).collect()
}

fn with_interval(value: Option<f64>, ends: Option<[f64; 2]>) -> [String; 3] {
    [value, ends.map(|[low, _]| low), ends.map(|[_, high]| high)]
        .map(|value| value.map_or_else(String::new, |value| value.to_string()))
}

fn csv(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    Table::with_words(0, &header, rows.collect()).csv()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::sample;

    const ROWS: [&str; 3] = ["mean-pool", "+alignment", "+smoothing"];
    const HOSTILE: &str = "a|b, \"c\"\nd";

    fn results() -> Results {
        let mut clips = sample::clips(&ROWS, &[([0, 1, 0], "late"), ([1, 0, 1], ""), ([0, 1, 1], "")]);
        clips[0].id = HOSTILE.to_owned();
        clips[0].candidates[1] = HOSTILE.to_owned();
        sample::sum_up(&ROWS, &clips)
    }

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn rows_have_their_figures_and_knobs() {
        let lines = read(&results().rows_csv());
        let [header, chance, pool, alignment, smoothing] = &lines[..] else { panic!("{lines:?}") };
        let value =
            |line: &[String], name: &str| line[header.iter().position(|n| n == name).unwrap()].clone();
        assert_eq!(["name", "score", "p"].map(|name| value(chance, name)), ["chance", "", ""]);
        assert_eq!(["score", "only_row"].map(|name| value(pool, name)), ["mean-pool", "1"]);
        let names = ["reference", "only_row", "only_reference", "p", "n_read", "template_text", "aligner"];
        let expected = ["+smoothing", "1", "1", "1.0", "3", "{step}", "dtw"];
        assert_eq!(names.map(|name| value(alignment, name)), expected);
        let names = ["reference", "top1", "smoothing_seconds", "prompt", "preset", "cell"];
        let expected = ["", "33.333333333333336", "1.0", "context-rich", "paper", "affinity"];
        assert_eq!(names.map(|name| value(smoothing, name)), expected);
    }

    #[test]
    fn hostile_names_come_back_as_they_were() {
        let results = results();
        assert_eq!(
            read(&results.classes_csv()),
            [
                ["domain", "class", "n", "mean-pool", "+alignment", "+smoothing"],
                ["chess", "castling", "3", "2", "1", "1"]
            ]
        );
        assert_eq!(
            read(&results.confusion_csv()),
            [
                ["row", "domain", "class", "predicted", "count"],
                ["mean-pool", "chess", "castling", "castling", "2"],
                ["mean-pool", "chess", "castling", "fork", "1"],
                ["+alignment", "chess", "castling", HOSTILE, "1"],
                ["+alignment", "chess", "castling", "castling", "1"],
                ["+alignment", "chess", "castling", "fork", "1"],
                ["+smoothing", "chess", "castling", "castling", "1"],
                ["+smoothing", "chess", "castling", "fork", "2"]
            ]
        );
        assert_eq!(
            read(&results.disagreements_csv()),
            [
                ["id", "domain", "class", "mean-pool", "+alignment", "+smoothing"],
                [HOSTILE, "chess", "castling", "castling", HOSTILE, "castling"],
                ["clip 1", "chess", "castling", "fork", "castling", "fork"]
            ]
        );
    }
}
