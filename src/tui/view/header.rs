//! The clip, how far its embedding is, and the knobs.

use std::path::Path;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::explore::Sources;
use crate::explore::knobs::{self, KnobValues};
use crate::tui::commands::Command;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let progress = progress(state);
    let room = usize::from(area.width).saturating_sub(Line::from(progress.as_str()).width() + 1);
    let mut clip = match state.clips.len() {
        1 => state.clip().sources.clip_name().to_owned(),
        several => format!("clip {}/{several} · {}", state.shown + 1, state.clip().id),
    };
    if let Some(info) = &state.clip().info {
        clip += &format!(" · {}×{} {}", info.width, info.height, info.codec);
    }
    let Sources { sampling, model, device, .. } = &state.clip().sources;
    clip += &format!(" · {sampling}");
    // Whose scores these are: those of a small model say less.
    if let Some(name) = Path::new(model).file_name() {
        clip += &format!(" · {} model", name.to_string_lossy());
    }
    clip += &format!(" · {device}");
    frame.render_widget(Line::styled(fit(&clip, room), bold()), area);
    frame.render_widget(Line::raw(progress).right_aligned(), area);
}

fn progress(state: &State) -> String {
    let progress = &state.clip().progress;
    let embedded = state.clip().exploration.frame_count();
    let expected = progress.expected_frames.unwrap_or(progress.decoded).max(embedded);
    if progress.all_decoded && embedded >= expected && progress.texts_missing == 0 {
        let faults = if !progress.faults.is_empty() {
            format!(", {}", progress.faults.summary())
        } else {
            String::new()
        };
        // Frames that stay on screen over several ticks fill more than one column.
        let ticks = state.clip().exploration.outcome().times.len();
        let held = if ticks > embedded { format!(" on {ticks} ticks") } else { String::new() };
        return format!("{embedded} frames{held}{faults}");
    }
    if state.clip().job.is_none() && !state.clip().exploration.is_frozen() {
        return format!("stopped at {embedded} frames");
    }
    if embedded == 0 && progress.idle {
        return "no frames".to_owned();
    }
    let mut text =
        if embedded == 0 { "loading the model".to_owned() } else { format!("frames {embedded}/{expected}") };
    if let Some(rate) = progress.rate() {
        text += &format!(" {rate:.1}/s");
    }
    if progress.texts_missing > 0 {
        text += &format!(" · {} texts to go", progress.texts_missing);
    }
    let done = (embedded * 8).checked_div(expected).unwrap_or(0);
    format!("{text} {}{}", "▰".repeat(done), "▱".repeat(8 - done))
}

/// Rows that the knobs take in a terminal this wide.
pub fn knob_rows(state: &State, width: u16) -> u16 {
    lines(state, width).len() as u16
}

pub fn draw_knobs(state: &State, frame: &mut Frame, area: Rect) {
    for (row, line) in lines(state, area.width).into_iter().take(area.height.into()).enumerate() {
        frame.render_widget(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
}

/// Columns from which on all knobs are shown with their names.
const WIDE: u16 = 100;

/// A knob on the screen.
struct Row {
    /// The commands that turn it; their keys are shown.
    commands: &'static [Command],
    /// Whether its name is shown even where there is little room.
    is_named: bool,
    knob: Knob,
}

enum Knob {
    Method(knobs::Knob),
    /// Of the screen: its name and its value.
    Screen(&'static str, fn(&State) -> String),
}

const ROWS: [Row; 8] = [
    Row {
        commands: &[Command::SmoothLess, Command::SmoothMore],
        is_named: true,
        knob: Knob::Method(knobs::SMOOTHING),
    },
    Row { commands: &[Command::NextTemplate], is_named: true, knob: Knob::Method(knobs::TEMPLATE) },
    Row {
        commands: &[Command::NextScale],
        is_named: true,
        knob: Knob::Screen("scale", |state| state.scale_in_force().name().to_owned()),
    },
    Row { commands: &[Command::NextCell], is_named: false, knob: Knob::Method(knobs::CELL) },
    Row { commands: &[Command::NextAligner], is_named: false, knob: Knob::Method(knobs::ALIGNER) },
    Row { commands: &[Command::NextPreset], is_named: false, knob: Knob::Method(knobs::PRESET) },
    Row { commands: &[Command::EditCalibration], is_named: false, knob: Knob::Method(knobs::CALIBRATION) },
    Row {
        commands: &[Command::EditSampling],
        is_named: false,
        knob: Knob::Screen("sampling", |state| state.clip().sampling.describe()),
    },
];

/// All knobs with their keys, names and values, and pinned values that are different, in as many lines as they need.
fn lines(state: &State, width: u16) -> Vec<Line<'static>> {
    let clip = state.clip();
    let values = clip.knob_values();
    let pinned = clip.pinned.as_ref();
    let pinned = pinned.map(|pinned| KnobValues::new(&pinned.settings, pinned.width, &clip.exploration));
    let mut lines: Vec<Line> = Vec::new();
    for Row { commands, is_named, knob } in ROWS {
        let (name, value, pinned) = match knob {
            Knob::Method(knob) => (knob.name, (knob.value)(&values), pinned.as_ref().map(knob.value)),
            Knob::Screen(name, value) => (name, value(state), None),
        };
        let mut spans: Vec<Span> = Vec::new();
        let keys = state.keymap.keys(commands);
        if !keys.is_empty() {
            spans.push(Span::styled(format!("{keys} "), dim()));
        }
        if is_named || width >= WIDE {
            spans.push(Span::raw(format!("{name} ")));
        }
        spans.push(Span::styled(value.clone(), bold()));
        if let Some(pinned) = pinned.filter(|pinned| *pinned != value) {
            spans.push(Span::styled(format!(" (pinned {pinned})"), state.theme.accent()));
        }
        let knob = Line::from(spans);
        match lines.last_mut() {
            Some(line) if line.width() + 2 + knob.width() <= usize::from(width) => {
                line.push_span("  ");
                line.extend(knob);
            }
            _ => lines.push(knob),
        }
    }
    lines
}
