//! The list of the moments of a clip.

use std::cmp::Ordering;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::find::{ClipMoment, too_short};
use crate::plot::format::{clock, p_value, plain, signed};
use crate::plot::text::{fit, wrap};
use crate::tui::moments::Moments;
use crate::tui::overlays::list::SearchList;
use crate::tui::overlays::{below, row_of, window};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};
use crate::tui::update::moments;
use crate::visible::visible_line;

#[derive(Default)]
struct MomentList {
    list: SearchList,
    /// Whether it is in order of time rather than best first.
    by_time: bool,
}

/// Lists the moments of the clip on the screen, which are looked for if they are not known. The one at the cursor is selected.
pub fn open(state: &mut State) {
    let moments = state.clip_mut().moments.get_or_insert_default();
    let at = moments.at.map_or(0, |(index, _)| index);
    state.open(MomentList { list: SearchList { at, ..SearchList::default() }, by_time: false });
}

impl MomentList {
    /// The moments whose class matches what is typed, with their places in the list.
    fn listed<'a>(&self, state: &'a State) -> Vec<(usize, &'a ClipMoment)> {
        let typed = self.list.input.value().to_lowercase();
        let mut listed = state.clip().moments.as_ref().map_or_else(Vec::new, Moments::shown);
        listed.retain(|(_, moment)| moment.found.class.to_lowercase().contains(&typed));
        if self.by_time {
            let in_time =
                |a: &ClipMoment, b: &ClipMoment| -> Ordering { a.found.start.total_cmp(&b.found.start) };
            listed.sort_by(|(_, a), (_, b)| in_time(a, b));
        }
        listed
    }

    /// Changes which moments are listed and in what order, with the same one selected.
    fn turn(&mut self, state: &mut State, change: impl FnOnce(&mut Self, &mut Moments)) {
        let selected = self.listed(state).get(self.list.at).map(|&(index, _)| index);
        if let Some(moments) = &mut state.clip_mut().moments {
            change(self, moments);
        }
        let place = self.listed(state).iter().position(|&(index, _)| Some(index) == selected);
        self.list.at = place.unwrap_or(0);
    }
}

impl Overlay for MomentList {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        let listed = self.listed(state);
        let selected = listed.get(self.list.at).map(|&(index, _)| index);
        let lines = listed.len();
        match (key.code, selected) {
            (KeyCode::Enter, Some(index)) => {
                moments::go(state, index);
                return After::Closes;
            }
            (KeyCode::Right, Some(index)) => {
                moments::go(state, index);
                moments::open_part(state, index);
                return After::Closes;
            }
            (KeyCode::Enter | KeyCode::Right, None) => {}
            (KeyCode::Tab, _) => self.turn(state, |list, _| list.by_time = !list.by_time),
            (KeyCode::BackTab, _) => self.turn(state, |_, moments| moments.competes = !moments.competes),
            _ => self.list.key(state, key, lines),
        }
        After::Stays
    }

    fn paste(&mut self, state: &mut State, text: &str) {
        self.list.paste(state, text);
    }

    fn wheel(&mut self, state: &State, clicks: isize) {
        let lines = self.listed(state).len();
        self.list.move_by(clicks, lines);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let title = "Moments · Enter goes there · → opens it · Tab time · ⇧Tab best · Esc closes";
        let inside = window(title, (118, 40), frame, area);
        let width = usize::from(inside.width);
        let listed = self.listed(state);
        let head = wrap(&head(state, listed.len(), self.by_time), width, 3);
        let head_rows = head.len() as u16;
        for (row, line) in (0..).zip(head) {
            frame.render_widget(Line::styled(line, state.theme.accent()), row_of(inside, row));
        }
        self.list.input.draw(frame, row_of(inside, head_rows));
        let columns = Columns::of(width);
        frame.render_widget(Line::styled(columns.heading(), dim()), row_of(inside, head_rows + 1));
        let lines = listed.iter().map(|&(index, moment)| columns.line(state, index, moment)).collect();
        let in_full = listed.get(self.list.at).map(|(index, moment)| in_words(*index, moment));
        self.list.draw(lines, in_full, state, frame, below(inside, 2 + head_rows));
    }
}

/// How many moments there are, and in what they were found.
fn head(state: &State, listed: usize, by_time: bool) -> String {
    let Some(moments) = &state.clip().moments else { return String::new() };
    let Some(found) = moments.found.as_ref().filter(|_| moments.failed.is_none()) else {
        return moments.waiting();
    };
    let running = if moments.is_running() { "looking for moments … · " } else { "" };
    let all = found.moments.len();
    let count = if listed == all { all.to_string() } else { format!("{listed} of {all}") };
    let unordered = match found.unordered {
        0 => String::new(),
        count => format!(" · {count} left out that other orders of the steps explain as well"),
    };
    let [start, end] = found.span;
    let short =
        too_short(end - start).filter(|_| all == 0).map_or_else(String::new, |why| format!(" · {why}"));
    let best = if moments.competes { ", the best where several overlap" } else { "" };
    let order = if by_time { "in order of time" } else { "best first" };
    format!(
        "{running}{count} {}{best}, {order} · {} frames of {}{unordered}{short}",
        if all == 1 { "moment" } else { "moments" },
        found.frames,
        clock(end - start)
    )
}

/// A moment in full: what the columns may have cut, and when its steps begin.
fn in_words(index: usize, moment: &ClipMoment) -> String {
    let found = &moment.found;
    let steps: Vec<String> = found.steps.iter().map(|step| clock(step[0])).collect();
    let rival = found.rival.as_ref().map_or_else(String::new, |rival| format!(" · next class: {rival}"));
    let order =
        found.order.map_or_else(String::new, |order| format!(" · z {:+.1}, p {}", order.z, p_value(order.p)));
    format!(
        "{}. {}{rival}{order} · {}–{}, steps begin at {}",
        index + 1,
        found.class,
        clock(found.start),
        clock(found.end),
        steps.join(" ")
    )
}

/// Columns of the list.
struct Columns {
    class: usize,
    /// None where there is no room for the next class.
    rival: Option<usize>,
}

/// Columns of place, times and figures, with the spaces before them.
const FIGURES: usize = 4 + 2 * 10 + 9 + 10 + 7 + 8;

impl Columns {
    fn of(width: usize) -> Self {
        let room = width.saturating_sub(FIGURES);
        // The next class gives way where names would be cut to a few letters.
        match room {
            0..26 => Self { class: room, rival: None },
            _ => Self { class: room / 2, rival: Some(room - room / 2 - 2) },
        }
    }

    fn heading(&self) -> String {
        let rival =
            self.rival.map_or_else(String::new, |rival| format!("  {:<rival$}", fit("next class", rival)));
        let [start, end] = ["start", "end"].map(|name| format!("{name:>10}"));
        format!(
            "{:>3} {:<class$}{start}{end}{:>9}{:>10}{rival}{:>7}{:>8}",
            "#",
            fit("class", self.class),
            "score",
            "margin",
            "z",
            "p",
            class = self.class
        )
    }

    fn line(&self, state: &State, index: usize, moment: &ClipMoment) -> Line<'static> {
        let found = &moment.found;
        let cell = |text: &str, width: usize| {
            let text = fit(&visible_line(text), width);
            let gap = width.saturating_sub(crate::plot::text::width(&text));
            text + &" ".repeat(gap)
        };
        let dash = || "-".to_owned();
        let rival = found.rival.clone().unwrap_or_else(dash);
        let badge = if state.theme.is_plain() { bold() } else { state.theme.badge(moment.class) };
        let figures = format!("{:>9}{:>10}", plain(found.score), found.margin.map_or_else(dash, signed));
        let z = found.order.map_or_else(dash, |order| format!("{:+.1}", order.z));
        let p = found.order.map_or_else(dash, |order| p_value(order.p));
        Line::from(vec![
            Span::styled(format!("{:>3}", index + 1), badge),
            Span::styled(format!(" {}", cell(&found.class, self.class)), bold()),
            Span::raw(format!("{:>10}{:>10}", clock(found.start), clock(found.end))),
            Span::raw(figures),
            Span::styled(
                self.rival.map_or_else(String::new, |width| format!("  {}", cell(&rival, width))),
                dim(),
            ),
            Span::raw(format!("{z:>7}{p:>8}")),
        ])
    }
}
