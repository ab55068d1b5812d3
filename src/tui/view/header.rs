//! The clip, how far its embedding is, and the knobs.

use std::path::Path;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::align::Calibration;
use crate::explore::{Settings, Sources};
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

/// A knob as it is shown: its key, its name, its value, and the pinned value where that is another.
struct Knob {
    command: Command,
    name: &'static str,
    /// Whether the name is shown where there is little room.
    is_named: bool,
    value: String,
    pinned: Option<String>,
}

/// All knobs, in as many lines as they need.
fn lines(state: &State, width: u16) -> Vec<Line<'static>> {
    let mut lines: Vec<Line> = Vec::new();
    for knob in knobs(state) {
        let key = match knob.command {
            // Two keys turn it.
            Command::SmoothLess => {
                format!("{} {}", state.keymap.key(knob.command), state.keymap.key(Command::SmoothMore))
            }
            command => state.keymap.key(command),
        };
        let mut spans: Vec<Span> = Vec::new();
        if !key.is_empty() {
            spans.push(Span::styled(format!("{key} "), dim()));
        }
        if knob.is_named || width >= WIDE {
            spans.push(Span::raw(format!("{} ", knob.name)));
        }
        spans.push(Span::styled(knob.value.clone(), bold()));
        if let Some(pinned) = knob.pinned.filter(|pinned| *pinned != knob.value) {
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

fn knobs(state: &State) -> Vec<Knob> {
    let clip = state.clip();
    let settings = clip.exploration.settings();
    let pinned = clip.pinned.as_ref();
    let knob = |command, name, value: &dyn Fn(&Settings, usize) -> String| Knob {
        command,
        name,
        is_named: matches!(command, Command::SmoothLess | Command::NextTemplate),
        value: value(settings, clip.exploration.outcome().width),
        pinned: pinned.map(|pinned| value(&pinned.settings, pinned.width)),
    };
    vec![
        knob(Command::SmoothLess, "smoothing", &|settings, width| {
            smoothing(settings.smoothing_seconds, width)
        }),
        knob(Command::NextTemplate, "template", &|settings, _| settings.template.name().to_owned()),
        Knob {
            command: Command::NextScale,
            name: "scale",
            is_named: true,
            value: state.scale_in_force().name().to_owned(),
            pinned: None,
        },
        knob(Command::NextCell, "cell", &|settings, _| settings.method.cell.to_string()),
        knob(Command::NextAligner, "aligner", &|settings, _| settings.method.aligner_in_words()),
        knob(Command::NextPreset, "preset", &|settings, _| settings.method.preset.to_string()),
        knob(Command::EditCalibration, "calibration", &|settings, _| {
            let Calibration { alpha, beta } =
                settings.calibration.unwrap_or_else(|| clip.exploration.calibration());
            let own = if settings.calibration.is_some() { " (own)" } else { "" };
            format!("α {alpha:.2} β {beta:.2}{own}")
        }),
        Knob {
            command: Command::EditSampling,
            name: "sampling",
            is_named: false,
            value: clip.sampling.describe(),
            pinned: None,
        },
    ]
}

fn smoothing(seconds: f64, frames: usize) -> String {
    match frames {
        _ if seconds == 0.0 => "off".to_owned(),
        // A second may hold a single frame while few are embedded.
        0 | 1 => format!("{seconds:.2} s = off"),
        _ => format!("{seconds:.2} s = {frames} frames"),
    }
}
