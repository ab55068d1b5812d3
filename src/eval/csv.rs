//! Results as CSV, every number in full.

use serde_json::Value;

use crate::eval::results::{Results, RowResult};
use crate::eval::rows::{Row, Score};
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
        let figures: Vec<_> = self.rows.iter().map(|row| self.figures(row)).collect();
        let header = figures.first().into_iter().flatten().map(|(name, _)| *name);
        let header = header.chain(names.iter().copied()).map(str::to_owned).collect();
        let lines = self.rows.iter().zip(&figures).map(|(row, figures)| {
            let of_row = self.settings.rows.iter().zip(&knobs).find(|(spec, _)| spec.name == row.name);
            let knob = |name: &&str| {
                let knob = of_row.and_then(|(_, knobs)| knobs.iter().find(|(knob, _)| knob == name));
                knob.map_or_else(String::new, |(_, value)| value.clone())
            };
            figures.iter().map(|(_, value)| value.clone()).chain(names.iter().map(knob)).collect()
        });
        csv(header, lines)
    }

    /// Accuracy of a row and its comparison, under the headings of their columns.
    fn figures(&self, row: &RowResult) -> Vec<(&'static str, String)> {
        fn text<T: ToString>(value: Option<T>) -> String {
            value.map_or_else(String::new, |value| value.to_string())
        }
        let low = |ends: Option<[f64; 2]>| text(ends.map(|[low, _]| low));
        let high = |ends: Option<[f64; 2]>| text(ends.map(|[_, high]| high));
        let comparison = self.comparisons.iter().find(|comparison| comparison.row == row.name);
        let all = comparison.map(|comparison| &comparison.all);
        let difference_ci = all.and_then(|all| all.difference_ci);
        // As a power of ten where it is small.
        let p = |p: Option<f64>| p.map_or_else(String::new, |p| format!("{p:?}"));
        vec![
            ("name", row.name.clone()),
            ("top1", text(row.top1)),
            ("top1_low", low(row.top1_ci)),
            ("top1_high", high(row.top1_ci)),
            ("top2", text(row.top2)),
            ("top2_low", low(row.top2_ci)),
            ("top2_high", high(row.top2_ci)),
            ("top3", text(row.top3)),
            ("top3_low", low(row.top3_ci)),
            ("top3_high", high(row.top3_ci)),
            ("top1_attempted", row.top1_attempted.to_string()),
            ("n_attempted", row.n_attempted.to_string()),
            ("n_read", row.n_read.to_string()),
            ("reference", text(comparison.map(|comparison| &comparison.reference))),
            ("difference", text(all.and_then(|all| all.difference))),
            ("difference_low", low(difference_ci)),
            ("difference_high", high(difference_ci)),
            ("only_row", text(all.map(|all| all.only_row))),
            ("only_reference", text(all.map(|all| all.only_reference))),
            ("p", p(all.map(|all| all.p))),
            ("p_holm", p(all.map(|all| all.p_holm))),
        ]
    }

    /// `classes.csv`: each class with its clips that were read, and how many of them each row has right. A second column of
    /// a person has how many of them were answered.
    pub fn classes_csv(&self) -> String {
        let rows = self.settings.rows.iter().enumerate();
        let people: Vec<usize> =
            rows.filter(|(_, row)| row.score == Score::Human).map(|(index, _)| index).collect();
        let lines = self.classes.iter().map(|class| {
            let right = class.right.iter().map(usize::to_string);
            let answered = people.iter().map(|&index| class.of[index].to_string());
            [class.domain.clone(), class.class.clone(), class.n.to_string()]
                .into_iter()
                .chain(right)
                .chain(answered)
                .collect()
        });
        let mut header = self.columns(&["domain", "class", "n"]);
        header.extend(people.iter().map(|&index| format!("{} n", self.settings.rows[index].name)));
        csv(header, lines)
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

    /// `coverage.csv`: for each row and measure, Top-1 of the surest clips, at every per cent of the clips.
    pub fn coverage_csv(&self) -> String {
        let lines = self.coverage.iter().flat_map(|coverage| {
            coverage.curve.iter().map(|point| {
                let figures = [f64::from(point.coverage), point.clips as f64, point.top1];
                let names = [coverage.row.clone(), coverage.measure.to_owned()].into_iter();
                names.chain(figures.map(|figure| figure.to_string())).collect()
            })
        });
        csv(["row", "measure", "coverage", "clips", "top1"].map(str::to_owned).to_vec(), lines)
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

fn csv(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    Table::with_words(0, &header, rows.collect()).csv()
}

#[cfg(test)]
mod tests {
    use crate::eval::sample;

    const ROWS: [&str; 3] = ["mean-pool", "+alignment", "+smoothing"];

    #[test]
    fn rows_have_their_figures_and_knobs() {
        let results = sample::results(&ROWS, &[([0, 1, 0], "late"), ([1, 0, 1], ""), ([0, 1, 1], "")]);
        let text = results.rows_csv();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let lines: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
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
}
