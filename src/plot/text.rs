//! Text in lines and columns of a terminal. `font` does the same for figures.

use ratatui::text::{Line, Span};

use crate::visible::visible_line;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    Line::from(text).width()
}

/// A text on one line, cut to `columns`, with an ellipsis where it was longer.
pub fn fit(text: &str, columns: usize) -> String {
    fit_by(text, columns as f64, |line| width(line) as f64)
}

/// A text in at most `most` lines of `columns`, broken at spaces; the last one ends in an ellipsis where there is more.
pub fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    wrap_by(text, columns as f64, most, |line| width(line) as f64)
}

/// A styled line cut to `columns`, with an ellipsis where it was longer.
pub fn fit_line(line: Line<'static>, columns: usize) -> Line<'static> {
    if line.width() <= columns {
        return line;
    }
    let mut room = columns;
    let mut cut = Line { spans: Vec::new(), ..line };
    for span in line.spans {
        let length = span.width();
        if length < room {
            room -= length;
            cut.spans.push(span);
            continue;
        }
        // What follows is missing, so that a span that just fits is cut, too.
        cut.spans.push(Span { content: fit(&format!("{} …", span.content), room).into(), ..span });
        break;
    }
    cut
}

/// [`fit`] with any measure of length.
pub(super) fn fit_by(text: &str, room: f64, measure: impl Fn(&str) -> f64) -> String {
    let text = visible_line(text);
    if measure(&text) <= room {
        return text.into_owned();
    }
    if measure("…") > room {
        return String::new();
    }
    let mut end = 0;
    for (start, character) in text.char_indices() {
        let next = start + character.len_utf8();
        if measure(&format!("{}…", &text[..next])) > room {
            break;
        }
        end = next;
    }
    format!("{}…", text[..end].trim_end())
}

/// [`wrap`] with any measure of length. There is always a line.
pub(super) fn wrap_by(text: &str, room: f64, most: usize, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in visible_line(text).split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if measure(&longer) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            if lines.len() + 1 >= most {
                lines.push(fit_by(&longer, room, measure));
                return lines;
            }
            lines.push(std::mem::take(&mut line));
        }
        // A word that no line holds is broken.
        for character in word.chars() {
            line.push(character);
            if line.chars().nth(1).is_none() || measure(&line) <= room {
                continue;
            }
            if lines.len() + 1 >= most {
                lines.push(fit_by(&line, room, measure));
                return lines;
            }
            line.pop();
            lines.push(std::mem::replace(&mut line, character.to_string()));
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn lines_keep_to_their_length_and_lose_no_word() {
        assert_eq!(wrap("the athlete runs to the board", 12, 9), ["the athlete", "runs to the", "board"]);
        assert_eq!(wrap("a Donaudampfschiff sinks", 8, 9), ["a", "Donaudam", "pfschiff", "sinks"]);
        assert_eq!(wrap("三级跳远三级跳远", 8, 9), ["三级跳远", "三级跳远"]);
        assert_eq!(wrap(" ", 8, 9), [""]);
    }

    #[test]
    fn a_line_of_several_styles_ends_in_an_ellipsis_if_it_is_cut() {
        let line = || {
            Line::from(vec![Span::raw("one "), Span::styled("two", Style::new().bold()), Span::raw(" three")])
        };
        let text = |columns| fit_line(line(), columns).to_string();
        assert_eq!(fit_line(line(), 13), line());
        assert_eq!(
            (text(12), text(9), text(8)),
            ("one two thr…".to_owned(), "one two…".to_owned(), "one two…".to_owned())
        );
        assert_eq!((text(7), text(4), text(1)), ("one tw…".to_owned(), "one…".to_owned(), "…".to_owned()));
        assert_eq!(fit_line(line(), 7).spans[1].style, Style::new().bold());
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(wrap("a\u{1b}[2J\tb\u{202e}", 30, 1), ["a\\u{1b}[2J b\\u{202e}"]);
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(wrap("the cook lifts the pan", 12, 2), ["the cook", "lifts the p…"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three…"]);
        assert_eq!(wrap("Donaudampfschiff", 8, 1), ["Donauda…"]);
        assert_eq!(wrap("one two", 7, 1), ["one two"]);
        assert_eq!(fit("  one two three", 9), "  one tw…");
        assert_eq!((fit("one", 1), fit("one", 0)), ("…".to_owned(), String::new()));
    }
}
