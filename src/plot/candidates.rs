//! The columns of the ranked candidates: the explorer's list and its help, `classify`, exported tables and text.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::align::LEVEL;
use crate::explore::{Candidate, ClassReport, Evidence, EvidenceLimit, Outcome};
use crate::plot::format::{plain, signed};
use crate::plot::order;
use crate::plot::table::{Align, Table};
use Value::{Count, Difference, Missing, Number, Numbers, Text, YesNo};

/// A ranked candidate, from which every column takes its value.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    pub class: Cow<'a, ClassReport>,
    pub domain: &'a str,
    /// What the list shows where there is no order evidence.
    pub no_order: &'static str,
    /// Rank and score under the pinned settings.
    pub pinned: Option<(usize, f64)>,
    /// Rank under the next of several models.
    pub other_rank: Option<usize>,
    /// Mark of the class that the vision-language model names.
    pub vlm: &'static str,
}

impl<'a> Ranked<'a> {
    pub fn of_report(class: &'a ClassReport, domain: &'a str) -> Self {
        Self { class: Cow::Borrowed(class), domain, no_order: "", pinned: None, other_rank: None, vlm: "" }
    }

    /// None where the class is not aligned.
    pub fn of_outcome(outcome: &Outcome, candidate: &'a Candidate, index: usize) -> Option<Self> {
        let class = ClassReport::without_path(index, &candidate.name, outcome)?;
        let no_order = match outcome.classes[index].as_ref()?.order {
            Evidence::Unknown if EvidenceLimit::default().of(class.rank) == class.rank => "…",
            // Found once it is selected.
            Evidence::Unknown => "",
            Evidence::Found(_) | Evidence::NoOtherOrder => "–",
        };
        let class = Cow::Owned(class);
        Some(Self { class, domain: &candidate.domain, no_order, pinned: None, other_rank: None, vlm: "" })
    }
}

/// Where columns are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The explorer's list.
    List(Listed),
    /// The text export of snapshots.
    Text,
    /// The table of `classify` and `align`.
    Table,
    /// Exported tables.
    Markdown,
    Csv,
}

/// What the explorer's list has besides the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whether settings are pinned.
    pub pinned: bool,
    /// Whether the clip is open under several models.
    pub models: bool,
    /// Whether there is a vision-language model.
    pub vlm: bool,
}

/// A value of a column.
enum Value {
    Text(String),
    Count(usize),
    Number(f64),
    /// A number that is shown with its sign.
    Difference(f64),
    Numbers(Vec<f64>),
    YesNo(bool),
    /// No value, and what the explorer's list shows in its place.
    Missing(&'static str),
}

impl Value {
    fn number(value: Option<f64>) -> Self {
        value.map_or(Missing(""), Number)
    }

    fn show(self, form: Form) -> String {
        match (self, form) {
            (Text(text), _) => text,
            (Count(count), _) => count.to_string(),
            (Number(value) | Difference(value), Form::Csv) => value.to_string(),
            // Four significant digits at any size: real scores span 1e-5 to 0.3.
            (Number(value) | Difference(value), Form::Table) => format!("{value:.3e}"),
            (Number(value), _) => plain(value),
            (Difference(value), _) => signed(value),
            (Numbers(values), _) => {
                values.into_iter().map(|value| Number(value).show(form)).collect::<Vec<_>>().join(" ")
            }
            (YesNo(value), _) => if value { "yes" } else { "no" }.to_owned(),
            (Missing(text), Form::List(_)) => text.to_owned(),
            (Missing(_), Form::Text | Form::Table) => "-".to_owned(),
            (Missing(_), Form::Markdown | Form::Csv) => String::new(),
        }
    }
}

/// How the explorer's list colours a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Normal,
    Dim,
    Good,
    Bad,
}

/// A column. A row of [`COLUMNS`] adds one; for `--json` also a field of [`ClassReport`]. Forms without a heading for the
/// column leave it out.
pub struct Column {
    /// Heading in CSV, and with spaces in Markdown: the field of the JSON document, where it has one.
    key: &'static str,
    /// Heading and width in the explorer's list.
    list: (&'static str, usize),
    /// Heading and width in text.
    text: (&'static str, usize),
    /// Heading in the table of `classify`.
    table: &'static str,
    align: Align,
    /// Lines of the explorer's help.
    help: &'static [&'static str],
    /// Whether the list has the column.
    is_listed: fn(Listed) -> bool,
    value: fn(&Ranked) -> Value,
    tone: fn(&Ranked) -> Tone,
}

const COLUMN: Column = Column {
    key: "",
    list: ("", 0),
    text: ("", 0),
    table: "",
    align: Align::Right,
    help: &[],
    is_listed: |_| true,
    value: |_| Missing(""),
    tone: |_| Tone::Normal,
};

/// Every column, from left to right.
static COLUMNS: [Column; 22] = [
    Column { key: "rank", table: "rank", value: |row| Count(row.class.rank), ..COLUMN },
    Column {
        key: "class",
        table: "class",
        align: Align::Left,
        value: |row| Text(row.class.name.clone()),
        ..COLUMN
    },
    Column { key: "domain", align: Align::Left, value: |row| Text(row.domain.into()), ..COLUMN },
    Column {
        key: "score",
        list: ("score", 9),
        text: ("score", 10),
        table: "score",
        help: &["mean of the matrix along the path"],
        value: |row| Number(row.class.score),
        ..COLUMN
    },
    Column {
        key: "margin",
        list: ("margin", 9),
        text: ("margin", 10),
        table: "margin",
        help: &["score minus the best score of the other candidates"],
        value: |row| row.class.margin.map_or(Missing(""), Difference),
        ..COLUMN
    },
    Column {
        key: "order_free",
        list: ("unordered", 11),
        text: ("order-free", 11),
        table: "order-free",
        help: &["score of the same script without its order"],
        is_listed: |list| !list.pinned,
        value: |row| Number(row.class.order_free),
        ..COLUMN
    },
    Column {
        list: ("pinned: rank, Δ", 17),
        help: &["rank with the pinned settings, places moved, change of score"],
        is_listed: |list| list.pinned,
        value: |row| {
            let Some((rank, score)) = row.pinned else { return Missing("new") };
            Text(format!("{rank} {} {}", moved(rank, row), signed(row.class.score - score)))
        },
        tone: |row| row.pinned.map_or(Tone::Dim, |(rank, _)| tone_of(rank, row)),
        ..COLUMN
    },
    Column {
        list: ("order", 6),
        help: &[
            "standard deviations above the same steps in shuffled orders;",
            "* where fewer than one shuffled order in twenty scores as high;",
            "of the first 20, and of the selected candidate",
        ],
        value: |row| match row.class.order_z.zip(row.class.order_p) {
            Some((z, p)) => Text(format!("{z:+.1}{}", if p < LEVEL { "*" } else { " " })),
            None => Missing(row.no_order),
        },
        ..COLUMN
    },
    Column {
        table: "order z",
        value: |row| {
            let ClassReport { order_z, order_z_error, order_p, .. } = *row.class;
            let found = order_z.zip(order_p);
            found.map_or(Missing(""), |(z, p)| Text(order::numbers(z, order_z_error.unwrap_or_default(), p)))
        },
        ..COLUMN
    },
    Column { key: "order_z", value: |row| Value::number(row.class.order_z), ..COLUMN },
    Column { key: "order_z_error", value: |row| Value::number(row.class.order_z_error), ..COLUMN },
    Column { key: "order_p", value: |row| Value::number(row.class.order_p), ..COLUMN },
    Column { key: "order_n", value: |row| row.class.order_n.map_or(Missing(""), Count), ..COLUMN },
    Column { key: "mean_pool", value: |row| Value::number(row.class.mean_pool), ..COLUMN },
    Column {
        key: "mean_pool_rank",
        list: ("pool", 5),
        text: ("pool", 5),
        table: "pool rank",
        help: &["rank by the mean frame and the class name alone"],
        value: |row| row.class.mean_pool_rank.map_or(Missing("…"), Count),
        ..COLUMN
    },
    Column {
        list: ("other model", 11),
        help: &["rank under the next of the open models, and places moved"],
        is_listed: |list| list.models,
        value: |row| {
            row.other_rank.map_or(Missing("…"), |rank| Text(format!("{rank} {}", moved(rank, row))))
        },
        tone: |row| row.other_rank.map_or(Tone::Dim, |rank| tone_of(rank, row)),
        ..COLUMN
    },
    Column {
        list: ("vlm", 4),
        help: &["● marks the class that the vision-language model names"],
        is_listed: |list| list.vlm,
        value: |row| Text(row.vlm.into()),
        ..COLUMN
    },
    // In the other forms it is a mark: see `mark`.
    Column { key: "collapsed", align: Align::Left, value: |row| YesNo(row.class.collapsed), ..COLUMN },
    Column { key: "steps", value: |row| Count(row.class.frames_per_step.len()), ..COLUMN },
    Column {
        key: "frames_per_step",
        table: "frames per step",
        align: Align::Left,
        value: |row| {
            Text(row.class.frames_per_step.iter().map(usize::to_string).collect::<Vec<_>>().join(" "))
        },
        ..COLUMN
    },
    Column {
        key: "contributions",
        align: Align::Left,
        value: |row| Numbers(row.class.contributions.clone()),
        ..COLUMN
    },
    Column { key: "background_share", value: |row| Number(row.class.background_share), ..COLUMN },
];

/// The places that a class has moved from another rank to its own.
fn moved(from: usize, row: &Ranked) -> String {
    match from.cmp(&row.class.rank) {
        Ordering::Greater => format!("▲{}", from - row.class.rank),
        Ordering::Less => format!("▼{}", row.class.rank - from),
        Ordering::Equal => "=".to_owned(),
    }
}

fn tone_of(from: usize, row: &Ranked) -> Tone {
    match from.cmp(&row.class.rank) {
        Ordering::Greater => Tone::Good,
        Ordering::Less => Tone::Bad,
        Ordering::Equal => Tone::Dim,
    }
}

/// The columns of a form with their headings and widths. Tables find their widths themselves.
fn columns(form: Form) -> impl Iterator<Item = (&'static Column, String, usize)> {
    let heading = move |column: &Column| match form {
        Form::List(list) if !(column.is_listed)(list) => (String::new(), 0),
        Form::List(_) => (column.list.0.to_owned(), column.list.1),
        Form::Text => (column.text.0.to_owned(), column.text.1),
        Form::Table => (column.table.to_owned(), 0),
        Form::Markdown => (column.key.replace('_', " "), 0),
        Form::Csv => (column.key.to_owned(), 0),
    };
    let columns = COLUMNS.iter().map(move |column| (column, heading(column)));
    columns.filter(|(_, (text, _))| !text.is_empty()).map(|(column, (text, width))| (column, text, width))
}

/// Lines of help on the columns of the explorer's list, each with the heading, which is empty after a column's first line.
pub fn help() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMNS.iter().flat_map(|column| {
        // Without what a heading says after a colon.
        let heading = column.list.0.split(':').next().unwrap_or_default();
        let lines = column.help.iter().enumerate();
        lines.map(move |(line, &text)| (if line == 0 { heading } else { "" }, text))
    })
}

/// The end of a row whose path has collapsed.
pub fn mark(row: &Ranked, form: Form) -> &'static str {
    match form {
        _ if !row.class.collapsed => "",
        Form::List(_) | Form::Text => " ⚠",
        Form::Table => "  (collapsed)",
        Form::Markdown | Form::Csv => "",
    }
}

/// Columns of characters that the cells of [`heading`] and [`cells`] take, and the mark behind them.
pub fn width(form: Form) -> usize {
    columns(form).map(|(_, _, width)| width + 1).sum::<usize>() + 1
}

/// The headings of fixed columns, right-aligned and with a space between.
pub fn heading(form: Form) -> String {
    columns(form).map(|(_, heading, width)| format!("{heading:>width$}")).collect::<Vec<_>>().join(" ")
}

/// The values of a candidate below [`heading`], each padded to its width.
pub fn cells(row: &Ranked, form: Form) -> Vec<(String, Tone)> {
    columns(form)
        .map(|(column, _, width)| (format!("{:>width$}", (column.value)(row).show(form)), (column.tone)(row)))
        .collect()
}

/// A table of candidates in a form without fixed columns.
pub fn table<'a>(rows: impl IntoIterator<Item = Ranked<'a>>, form: Form) -> Table {
    let line = |row: Ranked| {
        let mut cells: Vec<String> =
            columns(form).map(|(column, _, _)| (column.value)(&row).show(form)).collect();
        if let Some(last) = cells.last_mut() {
            last.push_str(mark(&row, form));
        }
        cells
    };
    let headings = columns(form).map(|(column, heading, _)| (heading, column.align));
    Table::new(headings, rows.into_iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: &str = r#"{"index": 0, "name": "nap", "score": 0.5, "path": [[0, 0], [1, 1]], "frames_per_step": [1, 1],
        "collapsed": true, "order_free": 1e-5, "order_z": null, "order_p": null, "mean_pool": null,
        "mean_pool_rank": null, "rank": 1, "margin": -0.25, "contributions": [0.25, 0.25], "background_share": 0.0}"#;

    #[test]
    fn keys_are_fields_of_the_json_document() {
        let class: ClassReport = serde_json::from_str(CLASS).unwrap();
        let document = serde_json::to_value(&class).unwrap();
        let keys = COLUMNS.iter().map(|column| column.key).filter(|key| !key.is_empty());
        for key in keys.filter(|key| !["class", "domain", "steps"].contains(key)) {
            assert!(document.get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn every_listed_column_has_help() {
        assert!(COLUMNS.iter().all(|column| column.list.0.is_empty() == column.help.is_empty()));
    }

    #[test]
    fn a_missing_value_and_a_collapsed_path_are_marked_as_the_form_does() {
        let class: ClassReport = serde_json::from_str(CLASS).unwrap();
        let ranked = || Ranked { no_order: "–", ..Ranked::of_report(&class, "home") };
        let plain = table([ranked()], Form::Table).draw(crate::plot::table::Style::Plain);
        assert_eq!(
            plain.lines().last().map(str::trim_end),
            Some("   1  nap    5.000e-1  -2.500e-1    1.000e-5        -          -  1 1  (collapsed)")
        );
        assert_eq!(
            table([ranked()], Form::Csv).csv().lines().last(),
            Some("1,nap,home,0.5,-0.25,0.00001,,,,,,,yes,2,1 1,0.25 0.25,0")
        );
        let form = Form::List(Listed { pinned: true, models: true, vlm: true });
        let cells: Vec<String> = cells(&ranked(), form).into_iter().map(|(cell, _)| cell).collect();
        assert_eq!(cells.join(" "), "   0.5000   -0.2500               new      –     …           …     ");
        let other = Ranked { other_rank: Some(3), ..ranked() };
        assert!(super::cells(&other, form).contains(&("       3 ▲2".to_owned(), Tone::Good)));
        assert_eq!(heading(form).chars().count() + 2, width(form));
        assert_eq!(mark(&ranked(), form), " ⚠");
    }
}
