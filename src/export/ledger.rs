//! The ledger of a figure: what each step adds to the scores of both classes, below their matrices.

use crate::export::panel::{BADGE, SCRIPT, SMALL, draw_number};
use crate::plot::colour::{INK, RULE, hex, step_colour};
use crate::plot::font::TextStyle;
use crate::plot::format::{plain, typeset};
use crate::plot::ledger::{Entry, Ledger, Side};
use crate::plot::svg::{Area, Page};

const SENTENCE: TextStyle = TextStyle::new(13.0, INK);
const SENTENCE_LINE: f64 = 18.0;
const TEXT: TextStyle = TextStyle::new(12.0, INK);
const ROW: f64 = 19.0;
/// Room for a share, and for what is left without the step.
const SHARE: f64 = 56.0;
const WITHOUT: f64 = 92.0;

/// Draws the sentence, and both classes as wide as their panels with `gap` between. Returns where it ends.
pub fn draw(page: &mut Page, area: Area, gap: f64, ledger: &Ledger) -> f64 {
    let lines = SENTENCE.wrap(&ledger.sentence(), area.width, 3);
    let top = page.lines((area.x, area.y + SENTENCE_LINE), SENTENCE, SENTENCE_LINE, &lines);
    let width = (area.width - gap) / 2.0;
    let entries = ledger.sides.iter().flat_map(|side| &side.entries);
    let largest = entries.map(|entry| entry.share.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let mut bottom = top;
    for (place, side) in ledger.sides.iter().enumerate() {
        let left = area.x + place as f64 * (width + gap);
        let end = draw_side(page, Area { x: left, y: top, width, height: 0.0 }, side, largest);
        bottom = bottom.max(end);
    }
    page.text((area.x, bottom + SENTENCE_LINE), SENTENCE.bold(), &typeset_numbers(&ledger.gap()));
    bottom + SENTENCE_LINE
}

/// A class: headings, a row for each step, and its score. Returns where it ends.
fn draw_side(page: &mut Page, area: Area, side: &Side, largest: f64) -> f64 {
    let right = area.x + area.width;
    let share = right - WITHOUT;
    page.text((share, area.y), SMALL.right(), "share");
    page.text((right, area.y), SMALL.right(), "lead without it");
    page.text((area.x, area.y), SMALL.bold(), &SMALL.fit(side.name, area.width * SCRIPT));
    let mut y = area.y + 6.0;
    for entry in &side.entries {
        draw_entry(page, Area { y, height: ROW, ..area }, entry, largest);
        y += ROW;
    }
    page.line(&[(area.x + area.width * SCRIPT, y + 1.0), (right, y + 1.0)], RULE, 0.75);
    page.text((share, y + 15.0), TEXT.bold().right(), &typeset(&plain(side.score)));
    page.text((area.x + area.width * SCRIPT, y + 15.0), SMALL, "score");
    y + ROW
}

fn draw_entry(page: &mut Page, row: Area, entry: &Entry, largest: f64) {
    let base = row.y + 14.0;
    let right = row.x + row.width;
    if let Some(step) = entry.step {
        draw_number(page, Area { y: row.y + 1.5, width: 18.0, height: 16.0, ..row }, step);
    }
    let bars = row.x + row.width * SCRIPT;
    page.text((row.x + BADGE, base), TEXT, &TEXT.fit(entry.text, row.width * SCRIPT - BADGE - 8.0));
    let most = right - WITHOUT - SHARE - bars;
    let bar = Area { x: bars, y: row.y + 4.0, width: most * entry.share.abs() / largest, height: 11.0 };
    match (entry.step, entry.share < 0.0) {
        (Some(step), false) => page.rect(bar, &hex(step_colour(step))),
        _ => page.frame(bar, INK),
    }
    page.text((right - WITHOUT, base), TEXT.right(), &typeset(&plain(entry.share)));
    page.text((right, base), TEXT.right(), &typeset_numbers(&entry.without()));
}

/// A text in which every number is set for print.
fn typeset_numbers(text: &str) -> String {
    let word = |word: &str| {
        let is_number = word.parse::<f64>().is_ok();
        if is_number { typeset(word) } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_set_for_print() {
        assert_eq!(typeset_numbers("gap -5.71e-6 = 0.5 − 1.2e-1 #1"), "gap −5.71×10⁻⁶ = 0.5 − 1.2×10⁻¹ #1");
    }
}
