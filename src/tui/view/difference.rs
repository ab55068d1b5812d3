//! Where the two classes of a comparison part: frame by frame, whose path fits better.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::plot::format::plain;
use crate::plot::time_axis::TimeAxis;
use crate::tui::difference;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;

/// Two rows: the upper bar where the pinned class fits better, the lower where the selected one does.
pub fn draw(state: &State, timeline: TimeAxis, frame: &mut Frame, area: Rect) {
    const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    if area.height < 2 {
        return;
    }
    let Some(difference) = difference::of(state) else { return };
    let largest = difference.largest().max(f64::MIN_POSITIVE);
    let times = &state.clip().exploration.outcome().times;
    let theme = &state.theme;
    let buffer = frame.buffer_mut();
    for column in 0..area.width {
        let frames = timeline.frames(column.into(), times);
        let values: Vec<f64> = difference.by_frame[frames].iter().copied().flatten().collect();
        if values.is_empty() {
            continue;
        }
        let share = values.iter().sum::<f64>() / values.len() as f64 / largest;
        let height = BARS[((share.abs() * 8.0).round() as usize).min(8)];
        // The pinned class stands above in the view, and its bar does too.
        let (row, at) = if share < 0.0 { (area.y, -1.0) } else { (area.y + 1, 1.0) };
        let style = if theme.is_plain() { Style::new() } else { theme.in_colour(theme.difference(at)) };
        buffer.set_string(area.x + column, row, height, style);
    }
}

/// In words, where the classes part.
pub fn in_words(state: &State, columns: usize) -> Vec<Line<'static>> {
    let clip = state.clip();
    let name = |class: usize| clip.exploration.candidates()[class].name.clone();
    let (Some(difference), Some(pinned)) = (difference::of(state), clip.compared) else { return Vec::new() };
    let mut lines = Vec::new();
    if pinned == clip.selected {
        lines.push(Line::styled("Select another candidate to compare with.", dim()));
        return lines;
    }
    if let Some(frame) = difference.widest
        && let Some(value) = difference.by_frame[frame]
    {
        let better = if value >= 0.0 { clip.selected } else { pinned };
        let time = clip.exploration.outcome().times[frame];
        lines.push(Line::from(vec![
            Span::raw(format!("part most at {time:.2} s: ")),
            Span::styled(format!("+{}", plain(value.abs())), bold()),
        ]));
        lines.push(Line::raw(fit(&format!("for {}", name(better)), columns)));
        let ahead = |class: usize| {
            let sign = if class == clip.selected { 1.0 } else { -1.0 };
            difference.by_frame.iter().flatten().filter(|&&value| value * sign > 0.0).count()
        };
        lines.push(Line::styled(
            fit(&format!("ahead in frames: ◆ {}, ▶ {}", ahead(pinned), ahead(clip.selected)), columns),
            dim(),
        ));
    }
    lines
}
