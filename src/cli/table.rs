//! A report for people.

use color_eyre::eyre::Result;

use crate::explore::Report;
use crate::output;
use crate::plot::candidates::{self, Form, Ranked};
use crate::plot::confidence;
use crate::plot::table::Style;
use crate::visible;

/// Prints a report on standard output: one line of JSON, or a table.
pub fn print(report: &Report, json: bool) -> Result<()> {
    let text = if json { visible::json(report)? } else { table(report) };
    Ok(output::print(&text)?)
}

/// A row per class, best first; below, how sure the winner is, and the settings.
fn table(report: &Report) -> String {
    let classes = report.ranking.iter().filter_map(|&index| report.class(index));
    let classes = classes.map(|class| Ranked::of_report(class, ""));
    let table = candidates::table(classes, Form::Table).draw(Style::Plain);
    let settings = &report.settings;
    let smoothing = match settings.smoothing {
        0 | 1 => "off".into(),
        width => format!("{width} frames"),
    };
    let confidence = report.confidence.as_ref().map_or_else(String::new, |c| confidence::line(c) + "\n");
    format!(
        "{table}\n{confidence}preset {}, smoothing {smoothing}, aligner {}, cell {}, alpha {}, beta {}\n",
        settings.method.preset,
        settings.method.aligner_in_words(),
        settings.method.cell,
        settings.alpha,
        settings.beta
    )
}
