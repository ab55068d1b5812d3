//! Tables: with padded columns, as Markdown, and as CSV.

use crate::plot::text::width;
use crate::visible::{visible, visible_line};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// How a table for people is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Columns padded with spaces.
    Plain,
    Markdown,
}

impl Style {
    /// Text that stays within its line, and within its cell.
    pub fn cell(self, text: &str) -> String {
        let text = visible_line(text);
        match self {
            Self::Plain => text.into_owned(),
            Self::Markdown => text.replace('\\', "\\\\").replace('|', "\\|"),
        }
    }
}

/// Headed columns, and rows with a cell for each.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<String>,
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(columns: impl IntoIterator<Item = (String, Align)>, rows: Vec<Vec<String>>) -> Self {
        let (headings, aligns) = columns.into_iter().unzip();
        Self { headings, aligns, rows }
    }

    /// A table whose first `words` columns are aligned to the left, and all others to the right.
    pub fn with_words<H: AsRef<str>>(words: usize, header: &[H], rows: Vec<Vec<String>>) -> Self {
        let align = |column| if column < words { Align::Left } else { Align::Right };
        Self::new(header.iter().enumerate().map(|(at, name)| (name.as_ref().to_owned(), align(at))), rows)
    }

    /// The table for people.
    pub fn draw(&self, style: Style) -> String {
        let rows: Vec<Vec<String>> = [&self.headings]
            .into_iter()
            .chain(&self.rows)
            .map(|row| row.iter().map(|cell| style.cell(cell)).collect())
            .collect();
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0))
            .collect();
        let line = |cells: Vec<String>| match style {
            Style::Plain => format!("{}\n", cells.join("  ").trim_end()),
            Style::Markdown => format!("| {} |\n", cells.join(" | ")),
        };
        let columns = || self.aligns.iter().zip(&widths);
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells = row.iter().zip(columns()).map(|(cell, (align, column))| {
                    let padding = " ".repeat(column - width(cell));
                    if *align == Align::Left {
                        format!("{cell}{padding}")
                    } else {
                        format!("{padding}{cell}")
                    }
                });
                line(cells.collect())
            })
            .collect();
        if style == Style::Markdown {
            let rule = columns().map(|(align, &column)| {
                let dashes = "-".repeat(column.max(2) - 1);
                if *align == Align::Left { format!("-{dashes}") } else { format!("{dashes}:") }
            });
            lines.insert(1, line(rule.collect()));
        }
        lines.concat()
    }

    /// The table as comma-separated values. Control characters are shown; everything else is exact, also a cell such as
    /// `+smoothing`, which a spreadsheet takes for a formula unless it imports the column as text.
    pub fn csv(&self) -> String {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        for row in [&self.headings].into_iter().chain(&self.rows) {
            let cells = row.iter().map(|cell| visible(cell).into_owned());
            writer.write_record(cells).expect("rows of one length, into memory");
        }
        let bytes = writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("made of strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: usize, header: &[&str], rows: &[&[&str]]) -> Table {
        let rows = rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
        Table::with_words(words, header, rows)
    }

    #[test]
    fn columns_are_aligned_and_padded() {
        let table = table(1, &["in %", "Top-1"], &[&["chance", "25.00"], &["跳远", "-"]]);
        assert_eq!(table.draw(Style::Plain), "in %    Top-1\nchance  25.00\n跳远        -\n");
        assert_eq!(
            table.draw(Style::Markdown),
            "| in %   | Top-1 |\n| ------ | ----: |\n| chance | 25.00 |\n| 跳远   |     - |\n"
        );
    }

    #[test]
    fn no_text_leaves_its_cell() {
        let table = table(1, &["id"], &[&["a|b\\\nc\u{1b}"]]);
        assert_eq!(table.draw(Style::Markdown).lines().last(), Some("| a\\|b\\\\ c\\\\u{1b} |"));
        assert_eq!(table.draw(Style::Plain), "id\na|b\\ c\\u{1b}\n");
    }

    #[test]
    fn csv_shows_control_characters_and_keeps_all_else() {
        let table = table(0, &["\u{1b}[31m"], &[&["=a\tb\r\u{202e}"]]);
        assert_eq!(table.csv(), "\\u{1b}[31m\n=a\tb\\u{d}\\u{202e}\n");
    }
}
