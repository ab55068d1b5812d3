//! Text from files, arguments and servers, escaped so that a terminal only shows it.

use std::borrow::Cow;

use serde::Serialize;

/// Whether a terminal or a text viewer interprets a character instead of showing it: control characters, marks of text
/// direction, line separators, and invisible marks.
pub fn is_obeyed(character: char) -> bool {
    match character {
        // Arabic letter mark, left-to-right and right-to-left marks.
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        // Line and paragraph separator, embeddings and overrides.
        '\u{2028}'..='\u{202e}' => true,
        // Isolates and deprecated format characters.
        '\u{2066}'..='\u{206f}' => true,
        // Byte order mark, interlinear annotations.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        _ => character.is_control(),
    }
}

/// The text with an escape such as `\u{1b}` for every character that [`is_obeyed`], except line breaks and tabs.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_obeyed(c) && !matches!(c, '\n' | '\t'))
}

/// As [`visible`], on one line: line breaks and tabs become spaces.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t', '\r']) {
        return escape(text, is_obeyed);
    }
    Cow::Owned(escape(&text.replace("\r\n", " ").replace(['\n', '\t', '\r'], " "), is_obeyed).into_owned())
}

fn escape(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// A value as one line of JSON that is safe to show.
///
/// # Errors
/// If the value cannot be serialised.
pub fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    Ok(visible_json(&serde_json::to_string(value)?) + "\n")
}

/// Escapes characters that [`is_obeyed`] as `\uXXXX`, from which parsers read the exact value. In valid JSON they occur only
/// inside strings.
pub fn visible_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_obeyed(character) && character != '\n' {
            // All of them are in the basic plane.
            escaped += &format!("\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(visible("\u{1b}]0;x\u{7}\r"), "\\u{1b}]0;x\\u{7}\\u{d}");
        assert_eq!(visible("a\u{9b}31m\u{7f}\u{202e}b\u{2028}"), "a\\u{9b}31m\\u{7f}\\u{202e}b\\u{2028}");
        for plain in ["two\nlines\tand a tab", "عربى", "e\u{301} 👩\u{200d}🍳", "\\u{1b}"] {
            assert!(matches!(visible(plain), Cow::Borrowed(_)), "{plain}");
        }
        assert_eq!(visible_line("a\r\nb\tc\rd\u{1b}"), "a b c d\\u{1b}");
    }

    #[test]
    fn escaped_json_keeps_the_value() {
        let all: String = ('\0'..='\u{ffff}').filter(|&c| is_obeyed(c)).chain("é\"\\👩".chars()).collect();
        let text = json(&[&all]).unwrap();
        assert!(!text.trim_end().chars().any(is_obeyed), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [all]);
    }
}
