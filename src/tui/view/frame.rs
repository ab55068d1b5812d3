//! The frame under the cursor, large, with its value in each step of the selected class.

use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::error_chain::on_one_line;
use crate::explain::PatchMap;
use crate::plot::format::plain;
use crate::plot::text::width as columns_of;
use crate::tui::clip::Clip;
use crate::tui::frame_picture::FramePicture;
use crate::tui::images::{Images, PictureKey};
use crate::tui::patches;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::layout::Screen;
use crate::tui::view::patches::{caption, fingerprint, outline, tinted};
use crate::tui::view::strip::draw_thumbnail;
use crate::tui::view::{fit, heading, wrap};

/// Columns of a value: a minus sign, and what [`plain`] takes.
const VALUE: usize = 9;
/// Columns of a step's marks and number, with a space behind.
const MARKS: usize = 6;

pub fn draw(state: &State, images: &mut Images, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let at = clip.cursor_frame();
    let time = at.map_or(clip.cursor, |at| clip.exploration.outcome().times[at]);

    let [left, right, note, facts] = parts(state, area);
    let shown = patches::shown(state);
    let map = shown.as_ref().and_then(|shown| shown.as_ref().ok()).map(|found| &found.map);
    let (place, reason) = draw_picture(state, time, map, images, frame, left);
    if let Some((map, place)) = map.zip(place).filter(|_| state.theme.is_plain()) {
        outline(map, frame, place);
    }
    let width = usize::from(note.width);
    if let Some(shown) = &shown {
        frame.render_widget(caption(state, shown, width), note);
    } else if let Some(reason) = reason {
        frame.render_widget(Line::styled(fit(&on_one_line(&reason), width), dim()), note);
    }
    draw_steps(state, at, frame, right);
    draw_facts(state, at, time, frame, facts);
}

/// Draws the frame as it was decoded anew, or its thumbnail as long as that is not there, tinted by a map. Returns its cells,
/// and why it is not the frame itself.
fn draw_picture(
    state: &State,
    time: f64,
    map: Option<&PatchMap>,
    images: &mut Images,
    frame: &mut Frame,
    area: Rect,
) -> (Option<Rect>, Option<String>) {
    let clip = state.clip();
    let (ordinal, _) = clip.frame_at_cursor().unzip();
    let is_it = |found: &&FramePicture| {
        let place = found.request.place;
        Some(place.ordinal) == ordinal && place.clip == state.shown
    };
    let map = map.filter(|_| !state.theme.is_plain());
    let reason = match state.frame_picture.as_ref().filter(is_it).map(|found| &found.picture) {
        Some(Ok(picture)) => {
            let tint = fingerprint(map, &state.theme);
            let key = PictureKey::of(state, (time * 1e6).round() as i64).version(picture.width() ^ tint);
            let tinted = || Some(tinted(RgbImage::clone(picture), map, &state.theme));
            let place = images.draw(key, tinted, &state.theme, frame, area);
            if place.is_some() {
                return (place, None);
            }
            None
        }
        Some(Err(reason)) => Some(reason),
        None => None,
    };
    let thumbnail = clip.thumbnail(time);
    if thumbnail.is_none() && reason.is_none() {
        let middle = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
        frame.render_widget(Line::styled("not decoded yet", dim()).centered(), middle);
    }
    let kind = if thumbnail.is_some() { "a small picture" } else { "no picture" };
    let reason = reason.map(|reason| format!("{kind}: {reason}"));
    (draw_thumbnail(state, time, map, images, frame, area), reason)
}

/// Where the picture, the steps, the note on the picture and the facts are drawn.
fn parts(state: &State, area: Rect) -> [Rect; 4] {
    let [upper, note, facts] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(2)]).areas(area);
    let clip = state.clip();
    let (width, height) = clip.picture_size();
    // As wide as the height allows, half a cell being about square, but the steps stay readable.
    let wanted = (u32::from(upper.height) * 2 * width).div_ceil(height.max(1));
    let steps = (area.width / 4).clamp(30, 72).min(area.width);
    let wanted = wanted.min(u32::from(area.width - steps).saturating_sub(2)) as u16;
    let [left, _, right] =
        Layout::horizontal([Constraint::Length(wanted), Constraint::Length(2), Constraint::Fill(1)])
            .areas(upper);
    [left, right, note, facts]
}

/// Width and height of the picture's place in pixels, if pictures are drawn.
pub fn size(state: &State) -> Option<(u32, u32)> {
    let [place, ..] = parts(state, Screen::of(state, state.area)?.middle);
    let pixels = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
    let size = (pixels(place.width, state.resolution.0), pixels(place.height, state.resolution.1));
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// The value of a step at a frame.
#[derive(Clone, Copy)]
struct Worth {
    value: f32,
    /// From 0 to 1, on the scale of the heatmap.
    shade: f32,
    is_highest: bool,
}

/// Each step of the selected class with its value at the frame `at`, as a bar and as a number.
fn draw_steps(state: &State, at: Option<usize>, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let Some(candidate) = clip.exploration.candidates().get(clip.selected) else { return };
    let worths = at.map_or_else(Vec::new, |at| worths(clip, at));
    let width = usize::from(area.width);
    let title = if worths.is_empty() {
        "waiting for frames and steps".to_owned()
    } else {
        format!("{} here (bars: {})", clip.exploration.settings().method.cell, state.scale_in_force().name())
    };
    frame.render_widget(heading(fit(&title, width)), Rect { height: area.height.min(1), ..area });

    let rows = usize::from(area.height.saturating_sub(1));
    let rows_per_step = (rows / candidate.steps.len().max(1)).clamp(1, 3);
    let shown = candidate.steps.len().min(rows / rows_per_step);
    let focus = clip.focus_step().unwrap_or(0);
    let first = focus.saturating_sub(shown / 2).min(candidate.steps.len() - shown);
    for (place, step) in (first..first + shown).enumerate() {
        let lines = step_lines(state, step, &candidate.steps[step], worths.get(step), width, rows_per_step);
        for (row, line) in area.rows().skip(1 + place * rows_per_step).zip(lines) {
            frame.render_widget(line, row);
        }
    }
}

/// The value of each step of the selected class at a frame; empty if the class is not aligned.
fn worths(clip: &Clip, at: usize) -> Vec<Worth> {
    let Some(class) = clip.selected_outcome().filter(|class| at < class.cells.ncols()) else {
        return Vec::new();
    };
    let values = class.cells.column(at);
    let shades = clip.shades.as_ref().filter(|shades| shades.dim() == class.cells.dim());
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let worth = |(step, &value): (usize, &f32)| Worth {
        value,
        shade: shades.map_or(0.0, |shades| shades[(step, at)]),
        is_highest: value == highest,
    };
    values.iter().enumerate().map(worth).collect()
}

/// A step in one row, or its text above its bar.
fn step_lines(
    state: &State,
    step: usize,
    text: &str,
    worth: Option<&Worth>,
    width: usize,
    rows: usize,
) -> Vec<Line<'static>> {
    let clip = state.clip();
    let is_on_path = worth.is_some() && clip.step_at_cursor(clip.selected) == Some(step);
    let is_highest = worth.is_some_and(|worth| worth.is_highest);
    let marks = [
        Span::styled(if is_on_path { "━" } else { " " }, bold()),
        Span::styled(if is_highest { "▲" } else { " " }, state.theme.accent()),
        Span::styled(format!("{:>2} ", step + 1), state.theme.badge(step)),
        Span::raw(" "),
    ];
    let style = if is_on_path { bold() } else { Style::new() };
    let free = width.saturating_sub(MARKS);
    let bar = |columns: usize| {
        worth.map_or_else(Vec::new, |worth| {
            let shade = worth.shade.clamp(0.0, 1.0);
            let colour = state.theme.heat(0.35 + 0.5 * shade);
            let value = format!("{:>VALUE$}", plain(worth.value.into()));
            vec![
                Span::styled(filled(shade, columns), state.theme.in_colour(colour)),
                Span::styled(value, style),
            ]
        })
    };
    if rows == 1 {
        let columns = (free.saturating_sub(VALUE) / 2).min(40);
        let words = free.saturating_sub(columns + VALUE + 1);
        let cut = fit(text, words);
        let padding = " ".repeat(words + 1 - columns_of(&cut));
        let text = [Span::styled(cut, style), Span::raw(padding)];
        return vec![Line::from_iter(marks.into_iter().chain(text).chain(bar(columns)))];
    }
    let mut words = wrap(text, free, rows - 1).into_iter().map(|line| Span::styled(line, style));
    let mut lines = vec![Line::from_iter(marks.into_iter().chain(words.next()))];
    let indented =
        |spans: Vec<Span<'static>>| Line::from_iter([Span::raw(" ".repeat(MARKS))].into_iter().chain(spans));
    lines.extend(words.map(|span| indented(vec![span])));
    lines.push(indented(bar(free.saturating_sub(VALUE))));
    lines
}

/// A bar that fills a share from 0 to 1 of some columns, to an eighth of a column.
fn filled(share: f32, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * columns as f32 * 8.0).round() as usize;
    let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    format!("{bar:columns$}")
}

/// The time of the frame, and the step that fits it best.
fn draw_facts(state: &State, at: Option<usize>, time: f64, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let width = usize::from(area.width);
    let outcome = clip.exploration.outcome();
    let when = match at {
        Some(at) => {
            let [number, count] = [at + 1, outcome.times.len()];
            format!("frame {number}/{count} · {time:.2} s · number {} of the file", outcome.ordinals[at])
        }
        None => format!("{time:.2} s · no frame is embedded yet"),
    };
    let legend = Line::styled("━ on the path  ▲ highest", dim());
    if at.is_some() && columns_of(&when) + legend.width() < width {
        frame.render_widget(legend.right_aligned(), Rect { height: area.height.min(1), ..area });
    }
    let mut lines = vec![heading(fit(&when, width))];
    if let Some((class, step, value)) = at.and_then(|at| best_on_path(clip, at)) {
        let candidate = &clip.exploration.candidates()[class];
        let mut rest = format!(" · {} {}", clip.exploration.settings().method.cell, plain(value.into()));
        if class == clip.selected {
            rest += " · selected";
        }
        rest += &format!(" · step {} ", step + 1);
        let before = "best path here: ";
        let free = width.saturating_sub(before.len());
        let name = fit(&candidate.name, free.saturating_sub(columns_of(&rest)).max(9));
        let rest = fit(&rest, free.saturating_sub(columns_of(&name)));
        let free = free.saturating_sub(columns_of(&format!("{name}{rest}")));
        let text = candidate.steps.get(step).map_or_else(String::new, |text| fit(text, free));
        lines.push(Line::from_iter([
            Span::styled(before, dim()),
            Span::styled(name, bold()),
            Span::raw(rest),
            Span::raw(text),
        ]));
    }
    for (row, line) in area.rows().zip(lines) {
        let width = (line.width() as u16).min(area.width);
        frame.render_widget(line, Rect { width, ..row });
    }
}

/// The class with the highest value on its path at the frame under the cursor, `at`, with step and value.
fn best_on_path(clip: &Clip, at: usize) -> Option<(usize, usize, f32)> {
    let classes = clip.exploration.outcome().ranking.iter().filter_map(|&class| {
        let step = clip.step_at_cursor(class)?;
        Some((class, step, *clip.outcome_of(class)?.cells.get((step, at))?))
    });
    // Of equal values, that of the higher rank.
    classes.reduce(|best, other| if other.2 > best.2 { other } else { best })
}
