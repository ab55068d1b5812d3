//! A figure ready for a paper: one or two matrices with their paths, on one time axis with the clip's pictures, the ledger of
//! two, and the map of a frame.

use crate::export::panel::{Panel, SMALL, draw_path};
use crate::export::table::facts_in_a_line;
use crate::export::{ExportError, aligned, ledger, ledger_of, patches};
use crate::plot::colour::{INK, VIRIDIS};
use crate::plot::font::TextStyle;
use crate::plot::format::{plain, typeset};
use crate::plot::scale::Shades;
use crate::plot::svg::{Area, Page};
use crate::snapshot::Snapshot;

/// A page has no room for more.
const STEPS_AT_MOST: usize = 100;
const MARGIN: f64 = 16.0;
const GAP: f64 = 32.0;
/// Width of a panel beside another, and of one alone.
const PANEL: f64 = 500.0;
const ALONE: f64 = 680.0;

/// A figure of one class or two, side by side, as SVG. The same snapshot always gives the same bytes.
///
/// # Errors
/// If a class is not aligned, or has too many steps for a page.
pub fn svg(snapshot: &Snapshot, classes: &[usize]) -> Result<String, ExportError> {
    let width = if classes.len() == 1 { ALONE } else { PANEL };
    let (aligned, shades) = aligned(snapshot, classes, STEPS_AT_MOST)?;
    let shaded = aligned.into_iter().zip(&shades.matrices);
    let panels: Vec<Panel> =
        shaded.map(|(aligned, shades)| Panel::new(snapshot, aligned, shades, width)).collect();

    let most = |height: fn(&Panel) -> f64| panels.iter().map(height).fold(0.0, f64::max);
    let (heading, matrix) = (most(|panel| panel.heading_height()), most(|panel| panel.least_matrix_height()));
    let mut page = Page::default();
    let mut bottom = MARGIN;
    for (place, panel) in panels.iter().enumerate() {
        let left = MARGIN + place as f64 * (width + GAP);
        let letter = (panels.len() > 1).then(|| char::from(b'a' + place as u8));
        panel.draw_heading(&mut page, (left, MARGIN), letter);
        bottom = panel.draw(&mut page, (left, MARGIN + heading), matrix);
    }
    let count = panels.len() as f64;
    let across =
        Area { x: MARGIN, y: bottom + 20.0, width: count * width + (count - 1.0) * GAP, height: 0.0 };
    let bottom = draw_legend(&mut page, across, &shades, &snapshot.settings.method.cell.to_string());
    let bottom = match ledger_of(snapshot, classes) {
        Some(ledger) => ledger::draw(&mut page, Area { y: bottom + 14.0, ..across }, GAP, &ledger),
        None => bottom,
    };
    let shown = snapshot.patches.as_ref().filter(|patches| classes.contains(&patches.of.0));
    let bottom = match shown {
        Some(shown) => patches::draw(&mut page, Area { y: bottom + 18.0, ..across }, snapshot, shown),
        None => bottom,
    };
    let bottom = draw_facts(&mut page, Area { y: bottom + 10.0, ..across }, snapshot);
    let names: Vec<&str> = classes.iter().map(|&class| &snapshot.candidates[class].name[..]).collect();
    Ok(page.finish(across.width + 2.0 * MARGIN, bottom + MARGIN, &names.join(" / ")))
}

/// The colour bar with its values and the path's key, centred below the panels. Returns where it ends.
fn draw_legend(page: &mut Page, area: Area, shades: &Shades, cell: &str) -> f64 {
    const BAR: f64 = 300.0;
    const HEIGHT: f64 = 12.0;
    const KEY: f64 = 110.0;
    let name = format!("{cell}, {} scale", shades.scale);
    let style = TextStyle::new(12.0, INK);
    let label = style.width(&name) + 10.0;
    let left = area.x + ((area.width - label - BAR - KEY) / 2.0).max(0.0);
    page.text((left, area.y + HEIGHT - 2.0), style, &name);
    let bar = Area { x: left + label, y: area.y, width: BAR, height: HEIGHT };
    page.gradient("viridis", &VIRIDIS);
    page.rect(bar, "url(#viridis)");
    for tick in 0..=4 {
        let shade = f64::from(tick) / 4.0;
        let x = bar.x + shade * BAR;
        page.line(&[(x, bar.y + HEIGHT), (x, bar.y + HEIGHT + 3.0)], INK, 1.0);
        let value = typeset(&plain(shades.value(shade)));
        page.text((x, bar.y + HEIGHT + 15.0), SMALL.centred(), &value);
    }
    let key = bar.x + BAR + 36.0;
    let middle = bar.y + HEIGHT / 2.0;
    draw_path(page, &[(key, middle), (key + 28.0, middle)]);
    page.text((key + 36.0, area.y + HEIGHT - 2.0), style, "path");
    bar.y + HEIGHT + 15.0
}

/// Every setting in small print. Returns where it ends.
fn draw_facts(page: &mut Page, area: Area, snapshot: &Snapshot) -> f64 {
    const LINE: f64 = 14.0;
    let lines = SMALL.wrap(&facts_in_a_line(snapshot), area.width, 6);
    page.lines((area.x, area.y + LINE), SMALL, LINE, &lines) - LINE
}
