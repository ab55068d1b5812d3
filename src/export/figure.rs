//! A figure ready for a paper: one or two matrices with their paths, on one time axis with the clip's pictures.

mod panel;

use crate::colour::VIRIDIS;
use crate::export::colour::Rgb;
use crate::export::error::ExportError;
use crate::export::facts::facts;
use crate::export::font::{self, Weight};
use crate::export::shading::Shading;
use crate::export::svg::{Anchor, Area, Page, Type};
use crate::number::{plain, typeset};
use crate::scale::Scale;
use crate::store::Snapshot;
use panel::{Panel, draw_path};

const INK: Rgb = [0, 0, 0];
const GREY: Rgb = [85, 85, 85];

/// All lengths are in units of the page, 96 to the inch.
const MARGIN: f64 = 16.0;
const GAP: f64 = 32.0;
/// Width of a panel beside another, and of one alone.
const PANEL: f64 = 500.0;
const ALONE: f64 = 680.0;

const SMALL: Type = Type { size: 11.0, weight: Weight::Regular, colour: GREY, anchor: Anchor::Start };

/// A figure of one class or two, side by side, as SVG. The same snapshot always gives the same bytes.
///
/// # Errors
/// If a class is not aligned, or has too many steps for a page.
pub fn svg(snapshot: &Snapshot, classes: &[usize]) -> Result<String, ExportError> {
    let width = if classes.len() == 1 { ALONE } else { PANEL };
    let panels: Vec<Panel> =
        classes.iter().map(|&class| Panel::new(snapshot, class, width)).collect::<Result<_, _>>()?;
    let cells = panels.iter().flat_map(|panel| panel.cells.iter().copied());
    let shading = Shading::new(Scale::named(&snapshot.view.scale).unwrap_or_default(), cells);

    let most = |height: fn(&Panel) -> f64| panels.iter().map(height).fold(0.0, f64::max);
    let (heading, matrix) = (most(|panel| panel.heading_height()), most(|panel| panel.least_matrix_height()));
    let mut page = Page::default();
    let mut bottom = MARGIN;
    for (place, panel) in panels.iter().enumerate() {
        let left = MARGIN + place as f64 * (width + GAP);
        let letter = (panels.len() > 1).then(|| char::from(b'a' + place as u8));
        panel.draw_heading(&mut page, (left, MARGIN), letter);
        bottom = panel.draw(&mut page, (left, MARGIN + heading), matrix, &shading);
    }
    let count = panels.len() as f64;
    let across =
        Area { x: MARGIN, y: bottom + 20.0, width: count * width + (count - 1.0) * GAP, height: 0.0 };
    let bottom = draw_legend(&mut page, across, &shading, &snapshot.settings.method.cell.to_string());
    let bottom = draw_facts(&mut page, Area { y: bottom + 10.0, ..across }, snapshot);
    let names: Vec<&str> = classes.iter().map(|&class| &snapshot.candidates[class].name[..]).collect();
    Ok(page.finish(across.width + 2.0 * MARGIN, bottom + MARGIN, &names.join(" / ")))
}

/// The colour bar with its values and the path's key, centred below the panels. Returns where it ends.
fn draw_legend(page: &mut Page, area: Area, shading: &Shading, cell: &str) -> f64 {
    const BAR: f64 = 300.0;
    const HEIGHT: f64 = 12.0;
    const KEY: f64 = 110.0;
    let name = format!("{cell}, {} scale", shading.scale());
    let look = Type { size: 12.0, colour: INK, ..SMALL };
    let label = font::width(&name, look.size, look.weight) + 10.0;
    let left = area.x + ((area.width - label - BAR - KEY) / 2.0).max(0.0);
    page.text((left, area.y + HEIGHT - 2.0), look, &name);
    let bar = Area { x: left + label, y: area.y, width: BAR, height: HEIGHT };
    page.gradient("viridis", &VIRIDIS);
    page.rect(bar, "url(#viridis)");
    for tick in 0..=4 {
        let shade = f64::from(tick) / 4.0;
        let x = bar.x + shade * BAR;
        page.line(&[(x, bar.y + HEIGHT), (x, bar.y + HEIGHT + 3.0)], INK, 1.0);
        let look = Type { anchor: Anchor::Middle, ..SMALL };
        page.text((x, bar.y + HEIGHT + 15.0), look, &typeset(&plain(shading.value(shade))));
    }
    let key = bar.x + BAR + 36.0;
    let middle = bar.y + HEIGHT / 2.0;
    draw_path(page, &[(key, middle), (key + 28.0, middle)]);
    page.text((key + 36.0, area.y + HEIGHT - 2.0), look, "path");
    bar.y + HEIGHT + 15.0
}

/// Every setting in small print. Returns where it ends.
fn draw_facts(page: &mut Page, area: Area, snapshot: &Snapshot) -> f64 {
    const LINE: f64 = 14.0;
    let facts: Vec<String> =
        facts(snapshot).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    let lines = font::wrap(&facts.join(" · "), SMALL.size, SMALL.weight, area.width, 6);
    for (row, line) in lines.iter().enumerate() {
        page.text((area.x, area.y + LINE * (row + 1) as f64), SMALL, line);
    }
    area.y + LINE * lines.len() as f64
}
