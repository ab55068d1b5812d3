use serde_json::{Deserializer, Value};

use crate::visible::is_obeyed;

/// Most characters of a tag with its attributes.
const MAX_TAG: usize = 100;

/// Most places in a text where JSON is looked for.
const MAX_TRIES: usize = 2000;

/// Tags around a model's reasoning, such as `<think>`, in lower case.
const REASONING: [&str; 8] =
    ["think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad"];

/// The final part of an answer, after the reasoning.
#[derive(Debug)]
pub struct Final<'a> {
    /// The text; empty if the reasoning was cut off.
    pub text: &'a str,
    /// The outermost objects and lists in it, in order, fenced or not. Later ones replace earlier ones, which are drafts.
    pub json: Vec<Value>,
    /// The text after the last of them.
    pub rest: &'a str,
    /// Whether it ends inside an object or a list.
    pub is_cut: bool,
}

impl<'a> Final<'a> {
    pub fn of(answer: &'a str) -> Self {
        let text = without_reasoning(answer);
        let mut found = Self { text, json: Vec::new(), rest: text, is_cut: false };
        let mut from = 0;
        for _ in 0..MAX_TRIES {
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
                // Nothing inside broken JSON counts.
                Some(Err(error)) => from = start + broken(&text[start..], &error).max(1),
                None => from = start + 1,
            }
        }
        // A text with so many brackets is not an answer.
        Self { json: Vec::new(), is_cut: true, ..found }
    }

    /// Whether the end is missing, so that what comes before it is a draft. An answer that `was_cut` by the server is whole if
    /// only the end of a fence follows the last object or list.
    pub fn lacks_its_end(&self, was_cut: bool) -> bool {
        let is_fence = |c: char| c == '`' || c.is_whitespace();
        self.is_cut || (was_cut && (self.json.is_empty() || !self.rest.trim_matches(is_fence).is_empty()))
    }
}

/// Bytes that a parser has read before its error, without the bracket that the error may be at.
fn broken(text: &str, error: &serde_json::Error) -> usize {
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let end = (line + error.column().saturating_sub(1)).min(text.len());
    (0..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The text after the reasoning. Some servers leave out the opening tag, so everything before a closing one is reasoning;
/// reasoning that was cut off leaves nothing.
fn without_reasoning(answer: &str) -> &str {
    let (mut said, mut is_reasoning) = (answer, false);
    for (at, _) in answer.match_indices(['<', '[', '◁']) {
        if let Some((opens, after)) = tag(&answer[at..]) {
            (said, is_reasoning) = (after, opens);
        }
    }
    if is_reasoning { "" } else { said.trim() }
}

/// Whether the text begins with a tag that opens (true) or closes reasoning, and the text after it; `None` for other tags.
fn tag(text: &str) -> Option<(bool, &str)> {
    // gpt-oss names the channel that follows: `final` is the answer.
    if let Some(channel) = text.strip_prefix("<|channel|>") {
        const MESSAGE: &str = "<|message|>";
        let end = channel.char_indices().nth(MAX_TAG).map_or(channel.len(), |(end, _)| end);
        let name = channel[..end].split(MESSAGE).next().unwrap_or_default();
        let after = channel[name.len()..].strip_prefix(MESSAGE).unwrap_or_default();
        return Some((!name.trim_start().starts_with("final"), after));
    }
    let (inner, close) = match text.chars().next()? {
        '<' => (&text[1..], '>'),
        '[' => (&text[1..], ']'),
        bracket => (&text[bracket.len_utf8()..], '▷'),
    };
    let (end, _) = inner.char_indices().take(MAX_TAG).find(|&(_, character)| character == close)?;
    let (inner, after) = (inner[..end].trim(), &inner[end + close.len_utf8()..]);
    let name = inner.strip_prefix('/').unwrap_or(inner).split_whitespace().next()?.to_lowercase();
    // Some have a prefix: `seed:think`.
    let name = name.rsplit(':').next()?;
    // Square brackets may also be headings and lists.
    let is_reasoning =
        REASONING.contains(&name) && (close != ']' || inner.trim_start_matches('/') == "THINK");
    is_reasoning.then_some((!inner.starts_with('/'), after))
}

/// The beginning of a foreign text, on one line and without control characters.
pub fn excerpt(text: &str, most: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A foreign text on one line: white space collapsed, control characters removed.
pub fn one_line(text: &str) -> String {
    let words = text.split_whitespace();
    let words: Vec<String> = words.map(|word| word.chars().filter(|&c| !is_obeyed(c)).collect()).collect();
    words.into_iter().filter(|word: &String| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A foreign text with its line breaks and tabs, without other control characters.
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
    fn nothing_inside_broken_json_counts() {
        assert!(found("{\"draft\": {\"answer\": 1}, \"final\": {\"answer\": 2},}").is_empty());
        let cut = Final::of("{\"a\": 1} {\"draft\": {\"answer\": 1}, \"final\": ");
        assert_eq!((cut.json, cut.is_cut), (vec![json!({"a": 1})], true));
        assert!(Final::of("{\"a\": [1, 2").is_cut);
        assert!(!Final::of("{\"a\": [1, 2]} done").is_cut);
    }

    proptest! {
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
        fn any_text_is_read_to_its_end(text in "[\\[\\{\"a:,1 <>/think\\]\\}\\n]{0,200}") {
            Final::of(&text);
        }
    }

    #[test]
    fn reasoning_is_left_out() {
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
    fn foreign_texts_stay_on_one_line() {
        assert_eq!(one_line(" a\n\t\u{1b}[31mb \u{7} c\u{202e} "), "a [31mb c");
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }
}
