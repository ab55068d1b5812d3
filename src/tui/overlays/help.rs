//! The help: the keys in force, and what the marks on the screen mean.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::eval::CLUSTERS;
use crate::plot::candidates;
use crate::plot::text::{width, wrap};
use crate::tui::chord::Chord;
use crate::tui::commands::{COMMANDS, Command, Group};
use crate::tui::overlays::window;
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};
use crate::tui::view::header;

const MARKS: [(&str, &str); 9] = [
    ("━┓┗", "the path: which frames are given to which step"),
    ("27f", "frames of a step; one where two steps meet may count for both"),
    ("too close", "the margin's 95 % interval over draws of the frames holds 0"),
    ("⚠", "the path has collapsed: most steps hold one frame"),
    ("smoothing ⚠", "it is wider than the median step of the selected class"),
    ("✓", "what the clip really shows, where that is known"),
    ("◆", "the class that is pinned for comparison"),
    ("✂", "the sentence is longer than the model reads"),
    ("?", "the step is doubtful; the reason is shown when it is selected"),
];

/// Columns of the keys.
const KEYS: usize = 12;
/// Rows that the page keys and a click of the mouse wheel scroll by.
const PAGE: u16 = 10;
const WHEEL: i16 = 3;

struct Help {
    /// Rows scrolled down.
    scroll: u16,
}

/// Opens the help.
pub fn open(state: &mut State) {
    state.open(Help { scroll: 0 });
}

impl Overlay for Help {
    /// Keys that do not scroll do what the help says that they do.
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        self.scroll = match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll.saturating_add(PAGE),
            KeyCode::PageUp => self.scroll.saturating_sub(PAGE),
            _ => {
                return match state.keymap.command(Chord::of(key)) {
                    None | Some(Command::Help) => After::Closes,
                    Some(command) => After::Runs(command),
                };
            }
        };
        After::Stays
    }

    fn wheel(&mut self, _state: &State, clicks: isize) {
        self.scroll = self.scroll.saturating_add_signed(WHEEL * clicks as i16);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        // Two columns where there is room, one group after the other.
        let wide = area.width >= 150;
        let width = area.width.min(if wide { 150 } else { 80 });
        let share = (width - 2 - u16::from(wide)) / if wide { 2 } else { 1 };
        let groups = Group::ALL.iter().map(|&group| (group.name(), commands(state, group)));
        let marks = MARKS.into_iter().chain(candidates::help());
        let marks = marks.map(|(mark, text)| (mark.to_owned(), text.to_owned())).collect();
        let groups = groups.chain([("Marks and columns", marks)]).chain(clusters(state));
        let groups = groups.chain([("Now", now(state))]);
        let groups: Vec<Vec<Line>> = groups
            .map(|(heading, entries)| {
                let heading = Line::styled(heading, state.theme.accent());
                let entries = entries.iter().flat_map(|(keys, text)| entry(keys, text, share.into()));
                [heading].into_iter().chain(entries).collect()
            })
            .collect();
        let columns: Vec<Vec<Line>> = if wide {
            let all: usize = groups.iter().map(Vec::len).sum();
            let mut columns = vec![Vec::new(), Vec::new()];
            for group in groups {
                let column = usize::from(columns[0].len() + group.len() / 2 > all / 2);
                columns[column].extend(group);
            }
            columns
        } else {
            vec![groups.concat()]
        };
        let longest = columns.iter().map(Vec::len).max().unwrap_or(0) as u16;
        let title = format!(
            "Keys · ↑ ↓ scroll · {} closes · {} finds commands by name",
            state.keymap.key(Command::Dismiss),
            state.keymap.key(Command::Palette)
        );
        let inside = window(&title, (width, longest), frame, area);
        let scroll = self.scroll.min(longest.saturating_sub(inside.height));
        for (column, lines) in columns.into_iter().enumerate() {
            let place = Rect { x: inside.x + column as u16 * (share + 1), width: share, ..inside };
            frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), place);
        }
        if scroll + inside.height < longest {
            let more = Line::styled("↓ more", dim()).right_aligned();
            frame.render_widget(more, Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside });
        }
    }
}

/// A text behind its keys, in lines of so many columns. More keys than fit beside it stand above it.
fn entry(keys: &str, text: &str, columns: usize) -> Vec<Line<'static>> {
    let (mut above, mut beside) = (Vec::new(), keys.to_owned());
    if width(keys) > KEYS {
        above = wrap(keys, columns, usize::MAX);
        beside.clear();
    }
    let indent = KEYS + 2;
    let above = above.into_iter().map(|line| Line::styled(line, bold()));
    let lines = wrap(text, columns.saturating_sub(indent), usize::MAX).into_iter().map(move |line| {
        let keys = format!("{:>KEYS$}  ", std::mem::take(&mut beside));
        Line::from(vec![Span::styled(keys, bold()), Span::raw(line)])
    });
    above.chain(lines).collect()
}

/// Keys and help of a group's commands.
fn commands(state: &State, group: Group) -> Vec<(String, String)> {
    let commands = COMMANDS.iter().filter(|about| about.group == group);
    let entries = commands.filter_map(|about| {
        let keys = || state.keymap.chords(about.command).map(|chord| chord.to_string()).collect::<Vec<_>>();
        match about.command {
            // Nine lines that say the same.
            Command::Candidate1 => {
                let last = state.keymap.key(Command::Candidate9);
                let keys = format!("{}…{last}", keys().join(" "));
                Some((keys, "select the candidate in this place".to_owned()))
            }
            command if command.is_candidate() => None,
            _ => Some((keys().join(" "), about.help.to_owned())),
        }
    });
    entries.collect()
}

/// The clusters of an evaluation's failures, if one is open.
fn clusters(state: &State) -> Option<(&'static str, Vec<(String, String)>)> {
    state.results.as_ref()?;
    let entries = CLUSTERS.iter().map(|cluster| (cluster.name.to_owned(), cluster.help.to_owned()));
    Some(("Clusters of results", entries.collect()))
}

/// What the screen may have had no room for.
fn now(state: &State) -> Vec<(String, String)> {
    let clip = state.clip();
    let mut entries = vec![("clip".to_owned(), header::clip_in_words(state))];
    if let Some(class) = clip.exploration.candidates().get(clip.selected) {
        entries.push(("selected".to_owned(), format!("{} · {}", class.name, class.domain)));
    }
    if let Some(wide) = clip.exploration.outcome().wide_smoothing(clip.selected) {
        let class = &clip.exploration.candidates()[clip.selected].name;
        entries.push((format!("smoothing {}", header::WIDE_SMOOTHING), wide.in_words(class)));
    }
    if let Some(step) = clip.focus_step() {
        entries.push((format!("step {}", step + 1), clip.exploration.sentence(clip.selected, step)));
    }
    entries
}
