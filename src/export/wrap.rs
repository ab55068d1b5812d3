//! Text in lines.

use crate::visible::visible_line;

/// A text in lines of a length, `most` at most; an ellipsis ends the last one where there is more. `measure` gives the
/// length of a line.
pub fn wrap(text: &str, room: f64, most: usize, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let text = visible_line(text);
    for word in text.split_whitespace() {
        let longer = match lines.last().filter(|line| !line.is_empty()) {
            Some(line) => format!("{line} {word}"),
            None => word.to_owned(),
        };
        if measure(&longer) <= room {
            lines.pop();
            lines.push(longer);
            continue;
        }
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
        // A word that no line holds is broken.
        for character in word.chars() {
            let mut longer = lines.pop().unwrap_or_default();
            longer.push(character);
            if measure(&longer) > room && longer.chars().nth(1).is_some() {
                longer.pop();
                lines.push(longer);
                lines.push(character.to_string());
            } else {
                lines.push(longer);
            }
            if lines.len() > most {
                return cut(lines, room, most, measure);
            }
        }
    }
    lines
}

/// The first lines of more.
fn cut(mut lines: Vec<String>, room: f64, most: usize, measure: impl Fn(&str) -> f64) -> Vec<String> {
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        while !last.is_empty() && measure(&format!("{last}…")) > room {
            last.pop();
        }
        *last = format!("{}…", last.trim_end());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    fn lines(text: &str, room: f64, most: usize) -> Vec<String> {
        wrap(text, room, most, |line| line.chars().count() as f64)
    }

    #[test]
    fn lines_keep_to_their_length_and_lose_no_word() {
        assert_eq!(lines("the athlete runs to the board", 12.0, 9), ["the athlete", "runs to the", "board"]);
        assert_eq!(lines("a Donaudampfschiff sinks", 8.0, 9), ["a", "Donaudam", "pfschiff", "sinks"]);
        assert_eq!(lines(" ", 8.0, 9), [""]);
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(lines("a\u{1b}[2J\tb\u{202e}", 30.0, 1), ["a\\u{1b}[2J b\\u{202e}"]);
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(lines("one two three four", 7.0, 2), ["one two", "three…"]);
        assert_eq!(lines("one two", 7.0, 1), ["one two"]);
        assert_eq!(lines("one", 0.0, 2), ["o", "…"]);
    }
}
