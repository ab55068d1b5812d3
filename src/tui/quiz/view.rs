//! Draws a quiz without changing it.

use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::plot::text::{fit, width as columns_of, wrap};
use crate::tui::images::{ENCODED_AT_ONCE, Images, PictureKey};
use crate::tui::quiz::keys::{Command, KEYS, key};
use crate::tui::quiz::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::replace_marks;

/// Columns and rows below which nothing is drawn.
const SMALLEST: (u16, u16) = (40, 12);
/// Columns from which on the candidates are beside the picture.
const WIDE: u16 = 100;
/// Most lines of a candidate's name.
const NAME_LINES: usize = 3;
/// Columns of a candidate's mark and number.
const MARKS: usize = 6;

/// Where everything is drawn.
struct Screen {
    header: Rect,
    picture: Rect,
    clock: Rect,
    candidates: Rect,
    message: Rect,
    footer: Rect,
}

impl Screen {
    /// None if the terminal is too small.
    fn of(state: &State, area: Rect) -> Option<Self> {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return None;
        }
        let keys = footer(area.width.into()).len() as u16;
        let [header, middle, message, footer] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(keys),
        ])
        .areas(area);
        let [film, candidates] = if area.width >= WIDE {
            let names = state.order.iter().map(|name| columns_of(name)).max().unwrap_or(0) + MARKS;
            let width = names.clamp(24, usize::from(area.width) / 3) as u16;
            let [film, _, list] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Length(width)])
                    .areas(middle);
            [film, list]
        } else {
            let lines: usize = lines(state, area.width.into()).iter().map(Vec::len).sum();
            let most = middle.height / 2;
            let rows = (lines as u16).min(most);
            Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(middle)
        };
        let [picture, clock] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(film);
        Some(Self { header, picture, clock, candidates, message, footer })
    }
}

/// Tells the state how large its pictures are on the screen.
pub fn set_size(state: &mut State) {
    let Some(Screen { picture, .. }) = Screen::of(state, state.area) else { return };
    let pixels = |cells: u16, pixels: u16| (f64::from(cells) * f64::from(pixels)).max(1.0);
    let (width, height) =
        (pixels(picture.width, state.resolution.0), pixels(picture.height, state.resolution.1));
    // Larger ones would not be encoded before the next one is due.
    let scale = (f64::from(ENCODED_AT_ONCE) / (width * height)).sqrt().min(1.0);
    let side = |length: f64| ((length * scale) as u32).max(1);
    state.set_size((side(width), side(height)));
}

/// Draws the whole screen.
pub fn draw(state: &State, images: &mut Images, frame: &mut Frame) {
    let area = frame.area();
    match Screen::of(state, area) {
        None => {
            let text = format!(
                "{}×{} is too small: {}×{} is needed. {} stops.",
                area.width,
                area.height,
                SMALLEST.0,
                SMALLEST.1,
                key(Command::Quit)
            );
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        }
        Some(_) if state.is_over => draw_end(state, frame, area),
        Some(screen) => draw_clip(state, &screen, images, frame),
    }
    replace_marks(frame.buffer_mut());
    images.finish(frame);
}

fn draw_clip(state: &State, screen: &Screen, images: &mut Images, frame: &mut Frame) {
    draw_header(state, frame, screen.header);
    draw_picture(state, images, frame, screen.picture);
    draw_clock(state, frame, screen.clock);
    draw_candidates(state, frame, screen.candidates);
    if let Some(message) = &state.message {
        let text = fit(message, screen.message.width.into());
        frame.render_widget(Line::styled(text, state.theme.accent()), screen.message);
    }
    for (row, line) in screen.footer.rows().zip(footer(screen.footer.width.into())) {
        frame.render_widget(Line::styled(line, dim()), row);
    }
}

/// "clip 12 of 40 · 11 answered, 3 skipped".
fn progress(state: &State) -> String {
    format!(
        "clip {} of {} · {} answered, {} skipped",
        state.shown + 1,
        state.clips.len(),
        state.answered(),
        state.skipped()
    )
}

fn draw_header(state: &State, frame: &mut Frame, area: Rect) {
    let row = Rect { height: 1, ..area };
    let progress = progress(state);
    let free = usize::from(area.width).saturating_sub(columns_of(&progress) + 2);
    let domain = &state.clip().domain;
    let question = match domain.is_empty() {
        true => "What does this clip show?".to_owned(),
        false => format!("What does this clip show? · {domain}"),
    };
    frame.render_widget(Line::styled(fit(&question, free), state.theme.accent()), row);
    frame.render_widget(Line::raw(progress).right_aligned(), row);
}

fn draw_picture(state: &State, images: &mut Images, frame: &mut Frame, area: Rect) {
    let film = &state.film;
    let words = match (&film.fault, film.shot()) {
        (Some(reason), None) => {
            Some(format!("cannot be read: {reason} · {} skips this clip", key(Command::Skip)))
        }
        (_, None) => Some("decoding …".to_owned()),
        (_, Some(shot)) => {
            let microsecond = (shot.time * 1e6).round() as i64;
            let picture_key = PictureKey::new(state.shown, microsecond)
                .version(shot.picture.width() << 16 | shot.picture.height());
            images.draw(picture_key, || Some(RgbImage::clone(&shot.picture)), &state.theme, frame, area);
            None
        }
    };
    if let Some(words) = words {
        let lines = wrap(&words, area.width.into(), usize::from(area.height));
        let top = area.y + (area.height.saturating_sub(lines.len() as u16)) / 2;
        for (row, line) in (top..area.bottom()).zip(lines) {
            frame.render_widget(Line::styled(line, dim()).centered(), Rect { y: row, height: 1, ..area });
        }
    }
}

/// Whether the clip plays, and its time.
fn draw_clock(state: &State, frame: &mut Frame, area: Rect) {
    let film = &state.film;
    let Some(shot) = film.shot() else { return };
    let doing = match (&film.fault, film.is_playing(), film.is_at_end()) {
        (Some(reason), ..) => format!("the rest cannot be read: {reason}"),
        (None, true, _) => "▶".to_owned(),
        (None, false, true) => format!("at the end · {} plays it again", key(Command::Replay)),
        (None, false, false) => format!("paused · {} plays on", key(Command::Pause)),
    };
    let time = shot.time - state.clip().segment.start.unwrap_or(0.0);
    let text = fit(&format!("{:.2} s  {doing}", time.max(0.0)), area.width.into());
    frame.render_widget(Line::styled(text, dim()).centered(), area);
}

/// The lines of each candidate.
fn lines(state: &State, width: usize) -> Vec<Vec<String>> {
    let free = width.saturating_sub(MARKS).max(1);
    state.order.iter().map(|name| wrap(name, free, NAME_LINES)).collect()
}

fn draw_candidates(state: &State, frame: &mut Frame, area: Rect) {
    let names = lines(state, area.width.into());
    let selected = state.selected.unwrap_or(0);
    // The list scrolls so that the selected candidate is seen whole.
    let end: usize = names[..=selected.min(names.len() - 1)].iter().map(Vec::len).sum();
    let hidden = end.saturating_sub(area.height.into());
    let mut rows = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let is_selected = state.selected == Some(place);
        let style = if is_selected { state.theme.selected() } else { Style::new() };
        let is_chosen = state.chosen() == Some(&state.order[place]);
        for (row, text) in name.iter().enumerate() {
            let (mark, number) = match row {
                0 => (if is_chosen { "✓ " } else { "  " }, format!("{:>2}  ", place + 1)),
                _ => ("  ", "    ".to_owned()),
            };
            let padding = usize::from(area.width).saturating_sub(MARKS + columns_of(text));
            rows.push(Line::from(vec![
                Span::styled(mark, style),
                Span::styled(number, style.patch(bold())),
                Span::styled(format!("{text}{}", " ".repeat(padding)), style),
            ]));
        }
    }
    for (row, line) in area.rows().zip(rows.into_iter().skip(hidden)) {
        frame.render_widget(line, row);
    }
}

/// The keys, in as many lines as they need.
fn footer(width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for row in &KEYS {
        let Some(label) = row.label else { continue };
        let part = format!("{} {label}", row.shown());
        let line = lines.last_mut().map(std::mem::take).unwrap_or_default();
        let longer = if line.is_empty() { part.clone() } else { format!("{line} · {part}") };
        let last = lines.len() - 1;
        if columns_of(&longer) <= width {
            lines[last] = longer;
        } else {
            lines[last] = line;
            lines.push(part);
        }
    }
    lines
}

fn draw_end(state: &State, frame: &mut Frame, area: Rect) {
    let (answered, skipped, all) = (state.answered(), state.skipped(), state.clips.len());
    let mut text = vec![if answered == all {
        format!("All {all} clips are answered. Thank you, {}!", state.quiz.name)
    } else {
        format!("{answered} of {all} clips are answered, {skipped} skipped.")
    }];
    text.push(String::new());
    if skipped > 0 {
        text.push(format!("{} goes through the skipped clips", key(Command::Choose)));
    }
    text.push(format!("{} goes back to the last clip", key(Command::Previous)));
    text.push(match skipped {
        0 => format!("{} or {} ends the quiz", key(Command::Choose), key(Command::Quit)),
        _ => format!("{} stops; the same command continues later", key(Command::Quit)),
    });
    let top = area.y + area.height.saturating_sub(text.len() as u16) / 2;
    for ((row, line), at) in (top..area.bottom()).zip(text).zip(0..) {
        let style = if at == 0 { state.theme.accent() } else { Style::new() };
        let line = Line::styled(fit(&line, area.width.into()), style).centered();
        frame.render_widget(line, Rect { y: row, height: 1, ..area });
    }
}
