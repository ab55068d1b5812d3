//! A report for people.

use color_eyre::eyre::Result;

use crate::explore::Report;
use crate::output;
use crate::visible::{self, visible_line};

/// Prints a report on standard output: one line of JSON, or a table.
///
/// # Errors
/// See [`output::print`].
pub fn print(report: &Report, json: bool) -> Result<()> {
    let text = if json { visible::json(report)? } else { table(report) };
    Ok(output::print(&text)?)
}

/// The report for people: best class first, the settings below.
fn table(report: &Report) -> String {
    let rows: Vec<[String; 7]> = report
        .ranking
        .iter()
        .filter_map(|&index| report.class(index))
        .map(|class| {
            let frames: Vec<String> = class.frames_per_step.iter().map(usize::to_string).collect();
            [
                class.rank.to_string(),
                visible_line(&class.name).into_owned(),
                number(class.score),
                class.margin.map_or_else(|| "-".into(), number),
                number(class.order_free),
                class.mean_pool_rank.map_or_else(|| "-".into(), |rank| rank.to_string()),
                frames.join(" ") + if class.collapsed { "  (collapsed)" } else { "" },
            ]
        })
        .collect();
    let header =
        ["rank", "class", "score", "margin", "order-free", "pool rank", "frames per step"].map(String::from);
    let mut widths = [0; 7];
    for row in rows.iter().chain([&header]) {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(*width);
        }
    }
    let mut table = String::new();
    for [rank, class, score, margin, order_free, pool, frames] in [&header].into_iter().chain(&rows) {
        let [a, b, c, d, e, f, _] = widths;
        table += &format!(
            "{rank:>a$}  {class:<b$}  {score:>c$}  {margin:>d$}  {order_free:>e$}  {pool:>f$}  {frames}\n"
        );
    }
    let settings = &report.settings;
    let smoothing = match settings.smoothing {
        0 | 1 => "off".into(),
        width => format!("{width} frames"),
    };
    table += &format!(
        "\npreset {}, smoothing {smoothing}, aligner {}, cell {}, alpha {}, beta {}\n",
        settings.method.preset,
        settings.method.aligner_in_words(),
        settings.method.cell,
        settings.alpha,
        settings.beta
    );
    table
}

/// Four significant digits at any size: real scores span 1e-5 to 0.3.
fn number(value: f64) -> String {
    format!("{value:.3e}")
}
