//! The clip, how far its embedding is, and the knobs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

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
    clip += &format!(" · {} · {}", state.clip().sources.sampling, state.clip().sources.device);
    frame.render_widget(Line::styled(fit(&clip, room), bold()), area);
    frame.render_widget(Line::raw(progress).right_aligned(), area);
}

fn progress(state: &State) -> String {
    let progress = &state.clip().progress;
    let embedded = state.clip().exploration.frame_count();
    let expected = progress.expected_frames.unwrap_or(progress.decoded).max(embedded);
    if progress.all_decoded && embedded >= expected && progress.texts_missing == 0 {
        let skipped = if progress.skipped > 0 {
            format!(", {} damaged left out", progress.skipped)
        } else {
            String::new()
        };
        return format!("{embedded} frames{skipped}");
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

pub fn draw_knobs(state: &State, frame: &mut Frame, area: Rect) {
    let settings = state.clip().exploration.settings();
    let frames = state.clip().exploration.outcome().width;
    let seconds = settings.smoothing_seconds;
    let smoothing = match frames {
        _ if seconds == 0.0 => "off".to_owned(),
        // A second may hold a single frame while few are embedded.
        0 | 1 => format!("{seconds:.2} s = off"),
        _ => format!("{seconds:.2} s = {frames} frames"),
    };
    let mut spans = Vec::new();
    for (key, name, value) in [
        ("[ ]", "smoothing", smoothing.as_str()),
        ("t", "template", settings.template.name()),
        ("v", "scale", state.scale.name()),
    ] {
        spans.push(Span::styled(format!("{key} "), dim()));
        spans.push(Span::raw(format!("{name} ")));
        spans.push(Span::styled(value.to_owned(), bold()));
        spans.push(Span::raw("  "));
    }
    spans.push(Span::styled(format!("{} · {}", settings.method.aligner, settings.method.preset), dim()));
    frame.render_widget(Line::from(spans), area);
}
