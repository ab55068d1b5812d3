use serde_json::json;

use super::answer::{excerpt, one_line};
use super::choice::{Choice, choice_in};
use super::client::{Client, Message, Schema};
use super::error::LlmError;
use super::event::Watch;
use super::prompt::Prompt;

/// How often an undecided answer is asked for again.
const RETRIES: usize = 1;
/// Characters of an answer that the model sees again.
const MAX_SHOWN: usize = 4_000;

/// Has a vision-language model choose among the candidates of a clip.
pub struct Viewer {
    client: Client,
    prompt: Prompt,
}

impl Viewer {
    /// With a prompt as [`vision_prompt`](super::vision_prompt) loads it.
    pub fn new(client: Client, prompt: Prompt) -> Self {
        Self { client, prompt }
    }

    /// Shows the frames of a clip, as JPEG in order of time, and returns the index of the candidate that the model names,
    /// or why there is none. An undecided answer is asked for again.
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
        let mut messages = vec![Message::with_images(question, jpegs)];
        for attempt in 0.. {
            let answer = self.client.ask(&messages, &schema(), watch)?;
            let said = excerpt(&answer.text, 200);
            match choice_in(&answer, names) {
                Choice::One(place) => return Ok(Ok(place)),
                Choice::None if said.is_empty() => return Ok(Err("the answer is empty".to_owned())),
                Choice::None => return Ok(Err(format!("the answer names no candidate: {said}"))),
                Choice::Unclear if attempt == RETRIES => {
                    return Ok(Err(format!("the answer settles on no candidate: {said}")));
                }
                Choice::Unclear => {}
            }
            messages.push(Message::assistant(answer.text.chars().take(MAX_SHOWN).collect::<String>()));
            messages.push(Message::user(
                "This does not settle on one of the numbered candidates. Answer with JSON and nothing else: \
                 {\"answer\": NUMBER}",
            ));
        }
        unreachable!("the last attempt returns")
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
