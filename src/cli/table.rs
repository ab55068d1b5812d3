//! A report for people.

use color_eyre::eyre::Result;

use crate::explore::{EvidenceLimit, Report, WideSmoothing};
use crate::output;
use crate::plot::candidates::{self, Form, Ranked};
use crate::plot::confidence;
use crate::plot::table::Style;
use crate::visible;

/// Prints a report on standard output: one line of JSON, or a table.
///
/// Classes beyond `limit` have no order evidence.
pub fn print(report: &Report, limit: EvidenceLimit, json: bool) -> Result<()> {
    let text = if json { visible::json(report)? } else { table(report, limit) };
    Ok(output::print(&text)?)
}

/// A row per class, best first; below, how sure the winner is, and the settings.
fn table(report: &Report, limit: EvidenceLimit) -> String {
    let classes = report.ranking.iter().filter_map(|&index| report.class(index));
    let classes = classes.map(|class| Ranked::of_report(class, ""));
    let table = candidates::table(classes, Form::Table).draw(Style::Plain);
    let settings = &report.settings;
    let smoothing = match settings.smoothing {
        0 | 1 => "off".into(),
        width => format!("{width} frames"),
    };
    let confidence = report.confidence.as_ref().map_or_else(String::new, |c| confidence::line(c) + "\n");
    let (all, found) = (report.ranking.len(), limit.of(report.ranking.len()));
    let limited = match found {
        _ if found == all => String::new(),
        0 => "no order evidence (--order-evidence all finds it)\n".to_owned(),
        _ => format!(
            "order evidence of the first {found} of {all} classes (--order-evidence all finds the others)\n"
        ),
    };
    let seen = report.seen.map_or_else(String::new, |seen| format!("{seen}\n"));
    format!(
        "{table}\n{confidence}{limited}{seen}{}preset {}, smoothing {smoothing}, aligner {}, cell {}, alpha {}, beta {}\n",
        wide_smoothing(report),
        settings.method.preset,
        settings.method.aligner_in_words(),
        settings.method.cell,
        settings.alpha,
        settings.beta
    )
}

/// A warning of smoothing that is wider than the steps of the winner.
fn wide_smoothing(report: &Report) -> String {
    let winner = report.ranking.first().and_then(|&index| report.class(index));
    let wide = winner.and_then(|class| {
        let wide = WideSmoothing::of(report.settings.smoothing, &class.frames_per_step)?;
        Some(format!("⚠ {}\n", wide.in_words(&class.name)))
    });
    wide.unwrap_or_default()
}
