//! How sure the winner is, in words.

use crate::explain::Confidence;
use crate::plot::format::{plain, signed};
use crate::plot::order;
use crate::plot::text::width;

/// What is said of a winner whose interval holds zero.
pub const TOO_CLOSE: &str = "too close to call";

/// The verdict, the margin and its interval, as far as there is room.
pub fn heading(confidence: &Confidence, room: usize) -> String {
    let Confidence { margin, interval: [low, high], too_close, .. } = *confidence;
    let numbers = format!("margin {} in [{}, {}]", signed(margin), signed(low), signed(high));
    let texts = match too_close {
        true => [format!("{TOO_CLOSE}: {numbers}"), TOO_CLOSE.to_owned(), "too close".to_owned()],
        false => [format!("{numbers}, 95 %"), numbers, String::new()],
    };
    texts.into_iter().find(|text| width(text) <= room).unwrap_or_default()
}

/// The same in full, for tables.
pub fn line(confidence: &Confidence) -> String {
    let Confidence { margin, interval: [low, high], too_close, won, margin_order, .. } = *confidence;
    let numbers = [margin, low, high].map(|value| format!("{value:.3e}"));
    let orders = margin_order.map_or_else(String::new, |found| format!("; {}", order::margin_line(&found)));
    format!(
        "{}margin {}, 95 % interval [{}, {}], in front in {:.1} % of the draws of frames{orders}",
        if too_close { format!("{TOO_CLOSE}: ") } else { String::new() },
        numbers[0],
        numbers[1],
        numbers[2],
        100.0 * won
    )
}

/// The same in a sentence.
pub fn sentence(confidence: &Confidence) -> String {
    let Confidence { margin, interval: [low, high], too_close, margin_order, .. } = *confidence;
    let orders =
        margin_order.map_or_else(String::new, |found| format!(" {}", order::margin_sentence(&found)));
    let verdict = if too_close { "Too close to call: the" } else { "The" };
    format!(
        "{verdict} margin is {}, its 95 percent interval {} to {}.{orders}",
        plain(margin),
        plain(low),
        plain(high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: Confidence = Confidence {
        margin: 0.002,
        interval: [-0.01, 0.013],
        too_close: true,
        spread: 0.005,
        won: 0.615,
        block: 3,
        margin_order: None,
    };

    #[test]
    fn the_verdict_stays_where_numbers_have_no_room() {
        let full = "too close to call: margin +0.0020 in [-0.0100, +0.0130]";
        assert_eq!(heading(&CLOSE, full.len()), full);
        assert_eq!(heading(&CLOSE, full.len() - 1), "too close to call");
        assert_eq!(heading(&CLOSE, 16), "too close");
        assert_eq!(heading(&CLOSE, 8), "");
        let clear = Confidence { interval: [0.001, 0.003], too_close: false, ..CLOSE };
        assert_eq!(heading(&clear, 60), "margin +0.0020 in [+0.0010, +0.0030], 95 %");
        assert_eq!(heading(&clear, 20), "");
    }

    #[test]
    fn tables_and_sentences_say_it_in_full() {
        assert_eq!(
            line(&CLOSE),
            "too close to call: margin 2.000e-3, 95 % interval [-1.000e-2, 1.300e-2], in front in 61.5 % of the draws of frames"
        );
        assert_eq!(
            sentence(&CLOSE),
            "Too close to call: the margin is 0.0020, its 95 percent interval -0.0100 to 0.0130."
        );
    }
}
