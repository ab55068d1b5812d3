//! The clip, its progress, and the knobs.

use std::path::Path;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::explore::Sources;
use crate::explore::knobs::{self, KnobValues};
use crate::plot::text::fit_line;
use crate::tui::commands::Command;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let progress = progress(state);
    let room = usize::from(area.width).saturating_sub(Line::from(progress.as_str()).width() + 1);
    let clip = clip_in_words(state);
    frame.render_widget(Line::styled(fit(&clip, room), bold()), area);
    frame.render_widget(Line::raw(progress).right_aligned(), area);
}

/// The clip, how it is sampled, the model and the device.
pub fn clip_in_words(state: &State) -> String {
    let mut clip = match state.place() {
        (_, 1) => state.clip().sources.clip_name().to_owned(),
        (place, several) => format!("clip {place}/{several} · {}", state.clip().id),
    };
    if let Some(info) = &state.clip().info {
        clip += &format!(" · {}×{} {}", info.width, info.height, info.codec);
    }
    let Sources { sampling, model, device, .. } = &state.clip().sources;
    clip += &format!(" · {sampling}");
    if let Some(name) = Path::new(model).file_name() {
        clip += &format!(" · {} model", name.to_string_lossy());
    }
    clip += &format!(" · {device}");
    clip
}

fn progress(state: &State) -> String {
    let progress = &state.clip().progress;
    let embedded = state.clip().exploration.frame_count();
    let expected = progress.expected_frames.unwrap_or(progress.decoded).max(embedded);
    if progress.all_decoded && embedded >= expected && progress.texts_missing == 0 {
        let faults = &progress.faults;
        let faults = if faults.is_empty() { String::new() } else { format!(", {}", faults.summary()) };
        // A frame that stays for several ticks fills several columns.
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
    if let Some(seen) = state.clip().settled() {
        text += &format!(" · settled at {} %", seen.percent());
    }
    let done = (embedded * 8).checked_div(expected).unwrap_or(0);
    format!("{text} {}{}", "▰".repeat(done), "▱".repeat(8 - done))
}

/// Rows of the knobs in a terminal of this width.
pub fn knob_rows(state: &State, width: u16) -> u16 {
    lines(state, width).len() as u16
}

pub fn draw_knobs(state: &State, frame: &mut Frame, area: Rect) {
    for (row, line) in area.rows().zip(lines(state, area.width)) {
        frame.render_widget(line, row);
    }
}

/// The mark of a smoothing that is wider than the steps of the selected class.
pub const WIDE_SMOOTHING: &str = "⚠";

/// Columns from which on all knobs are shown with their names.
const WIDE: u16 = 100;

enum Knob {
    Method(knobs::Knob),
    /// A knob of the screen: its name and its value.
    Screen(&'static str, fn(&State) -> String),
}

/// The knobs in their order, each with the commands whose keys are shown, and whether its name is shown even where there
/// is little room.
const ROWS: [(&[Command], bool, Knob); 8] = [
    (&[Command::SmoothLess, Command::SmoothMore], true, Knob::Method(knobs::SMOOTHING)),
    (&[Command::NextTemplate], true, Knob::Method(knobs::TEMPLATE)),
    (&[Command::NextScale], true, Knob::Screen("scale", |state| state.scale_in_force().name().to_owned())),
    (&[Command::NextCell], false, Knob::Method(knobs::CELL)),
    (&[Command::NextAligner], false, Knob::Method(knobs::ALIGNER)),
    (&[Command::NextPreset], false, Knob::Method(knobs::PRESET)),
    (&[Command::EditCalibration], false, Knob::Method(knobs::CALIBRATION)),
    (&[Command::EditSampling], false, Knob::Screen("sampling", |state| state.clip().sampling.describe())),
];

/// All knobs with their keys, names and values, and pinned values that are different, in as many lines as they need.
fn lines(state: &State, width: u16) -> Vec<Line<'static>> {
    let clip = state.clip();
    let values = clip.knob_values();
    let pinned = clip.pinned.as_ref();
    let pinned = pinned.map(|pinned| KnobValues::new(&pinned.settings, pinned.width, &clip.exploration));
    let mut lines: Vec<Line> = Vec::new();
    for (commands, is_named, knob) in ROWS {
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
        if name == knobs::SMOOTHING.name && clip.exploration.outcome().wide_smoothing(clip.selected).is_some()
        {
            spans.push(Span::styled(format!(" {WIDE_SMOOTHING}"), state.theme.bad()));
        }
        if let Some(pinned) = pinned.filter(|pinned| *pinned != value) {
            spans.push(Span::styled(format!(" (pinned {pinned})"), state.theme.accent()));
        }
        let knob = fit_line(Line::from(spans), width.into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_of_the_method_is_shown_in_its_order() {
        let of_method = ROWS.iter().filter_map(|(_, _, knob)| match knob {
            Knob::Method(knob) => Some(knob.name),
            Knob::Screen(..) => None,
        });
        assert!(of_method.eq(knobs::KNOBS.iter().map(|knob| knob.name)));
    }
}
