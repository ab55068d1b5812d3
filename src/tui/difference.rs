//! The difference of two compared classes, frame by frame.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::explore::ClassOutcome;
use crate::plot::format::plain;
use crate::plot::text::{fit, wrap};
use crate::plot::time_axis::TimeAxis;
use crate::tui::state::{State, View};
use crate::tui::theme::{bold, dim};

/// The difference of two classes on their paths.
pub struct Difference {
    /// For each frame on both paths: the mean of the selected class' path cells there minus that of the pinned one's.
    pub by_frame: Vec<Option<f64>>,
    /// The frame at which they differ most.
    pub widest: Option<usize>,
}

impl Difference {
    pub fn between(pinned: &ClassOutcome, selected: &ClassOutcome, frames: usize) -> Self {
        let (pinned, selected) = (path_means(pinned, frames), path_means(selected, frames));
        let by_frame: Vec<Option<f64>> =
            pinned.into_iter().zip(selected).map(|(pinned, selected)| Some(selected? - pinned?)).collect();
        let size = |frame: &usize| by_frame[*frame].map_or(-1.0, f64::abs);
        // The first of several.
        let widest = (0..frames)
            .filter(|&frame| by_frame[frame].is_some())
            .max_by(|a, b| size(a).total_cmp(&size(b)).then(b.cmp(a)));
        Self { by_frame, widest }
    }

    /// Size of the largest difference, or 0.
    pub fn largest(&self) -> f64 {
        self.widest.and_then(|frame| self.by_frame[frame]).map_or(0.0, f64::abs)
    }
}

/// Mean of the path's cells in each frame.
fn path_means(class: &ClassOutcome, frames: usize) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); frames];
    for &(step, frame) in &class.alignment.path {
        if let Some((sum, count)) = sums.get_mut(frame) {
            *sum += f64::from(class.cells[(step, frame)]);
            *count += 1;
        }
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}

/// The difference of the two compared classes, if both are aligned.
pub fn of(state: &State) -> Option<Difference> {
    let clip = state.clip();
    let (pinned, selected) = (clip.outcome_of(clip.compared?)?, clip.selected_outcome()?);
    (state.view == View::Compare)
        .then(|| Difference::between(pinned, selected, clip.exploration.outcome().times.len()))
}

/// Draws two rows of bars: the upper where the pinned class fits better, the lower where the selected one does.
pub fn draw(state: &State, timeline: TimeAxis, frame: &mut Frame, area: Rect) {
    const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    if area.height < 2 {
        return;
    }
    let Some(difference) = of(state) else { return };
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

/// Where the classes differ most, in words.
pub fn in_words(state: &State, columns: usize) -> Vec<Line<'static>> {
    let clip = state.clip();
    let name = |class: usize| clip.exploration.candidates()[class].name.clone();
    let (Some(difference), Some(pinned)) = (of(state), clip.compared) else { return Vec::new() };
    if pinned == clip.selected {
        let text = wrap("Select another candidate to compare with.", columns, 2);
        return text.into_iter().map(|line| Line::styled(line, dim())).collect();
    }
    let Some((frame, value)) = difference.widest.and_then(|at| Some((at, difference.by_frame[at]?))) else {
        return Vec::new();
    };
    let better = if value >= 0.0 { clip.selected } else { pinned };
    let time = clip.exploration.outcome().times[frame];
    let ahead = |class: usize| {
        let sign = if class == clip.selected { 1.0 } else { -1.0 };
        difference.by_frame.iter().flatten().filter(|&&value| value * sign > 0.0).count()
    };
    let counts = format!("ahead in frames: ◆ {}, ▶ {}", ahead(pinned), ahead(clip.selected));
    vec![
        Line::from(vec![
            Span::raw(format!("differ most at {time:.2} s: ")),
            Span::styled(format!("+{}", plain(value.abs())), bold()),
        ]),
        Line::raw(fit(&format!("for {}", name(better)), columns)),
        Line::styled(fit(&counts, columns), dim()),
    ]
}
