//! A snapshot as text: the ranking, and heatmaps with their paths.

mod ansi;
mod heatmap;

use ratatui::text::Line;

use crate::export::error::ExportError;
use crate::export::facts::facts;
use crate::export::shading::Shading;
use crate::export::wrap::wrap;
use crate::number::{plain, signed};
use crate::scale::Scale;
use crate::store::Snapshot;
use crate::visible::visible_line;
use heatmap::Panel;

/// What shades are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Glyphs.
    Plain,
    /// 24-bit colours, as escape sequences of terminals.
    Ansi,
}

/// The least width that has room for everything.
const LEAST: usize = 60;

/// The ranking, then the heatmap of each of `classes`, in lines of `columns` characters.
///
/// # Errors
/// If a class is not aligned, or has too many steps.
pub fn text(snapshot: &Snapshot, classes: &[usize], columns: usize, ink: Ink) -> Result<String, ExportError> {
    let columns = columns.clamp(LEAST, usize::from(u16::MAX));
    let panels: Vec<Panel> =
        classes.iter().map(|&class| Panel::new(snapshot, class)).collect::<Result<_, _>>()?;
    let cells = panels.iter().flat_map(|panel| panel.cells.iter().copied());
    let shading = Shading::new(Scale::named(&snapshot.view.scale).unwrap_or_default(), cells);

    let facts: Vec<String> =
        facts(snapshot).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    let mut lines = wrap(&facts.join(" · "), columns as f64, usize::MAX, |line| width(line) as f64);
    lines.push(String::new());
    lines.extend(ranking(snapshot, columns));
    let panels = panels.iter().map(|panel| panel.draw(columns, &shading, ink));
    let mut text = lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    for panel in panels {
        text += "\n";
        text += &match ink {
            Ink::Plain => ansi::without_colours(&panel),
            Ink::Ansi => ansi::with_colours(&panel),
        };
    }
    Ok(text)
}

/// A line per class, best first, below a heading.
fn ranking(snapshot: &Snapshot, columns: usize) -> Vec<String> {
    let ranked: Vec<_> = snapshot.ranking.iter().filter_map(|&index| snapshot.class(index)).collect();
    // What stands right of the name, with the spaces between.
    const FIGURES: usize = 42;
    let longest = ranked.iter().map(|class| width(&visible_line(&class.name))).max().unwrap_or_default();
    let room = longest.max("class".len()).min(columns - FIGURES - 4);
    let line = |[rank, name, score, margin, order_free, pool, note]: [&str; 7]| {
        let name = fit(name, room);
        let padding = " ".repeat(room - width(&name));
        format!("{rank:>3} {name}{padding} {score:>10} {margin:>10} {order_free:>11} {pool:>5} {note}")
    };
    let heading = line(["", "class", "score", "margin", "order-free", "pool", ""]);
    let classes = ranked.iter().map(|class| {
        let pool = class.mean_pool_rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        line([
            &class.rank.to_string(),
            &class.name,
            &plain(class.score),
            &class.margin.map_or_else(|| "-".to_owned(), signed),
            &plain(class.order_free),
            &pool,
            if class.collapsed { "⚠" } else { "" },
        ])
    });
    [heading].into_iter().chain(classes).collect()
}

/// Columns that a text takes.
fn width(text: &str) -> usize {
    Line::from(text).width()
}

/// A text cut to a number of columns, with an ellipsis where it was longer.
fn fit(text: &str, columns: usize) -> String {
    wrap(text, columns as f64, 1, |line| width(line) as f64).pop().unwrap_or_default()
}
