//! The map of a frame over its picture: windows tinted, or without colours the strongest outlined.

use image::RgbImage;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::explain::PatchMap;
use crate::plot::colour::between;
use crate::plot::format::{plain, signed};
use crate::plot::text::{fit, width};
use crate::tui::patches::{FrameMap, NoMap};
use crate::tui::state::State;
use crate::tui::theme::{Theme, bold, dim};

/// Opacity of the tint of the largest value.
const OPACITY: f32 = 0.7;
/// Windows that are outlined where there are no colours.
const OUTLINED: usize = 3;

/// Tints each window of a picture by a map, if there is one: windows that add in the colour of what is good, the others in
/// that of what is bad, the more the larger their value is beside the largest. The picture itself turns grey, lest its colours
/// are taken for tints.
pub fn tinted(mut picture: RgbImage, map: Option<&PatchMap>, theme: &Theme) -> RgbImage {
    let Some(map) = map else { return picture };
    let (rows, columns) = map.values.dim();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let largest = map.largest().max(f32::MIN_POSITIVE);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let window = (y as usize * rows / height, x as usize * columns / width);
        let value = map.values[window] / largest;
        let colour = if value > 0.0 { theme.palette.good } else { theme.palette.bad };
        let [r, g, b] = pixel.0.map(u32::from);
        let grey = [((299 * r + 587 * g + 114 * b) / 1000) as u8; 3];
        pixel.0 = between(&[grey, colour], OPACITY * value.abs());
    }
    picture
}

/// Tells pictures with different tints apart; 0 without a map.
pub fn fingerprint(map: Option<&PatchMap>, theme: &Theme) -> u32 {
    let Some(map) = map else { return 0 };
    let colours = [theme.palette.good, theme.palette.bad].into_iter().flatten().map(u32::from);
    let values = map.values.iter().map(|value| value.to_bits());
    // Fowler, Noll and Vo's hash.
    values.chain(colours).fold(0x811c_9dc5, |hash, value| (hash ^ value).wrapping_mul(0x0100_0193))
}

/// Outlines the strongest windows of a picture at `place`, each with its rank.
pub fn outline(map: &PatchMap, frame: &mut Frame, place: Rect) {
    let (rows, columns) = map.values.dim();
    let buffer = frame.buffer_mut();
    let edge = |start: u16, length: u16, at: usize, count: usize| {
        start + (usize::from(length) * at / count.max(1)) as u16
    };
    let strongest = map.strongest(OUTLINED).into_iter().filter(|(_, value)| *value > 0.0);
    // The strongest last, over the others.
    for (rank, ((row, column), _)) in strongest.enumerate().collect::<Vec<_>>().into_iter().rev() {
        let (left, right) =
            (edge(place.x, place.width, column, columns), edge(place.x, place.width, column + 1, columns));
        let (top, bottom) =
            (edge(place.y, place.height, row, rows), edge(place.y, place.height, row + 1, rows));
        let (right, bottom) = (right.max(left + 1) - 1, bottom.max(top + 1) - 1);
        if right > left && bottom > top {
            for x in left..=right {
                buffer[(x, top)].set_symbol("─").set_style(bold());
                buffer[(x, bottom)].set_symbol("─").set_style(bold());
            }
            for y in top..=bottom {
                buffer[(left, y)].set_symbol("│").set_style(bold());
                buffer[(right, y)].set_symbol("│").set_style(bold());
            }
            for (at, corner) in
                [((left, top), "┌"), ((right, top), "┐"), ((left, bottom), "└"), ((right, bottom), "┘")]
            {
                buffer[at].set_symbol(corner);
            }
        }
        let middle = left + (right - left) / 2;
        buffer[(middle, top)].set_char(char::from(b'1' + rank as u8)).set_style(bold());
    }
}

/// What the map shows and the range of its values, or why there is none.
pub fn caption(state: &State, shown: &Result<FrameMap, NoMap>, columns: usize) -> Line<'static> {
    let found = match shown {
        Ok(found) => found,
        Err(reason) => {
            return Line::styled(fit(&format!("patches: {reason}"), columns), dim());
        }
    };
    let (low, high) = found.map.range();
    let mut what = format!("step {}", found.of.step + 1);
    let mut cosine = plain(found.map.cosine.into());
    if let Some(less) = found.less {
        let name = &state.clip().exploration.candidates()[less.class].name;
        what += &format!(" less step {} of {name}", less.step + 1);
        cosine = signed(found.map.cosine.into());
    }
    let values =
        format!(" · cosine {cosine} · a patch adds {} to {}", signed(low.into()), signed(high.into()));
    let legend = if state.theme.is_plain() {
        vec![Span::styled("  1–3 strongest", dim())]
    } else {
        let Theme { palette, .. } = &state.theme;
        vec![
            Span::raw("  "),
            Span::styled("■", state.theme.in_colour(palette.good)),
            Span::styled(" adds  ", dim()),
            Span::styled("■", state.theme.in_colour(palette.bad)),
            Span::styled(" takes away", dim()),
        ]
    };
    let needed: usize = legend.iter().map(Span::width).sum();
    let what = fit(&what, columns.saturating_sub(width(&values)).max(20));
    let has_room = width(&what) + width(&values) + needed <= columns;
    let text = fit(&format!("{what}{values}"), columns);
    Line::from_iter([Span::raw(text)].into_iter().chain(legend.into_iter().filter(|_| has_room)))
}
