//! An axis of per cent, and dots with intervals on it.

use super::SMALL;
use crate::plot::colour::{GREY, RULE, Rgb};
use crate::plot::svg::{Area, Page};
use crate::plot::time_axis::ticks;

/// Height of the axis below its area.
pub const BELOW: f64 = 26.0;
/// Dots at the ends of the axis stay within its area.
const PADDING: f64 = 8.0;
/// The least distance between two labels.
const LEAST: f64 = 28.0;
/// The narrowest part of 0 to 100 that is shown, so that chance differences do not look large.
const NARROWEST: f64 = 20.0;

/// A part of 0 to 100.
pub struct Axis {
    from: f64,
    to: f64,
}

/// A value with its interval.
pub struct Mark {
    pub top1: Option<f64>,
    pub ends: Option<[f64; 2]>,
    pub colour: Rgb,
}

impl Axis {
    /// The part that holds all values, from one multiple of 5 to another.
    pub fn new(values: impl Iterator<Item = f64>) -> Self {
        let ends = values.fold(None, |ends: Option<(f64, f64)>, value| {
            let (from, to) = ends.unwrap_or((value, value));
            Some((from.min(value), to.max(value)))
        });
        let (from, to) = ends.unwrap_or((0.0, 100.0));
        let (from, to) = ((from / 5.0).floor() * 5.0, (to / 5.0).ceil() * 5.0);
        let from = from.min(to - NARROWEST).max(0.0);
        Self { from, to: to.max(from + NARROWEST) }
    }

    /// Place of a value.
    pub fn x(&self, area: Area, value: f64) -> f64 {
        area.x + PADDING + self.share(value) * (area.width - 2.0 * PADDING)
    }

    /// Place of a value from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.from) / self.width()
    }

    pub fn width(&self) -> f64 {
        self.to - self.from
    }

    /// Values with their labels, at least so far apart.
    pub fn ticks(&self, least: f64) -> Vec<(f64, String)> {
        // The end has its label too.
        ticks(self.from, self.to + 1e-6, least)
    }

    /// The outline of the area with labels below it, and a line at chance.
    pub fn draw(&self, page: &mut Page, area: Area, chance: Option<f64>) {
        let bottom = area.y + area.height;
        let least = LEAST * self.width() / (area.width - 2.0 * PADDING);
        for (value, label) in self.ticks(least) {
            let x = self.x(area, value);
            page.line(&[(x, area.y), (x, bottom)], RULE, 0.75);
            page.text((x, bottom + 15.0), SMALL.centred(), &label);
        }
        page.frame(area, RULE);
        if let Some(chance) = chance {
            let x = self.x(area, chance);
            page.line(&[(x, area.y), (x, bottom)], GREY, 1.25);
        }
    }

    /// A dot on its interval, at the height `y`.
    pub fn draw_mark(&self, page: &mut Page, area: Area, y: f64, mark: &Mark) {
        if let Some([low, high]) = mark.ends {
            page.line(&[(self.x(area, low), y), (self.x(area, high), y)], mark.colour, 2.0);
        }
        if let Some(top1) = mark.top1 {
            page.dot((self.x(area, top1), y), 4.0, mark.colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values_and_is_not_too_narrow() {
        let ends = |values: &[f64]| {
            let axis = Axis::new(values.iter().copied());
            (axis.from, axis.to)
        };
        assert_eq!(ends(&[20.8, 33.2]), (15.0, 35.0));
        assert_eq!(ends(&[16.0, 71.0, 30.0]), (15.0, 75.0));
        assert_eq!(ends(&[100.0]), (80.0, 100.0));
        assert_eq!(ends(&[0.0, 0.0]), (0.0, 20.0));
        assert_eq!(ends(&[]), (0.0, 100.0));
    }

    #[test]
    fn both_ends_lie_within_the_area() {
        let area = Area { x: 100.0, y: 0.0, width: 216.0, height: 50.0 };
        let axis = Axis { from: 50.0, to: 100.0 };
        assert_eq!([50.0, 75.0, 100.0].map(|value| axis.x(area, value)), [108.0, 208.0, 308.0]);
    }
}
