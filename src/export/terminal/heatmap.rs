//! One class as characters: its script, its matrix with the path, the seconds below.

use ndarray::Array2;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::align::spans;
use crate::explore::ClassReport;
use crate::export::colour::{Rgb, contrast, heat, step_colour};
use crate::export::error::ExportError;
use crate::export::shading::Shading;
use crate::export::terminal::{Ink, fit, width};
use crate::export::timeline::Timeline;
use crate::export::wrap::wrap;
use crate::number::plain;
use crate::store::{Matrices, Snapshot, matrix};

/// More do not fit on any screen.
const STEPS_AT_MOST: usize = 1000;
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// A class with everything that its part of the text needs.
pub struct Panel<'a> {
    times: &'a [f64],
    class: &'a ClassReport,
    candidate: &'a Matrices,
    cell: String,
    /// The aligned matrix, K×T.
    pub cells: Array2<f32>,
}

impl<'a> Panel<'a> {
    /// # Errors
    /// If the class is not aligned, or has too many steps.
    pub fn new(snapshot: &'a Snapshot, class: usize) -> Result<Self, ExportError> {
        let candidate = &snapshot.candidates[class];
        let not_aligned = || ExportError::NotAligned(candidate.name.clone());
        let class = snapshot.class(class).ok_or_else(not_aligned)?;
        let cells = candidate.cells.as_deref().and_then(matrix).ok_or_else(not_aligned)?;
        let (steps, name) = (candidate.steps.len(), candidate.name.clone());
        if steps > STEPS_AT_MOST {
            return Err(ExportError::TooManySteps { name, steps, most: STEPS_AT_MOST });
        }
        let cell = snapshot.settings.method.cell.to_string();
        Ok(Self { times: &snapshot.frames.times, class, candidate, cell, cells })
    }

    /// The whole panel, `columns` wide.
    pub fn draw(&self, columns: usize, shading: &Shading, ink: Ink) -> Buffer {
        let script = (columns * 2 / 5).min(50);
        let room = script - 3 - 7;
        let steps = self.candidate.steps.iter();
        let steps: Vec<Vec<String>> =
            steps.map(|step| wrap(step, room as f64, 2, |line| width(line) as f64)).collect();
        let rows = steps.iter().map(Vec::len).max().unwrap_or(1);
        let height = steps.len() * rows + 2;
        let mut canvas = Canvas {
            buffer: Buffer::empty(Rect::new(0, 0, columns as u16, height as u16)),
            ink,
            left: script,
            columns: columns - script,
            rows,
        };
        self.draw_title(&mut canvas, shading, columns);
        for (step, lines) in steps.iter().enumerate() {
            let top = canvas.top(step);
            canvas.number((0, top), step);
            for (line, text) in lines.iter().enumerate() {
                canvas.put((3, top + line), text, Style::new());
            }
            let frames = format!("{:>5}f", self.class.frames_per_step[step]);
            canvas.put((script - 7, top), &frames, Style::new());
        }
        let timeline = Timeline::new(self.times, 0.0, canvas.columns as f64);
        canvas.shades(&self.cells.mapv(|cell| shading.shade(cell)), &timeline);
        canvas.path(&spans(&self.class.path, self.times.len()), &timeline);
        for (time, label) in timeline.ticks(9.0) {
            canvas.put((script + timeline.x(time) as usize, height - 1), &format!("╵{label}s"), Style::new());
        }
        canvas.buffer
    }

    /// Name and domain, and at the right the colour bar.
    fn draw_title(&self, canvas: &mut Canvas, shading: &Shading, columns: usize) {
        const SHADES: usize = 8;
        let low = format!("{} by {} {} ", self.cell, shading.scale(), plain(shading.value(0.0)));
        let high = format!(" {}", plain(shading.value(1.0)));
        let bar = columns - SHADES - width(&high);
        let legend = bar - width(&low);
        canvas.put((legend, 0), &low, Style::new());
        for shade in 0..SHADES {
            canvas.shade((bar + shade, 0), shade as f32 / (SHADES - 1) as f32);
        }
        canvas.put((bar + SHADES, 0), &high, Style::new());
        let domain = Some(&self.candidate.domain).filter(|domain| !domain.is_empty());
        let domain = domain.map_or_else(String::new, |domain| format!(" · {domain}"));
        canvas.put((0, 0), &fit(&format!("{}{domain}", self.candidate.name), legend - 2), BOLD);
    }
}

/// The characters of a panel.
struct Canvas {
    buffer: Buffer,
    ink: Ink,
    /// Column where the matrix begins, and how many it has.
    left: usize,
    columns: usize,
    /// Rows of each step.
    rows: usize,
}

impl Canvas {
    /// First row of a step.
    fn top(&self, step: usize) -> usize {
        1 + step * self.rows
    }

    /// Row of a step's path.
    fn middle(&self, step: usize) -> usize {
        self.top(step) + (self.rows - 1) / 2
    }

    fn put(&mut self, (x, y): (usize, usize), text: &str, style: Style) {
        self.buffer.set_string(x as u16, y as u16, text, style);
    }

    /// A step's number on its colour.
    fn number(&mut self, at: (usize, usize), step: usize) {
        let style = match self.ink {
            Ink::Plain => Style::new(),
            Ink::Ansi => on(step_colour(step)),
        };
        self.put(at, &format!("{:>2}", step + 1), style);
    }

    fn shade(&mut self, at: (usize, usize), shade: f32) {
        const GLYPHS: [&str; 5] = [" ", "░", "▒", "▓", "█"];
        match self.ink {
            Ink::Plain => {
                let glyph = GLYPHS[((shade.clamp(0.0, 1.0) * 5.0) as usize).min(4)];
                self.put(at, glyph, Style::new());
            }
            Ink::Ansi => self.put(at, " ", on(heat(shade))),
        }
    }

    /// The matrix; a column has the mean of the frames that it holds, so that none is passed over.
    fn shades(&mut self, shades: &Array2<f32>, timeline: &Timeline) {
        for column in 0..self.columns {
            let frames = timeline.frames_of(column, self.columns);
            for (step, row) in shades.rows().into_iter().enumerate() {
                let shade = row.slice(ndarray::s![frames.clone()]).mean().unwrap_or_default();
                for y in self.top(step)..self.top(step + 1) {
                    self.shade((self.left + column, y), shade);
                }
            }
        }
    }

    /// The path as one heavy line through the middles of its cells.
    fn path(&mut self, spans: &[Option<(usize, usize)>], timeline: &Timeline) {
        let mut before: Option<usize> = None;
        for column in 0..self.columns {
            let on_path = spans[timeline.frames_of(column, self.columns)].iter().flatten().copied();
            let span = on_path.reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)));
            let left = before;
            before = span.map(|(_, last)| last);
            let Some((first, last)) = span else { continue };
            // The line goes on from the column before; one frame in several columns turns in the first of them.
            let first = if left == Some(last) { last } else { left.unwrap_or(first).min(first) };
            if first == last {
                self.line((column, self.middle(last)), "━");
                continue;
            }
            for y in self.middle(first)..self.middle(last) {
                self.line((column, y), "┃");
            }
            self.line((column, self.middle(first)), "┓");
            self.line((column, self.middle(last)), "┗");
        }
    }

    /// A piece of the path, in what contrasts with the shade below.
    fn line(&mut self, (column, y): (usize, usize), glyph: &str) {
        self.put((self.left + column, y), glyph, BOLD);
    }
}

/// A style that is read well on a colour.
fn on(background: Rgb) -> Style {
    let [fg, bg] = [contrast(background), background].map(|[r, g, b]| Color::Rgb(r, g, b));
    Style::new().fg(fg).bg(bg)
}
