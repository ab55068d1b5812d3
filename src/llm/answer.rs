//! What a model has said: JSON among other things.

use serde_json::{Deserializer, Value};

/// Places in a text at which JSON is looked for, at most.
const TRIES: usize = 2000;

/// The objects and lists in a text, in order, none within another: however they are fenced, and whatever is around them.
pub fn json_in(text: &str) -> impl Iterator<Item = Value> {
    let text = without_thoughts(text);
    let mut from = 0;
    let mut tries = 0;
    std::iter::from_fn(move || {
        while let Some(place) = text[from..].find(['{', '[']) {
            tries += 1;
            if tries > TRIES {
                return None;
            }
            let start = from + place;
            let mut values = Deserializer::from_str(&text[start..]).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) => {
                    from = start + values.byte_offset();
                    return Some(value);
                }
                _ => from = start + 1,
            }
        }
        None
    })
}

/// The text after what a model thinks aloud; a thought that was cut off leaves nothing. Some servers leave out the opening
/// mark.
pub fn without_thoughts(text: &str) -> &str {
    match text.rsplit_once("</think>") {
        Some((_, said)) => said.trim(),
        None if text.trim_start().starts_with("<think>") => "",
        None => text.trim(),
    }
}

/// The beginning of a text of others, on one line and without control characters.
pub fn excerpt(text: &str, most: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A text of others on one line: white space collapsed, control characters gone.
pub fn one_line(text: &str) -> String {
    let words = text.split_whitespace();
    let words: Vec<String> = words.map(|word| word.chars().filter(|c| !c.is_control()).collect()).collect();
    words.into_iter().filter(|word: &String| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text of others that keeps its lines, and no other control characters.
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(text: &str) -> Vec<Value> {
        json_in(text).collect()
    }

    #[test]
    fn json_is_found_in_prose_and_fences() {
        let fenced = "Sure {here} you are [1]:\n```json\n{\"a\": [\"}\", {}]}\n```\nIs [\"this\" right?";
        assert_eq!(found(fenced), [json!([1]), json!({"a": ["}", {}]})]);
        assert_eq!(found(" [\"a\"] "), [json!(["a"])]);
        assert!(found("{\"a\": [1, 2").iter().all(|value| value == &json!([1, 2])));
        assert!(found("no answer").is_empty());
    }

    proptest! {
        /// Whatever prose without braces is around it.
        #[test]
        fn an_object_is_found_anywhere(before in "[^\\[\\{]{0,40}", after in ".{0,40}", step in ".{0,20}") {
            let object = json!({"steps": [step]});
            prop_assume!(!after.contains("</think>") && !before.trim_start().starts_with("<think>"));
            let found = found(&format!("{before}{object}{after}"));
            prop_assert_eq!(found.first(), Some(&object));
        }
    }

    #[test]
    fn thoughts_are_left_out() {
        assert_eq!(found("<think>[\"a\"]?</think>\n[\"b\"]"), [json!(["b"])]);
        assert_eq!(found("[\"a\"]?</think>[\"b\"]"), [json!(["b"])]);
        assert!(found("<think>[\"a\"] or").is_empty());
    }

    #[test]
    fn hostile_texts_end_soon() {
        for text in ["[".repeat(100_000), "{\"".repeat(100_000), "[1,".repeat(100_000)] {
            assert!(found(&text).is_empty());
        }
    }

    #[test]
    fn texts_of_others_stay_on_one_line() {
        assert_eq!(one_line(" a\n\t\u{1b}[31mb \u{7} c "), "a [31mb c");
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }
}
