//! What a model has said: its final answer, without what it thought before.

use serde_json::{Deserializer, Value};

use crate::visible::is_obeyed;

/// Characters of a tag at most, attributes included.
const LONGEST_TAG: usize = 100;

/// Places in a text at which JSON is looked for, at most.
const TRIES: usize = 2000;

/// Names of the tags that models think between, such as `<think>`, in lower case.
const THOUGHTS: [&str; 8] =
    ["think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad"];

/// The final part of an answer.
#[derive(Debug)]
pub struct Final<'a> {
    /// The text without thoughts. Empty where a thought was cut off.
    pub text: &'a str,
    /// The objects and lists in it, in order, none within another, however they are fenced. Where there are several, the
    /// later ones replace the earlier, which are drafts.
    pub json: Vec<Value>,
    /// What stands after the last of them: nothing where the answer ends with it.
    pub rest: &'a str,
    /// It ends within an object or a list.
    pub is_cut: bool,
}

impl<'a> Final<'a> {
    pub fn of(answer: &'a str) -> Self {
        let text = without_thoughts(answer);
        let mut found = Self { text, json: Vec::new(), rest: text, is_cut: false };
        let mut from = 0;
        for _ in 0..TRIES {
            let Some(place) = text[from..].find(['{', '[']) else { return found };
            let start = from + place;
            let mut values = Deserializer::from_str(&text[start..]).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) => {
                    from = start + values.byte_offset();
                    found.json.push(value);
                    found.rest = &text[from..];
                }
                Some(Err(error)) if error.is_eof() => {
                    found.is_cut = true;
                    return found;
                }
                // Nothing within broken JSON counts: nobody knows what it stands for there.
                Some(Err(error)) => from = start + broken(&text[start..], &error).max(1),
                None => from = start + 1,
            }
        }
        // Whoever opens so many brackets has no answer.
        Self { json: Vec::new(), is_cut: true, ..found }
    }

    /// Whether nothing but the end of a fence stands behind an object or a list.
    pub fn ends_with_json(&self) -> bool {
        !self.json.is_empty() && self.rest.trim_matches(|c: char| c == '`' || c.is_whitespace()).is_empty()
    }
}

/// How much of a text a parser has read before its error. The bracket that the error may be at is not among it.
fn broken(text: &str, error: &serde_json::Error) -> usize {
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let end = (line + error.column().saturating_sub(1)).min(text.len());
    (0..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The text after what a model thinks aloud. Some servers leave out the opening tag, so that everything before a closing one
/// is a thought; one that was cut off leaves nothing.
fn without_thoughts(answer: &str) -> &str {
    let (mut said, mut is_thought) = (answer, false);
    for (at, _) in answer.match_indices(['<', '[', '◁']) {
        if let Some((opens, after)) = tag(&answer[at..]) {
            (said, is_thought) = (after, opens);
        }
    }
    if is_thought { "" } else { said.trim() }
}

/// Whether the tag at the beginning of a text opens a thought or closes one, and the text after it; none of another tag.
fn tag(text: &str) -> Option<(bool, &str)> {
    // One family of models names what follows: `final` is the answer.
    if let Some(channel) = text.strip_prefix("<|channel|>") {
        const MESSAGE: &str = "<|message|>";
        let end = channel.char_indices().nth(LONGEST_TAG).map_or(channel.len(), |(end, _)| end);
        let name = channel[..end].split(MESSAGE).next().unwrap_or_default();
        let after = channel[name.len()..].strip_prefix(MESSAGE).unwrap_or_default();
        return Some((!name.trim_start().starts_with("final"), after));
    }
    let (inner, close) = match text.chars().next()? {
        '<' => (&text[1..], '>'),
        '[' => (&text[1..], ']'),
        bracket => (&text[bracket.len_utf8()..], '▷'),
    };
    let (end, _) = inner.char_indices().take(LONGEST_TAG).find(|&(_, character)| character == close)?;
    let (inner, after) = (inner[..end].trim(), &inner[end + close.len_utf8()..]);
    let name = inner.strip_prefix('/').unwrap_or(inner).split_whitespace().next()?.to_lowercase();
    // Some have a prefix, as `seed:think`.
    let name = name.rsplit(':').next()?;
    // Square brackets are headings and lists as well.
    let is_thought = THOUGHTS.contains(&name) && (close != ']' || inner.trim_start_matches('/') == "THINK");
    is_thought.then_some((!inner.starts_with('/'), after))
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
    let words: Vec<String> = words.map(|word| word.chars().filter(|&c| !is_obeyed(c)).collect()).collect();
    words.into_iter().filter(|word: &String| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text of others that keeps its lines, and no other control characters.
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|&c| !is_obeyed(c) || matches!(c, '\n' | '\t' | '\r')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(text: &str) -> Vec<Value> {
        Final::of(text).json
    }

    #[test]
    fn json_is_found_in_prose_and_fences() {
        let fenced = "Sure {here} you are [1]:\n```json\n{\"a\": [\"}\", {}]}\n```\nIs [\"this\" right?";
        assert_eq!(found(fenced), [json!([1]), json!({"a": ["}", {}]})]);
        assert_eq!(found(" [\"a\"] "), [json!(["a"])]);
        assert!(found("no answer").is_empty());
        assert_eq!(found("{{\"a\": 1}}"), [json!({"a": 1})]);
        assert_eq!(found("Zeile\nzwei über [das {\"a\": 1}"), [json!({"a": 1})]);
    }

    #[test]
    fn nothing_within_broken_json_counts() {
        assert!(found("{\"draft\": {\"answer\": 1}, \"final\": {\"answer\": 2},}").is_empty());
        let cut = Final::of("{\"a\": 1} {\"draft\": {\"answer\": 1}, \"final\": ");
        assert_eq!((cut.json, cut.is_cut), (vec![json!({"a": 1})], true));
        assert!(Final::of("{\"a\": [1, 2").is_cut);
        assert!(!Final::of("{\"a\": [1, 2]} done").is_cut);
    }

    proptest! {
        /// Whatever prose without braces is around it.
        #[test]
        fn an_object_is_found_anywhere(
            before in "[^\\[\\{<◁]{0,40}",
            after in "[^\\[\\{<◁]{0,40}",
            step in "[^<\\[◁]{0,20}",
        ) {
            let object = json!({"steps": [step]});
            let text = format!("{before}{object}{after}");
            let found = Final::of(&text);
            prop_assert_eq!(found.json.first(), Some(&object));
            prop_assert_eq!(found.rest.trim(), after.trim());
        }

        #[test]
        fn any_text_has_an_end(text in "[\\[\\{\"a:,1 <>/think\\]\\}\\n]{0,200}") {
            Final::of(&text);
        }
    }

    #[test]
    fn thoughts_are_left_out() {
        for thought in [
            "<think>[\"a\"]?</think>",
            "[\"a\"]?</think>",
            "<thinking>[\"a\"]?</thinking>",
            "<THINK>[\"a\"]?</THINK>",
            "<Reasoning effort=\"high\">[\"a\"]?</Reasoning>",
            "<seed:think>[\"a\"]?</seed:think>",
            "[THINK][\"a\"]?[/THINK]",
            "◁think▷[\"a\"]?◁/think▷",
            "<think>a</think><think>[\"a\"]?</think>",
            "<|channel|>analysis<|message|>[\"a\"]?<|end|><|start|>assistant<|channel|>final<|message|>",
            "< think >[\"a\"]?</ think >",
        ] {
            assert_eq!(found(&format!("{thought}\n[\"b\"]")), [json!(["b"])], "{thought}");
        }
        for cut in [
            "<think>[\"a\"] or",
            "<THINKING>[\"a\"] or",
            "[\"b\"] <think> or [\"a\"]",
            "<|channel|>analysis [\"a\"]",
        ] {
            assert!(found(cut).is_empty(), "{cut}");
        }
        for no_thought in ["<b>[\"b\"]", "[analysis] [\"b\"]", "a < b [\"b\"]", "<>[\"b\"]"] {
            assert_eq!(found(no_thought).last(), Some(&json!(["b"])), "{no_thought}");
        }
    }

    #[test]
    fn hostile_texts_end_soon() {
        for text in ["[", "{\"", "[1,", "<think", "<|channel|>"] {
            assert!(found(&text.repeat(100_000)).is_empty());
        }
    }

    #[test]
    fn texts_of_others_stay_on_one_line() {
        assert_eq!(one_line(" a\n\t\u{1b}[31mb \u{7} c\u{202e} "), "a [31mb c");
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }
}
