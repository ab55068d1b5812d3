//! Tables for people.

use crate::visible::visible_line;

/// How tables are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Columns padded with spaces.
    Plain,
    /// Markdown.
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

/// Two decimals, as results are published.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// The same with its sign.
pub fn signed(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:+.2}"))
}

/// An interval with two decimals.
pub fn interval(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(|| "-".to_owned(), |[low, high]| format!("[{low:.2}, {high:.2}]"))
}

/// A p-value with three decimals.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// The first `words` columns on the left of their cells, all others on the right.
pub fn table<H: AsRef<str>>(style: Style, words: usize, header: &[H], lines: &[Vec<String>]) -> String {
    let clean = |line: &mut dyn Iterator<Item = &str>| line.map(|text| style.cell(text)).collect::<Vec<_>>();
    let header = clean(&mut header.iter().map(AsRef::as_ref));
    let lines: Vec<Vec<String>> =
        lines.iter().map(|line| clean(&mut line.iter().map(String::as_str))).collect();
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
                column if column < words => format!("{text:<width$}"),
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
                if column < words { format!("-{dashes}") } else { format!("{dashes}:") }
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
        let lines = [["chance", "25.00"], ["é", "-"]].map(|line| line.map(str::to_owned).to_vec());
        let header = ["in %", "Top-1"];
        assert_eq!(table(Style::Plain, 1, &header, &lines), "in %    Top-1\nchance  25.00\né           -\n");
        assert_eq!(
            table(Style::Markdown, 1, &header, &lines),
            "| in %   | Top-1 |\n| ------ | ----: |\n| chance | 25.00 |\n| é      |     - |\n"
        );
    }

    #[test]
    fn no_text_leaves_its_cell() {
        let lines = [vec!["a|b\\\nc\u{1b}".to_owned()]];
        assert_eq!(
            table(Style::Markdown, 1, &["id"], &lines).lines().last(),
            Some("| a\\|b\\\\ c\\\\u{1b} |")
        );
        assert_eq!(table(Style::Plain, 1, &["id"], &lines), "id\na|b\\ c\\u{1b}\n");
    }

    #[test]
    fn numbers_are_as_long_as_they_need() {
        assert_eq!([0.0031, 0.00099, 1.0, 0.0].map(p_value), ["0.003", "<0.001", "1.000", "<0.001"]);
        assert_eq!([Some(1.005), Some(-2.0), Some(0.0), None].map(signed), ["+1.00", "-2.00", "+0.00", "-"]);
        assert_eq!((interval(Some([1.0, 2.5])), interval(None)), ("[1.00, 2.50]".to_owned(), "-".to_owned()));
    }
}
