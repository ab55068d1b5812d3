//! The columns of the ranked candidates: the explorer's list and its help, `classify`, exported tables and text.

use std::cmp::Ordering;

use crate::explore::{Candidate, ClassReport, Evidence, Outcome};
use crate::plot::format::{plain, signed};
use crate::plot::table::{Align, Table};

/// A ranked candidate, from which every column takes its value.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    pub rank: usize,
    pub name: &'a str,
    pub domain: &'a str,
    pub score: f64,
    pub margin: Option<f64>,
    pub order_free: f64,
    pub order_z: Option<f64>,
    pub order_p: Option<f64>,
    /// What the list shows where there is no `order_z`.
    pub no_order: &'static str,
    pub mean_pool: Option<f64>,
    pub mean_pool_rank: Option<usize>,
    pub collapsed: bool,
    pub frames_per_step: &'a [usize],
    /// Rank and score under the pinned settings.
    pub pinned: Option<(usize, f64)>,
    /// Mark of what the vision-language model names.
    pub vlm: &'static str,
}

impl<'a> Ranked<'a> {
    pub fn of_report(class: &'a ClassReport, domain: &'a str) -> Self {
        Self {
            rank: class.rank,
            name: &class.name,
            domain,
            score: class.score,
            margin: class.margin,
            order_free: class.order_free,
            order_z: class.order_z,
            order_p: class.order_p,
            no_order: "",
            mean_pool: class.mean_pool,
            mean_pool_rank: class.mean_pool_rank,
            collapsed: class.collapsed,
            frames_per_step: &class.frames_per_step,
            pinned: None,
            vlm: "",
        }
    }

    /// None where the class is not aligned.
    pub fn of_outcome(outcome: &'a Outcome, candidate: &'a Candidate, index: usize) -> Option<Self> {
        let class = outcome.classes.get(index)?.as_ref()?;
        let order = class.order.found();
        Some(Self {
            rank: outcome.rank(index)?,
            name: &candidate.name,
            domain: &candidate.domain,
            score: class.alignment.score,
            margin: outcome.margin(index),
            order_free: class.order_free,
            order_z: order.map(|order| order.z),
            order_p: order.map(|order| order.p),
            no_order: if class.order == Evidence::Unknown { "…" } else { "–" },
            mean_pool: class.mean_pool,
            mean_pool_rank: outcome.mean_pool_rank(index),
            collapsed: class.alignment.collapsed,
            frames_per_step: &class.alignment.frames_per_step,
            pinned: None,
            vlm: "",
        })
    }
}

/// Where columns are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The explorer's list, with or without pinned settings and a vision-language model.
    List {
        pinned: bool,
        vlm: bool,
    },
    /// The text export of snapshots.
    Text,
    /// The table of `classify` and `align`.
    Table,
    /// Exported tables.
    Markdown,
    Csv,
}

/// A value of a column.
enum Value {
    Text(String),
    Count(usize),
    Number(f64),
    Difference(f64),
    YesNo(bool),
    /// No value, and what the explorer's list shows in its place.
    None(&'static str),
}

impl Value {
    fn number(value: Option<f64>) -> Self {
        value.map_or(Self::None(""), Self::Number)
    }

    fn show(self, form: Form) -> String {
        match (self, form) {
            (Self::Text(text), _) => text,
            (Self::Count(count), _) => count.to_string(),
            (Self::Number(value) | Self::Difference(value), Form::Csv) => value.to_string(),
            // Four significant digits at any size: real scores span 1e-5 to 0.3.
            (Self::Number(value) | Self::Difference(value), Form::Table) => format!("{value:.3e}"),
            (Self::Number(value), _) => plain(value),
            (Self::Difference(value), _) => signed(value),
            (Self::YesNo(value), _) => if value { "yes" } else { "no" }.to_owned(),
            (Self::None(text), Form::List { .. }) => text.to_owned(),
            (Self::None(_), Form::Text | Form::Table) => "-".to_owned(),
            (Self::None(_), Form::Markdown | Form::Csv) => String::new(),
        }
    }
}

/// A column. A row of [`COLUMNS`] adds one; for `--json` also a field of [`ClassReport`].
pub struct Column {
    /// Heading in CSV, and with spaces in Markdown; but for the names of the class and the number of steps, it is also the
    /// field of the JSON document.
    key: &'static str,
    /// Heading and width in the explorer's list.
    list: Option<(&'static str, usize)>,
    /// Heading and width in text.
    text: Option<(&'static str, usize)>,
    /// Heading in the table of `classify`.
    table: Option<&'static str>,
    align: Align,
    /// Lines of the explorer's help.
    pub help: &'static [&'static str],
    /// Whether the list has the column now, given whether settings are pinned and there is a vision-language model.
    is_listed: fn(bool, bool) -> bool,
    value: fn(&Ranked) -> Value,
    tone: fn(&Ranked) -> Tone,
}

/// How the explorer's list colours a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Normal,
    Dim,
    Good,
    Bad,
}

const COLUMN: Column = Column {
    key: "",
    list: None,
    text: None,
    table: None,
    align: Align::Right,
    help: &[],
    is_listed: |_, _| true,
    value: |_| Value::None(""),
    tone: |_| Tone::Normal,
};

/// Every column, from left to right.
pub static COLUMNS: [Column; 16] = [
    Column { key: "rank", table: Some("rank"), value: |row| Value::Count(row.rank), ..COLUMN },
    Column {
        key: "class",
        table: Some("class"),
        align: Align::Left,
        value: |row| Value::Text(row.name.to_owned()),
        ..COLUMN
    },
    Column { key: "domain", align: Align::Left, value: |row| Value::Text(row.domain.to_owned()), ..COLUMN },
    Column {
        key: "score",
        list: Some(("score", 9)),
        text: Some(("score", 10)),
        table: Some("score"),
        help: &["mean of the matrix along the path"],
        value: |row| Value::Number(row.score),
        ..COLUMN
    },
    Column {
        key: "margin",
        list: Some(("margin", 9)),
        text: Some(("margin", 10)),
        table: Some("margin"),
        help: &["score minus the best score of the other candidates"],
        value: |row| row.margin.map_or(Value::None(""), Value::Difference),
        ..COLUMN
    },
    Column {
        key: "order_free",
        list: Some(("unordered", 11)),
        text: Some(("order-free", 11)),
        table: Some("order-free"),
        help: &["score of the same script without its order"],
        is_listed: |pinned, _| !pinned,
        value: |row| Value::Number(row.order_free),
        ..COLUMN
    },
    Column {
        list: Some(("pinned: rank, Δ", 17)),
        help: &["rank with the pinned settings, places moved, change of score"],
        is_listed: |pinned, _| pinned,
        value: |row| {
            let Some((rank, score)) = row.pinned else { return Value::None("new") };
            let moved = match rank.cmp(&row.rank) {
                Ordering::Greater => format!("▲{}", rank - row.rank),
                Ordering::Less => format!("▼{}", row.rank - rank),
                Ordering::Equal => "=".to_owned(),
            };
            Value::Text(format!("{rank} {moved} {}", signed(row.score - score)))
        },
        tone: |row| match row.pinned.map_or(Ordering::Equal, |(rank, _)| rank.cmp(&row.rank)) {
            Ordering::Greater => Tone::Good,
            Ordering::Less => Tone::Bad,
            Ordering::Equal => Tone::Dim,
        },
        ..COLUMN
    },
    Column {
        list: Some(("order", 6)),
        help: &[
            "standard deviations above the same steps in shuffled orders;",
            "* where fewer than one shuffled order in twenty scores as high",
        ],
        value: |row| match row.order_z.zip(row.order_p) {
            Some((z, p)) => Value::Text(format!("{z:+.1}{}", if p < 0.05 { "*" } else { " " })),
            None => Value::None(row.no_order),
        },
        ..COLUMN
    },
    Column { key: "order_z", value: |row| Value::number(row.order_z), ..COLUMN },
    Column { key: "order_p", value: |row| Value::number(row.order_p), ..COLUMN },
    Column { key: "mean_pool", value: |row| Value::number(row.mean_pool), ..COLUMN },
    Column {
        key: "mean_pool_rank",
        list: Some(("pool", 5)),
        text: Some(("pool", 5)),
        table: Some("pool rank"),
        help: &["rank by the mean frame and the class name alone"],
        value: |row| row.mean_pool_rank.map_or(Value::None("…"), Value::Count),
        ..COLUMN
    },
    Column {
        list: Some(("vlm", 4)),
        help: &["● marks the class that the vision-language model names"],
        is_listed: |_, vlm| vlm,
        value: |row| Value::Text(row.vlm.to_owned()),
        ..COLUMN
    },
    // Where it has no column, the row ends in a mark.
    Column { key: "collapsed", align: Align::Left, value: |row| Value::YesNo(row.collapsed), ..COLUMN },
    Column { key: "steps", value: |row| Value::Count(row.frames_per_step.len()), ..COLUMN },
    Column {
        key: "frames_per_step",
        table: Some("frames per step"),
        align: Align::Left,
        value: |row| {
            let frames: Vec<String> = row.frames_per_step.iter().map(usize::to_string).collect();
            Value::Text(frames.join(" "))
        },
        ..COLUMN
    },
];

impl Column {
    /// Heading of the explorer's list, if it ever has the column.
    pub fn listed_as(&self) -> Option<&'static str> {
        self.list.map(|(heading, _)| heading)
    }

    /// Heading and width, where the form has the column. Tables find their widths themselves.
    fn heading(&self, form: Form) -> Option<(String, usize)> {
        let fixed = |column: Option<(&str, usize)>| column.map(|(text, width)| (text.to_owned(), width));
        let key = Some(self.key).filter(|key| !key.is_empty());
        match form {
            Form::List { pinned, vlm } => fixed(self.list.filter(|_| (self.is_listed)(pinned, vlm))),
            Form::Text => fixed(self.text),
            Form::Table => self.table.map(|text| (text.to_owned(), 0)),
            Form::Markdown => key.map(|key| (key.replace('_', " "), 0)),
            Form::Csv => key.map(|key| (key.to_owned(), 0)),
        }
    }
}

/// The columns of a form with their headings and widths.
fn columns(form: Form) -> impl Iterator<Item = (&'static Column, String, usize)> {
    COLUMNS.iter().filter_map(move |column| {
        let (heading, width) = column.heading(form)?;
        Some((column, heading, width))
    })
}

/// What a row ends in where its path has collapsed.
pub fn mark(row: &Ranked, form: Form) -> &'static str {
    match form {
        _ if !row.collapsed => "",
        Form::List { .. } | Form::Text => " ⚠",
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
