//! A snapshot as text: the ranking, and heatmaps with their paths.

use std::fmt::Write;

use ndarray::Array2;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::export::table::{facts_in_a_line, ranked};
use crate::export::{Aligned, ExportError, aligned, ledger_of};
use crate::plot::candidates::{self, Form};
use crate::plot::colour::{Rgb, contrast, heat, step_colour};
use crate::plot::format::plain;
use crate::plot::heatmap::{Heatmap, shade_glyph};
use crate::plot::scale::Shades;
use crate::plot::text::{fit, width, wrap};
use crate::plot::time_axis::TimeAxis;
use crate::snapshot::Snapshot;
use crate::visible::visible_line;

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
/// More do not fit on any screen.
const STEPS_AT_MOST: usize = 1000;
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// The ranking and the ledger of two classes, then the heatmap of each of `classes`, in lines of `columns` characters.
///
/// # Errors
/// If a class is not aligned, or has too many steps.
pub fn text(snapshot: &Snapshot, classes: &[usize], columns: usize, ink: Ink) -> Result<String, ExportError> {
    let columns = columns.clamp(LEAST, usize::from(u16::MAX));
    let (aligned, shades) = aligned(snapshot, classes, STEPS_AT_MOST)?;
    let mut lines = wrap(&facts_in_a_line(snapshot), columns, usize::MAX);
    lines.push(String::new());
    lines.extend(ranking(snapshot, columns));
    if let Some(ledger) = ledger_of(snapshot, classes) {
        lines.push(String::new());
        lines.extend(wrap(&ledger.sentence(), columns, usize::MAX));
        lines.push(String::new());
        lines.extend(ledger.lines(columns));
    }
    let mut text: String = lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect();
    for (aligned, matrix) in aligned.iter().zip(&shades.matrices) {
        let panel = draw(snapshot, aligned, (&shades, matrix), columns, ink);
        text.push('\n');
        text += &match ink {
            Ink::Plain => without_colours(&panel),
            Ink::Ansi => with_colours(&panel),
        };
    }
    Ok(text)
}

/// A line per class, best first, below a heading.
fn ranking(snapshot: &Snapshot, columns: usize) -> Vec<String> {
    let ranked: Vec<_> = ranked(snapshot).collect();
    let longest =
        ranked.iter().map(|ranked| width(&visible_line(&ranked.class.name))).max().unwrap_or_default();
    // Rank and name, with a space behind each.
    let room = longest.max("class".len()).min(columns - candidates::width(Form::Text) - 5);
    let line = |rank: &str, name: &str, rest: &str| {
        let name = fit(name, room);
        let padding = " ".repeat(room - width(&name));
        format!("{rank:>3} {name}{padding} {rest}")
    };
    let heading = line("", "class", &candidates::heading(Form::Text));
    let classes = ranked.iter().map(|ranked| {
        let cells = candidates::cells(ranked, Form::Text).into_iter().map(|(text, _)| text);
        let rest = cells.collect::<Vec<_>>().join(" ") + candidates::mark(ranked, Form::Text);
        line(&ranked.class.rank.to_string(), &ranked.class.name, &rest)
    });
    [heading].into_iter().chain(classes).collect()
}

/// One class, `columns` wide: its script, its matrix with the path, the seconds below.
fn draw(
    snapshot: &Snapshot,
    aligned: &Aligned,
    (shades, matrix): (&Shades, &Array2<f32>),
    columns: usize,
    ink: Ink,
) -> Buffer {
    let script = (columns * 2 / 5).min(50);
    let steps = aligned.candidate.steps.iter();
    let steps: Vec<Vec<String>> = steps.map(|step| wrap(step, script - 3 - 7, 2)).collect();
    let rows_per_step = steps.iter().map(Vec::len).max().unwrap_or(1);
    let height = steps.len() * rows_per_step + 2;
    let buffer = Buffer::empty(Rect::new(0, 0, columns as u16, height as u16));
    let mut canvas = Canvas { buffer, ink };
    let legend = draw_legend(&mut canvas, shades, &snapshot.settings.method.cell.to_string(), columns);
    let domain = &aligned.candidate.domain;
    let domain = if domain.is_empty() { String::new() } else { format!(" · {domain}") };
    canvas.put((0, 0), &fit(&format!("{}{domain}", aligned.candidate.name), legend - 2), BOLD);
    for (step, lines) in steps.iter().enumerate() {
        let top = 1 + step * rows_per_step;
        let number = match ink {
            Ink::Plain => Style::new(),
            Ink::Ansi => on(step_colour(step)),
        };
        canvas.put((0, top), &format!("{:>2}", step + 1), number);
        for (line, text) in lines.iter().enumerate() {
            canvas.put((3, top + line), text, Style::new());
        }
        let frames = format!("{:>5}f", aligned.class.frames_per_step[step]);
        canvas.put((script - 7, top), &frames, Style::new());
    }
    let times = &snapshot.frames.times;
    let axis = TimeAxis::of_frames(times, 0.0, (columns - script) as f64);
    let heatmap = Heatmap::new(matrix.view(), times, axis);
    for column in 0..columns - script {
        for step in 0..steps.len() {
            let shade = heatmap.shade(step, column);
            for row in 0..rows_per_step {
                canvas.shade((script + column, 1 + step * rows_per_step + row), shade);
            }
        }
    }
    for (column, row, glyph) in heatmap.path(&aligned.class.path, 0..steps.len(), rows_per_step) {
        canvas.put((script + column, 1 + row), glyph.encode_utf8(&mut [0; 4]), BOLD);
    }
    for (time, label) in axis.ticks(9.0) {
        canvas.put((script + axis.column(time), height - 1), &format!("╵{label}s"), Style::new());
    }
    canvas.buffer
}

/// The colour bar with its ends, at the right of the title. Returns where it begins.
fn draw_legend(canvas: &mut Canvas, shades: &Shades, cell: &str, columns: usize) -> usize {
    const SHADES: usize = 8;
    let low = format!("{cell} by {} {} ", shades.scale, plain(shades.value(0.0)));
    let high = format!(" {}", plain(shades.value(1.0)));
    let bar = columns - SHADES - width(&high);
    let legend = bar - width(&low);
    canvas.put((legend, 0), &low, Style::new());
    for shade in 0..SHADES {
        canvas.shade((bar + shade, 0), shade as f32 / (SHADES - 1) as f32);
    }
    canvas.put((bar + SHADES, 0), &high, Style::new());
    legend
}

/// The characters of a panel.
struct Canvas {
    buffer: Buffer,
    ink: Ink,
}

impl Canvas {
    fn put(&mut self, (x, y): (usize, usize), text: &str, style: Style) {
        self.buffer.set_string(x as u16, y as u16, text, style);
    }

    fn shade(&mut self, at: (usize, usize), shade: f32) {
        match self.ink {
            Ink::Plain => self.put(at, shade_glyph(shade).encode_utf8(&mut [0; 4]), Style::new()),
            Ink::Ansi => self.put(at, " ", on(heat(shade))),
        }
    }
}

/// A style that is read well on a colour.
fn on(background: Rgb) -> Style {
    let [fg, bg] = [contrast(background), background].map(|[r, g, b]| Color::Rgb(r, g, b));
    Style::new().fg(fg).bg(bg)
}

fn without_colours(buffer: &Buffer) -> String {
    rows(buffer).map(|row| row.map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n").collect()
}

/// The characters with the escape sequences of their colours, which each line sets and resets.
fn with_colours(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in rows(buffer) {
        let mut style = (Color::Reset, Color::Reset, false);
        for cell in row {
            let next = (cell.fg, cell.bg, cell.modifier.contains(Modifier::BOLD));
            if next != style {
                text.push_str("\x1b[0");
                if next.2 {
                    text.push_str(";1");
                }
                for (ground, colour) in [(38, next.0), (48, next.1)] {
                    if let Color::Rgb(r, g, b) = colour {
                        write!(text, ";{ground};2;{r};{g};{b}").expect("a string takes everything");
                    }
                }
                text.push('m');
                style = next;
            }
            text.push_str(cell.symbol());
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// The cells of each row, without those that a wide character covers.
fn rows(buffer: &Buffer) -> impl Iterator<Item = impl Iterator<Item = &Cell>> {
    buffer.content.chunks(buffer.area.width.into()).map(|row| {
        let mut covered = 0;
        row.iter().filter(move |cell| {
            let is_covered = covered > 0;
            covered = if is_covered { covered - 1 } else { width(cell.symbol()).saturating_sub(1) };
            !is_covered
        })
    })
}
