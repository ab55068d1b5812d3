//! A vision-language model that chooses between the candidates of a clip.

use serde_json::{Value, json};

use crate::llm::answer::{excerpt, json_in, one_line, without_thoughts};
use crate::llm::client::{Client, Message, Schema};
use crate::llm::error::LlmError;
use crate::llm::generator::Watch;
use crate::llm::prompt::Prompt;

/// Shows pictures to one model with one prompt.
pub struct Viewer {
    client: Client,
    prompt: Prompt,
}

impl Viewer {
    /// Of a model, with a prompt.
    pub fn new(client: Client, prompt: Prompt) -> Self {
        Self { client, prompt }
    }

    /// Shows the frames of a clip, as JPEG in the order of time, and has the model say which of the candidates it is:
    /// its index, or, where the answer names none, what the model says instead.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn choose(
        &mut self,
        domain: &str,
        names: &[String],
        jpegs: &[Vec<u8>],
        watch: &mut Watch,
    ) -> Result<Result<usize, String>, LlmError> {
        let choices: Vec<String> =
            (1..).zip(names).map(|(number, name)| format!("{number}. {}", one_line(name))).collect();
        let question = self.prompt.fill(&[
            ("frames", &jpegs.len().to_string()),
            ("domain", &one_line(domain)),
            ("choices", &choices.join("\n")),
        ]);
        let answer = self.client.ask(&[Message::with_pictures(question, jpegs)], &schema(), watch)?;
        Ok(chosen(&answer.text, names).ok_or_else(|| excerpt(&answer.text, 200)))
    }
}

fn schema() -> Schema {
    let schema = json!({
        "type": "object",
        "properties": {"answer": {"type": "integer"}},
        "required": ["answer"],
        "additionalProperties": false,
    });
    Schema { name: "answer", schema }
}

/// The candidate that an answer names: by its number, its letter or its name, in JSON, alone, or, by its name, as the only
/// one in a sentence.
pub fn chosen(answer: &str, names: &[String]) -> Option<usize> {
    match json_in(answer).find_map(|value| value.get("answer").cloned()) {
        Some(Value::String(text)) => named(&text, names),
        Some(value) => value.as_u64().and_then(|number| counted(number, names)),
        None => named(without_thoughts(answer), names),
    }
}

/// The candidate of a number, from 1.
fn counted(number: u64, names: &[String]) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1).filter(|&place| place < names.len())
}

fn named(text: &str, names: &[String]) -> Option<usize> {
    let text = one_line(text).to_lowercase();
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let lower: Vec<String> = names.iter().map(|name| one_line(name).to_lowercase()).collect();
    if let Some(place) = lower.iter().position(|name| *name == text || name == bare) {
        return Some(place);
    }
    // "2", "(b)", "2. fork", "b) fork".
    let (mark, rest) = bare.split_once(['.', ')', ':']).unwrap_or((bare, ""));
    let number = match mark.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(u64::from(letter - b'a') + 1),
        _ => mark.parse().ok(),
    };
    if let Some(place) = number.and_then(|number| counted(number, names)) {
        let rest = rest.trim();
        if rest.is_empty() || rest == lower[place] {
            return Some(place);
        }
    }
    // A name within a longer one that is there as well is not meant.
    let is_there = |name: &String| holds(&text, name);
    let there: Vec<usize> = (0..lower.len()).filter(|&place| is_there(&lower[place])).collect();
    let mut meant = there.iter().copied().filter(|&place| {
        !there
            .iter()
            .any(|&other| lower[other].len() > lower[place].len() && holds(&lower[other], &lower[place]))
    });
    match (meant.next(), meant.next()) {
        (Some(place), None) => Some(place),
        _ => None,
    }
}

/// Whether a text holds a name as words of its own.
fn holds(text: &str, name: &str) -> bool {
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_one_candidate_or_none() {
        let names = ["Fork", "absolute pin", "pin", "skewer"].map(str::to_owned);
        for (answer, place) in [
            (r#"{"answer": 2}"#, Some(1)),
            ("```json\n{\"answer\": \"pin\"}\n```", Some(2)),
            (r#"{"answer": "b"}"#, Some(1)),
            ("<think>the fork?</think>{\"answer\": 3}", Some(2)),
            ("2", Some(1)),
            ("(B)", Some(1)),
            ("1. fork", Some(0)),
            ("b) absolute pin.", Some(1)),
            ("The clip shows an Absolute Pin.", Some(1)),
            ("It is a **pin**.", Some(2)),
            ("A fork, or a pin", None),
            ("forks and pins", None),
            (r#"{"answer": 0}"#, None),
            (r#"{"answer": 5}"#, None),
            (r#"{"answer": null}"#, None),
            ("2. fork", Some(0)),
            ("", None),
            ("<think>a fork", None),
        ] {
            assert_eq!(chosen(answer, &names), place, "{answer}");
        }
    }
}
