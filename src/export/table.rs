//! The ranking as a table.

use crate::explore::ClassReport;
use crate::export::facts::facts;
use crate::number::{plain, signed};
use crate::store::Snapshot;
use crate::visible::{visible, visible_line};

const COLUMNS: [&str; 13] = [
    "rank",
    "class",
    "domain",
    "score",
    "margin",
    "order_free",
    "order_z",
    "order_p",
    "mean_pool",
    "mean_pool_rank",
    "collapsed",
    "steps",
    "frames_per_step",
];
/// The columns that hold words, which Markdown aligns to the left.
const WORDS: [&str; 4] = ["class", "domain", "collapsed", "frames_per_step"];

/// A row per class, best first, every number in full.
pub fn csv(snapshot: &Snapshot) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = ranked(snapshot).map(|class| row(snapshot, class, |x| x.to_string(), |x| x.to_string()));
    let rows = [COLUMNS.map(str::to_owned)].into_iter().chain(rows);
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| visible(cell).into_owned()))
            .expect("rows of one length, into memory");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("made of strings")
}

/// The same for people, with the settings below.
pub fn markdown(snapshot: &Snapshot) -> String {
    let facts = facts(snapshot);
    let clip = facts.first().map_or("", |(_, clip)| clip);
    let mut text = format!("# {}\n\n", cell(clip));
    let mut line = |cells: &[String]| text += &format!("| {} |\n", cells.join(" | "));
    line(&COLUMNS.map(|column| column.replace('_', " ")));
    line(&COLUMNS.map(|column| if WORDS.contains(&column) { "---" } else { "---:" }.to_owned()));
    for class in ranked(snapshot) {
        line(&row(snapshot, class, plain, signed).map(|value| cell(&value)));
    }
    text.push('\n');
    for (name, value) in facts.iter().skip(1) {
        text += &format!("- {name}: {}\n", cell(value));
    }
    text
}

fn ranked(snapshot: &Snapshot) -> impl Iterator<Item = &ClassReport> {
    snapshot.ranking.iter().filter_map(|&index| snapshot.class(index))
}

fn row(
    snapshot: &Snapshot,
    class: &ClassReport,
    number: fn(f64) -> String,
    difference: fn(f64) -> String,
) -> [String; COLUMNS.len()] {
    let frames: Vec<String> = class.frames_per_step.iter().map(usize::to_string).collect();
    [
        class.rank.to_string(),
        class.name.clone(),
        snapshot.candidates[class.index].domain.clone(),
        number(class.score),
        class.margin.map(difference).unwrap_or_default(),
        number(class.order_free),
        class.order_z.map(number).unwrap_or_default(),
        class.order_p.map(number).unwrap_or_default(),
        class.mean_pool.map(number).unwrap_or_default(),
        class.mean_pool_rank.map(|rank| rank.to_string()).unwrap_or_default(),
        if class.collapsed { "yes" } else { "no" }.to_owned(),
        class.frames_per_step.len().to_string(),
        frames.join(" "),
    ]
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    visible_line(text).replace('\\', "\\\\").replace('|', "\\|")
}
