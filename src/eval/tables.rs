//! Results for people.

use crate::eval::results::{Results, Share};

/// How tables are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Columns padded with spaces.
    Plain,
    /// Markdown.
    Markdown,
}

impl Results {
    /// Accuracy by row, Top-1 by group, then what was not read or not as it should be.
    pub fn tables(&self, style: Style) -> String {
        let mut text = self.accuracy(style);
        let groups = self.by_group();
        if !groups.is_empty() {
            let header = ["Top-1 in %", "clips"].into_iter().chain(self.rows.iter().map(|row| &row.name[..]));
            text += &format!("\n{}", table(style, header.map(str::to_owned).collect(), groups));
        }
        let settings = &self.settings;
        text += &format!(
            "\nmodel {}, {}, sampling {}; interval: 95 % bootstrap of Top-1\n",
            settings.model.folder, settings.device, settings.sampling
        );
        let bullet = if style == Style::Markdown { "- " } else { "  " };
        let mut list = |title: String, lines: Vec<String>| {
            if !lines.is_empty() {
                text += &format!("\n{title}:\n\n");
                lines.iter().for_each(|line| text += &format!("{bullet}{line}\n"));
            }
        };
        list(
            format!("Clips that could not be read ({})", self.unread.len()),
            self.unread.iter().map(|clip| format!("{}: {}", clip.id, clip.reason)).collect(),
        );
        list(
            format!("Damaged clips ({}), and how many pieces of them were left out", self.damaged.len()),
            self.damaged.iter().map(|(id, pieces)| format!("{id}: {pieces}")).collect(),
        );
        list(
            format!("Texts longer than the checkpoint reads, and cut ({})", self.cut_texts.len()),
            self.cut_texts.iter().cloned().collect(),
        );
        text
    }

    fn accuracy(&self, style: Style) -> String {
        let some_unread = !self.unread.is_empty();
        let mut header = vec!["in %", "Top-1", "interval", "Top-2", "Top-3"];
        if some_unread {
            header.push("Top-1 of all");
        }
        header.push("clips");
        let lines = self.rows.iter().map(|row| {
            let interval =
                row.top1_ci.map_or_else(|| "-".to_owned(), |[low, high]| format!("[{low:.2}, {high:.2}]"));
            let mut cells =
                vec![row.name.clone(), number(row.top1), interval, number(row.top2), number(row.top3)];
            if some_unread {
                cells.push(number(Some(row.top1_attempted)));
                cells.push(format!("{} of {}", row.n_read, row.n_attempted));
            } else {
                cells.push(row.n_read.to_string());
            }
            cells
        });
        table(style, header.into_iter().map(str::to_owned).collect(), lines.collect())
    }

    /// A line for each group and one for all outside it; a column for each row.
    fn by_group(&self) -> Vec<Vec<String>> {
        let Some(first) = self.rows.first() else { return Vec::new() };
        let line = |label: String, n: usize, share: &dyn Fn(usize) -> Option<f64>| {
            let shares = (0..self.rows.len()).map(|row| number(share(row)));
            [label, n.to_string()].into_iter().chain(shares).collect()
        };
        let of = |shares: Option<&Share>| shares.and_then(|share| share.top1);
        first
            .groups
            .iter()
            .zip(&first.outside)
            .flat_map(|((group, inside), (_, outside))| {
                [
                    line(group.clone(), inside.n, &|row| of(self.rows[row].groups.get(group))),
                    line(format!("outside {group}"), outside.n, &|row| of(self.rows[row].outside.get(group))),
                ]
            })
            .collect()
    }
}

/// Two decimals, as results are published.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// The first column on the left of its cell, all others on the right.
fn table(style: Style, header: Vec<String>, lines: Vec<Vec<String>>) -> String {
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            lines.iter().chain([&header]).map(|line| line[column].chars().count()).max().unwrap_or(0)
        })
        .collect();
    let draw = |line: &Vec<String>| {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (text, &width))| match column {
                0 => format!("{text:<width$}"),
                _ => format!("{text:>width$}"),
            })
            .collect();
        match style {
            Style::Plain => format!("{}\n", cells.join("  ").trim_end()),
            Style::Markdown => format!("| {} |\n", cells.join(" | ")),
        }
    };
    let mut text = draw(&header);
    if style == Style::Markdown {
        let rule: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| {
                let dashes = "-".repeat(width.max(2) - 1);
                if column == 0 { format!("-{dashes}") } else { format!("{dashes}:") }
            })
            .collect();
        text += &format!("| {} |\n", rule.join(" | "));
    }
    lines.iter().for_each(|line| text += &draw(line));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_drawn_plain_and_as_markdown() {
        let cells = |line: [&str; 2]| line.map(str::to_owned).to_vec();
        let (header, lines) = (cells(["in %", "Top-1"]), vec![cells(["chance", "25.00"]), cells(["é", "-"])]);
        assert_eq!(
            table(Style::Plain, header.clone(), lines.clone()),
            "in %    Top-1\nchance  25.00\né           -\n"
        );
        assert_eq!(
            table(Style::Markdown, header, lines),
            "| in %   | Top-1 |\n| ------ | ----: |\n| chance | 25.00 |\n| é      |     - |\n"
        );
    }
}
