//! Accuracy over the clips of which a row is surest: a panel for each row, a curve for each measure.

use std::iter;

use super::axis::Axis;
use super::{GAP, LABEL, LABEL_LINE, Layout, MARGIN, PANELS, SMALL, SMALL_LINE, TITLE, WIDTH, small_print};
use crate::eval::coverage::{Coverage, measures};
use crate::eval::results::Results;
use crate::plot::colour::{INK, MUTED, RULE, Rgb};
use crate::plot::svg::{Area, Page};

/// Room for the labels of the vertical axis.
const LEFT: f64 = 34.0;
const HEIGHT: f64 = 150.0;
const BELOW: f64 = 22.0;
/// Between the ends of the vertical axis and the frame.
const PADDING: f64 = 8.0;
/// Below this per cent of the clips a single one moves the curve too much.
const LEAST: u8 = 10;
/// The first measure is black and wide, so that it is seen where the others run along it.
const COLOURS: [Rgb; 5] = [INK, MUTED[8], MUTED[1], MUTED[3], MUTED[0]];

/// The figure as SVG. The same results always give the same bytes.
pub fn svg(results: &Results) -> String {
    let title = "Top-1 of the surest clips";
    let mut page = Page::default();
    let mut y = MARGIN + 14.0;
    page.text((MARGIN, y), TITLE, title);
    y = small_print(&mut page, y + 4.0, &Layout::new(results).subtitle());
    y = draw_legend(&mut page, y + 14.0, &results.coverage);
    y = draw_panels(&mut page, y, &results.coverage);
    y = small_print(&mut page, y + 8.0, CAPTION);
    page.finish(WIDTH + 2.0 * MARGIN, y + MARGIN, title)
}

const CAPTION: &str = "Horizontal: share of the clips that are answered, in %, the surest first by each measure. Vertical: Top-1 of \
                       those clips in %. A curve that rises to the left says which clips to leave out. AURC: area under the \
                       risk–coverage curve by the margin, in %; lower is better.";

/// The colour of each measure.
fn colours() -> impl Iterator<Item = (&'static str, Rgb, f64)> {
    let widths = [3.0].into_iter().chain(iter::repeat(1.5));
    measures().zip(COLOURS).zip(widths).map(|((name, colour), width)| (name, colour, width))
}

/// A line and the name of each measure that a row has. Returns where they end.
fn draw_legend(page: &mut Page, top: f64, coverage: &[Coverage]) -> f64 {
    let mut x = MARGIN;
    for (name, colour, width) in colours() {
        if coverage.iter().any(|coverage| coverage.measure == name) {
            page.line(&[(x, top + 8.0), (x + 22.0, top + 8.0)], colour, width);
            page.text((x + 28.0, top + 12.0), LABEL, name);
            x += 28.0 + LABEL.width(name) + GAP;
        }
    }
    top + 12.0
}

/// A panel for each row, all with the same axes. Returns where they end.
fn draw_panels(page: &mut Page, top: f64, coverage: &[Coverage]) -> f64 {
    let rows: Vec<&[Coverage]> = coverage.chunk_by(|a, b| a.row == b.row).collect();
    let axis = Axis::new(coverage.iter().flat_map(shown).map(|(_, top1)| top1));
    let room = (WIDTH + GAP) / PANELS as f64;
    let mut y = top;
    for line in rows.chunks(PANELS) {
        let names: Vec<Vec<String>> =
            line.iter().map(|row| LABEL.bold().wrap(&row[0].row, room - GAP, 3)).collect();
        let name = names.iter().map(Vec::len).max().unwrap_or(1) as f64 * LABEL_LINE;
        y += 22.0;
        for (place, (row, name_lines)) in line.iter().zip(&names).enumerate() {
            let x = MARGIN + place as f64 * room + LEFT;
            let first = y + name - LABEL_LINE * name_lines.len() as f64;
            page.lines((x, first), LABEL.bold(), LABEL_LINE, name_lines);
            let facts = format!("{} clips · AURC {:.2}", row[0].top1[0].clips, row[0].aurc);
            page.text((x, y + name), SMALL, &facts);
            let area = Area { x, y: y + name + 8.0, width: room - GAP - LEFT, height: HEIGHT };
            draw_panel(page, area, &axis, row);
        }
        y += name + 8.0 + HEIGHT + BELOW;
    }
    y
}

/// Points of a curve, as per cent of the clips and Top-1.
fn shown(coverage: &Coverage) -> impl Iterator<Item = (f64, f64)> {
    let points = coverage.curve.iter().filter(|point| point.coverage >= LEAST);
    points.map(|point| (f64::from(point.coverage), point.top1))
}

fn draw_panel(page: &mut Page, area: Area, axis: &Axis, row: &[Coverage]) {
    let bottom = area.y + area.height;
    let x = |coverage: f64| area.x + area.width * coverage / 100.0;
    let y = |top1: f64| bottom - PADDING - (area.height - 2.0 * PADDING) * axis.share(top1);
    for (value, label) in axis.ticks(axis.width() * SMALL_LINE * 1.5 / area.height) {
        page.line(&[(area.x, y(value)), (area.x + area.width, y(value))], RULE, 0.75);
        page.text((area.x - 6.0, y(value) + 4.0), SMALL.right(), &label);
    }
    for value in [0.0, 25.0, 50.0, 75.0, 100.0] {
        page.line(&[(x(value), area.y), (x(value), bottom)], RULE, 0.75);
        page.text((x(value), bottom + 15.0), SMALL.centred(), &value.to_string());
    }
    page.frame(area, RULE);
    for (name, colour, width) in colours() {
        let Some(coverage) = row.iter().find(|coverage| coverage.measure == name) else { continue };
        let points: Vec<(f64, f64)> =
            shown(coverage).map(|(coverage, top1)| (x(coverage), y(top1))).collect();
        page.line(&points, colour, width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::figure::tests::{assert_readable, large};
    use crate::eval::sample;

    #[test]
    fn a_large_figure_is_readable_and_has_every_curve() {
        let results = large();
        let figure = svg(&results);
        assert_readable(&figure);
        assert_eq!(figure, svg(&results), "the same again");
        // A curve for each of 14 rows by margin and by softmax, and a line of each in the legend.
        let lines =
            |colour: Rgb| figure.matches(&format!("stroke=\"{}\"", crate::plot::colour::hex(colour))).count();
        assert_eq!([COLOURS[0], COLOURS[4]].map(lines), [15, 15]);
        assert!(!figure.contains("draws-won"), "no row has it");
    }

    #[test]
    fn a_figure_needs_no_clip() {
        assert_readable(&svg(&sample::results::<2>(&["mean-pool", "+smoothing"], &[])));
        assert_readable(&svg(&sample::results(&["<row> & \"a|b\"\n\u{1b}"], &[([0], "late")])));
    }
}
